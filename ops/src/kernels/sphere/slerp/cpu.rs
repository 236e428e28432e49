//! One pass over each pair of vectors for the angle, one for the mixture. What is known of a pair by then
//! are a few numbers, in f64: near half a turn the weights are ratios of small sines.

use std::f64::consts::PI;

use super::{By, SMALLEST_SINE};
use crate::kernels::{
    cpu::{rows, wide},
    sphere::sums::sums,
};

/// How two vectors lie to each other.
enum Angle {
    /// The angle between them.
    Between(f64),
    Same,
    Opposite,
}

impl Angle {
    /// Of the squares of the lengths of the difference and of the sum.
    fn of(apart: f64, together: f64) -> Self {
        let angle = 2.0 * apart.sqrt().atan2(together.sqrt());
        match angle.sin() >= SMALLEST_SINE {
            true => Self::Between(angle),
            false if together < apart => Self::Opposite,
            false => Self::Same,
        }
    }
}

pub(super) fn slerp(a: &[f32], b: &[f32], alpha: &[f32]) -> Vec<f32> {
    let d = a.len() / alpha.len();
    rows(a.len(), d, |i, y| {
        let (a, b, alpha) = (&a[i * d..][..d], &b[i * d..][..d], f64::from(alpha[i]));
        wide(#[inline(always)]
        || {
            let [apart, together] = sums(a, b, squares);
            match Angle::of(apart, together) {
                Angle::Between(w) => {
                    let [u, v] = [alpha, 1.0 - alpha].map(|share| (share * w).sin() / w.sin());
                    mix(y, [u, v], [a, b]);
                }
                Angle::Same => mix(y, [alpha, 1.0 - alpha], [a, b]),
                Angle::Opposite => {
                    let (turn, across) = ((1.0 - alpha) * PI, Across::of(a));
                    let step = turn.sin() / across.length;
                    mix(y, [turn.cos() - step * across.along, 0.0], [a, b]);
                    y[across.axis] += step as f32;
                }
            }
        });
    })
}

/// The gradient by one input, of `[a, b, dy]`.
pub(super) fn gradient(by: By, [a, b, dy]: [&[f32]; 3], alpha: &[f32]) -> Vec<f32> {
    let d = a.len() / alpha.len();
    let (len, row) = if by == By::Alpha { (alpha.len(), 1) } else { (a.len(), d) };
    rows(len, row, |i, dx| {
        let [a, b, dy] = [a, b, dy].map(|x| &x[i * d..][..d]);
        let alpha = f64::from(alpha[i]);
        wide(#[inline(always)]
        || {
            let [apart, together] = sums(a, b, squares);
            let [to_a] = sums(a, dy, #[inline(always)] |a, dy| [a * dy]);
            let [to_b] = sums(b, dy, #[inline(always)] |b, dy| [b * dy]);
            match (Angle::of(apart, together), by) {
                (Angle::Between(w), By::Alpha) => {
                    let slopes = [alpha, 1.0 - alpha].map(|share| w * (share * w).cos() / w.sin());
                    dx[0] = (to_a * slopes[0] - to_b * slopes[1]) as f32;
                }
                (Angle::Same, By::Alpha) => dx[0] = (to_a - to_b) as f32,
                (Angle::Opposite, By::Alpha) => {
                    let (turn, across) = ((1.0 - alpha) * PI, Across::of(a));
                    dx[0] = (PI * (turn.sin() * to_a - turn.cos() * across.dot(to_a, dy))) as f32;
                }
                (Angle::Between(w), _) => {
                    let [u, v, by_angle] = weights(w, alpha, to_a, to_b);
                    // The angle's own gradients: by a `k (r (a - b) - (a + b) / r)`, r = |a + b| / |a - b|.
                    let k = 2.0 * by_angle / (apart + together);
                    let r = (together / apart).sqrt();
                    let (own, other) = (k * (r - 1.0 / r), -k * (r + 1.0 / r));
                    match by {
                        By::A => mix3(dx, [u, own, other], [dy, a, b]),
                        _ => mix3(dx, [v, other, own], [dy, a, b]),
                    }
                }
                (Angle::Same, By::A) => mix(dx, [alpha, 0.0], [dy, dy]),
                (Angle::Same, _) => mix(dx, [1.0 - alpha, 0.0], [dy, dy]),
                (Angle::Opposite, By::A) => {
                    let turn = (1.0 - alpha) * PI;
                    Across::of(a).gradient(dx, a, dy, to_a, turn.sin());
                    dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += turn.cos() as f32 * dy);
                }
                (Angle::Opposite, _) => {}
            }
        });
    })
}

/// `[|a - b|^2, |a + b|^2]`, of one element.
#[inline(always)]
fn squares(a: f32, b: f32) -> [f32; 2] {
    [(a - b) * (a - b), (a + b) * (a + b)]
}

/// The weights u of a and v of b at the angle w, and the gradient by w of `u to_a + v to_b`.
fn weights(w: f64, alpha: f64, to_a: f64, to_b: f64) -> [f64; 3] {
    let (sin, cos) = w.sin_cos();
    let weight = |share: f64| {
        let (s, c) = (share * w).sin_cos();
        (s / sin, (share * c * sin - s * cos) / (sin * sin))
    };
    let ((u, du), (v, dv)) = (weight(alpha), weight(1.0 - alpha));
    [u, v, to_a * du + to_b * dv]
}

/// The part of an axis that is at right angles to a: `(e - along a) / length`.
struct Across {
    axis: usize,
    along: f64,
    length: f64,
}

impl Across {
    fn of(a: &[f32]) -> Self {
        let axis = (1..a.len()).fold(0, |axis, i| if a[i].abs() < a[axis].abs() { i } else { axis });
        let along = f64::from(a[axis]);
        let rest = |(i, &x): (usize, &f32)| f64::from(u8::from(i == axis)) - along * f64::from(x);
        let square: f64 = a.iter().enumerate().map(|x| rest(x).powi(2)).sum();
        Self { axis, along, length: square.sqrt().max(1e-12) }
    }

    /// The dot product with dy, of which that with a is known.
    fn dot(&self, to_a: f64, dy: &[f32]) -> f64 {
        (f64::from(dy[self.axis]) - self.along * to_a) / self.length
    }

    /// The gradient by a of `scale <dy, this>`.
    fn gradient(&self, dx: &mut [f32], a: &[f32], dy: &[f32], to_a: f64, scale: f64) {
        let dot = self.dot(to_a, dy);
        let this = |i: usize| {
            (f64::from(u8::from(i == self.axis)) - self.along * f64::from(a[i])) / self.length
        };
        // Through the scaling to length 1, then through `e - a_j a`.
        let inner = |i: usize| scale * (f64::from(dy[i]) - this(i) * dot) / self.length;
        let to_axis: f64 = (0..a.len()).map(|i| inner(i) * f64::from(a[i])).sum();
        (0..a.len()).for_each(|i| dx[i] = (-self.along * inner(i)) as f32);
        dx[self.axis] -= to_axis as f32;
    }
}

/// `y = u a + v b`
#[inline(always)]
fn mix(y: &mut [f32], weights: [f64; 2], [a, b]: [&[f32]; 2]) {
    let [u, v] = weights.map(|w| w as f32);
    y.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = u * a + v * b);
}

/// `y = u a + v b + w c`
#[inline(always)]
fn mix3(y: &mut [f32], weights: [f64; 3], [a, b, c]: [&[f32]; 3]) {
    let [u, v, w] = weights.map(|w| w as f32);
    y.iter_mut().zip(a).zip(b).zip(c).for_each(|(((y, a), b), c)| *y = u * a + v * b + w * c);
}
