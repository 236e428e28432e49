//! One pass over each pair of vectors for the angle, one for the mixture. What is known of a pair by then
//! are a few numbers, in f64: near half a turn the weights are ratios of small sines.

use std::f64::consts::PI;

use super::{By, SMALLEST_SINE};
use crate::{
    Spec,
    kernels::{
        cpu::{known, rows, tensor, wide},
        sphere::sums::sums,
    },
    op::{Operand, Primitive},
};

pub(super) fn slerp(x: &[Operand], y: &Spec) -> Primitive {
    let [a, b, alpha] = [0, 1, 2].map(|i| known(&x[i]));
    let d = y.shape[1];
    let made = rows(a.len(), d, |i, y| {
        let (a, b) = (&a[i * d..][..d], &b[i * d..][..d]);
        wide(
            #[inline(always)]
            || {
                let [apart, together] = sums(a, b, squares);
                let (weights, axis) = weights(apart, together, f64::from(alpha[i]), a);
                mix(y, weights, [a, b]);
                y[axis.0] += axis.1;
            },
        );
    });
    tensor(made, y)
}

/// The gradient by one input; inputs: a, b, alpha, dy.
pub(super) fn gradient(x: &[Operand], by: By, dx: &Spec) -> Primitive {
    let [a, b, alpha, dy] = [0, 1, 2, 3].map(|i| known(&x[i]));
    let d = x[0].spec.shape[1];
    let made = rows(dx.len(), dx.len() / alpha.len(), |i, dx| {
        let [a, b, dy] = [&a, &b, &dy].map(|x| &x[i * d..][..d]);
        wide(
            #[inline(always)]
            || {
                let [apart, together] = sums(a, b, squares);
                let [to_a] = sums(
                    a,
                    dy,
                    #[inline(always)]
                    |a, dy| [a * dy],
                );
                let [to_b] = sums(
                    b,
                    dy,
                    #[inline(always)]
                    |b, dy| [b * dy],
                );
                let at = Slope { apart, together, alpha: f64::from(alpha[i]), to_a, to_b };
                if by == By::Alpha {
                    dx[0] = at.by_alpha(a, dy) as f32;
                    return;
                }
                let (weights, axis) = if by == By::A { at.by_a(a, dy) } else { at.by_b() };
                mix(dx, weights, [dy, a, b]);
                dx[axis.0] += axis.1;
            },
        );
    });
    tensor(made, dx)
}

/// A number that is added to one element.
type AtAxis = (usize, f32);

/// No element gets anything.
const NOWHERE: AtAxis = (0, 0.0);

/// `[|a - b|^2, |a + b|^2]`, of one element.
#[inline(always)]
fn squares(a: f32, b: f32) -> [f32; 2] {
    [(a - b) * (a - b), (a + b) * (a + b)]
}

/// `y = sum_k w_k x_k`
#[inline(always)]
fn mix<const K: usize>(y: &mut [f32], weights: [f64; K], x: [&[f32]; K]) {
    let (weights, x) = (weights.map(|w| w as f32), x.map(|x| &x[..y.len()]));
    for (i, y) in y.iter_mut().enumerate() {
        *y = (1..K).fold(weights[0] * x[0][i], |sum, k| sum + weights[k] * x[k][i]);
    }
}

/// How two vectors lie to each other.
enum Angle {
    /// The angle between them, its sine and its cosine.
    Between(f64, f64, f64),
    Same,
    Opposite,
}

impl Angle {
    /// Of the squares of the lengths p of the difference and q of the sum, whose halves are the sine and the
    /// cosine of half the angle.
    fn of(apart: f64, together: f64) -> Self {
        let (p, q, sum) = (apart.sqrt(), together.sqrt(), apart + together);
        let sin = 2.0 * p * q / sum;
        match sin >= SMALLEST_SINE {
            true => Self::Between(2.0 * p.atan2(q), sin, (together - apart) / sum),
            false if together < apart => Self::Opposite,
            false => Self::Same,
        }
    }
}

/// The part of an axis that is at right angles to a: `(e - along a) r`.
struct Across {
    axis: usize,
    along: f64,
    /// One over its length; 0 in one dimension, where nothing is at right angles.
    r: f64,
    square: f64,
}

impl Across {
    fn of(a: &[f32]) -> Self {
        let axis = (1..a.len()).fold(0, |axis, i| if a[i].abs() < a[axis].abs() { i } else { axis });
        let along = f64::from(a[axis]);
        let square: f64 = a.iter().map(|&x| f64::from(x).powi(2)).sum();
        let rest = 1.0 - 2.0 * along * along + along * along * square;
        Self { axis, along, r: if rest > 1e-12 { rest.sqrt().recip() } else { 0.0 }, square }
    }

    /// The dot product with dy, of which that with a is known.
    fn dot(&self, to_a: f64, dy: &[f32]) -> f64 {
        (f64::from(dy[self.axis]) - self.along * to_a) * self.r
    }
}

/// The weights of a and b.
fn weights(apart: f64, together: f64, alpha: f64, a: &[f32]) -> ([f64; 2], AtAxis) {
    match Angle::of(apart, together) {
        Angle::Between(w, sin, _) => ([alpha, 1.0 - alpha].map(|share| (share * w).sin() / sin), NOWHERE),
        Angle::Same => ([alpha, 1.0 - alpha], NOWHERE),
        Angle::Opposite => {
            let (across, (sin, cos)) = (Across::of(a), ((1.0 - alpha) * PI).sin_cos());
            let step = sin * across.r;
            ([cos - step * across.along, 0.0], (across.axis, step as f32))
        }
    }
}

/// What the gradients of a pair are made of.
struct Slope {
    apart: f64,
    together: f64,
    alpha: f64,
    /// `<dy, a>`
    to_a: f64,
    /// `<dy, b>`
    to_b: f64,
}

impl Slope {
    fn by_alpha(&self, a: &[f32], dy: &[f32]) -> f64 {
        match Angle::of(self.apart, self.together) {
            Angle::Between(w, sin, _) => {
                let [u, v] = [self.alpha, 1.0 - self.alpha].map(|share| w * (share * w).cos() / sin);
                u * self.to_a - v * self.to_b
            }
            Angle::Same => self.to_a - self.to_b,
            Angle::Opposite => {
                let (sin, cos) = ((1.0 - self.alpha) * PI).sin_cos();
                PI * (sin * self.to_a - cos * Across::of(a).dot(self.to_a, dy))
            }
        }
    }

    /// The weights of dy, a and b.
    fn by_a(&self, a: &[f32], dy: &[f32]) -> ([f64; 3], AtAxis) {
        match Angle::of(self.apart, self.together) {
            Angle::Between(w, sin, cos) => {
                let [u, _, own, other] = self.between(w, sin, cos);
                ([u, own, other], NOWHERE)
            }
            Angle::Same => ([self.alpha, 0.0, 0.0], NOWHERE),
            Angle::Opposite => {
                let (sin, cos) = ((1.0 - self.alpha) * PI).sin_cos();
                let Across { axis, along, r, square } = Across::of(a);
                let dot = Across { axis, along, r, square }.dot(self.to_a, dy);
                // Through the scaling to length 1, then through `e - along a`, where both depend on a.
                let inner = sin * dot * r * r;
                let by_along = sin * r * self.to_a - inner * along * (1.0 - square);
                let weights = [cos - along * sin * r, -along * along * inner, 0.0];
                (weights, (axis, (along * inner - by_along) as f32))
            }
        }
    }

    /// The weights of dy, a and b.
    fn by_b(&self) -> ([f64; 3], AtAxis) {
        let weights = match Angle::of(self.apart, self.together) {
            Angle::Between(w, sin, cos) => {
                let [_, v, own, other] = self.between(w, sin, cos);
                [v, other, own]
            }
            Angle::Same => [1.0 - self.alpha, 0.0, 0.0],
            Angle::Opposite => [0.0; 3],
        };
        (weights, NOWHERE)
    }

    /// The weights u and v of a and b, and through the angle the weight of a vector in its own gradient, and
    /// in that of the other one.
    fn between(&self, w: f64, sin: f64, cos: f64) -> [f64; 4] {
        let weight = |share: f64| {
            let (s, c) = (share * w).sin_cos();
            (s / sin, (share * c * sin - s * cos) / (sin * sin))
        };
        let ((u, du), (v, dv)) = (weight(self.alpha), weight(1.0 - self.alpha));
        // The gradient of the angle by a is `k (r (a - b) - (a + b) / r)` with r = |a + b| / |a - b|.
        let k = 2.0 * (self.to_a * du + self.to_b * dv) / (self.apart + self.together);
        let r = (self.together / self.apart).sqrt();
        [u, v, k * (r - 1.0 / r), -k * (r + 1.0 / r)]
    }
}
