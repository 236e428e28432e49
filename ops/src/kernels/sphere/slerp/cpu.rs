//! One pass over each pair of vectors for the angle, one for the mixture, which is made of the sum and the
//! difference: with half the angle `h` and `t = 2 alpha - 1`,
//! `y = cos(t h) / (2 cos h) (a + b) + sin(t h) / (2 sin h) (a - b)`. Near a half rotation the weights of a
//! and b alone are large and cancel; these are as exact as the sum is. They are few numbers, in f64.

use std::f64::consts::PI;

use super::{By, MIN_SINE};
use crate::{
    cpu::{
        maths::{angle, wide_cos_sin},
        rows,
        sum::sums,
        wide,
    },
    tensor::{Operand, Primitive, Spec, on_cpu},
};

/// Pairs whose weights are computed side by side.
const PAIRS: usize = 64;

pub(super) fn slerp(x: &[Operand], y: &Spec) -> Primitive {
    let [a, b, alpha] = [0, 1, 2].map(|i| x[i].known_floats());
    let d = y.shape[1];
    let made = rows(a.len(), PAIRS * d, |block, y| {
        let (first, n) = (block * PAIRS, y.len() / d);
        let pair = |i: usize| (&a[(first + i) * d..][..d], &b[(first + i) * d..][..d]);
        let (mut at, mut made) = ([[1.0; PAIRS]; 3], [[0.0; PAIRS]; 2]);
        for i in 0..n {
            let (a, b) = pair(i);
            [at[0][i], at[1][i]] = wide!(sums([a, b], squares));
            at[2][i] = f64::from(alpha[first + i]);
        }
        wide!(side_by_side(&at, &mut made));
        for (i, y) in y.chunks_exact_mut(d).enumerate() {
            let (a, b) = pair(i);
            let (half, alpha) = (Half::new([at[0][i], at[1][i]]), at[2][i]);
            let ([of_sum, of_difference], axis) = match half {
                Half::Angle { .. } => ([made[0][i], made[1][i]], NOWHERE),
                _ => weights(half, alpha, a),
            };
            let (of_sum, of_difference) = (of_sum as f32, of_difference as f32);
            wide!({
                let pairs = y.iter_mut().zip(a).zip(b);
                pairs.for_each(|((y, a), b)| *y = of_sum * (a + b) + of_difference * (a - b));
            });
            y[axis.0] += axis.1;
        }
    });
    on_cpu(made, y)
}

/// The [`weights`] of pairs at an angle, of `|a - b|^2`, `|a + b|^2` and alpha.
#[inline(always)]
fn side_by_side([apart, together, alpha]: &[[f64; PAIRS]; 3], [sums, differences]: &mut [[f64; PAIRS]; 2]) {
    for i in 0..PAIRS {
        let square = apart[i] + together[i];
        let (sin, cos) = ((apart[i] / square).sqrt(), (together[i] / square).sqrt());
        let [c, s] = wide_cos_sin((2.0 * alpha[i] - 1.0) * angle(sin, cos));
        (sums[i], differences[i]) = (0.5 * c / cos, 0.5 * s / sin);
    }
}

/// The gradient by one input; inputs: a, b, alpha, dy.
pub(super) fn gradient(x: &[Operand], by: By, dx: &Spec) -> Primitive {
    let [a, b, alpha, dy] = [0, 1, 2, 3].map(|i| x[i].known_floats());
    let d = x[0].spec.shape[1];
    let made = rows(dx.len(), dx.len() / alpha.len(), |i, dx| {
        let [a, b, dy] = [&a, &b, &dy].map(|x| &x[i * d..][..d]);
        wide!({
            let dots = sums([a, b, dy], to_both);
            let at = SlerpSlope { half: Half::of(a, b), alpha: f64::from(alpha[i]), dots };
            if by == By::Alpha {
                dx[0] = at.by_alpha(a, dy) as f32;
                return;
            }
            let (weights, axis) = if by == By::A { at.by_a(a, dy) } else { at.by_b() };
            let [of_dy, of_sum, of_difference] = weights.map(|w| w as f32);
            for (((dx, a), b), dy) in dx.iter_mut().zip(a).zip(b).zip(dy) {
                *dx = of_dy * dy + of_sum * (a + b) + of_difference * (a - b);
            }
            dx[axis.0] += axis.1;
        });
    });
    on_cpu(made, dx)
}

/// A number that is added to one element.
type AtAxis = (usize, f32);

/// No element gets anything.
const NOWHERE: AtAxis = (0, 0.0);

/// `[|a - b|^2, |a + b|^2]`, of one element.
#[inline(always)]
fn squares([a, b]: [f32; 2]) -> [f32; 2] {
    [(a - b) * (a - b), (a + b) * (a + b)]
}

/// `[<dy, a + b>, <dy, a - b>]`, of one element.
#[inline(always)]
fn to_both([a, b, dy]: [f32; 3]) -> [f32; 2] {
    [dy * (a + b), dy * (a - b)]
}

/// The relation of two vectors.
enum Half {
    /// Half the angle between them.
    Angle {
        angle: f64,
        sin: f64,
        cos: f64,
        /// `|a - b|^2 + |a + b|^2`
        square: f64,
    },
    Same,
    Opposite,
}

impl Half {
    #[inline(always)]
    fn of(a: &[f32], b: &[f32]) -> Self {
        Self::new(sums([a, b], squares))
    }

    /// Of `|a - b|^2` and `|a + b|^2`.
    #[inline(always)]
    fn new([apart, together]: [f64; 2]) -> Self {
        let square = apart + together;
        let (sin, cos) = ((apart / square).sqrt(), (together / square).sqrt());
        match 2.0 * sin * cos >= MIN_SINE {
            true => Self::Angle { angle: sin.atan2(cos), sin, cos, square },
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

/// The weights of the sum and the difference.
fn weights(half: Half, alpha: f64, a: &[f32]) -> ([f64; 2], AtAxis) {
    let t = 2.0 * alpha - 1.0;
    match half {
        Half::Angle { angle, sin, cos, .. } => {
            let (s, c) = (t * angle).sin_cos();
            ([0.5 * c / cos, 0.5 * s / sin], NOWHERE)
        }
        Half::Same => ([0.5, 0.5 * t], NOWHERE),
        Half::Opposite => {
            let (across, (sin, cos)) = (Across::of(a), ((1.0 - alpha) * PI).sin_cos());
            let step = sin * across.r;
            ([0.5 * (cos - step * across.along); 2], (across.axis, step as f32))
        }
    }
}

/// What the gradients of a pair are made of.
struct SlerpSlope {
    half: Half,
    alpha: f64,
    /// Those of dy with the sum and with the difference.
    dots: [f64; 2],
}

impl SlerpSlope {
    fn to_a(&self) -> f64 {
        0.5 * (self.dots[0] + self.dots[1])
    }

    fn by_alpha(&self, a: &[f32], dy: &[f32]) -> f64 {
        match self.half {
            Half::Angle { angle, sin, cos, .. } => {
                let (s, c) = ((2.0 * self.alpha - 1.0) * angle).sin_cos();
                angle * (c / sin * self.dots[1] - s / cos * self.dots[0])
            }
            Half::Same => self.dots[1],
            Half::Opposite => {
                let (sin, cos) = ((1.0 - self.alpha) * PI).sin_cos();
                PI * (sin * self.to_a() - cos * Across::of(a).dot(self.to_a(), dy))
            }
        }
    }

    /// The weights of dy, the sum and the difference.
    fn by_a(&self, a: &[f32], dy: &[f32]) -> ([f64; 3], AtAxis) {
        match self.half {
            Half::Angle { angle, sin, cos, square } => {
                let [[u, v], [of_sum, of_difference]] = self.between([angle, sin, cos], square);
                ([u + v, of_sum, of_difference], NOWHERE)
            }
            Half::Same => ([self.alpha, 0.0, 0.0], NOWHERE),
            Half::Opposite => {
                let (sin, cos) = ((1.0 - self.alpha) * PI).sin_cos();
                let across = Across::of(a);
                let (dot, Across { axis, along, r, square }) = (across.dot(self.to_a(), dy), across);
                // Through the scaling to length 1, then through `e - along a`, where both depend on a.
                let inner = sin * dot * r * r;
                let by_along = sin * r * self.to_a() - inner * along * (1.0 - square);
                let of_a = -0.5 * along * along * inner;
                ([cos - along * sin * r, of_a, of_a], (axis, (along * inner - by_along) as f32))
            }
        }
    }

    /// The weights of dy, the sum and the difference.
    fn by_b(&self) -> ([f64; 3], AtAxis) {
        let weights = match self.half {
            Half::Angle { angle, sin, cos, square } => {
                let [[u, v], [of_sum, of_difference]] = self.between([angle, sin, cos], square);
                [u - v, of_sum, -of_difference]
            }
            Half::Same => [1.0 - self.alpha, 0.0, 0.0],
            Half::Opposite => [0.0; 3],
        };
        (weights, NOWHERE)
    }

    /// The weights of the sum and the difference in y; and in the gradient by a, through the angle.
    fn between(&self, [angle, sin, cos]: [f64; 3], square: f64) -> [[f64; 2]; 2] {
        let t = 2.0 * self.alpha - 1.0;
        let (s, c) = (t * angle).sin_cos();
        let by_angle = 0.5 * self.dots[0] * (c * sin - t * s * cos) / (cos * cos)
            + 0.5 * self.dots[1] * (t * c * sin - s * cos) / (sin * sin);
        // Half the angle has the gradient `((a - b) cos / sin - (a + b) sin / cos) / square` by a.
        let k = by_angle / square;
        [[0.5 * c / cos, 0.5 * s / sin], [-k * sin / cos, k * cos / sin]]
    }
}
