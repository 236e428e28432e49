//! Angles and directions about a mean, by the laws of von Mises and Fisher.

use std::f64::consts::PI;

use rayon::prelude::*;

use super::{
    Draw,
    gamma::{Gamma, each, open, share},
    law::box_muller,
    truncated::first_taken,
};

/// Concentrations below this are none.
const NONE: f64 = 1e-6;

/// `n` angles about 0, radians, of density in proportion to `e^(kappa cos x)` (Best, Fisher, 1979, Efficient
/// Simulation of the von Mises Distribution).
pub(super) fn von_mises(draw: Draw, n: usize, kappa: f64) -> Vec<f32> {
    if kappa < NONE {
        return each(n, |i| (PI * (2.0 * open(draw.words(i as u64)[0]) - 1.0)) as f32);
    }
    let tau = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
    let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * kappa);
    let r = (1.0 + rho * rho) / (2.0 * rho);
    each(n, |i| {
        first_taken(draw, i, |[a, b, c, _]| {
            let z = libm::cos(PI * open(a));
            let f = (1.0 + r * z) / (r + z);
            let (y, u) = (kappa * (r - f), open(b));
            let taken = y * (2.0 - y) > u || libm::log(y / u) + 1.0 - y >= 0.0;
            taken.then(|| libm::acos(f.clamp(-1.0, 1.0)).copysign(open(c) - 0.5) as f32)
        })
    })
}

/// For each mean of `d` numbers and length 1 a direction of density in proportion to `e^(kappa mean x)`
/// (Wood, 1994, Simulation of the von Mises Fisher Distribution): how far it goes along the mean, then where
/// to.
pub(super) fn von_mises_fisher(draw: Draw, means: &[f64], d: usize, kappa: f64) -> Vec<f32> {
    let mut out = vec![0.0; means.len()];
    let m = (d - 1) as f64;
    let b = m / (2.0 * kappa + (4.0 * kappa * kappa + m * m).sqrt());
    let x0 = (1.0 - b) / (1.0 + b);
    // 1 - x0^2
    let c = kappa * x0 + m * libm::log(4.0 * b / ((1.0 + b) * (1.0 + b)));
    let half = Gamma::new(m / 2.0);
    out.par_chunks_mut(d).zip(means.par_chunks(d)).enumerate().for_each(|(i, (out, mean))| {
        let own = draw.key().draw(i as u64);
        let along = |attempt: usize| {
            let z = share(&half, &half, own, attempt);
            let w = (1.0 - (1.0 + b) * z) / (1.0 - (1.0 - b) * z);
            let u = open(own.words(OTHERS + attempt as u64)[0]);
            (kappa * w + m * libm::log(1.0 - x0 * w) - c >= libm::log(u)).then_some(w.clamp(-1.0, 1.0))
        };
        let w = (0..).find_map(along).unwrap_or(1.0);
        let across = tangent(own, mean);
        let rest = (1.0 - w * w).sqrt();
        out.iter_mut().zip(mean.iter().zip(across)).for_each(|(y, (m, v))| *y = (w * m + rest * v) as f32);
    });
    out
}

/// The first group of words that no gamma number of a sample is made of.
const OTHERS: u64 = 1 << 60;

/// A direction across the mean, each as likely.
fn tangent(draw: Draw, mean: &[f64]) -> Vec<f64> {
    let pair = |i: usize| {
        let [a, b, ..] = draw.words(2 * OTHERS + i as u64);
        box_muller(a, b).map(f64::from)
    };
    let mut v: Vec<f64> = (0..mean.len().div_ceil(2)).flat_map(pair).take(mean.len()).collect();
    let along: f64 = v.iter().zip(mean).map(|(v, m)| v * m).sum();
    v.iter_mut().zip(mean).for_each(|(v, m)| *v -= along * m);
    let size = v.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    v.iter_mut().for_each(|v| *v /= size);
    v
}
