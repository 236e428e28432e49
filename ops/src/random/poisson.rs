//! Poisson numbers.

use super::{
    Draw,
    gamma::{each, open},
    truncated::first_taken,
};

/// From this rate on, numbers are tried; below it one uniform number is enough.
const LARGE: f64 = 10.0;

/// A number of the Poisson law of each rate.
pub(super) fn poisson(draw: Draw, rates: &[f64]) -> Vec<f32> {
    each(rates.len(), |i| {
        (if rates[i] < LARGE { small(draw, i, rates[i]) } else { large(draw, i, rates[i]) }) as f32
    })
}

/// The first number whose probability, with those of all before it, is above a uniform number.
fn small(draw: Draw, i: usize, rate: f64) -> f64 {
    let [high, low, ..] = draw.words((i as u64) << 16);
    let uniform = open(high) + f64::from(low) / 18_446_744_073_709_551_616.0;
    let (mut k, mut probability) = (0.0, libm::exp(-rate));
    let mut below = probability;
    // Beyond 100 nothing is left of a rate below 10.
    while uniform > below && k < 100.0 {
        k += 1.0;
        probability *= rate / k;
        below += probability;
    }
    k
}

/// Hörmann (1993), The Transformed Rejection Method for Generating Poisson Random Variables, algorithm PTRS.
fn large(draw: Draw, i: usize, rate: f64) -> f64 {
    let (root, log_rate) = (rate.sqrt(), libm::log(rate));
    let b = 0.931 + 2.53 * root;
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let sure = 0.9277 - 3.6224 / (b - 2.0);
    first_taken(draw, i, |[first, second, ..]| {
        let (u, v) = (open(first) - 0.5, open(second));
        let rest = 0.5 - u.abs();
        let k = ((2.0 * a / rest + b) * u + rate + 0.43).floor();
        if rest >= 0.07 && v <= sure {
            return Some(k);
        }
        if k < 0.0 || (rest < 0.013 && v > rest) {
            return None;
        }
        let left = libm::log(v) + libm::log(inverse_alpha) - libm::log(a / (rest * rest) + b);
        (left <= k * log_rate - rate - libm::lgamma(k + 1.0)).then_some(k)
    })
}
