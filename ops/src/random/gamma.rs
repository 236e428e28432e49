//! Gamma and beta numbers.

use super::{Draw, fill::PART, law::box_muller, truncated::first_taken};
use crate::cpu;

/// The gamma law, by the method of Marsaglia and Tsang (2000), A Simple Method for Generating Gamma
/// Variables: `d v` with `v = (1 + c x)^3` and x normal, if a uniform number allows it. For a parameter
/// below 1 that of one more is drawn, and multiplied by the power 1 / alpha of a uniform number.
pub(super) struct Gamma {
    d: f64,
    c: f64,
    /// `1 / alpha`
    power: f64,
}

impl Gamma {
    pub fn new(alpha: f64) -> Self {
        let d = if alpha < 1.0 { alpha + 2.0 / 3.0 } else { alpha - 1.0 / 3.0 };
        Self { d, c: 1.0 / (9.0 * d).sqrt(), power: 1.0 / alpha }
    }

    /// Number `i` of a draw over `d`, which no share depends on; for a parameter below 1 that of
    /// one more. And a word that it does not depend on.
    pub fn number(&self, draw: Draw, i: usize) -> (f64, u32) {
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

    /// The logarithm of the number over `d`, for a parameter below 1.
    pub fn logarithm(&self, draw: Draw, i: usize) -> f64 {
        let (number, word) = self.number(draw, i);
        libm::log(number) + self.power * libm::log(open(word))
    }

    /// The logarithm of number `i` of a draw, for any parameter.
    pub fn ln(&self, draw: Draw, i: usize) -> f64 {
        let over_d =
            if self.power > 1.0 { self.logarithm(draw, i) } else { libm::log(self.number(draw, i).0) };
        libm::log(self.d) + over_d
    }
}

/// In (0, 1), an odd multiple of 2^-33.
pub(super) fn open(word: u32) -> f64 {
    (f64::from(word) + 0.5) / 4_294_967_296.0
}

/// `n` numbers of the gamma law; 0 counts as the smallest float.
pub(super) fn gamma(draw: Draw, n: usize, alpha: f64) -> Vec<f32> {
    let law = Gamma::new(alpha);
    each(n, |i| (libm::exp(law.ln(draw, i)) as f32).max(f32::MIN_POSITIVE))
}

/// `n` numbers of the beta law: the share of the first of two gamma numbers.
pub(super) fn beta(draw: Draw, n: usize, [a, b]: [f64; 2]) -> Vec<f32> {
    let (first, second) = (Gamma::new(a), Gamma::new(b));
    each(n, |i| share(&first, &second, draw, i) as f32)
}

/// The share of the first of two gamma numbers, number `i` of a draw.
pub(super) fn share(first: &Gamma, second: &Gamma, draw: Draw, i: usize) -> f64 {
    1.0 / (1.0 + libm::exp(second.ln(draw, 2 * i + 1) - first.ln(draw, 2 * i)))
}

/// `n` numbers, each by its index alone.
pub(super) fn each(n: usize, number: impl Fn(usize) -> f32 + Sync) -> Vec<f32> {
    let part = |first: usize, out: &mut [std::mem::MaybeUninit<f32>]| {
        out.iter_mut().enumerate().for_each(|(i, x)| _ = x.write(number(first + i)));
    };
    // SAFETY: all of a part is written.
    unsafe { cpu::in_parts(n, PART, part) }
}
