//! Points of a simplex: independent gamma numbers, divided by their sum.

use std::mem::MaybeUninit;

use super::{
    Draw,
    fill::{PART, fill_from},
    gamma::Gamma,
    law,
};
use crate::cpu::{self, sum::in_lanes, wide};

/// `n` numbers in rows of `row`: each row is drawn from the Dirichlet law whose parameters are all
/// `alpha`.
pub(super) fn dirichlet(draw: Draw, n: usize, row: usize, alpha: f64) -> Vec<f32> {
    let part = row * (PART / row).max(1);
    let gamma = Gamma::new(alpha);
    let fill = |first: usize, out: &mut [MaybeUninit<f32>]| {
        if alpha == 1.0 {
            let exponentials = fill_from(draw, first, out, law::Exponential);
            normalise(exponentials, row);
            return;
        }
        if alpha > 1.0 {
            for (i, x) in out.iter_mut().enumerate() {
                x.write(gamma.number(draw, first + i).0 as f32);
            }
            // SAFETY: all elements were just written.
            let values = unsafe { &mut *(std::ptr::from_mut(out) as *mut [f32]) };
            normalise(values, row);
            return;
        }
        for (i, out) in out.chunks_exact_mut(row).enumerate() {
            let first = first + i * row;
            let logarithms = (first..first + row).map(|i| gamma.logarithm(draw, i));
            exponentiate(&logarithms.collect::<Vec<_>>(), out);
        }
    };
    // SAFETY: each branch writes all of the part, which is a number of whole rows.
    unsafe { cpu::in_parts(n, part, fill) }
}

/// Divides each row by its sum.
fn normalise(values: &mut [f32], row: usize) {
    wide!({
        for row in values.chunks_exact_mut(row) {
            let [lanes] = in_lanes([row], |[x]| [x]);
            let scale = 1.0 / lanes.iter().sum::<f32>();
            row.iter_mut().for_each(|x| *x *= scale);
        }
    });
}

/// `y_i = e^(x_i) / sum_j e^(x_j)`, at which no parameter is too small: of gamma numbers of a small
/// parameter most are smaller than the smallest float.
fn exponentiate(logarithms: &[f64], out: &mut [MaybeUninit<f32>]) {
    let largest = logarithms.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let relative = |x: &f64| libm::exp(x - largest);
    let scale = 1.0 / logarithms.iter().map(relative).sum::<f64>();
    out.iter_mut().zip(logarithms).for_each(|(y, x)| _ = y.write((relative(x) * scale) as f32));
}
