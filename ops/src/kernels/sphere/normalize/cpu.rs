//! One pass over each vector for its length, one to divide by it; it stays in the cache between them.

use super::MIN_LENGTH;
use crate::{
    cpu::{rows, sum::sums, wide},
    tensor::{Operand, Primitive, Spec, on_cpu},
};

pub(super) fn normalize(x: &Operand, y: &Spec) -> Primitive {
    let (x, d) = (x.known_floats(), y.shape[y.rank() - 1]);
    let made = rows(x.len(), d, |i, y| {
        let x = &x[i * d..][..d];
        wide!({
            let [square] = sums(
                [x],
                #[inline(always)]
                |[x]| [x * x],
            );
            let n = clamped(square) as f32;
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x / n);
        });
    });
    on_cpu(made, y)
}

/// `dx = (dy - x <dy, x> / n^2) / n`; the second term is missing where n is the minimum.
pub(super) fn gradient(x: &Operand, dy: &Operand, dx: &Spec) -> Primitive {
    let (x, dy, d) = (x.known_floats(), dy.known_floats(), dx.shape[dx.rank() - 1]);
    let made = rows(x.len(), d, |i, dx| {
        let (x, dy) = (&x[i * d..][..d], &dy[i * d..][..d]);
        wide!({
            let [square, dot] = sums(
                [x, dy],
                #[inline(always)]
                |[x, dy]| [x * x, x * dy],
            );
            let n = clamped(square);
            let along = if square.sqrt() < MIN_LENGTH { 0.0 } else { dot / (n * n) };
            let (along, n) = (along as f32, n as f32);
            dx.iter_mut().zip(x).zip(dy).for_each(|((dx, x), dy)| *dx = (dy - x * along) / n);
        });
    });
    on_cpu(made, dx)
}

/// The length, or the shortest one; NaN stays NaN.
fn clamped(square: f64) -> f64 {
    square.sqrt().clamp(MIN_LENGTH, f64::INFINITY)
}
