//! Normal numbers that are drawn again until they are small enough.

use std::mem::MaybeUninit;

use super::{
    Draw,
    fill::{PART, fill_from},
    law::{self, box_muller, unit},
};
use crate::cpu;

/// From this bound on, normal numbers are tried; below it uniform ones, of which more are taken.
const WIDE: f32 = 1.0;

/// `n` standard normal numbers, given that each is at most `bound` in size. A try is a function of the
/// number's index and of how many were refused before, so that nothing depends on other numbers.
pub(super) fn truncated_normal(draw: Draw, n: usize, bound: f32) -> Vec<f32> {
    let again = draw.key().draw(0);
    let part = |first: usize, out: &mut [MaybeUninit<f32>]| {
        if bound < WIDE {
            for (i, x) in out.iter_mut().enumerate() {
                x.write(first_taken(again, first + i, |words| from_uniform(words, bound)));
            }
            return;
        }
        for (i, x) in fill_from(draw, first, out, law::Normal).iter_mut().enumerate() {
            if x.abs() > bound {
                *x = first_taken(again, first + i, |[a, b, ..]| {
                    box_muller(a, b).into_iter().find(|x| x.abs() <= bound)
                });
            }
        }
    };
    // SAFETY: each branch writes all of the part.
    unsafe { cpu::in_parts(n, PART, part) }
}

/// A uniform number from -bound to bound, taken with a probability in proportion to the normal density:
/// above 0.6 for bounds up to 1.
fn from_uniform([a, b, ..]: [u32; 4], bound: f32) -> Option<f32> {
    let x = bound * (2.0 * unit(a) - 1.0);
    (unit(b) < libm::expf(-0.5 * x * x)).then_some(x)
}

/// What the first group of words gives that is taken, of those that belong to number `i`.
pub(super) fn first_taken<T>(draw: Draw, i: usize, taken: impl Fn([u32; 4]) -> Option<T>) -> T {
    // 2^16 tries for each number; more than a hundred do not happen.
    let mut number = (i as u64) << 16;
    loop {
        if let Some(found) = taken(draw.words(number)) {
            return found;
        }
        number += 1;
    }
}
