//! Points of a simplex: independent gamma numbers, divided by their sum.

use std::mem::MaybeUninit;

use super::{
    Draw,
    fill::{PART, fill_from},
    law::{self, box_muller},
    truncated::first_taken,
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

/// The gamma law, by the method of Marsaglia and Tsang (2000), A Simple Method for Generating Gamma
/// Variables: `d v` with `v = (1 + c x)^3` and x normal, if a uniform number allows it. For a parameter
/// below 1 that of one more is drawn, and multiplied by the power 1 / alpha of a uniform number.
struct Gamma {
    d: f64,
    c: f64,
    power: f64,
}

impl Gamma {
    fn new(alpha: f64) -> Self {
        let d = if alpha < 1.0 { alpha + 2.0 / 3.0 } else { alpha - 1.0 / 3.0 };
        Self { d, c: 1.0 / (9.0 * d).sqrt(), power: 1.0 / alpha }
    }

    /// Number `i` of a draw over `d`, which no share depends on; for a parameter below 1 that of
    /// one more. And a word that it does not depend on.
    fn number(&self, draw: Draw, i: usize) -> (f64, u32) {
        first_taken(draw, i, |[a, b, c, rest]| {
            let x = f64::from(box_muller(a, b)[0]);
            let base = 1.0 + self.c * x;
            if base <= 0.0 {
                return None;
            }
            let (v, uniform, square) = (base * base * base, open(c), x * x);
            // Nearly always true, and then what follows is.
            let taken = uniform < 1.0 - 0.0331 * square * square
                || libm::log(uniform) < 0.5 * square + self.d * (1.0 - v + libm::log(v));
            taken.then_some((v, rest))
        })
    }

    /// The logarithm of the number, for a parameter below 1.
    fn logarithm(&self, draw: Draw, i: usize) -> f64 {
        let (number, word) = self.number(draw, i);
        libm::log(number) + self.power * libm::log(open(word))
    }
}

/// In (0, 1), an odd multiple of 2^-33.
fn open(word: u32) -> f64 {
    (f64::from(word) + 0.5) / 4_294_967_296.0
}
