//! A cube for each pair of vectors; the formulas are those of the CPU's form.

use std::f32::consts::PI;

use cubecl::prelude::*;

use super::{By, MIN_SINE};
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

const UNITS: u32 = 64;
const SINE: f32 = MIN_SINE as f32;

/// `|a - b|^2` of one element where `sign` is -1, `|a + b|^2` where it is 1.
#[cube]
fn square(a: f32, b: f32, sign: f32) -> f32 {
    (a + sign * b) * (a + sign * b)
}

/// The index of the number nearest to 0; the first of several.
#[cube]
fn axis_of(a: &[f32], start: u32, d: u32) -> u32 {
    let mut axis = 0u32;
    for i in 1..d {
        if a[(start + i) as usize].abs() < a[(start + axis) as usize].abs() {
            axis = i;
        }
    }
    axis
}

#[cube]
fn length_squared(a: &[f32], start: u32, d: u32) -> f32 {
    let mut sum = 0.0f32;
    for i in 0..d {
        sum += a[(start + i) as usize] * a[(start + i) as usize];
    }
    sum
}

/// One over the length of `e - along a`; 0 in one dimension, where nothing is at right angles.
#[cube]
fn stretch(along: f32, square: f32) -> f32 {
    let rest = 1.0f32 - 2.0f32 * along * along + along * along * square;
    let mut r = 0.0f32;
    if rest > 1e-12f32 {
        r = 1.0f32 / rest.sqrt();
    }
    r
}

#[cube(launch)]
fn slerp_kernel(a: &[f32], b: &[f32], alpha: &[f32], y: &mut [f32], d: u32, n: u32, #[comptime] units: u32) {
    let row = CUBE_POS as u32;
    if row < n {
        let start = row * d;
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut apart = 0.0f32;
        let mut together = 0.0f32;
        let mut i = UNIT_POS;
        while i < d {
            let (x, y) = (a[(start + i) as usize], b[(start + i) as usize]);
            apart += square(x, y, -1.0f32);
            together += square(x, y, 1.0f32);
            i += units;
        }
        let apart = gpu::total(apart, &mut shared, units);
        let together = gpu::total(together, &mut shared, units);
        let sine = (apart / (apart + together)).sqrt();
        let cosine = (together / (apart + together)).sqrt();
        let share = alpha[row as usize];
        let t = 2.0f32 * share - 1.0f32;
        let mut of_sum = f32::new(0.5);
        let mut of_difference = 0.5f32 * t;
        let mut axis = 0u32;
        let mut step = 0.0f32;
        if 2.0f32 * sine * cosine >= SINE {
            let angle = t * sine.atan2(cosine);
            of_sum = 0.5f32 * angle.cos() / cosine;
            of_difference = 0.5f32 * angle.sin() / sine;
        } else if together < apart {
            let rotation = (1.0f32 - share) * PI;
            axis = axis_of(a, start, d);
            let along = a[(start + axis) as usize];
            step = rotation.sin() * stretch(along, length_squared(a, start, d));
            of_sum = 0.5f32 * (rotation.cos() - step * along);
            of_difference = 0.5f32 * (rotation.cos() - step * along);
        }
        let mut i = UNIT_POS;
        while i < d {
            let at = (start + i) as usize;
            let mut value = of_sum * (a[at] + b[at]) + of_difference * (a[at] - b[at]);
            if i == axis {
                value += step;
            }
            y[at] = value;
            i += units;
        }
    }
}

/// `by` is 0 for a, 1 for b, 2 for alpha.
#[cube(launch)]
fn gradient_kernel(
    a: &[f32],
    b: &[f32],
    alpha: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    d: u32,
    n: u32,
    by: u32,
    #[comptime] units: u32,
) {
    let row = CUBE_POS as u32;
    if row < n {
        let start = row * d;
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut apart = 0.0f32;
        let mut together = 0.0f32;
        let mut to_sum = 0.0f32;
        let mut to_difference = 0.0f32;
        let mut i = UNIT_POS;
        while i < d {
            let (x, y, slope) = (a[(start + i) as usize], b[(start + i) as usize], dy[(start + i) as usize]);
            apart += square(x, y, -1.0f32);
            together += square(x, y, 1.0f32);
            to_sum += slope * (x + y);
            to_difference += slope * (x - y);
            i += units;
        }
        let apart = gpu::total(apart, &mut shared, units);
        let together = gpu::total(together, &mut shared, units);
        let to_sum = gpu::total(to_sum, &mut shared, units);
        let to_difference = gpu::total(to_difference, &mut shared, units);
        let square = apart + together;
        let sine = (apart / square).sqrt();
        let cosine = (together / square).sqrt();
        let share = alpha[row as usize];
        let t = 2.0f32 * share - 1.0f32;
        let mut by_alpha = to_difference;
        // The weights of dy, the sum and the difference, and what one element gets besides.
        let mut of_dy = share;
        let mut of_sum = f32::new(0.0);
        let mut of_difference = f32::new(0.0);
        let mut axis = 0u32;
        let mut step = f32::new(0.0);
        if by == 1 {
            of_dy = 1.0f32 - share;
        }
        if 2.0f32 * sine * cosine >= SINE {
            let angle = sine.atan2(cosine);
            let s = (t * angle).sin();
            let c = (t * angle).cos();
            by_alpha = angle * (c / sine * to_difference - s / cosine * to_sum);
            let by_angle = 0.5f32 * to_sum * (c * sine - t * s * cosine) / (cosine * cosine)
                + 0.5f32 * to_difference * (t * c * sine - s * cosine) / (sine * sine);
            let k = by_angle / square;
            of_dy = 0.5f32 * c / cosine + 0.5f32 * s / sine;
            of_sum = -k * sine / cosine;
            of_difference = k * cosine / sine;
            if by == 1 {
                of_dy = 0.5f32 * c / cosine - 0.5f32 * s / sine;
                of_difference = -k * cosine / sine;
            }
        } else if together < apart {
            axis = axis_of(a, start, d);
            let rotation = (1.0f32 - share) * PI;
            let to_a = 0.5f32 * (to_sum + to_difference);
            let along = a[(start + axis) as usize];
            let length = length_squared(a, start, d);
            let r = stretch(along, length);
            let dot = (dy[(start + axis) as usize] - along * to_a) * r;
            let s = rotation.sin();
            let c = rotation.cos();
            by_alpha = PI * (s * to_a - c * dot);
            let inner = s * dot * r * r;
            of_dy = c - along * s * r;
            of_sum = -0.5f32 * along * along * inner;
            of_difference = -0.5f32 * along * along * inner;
            step = along * inner - s * r * to_a + inner * along * (1.0f32 - length);
            if by == 1 {
                of_dy = f32::new(0.0);
                of_sum = f32::new(0.0);
                of_difference = f32::new(0.0);
                step = f32::new(0.0);
            }
        }
        if by == 2 {
            if UNIT_POS == 0 {
                dx[row as usize] = by_alpha;
            }
        } else {
            let mut i = UNIT_POS;
            while i < d {
                let at = (start + i) as usize;
                let mut value = of_dy * dy[at] + of_sum * (a[at] + b[at]) + of_difference * (a[at] - b[at]);
                if i == axis {
                    value += step;
                }
                dx[at] = value;
                i += units;
            }
        }
    }
}

pub(super) fn slerp(x: &[Operand], spec: &Spec) -> Primitive {
    let [n, d] = [0, 1].map(|i| spec.shape[i]);
    launch!(slerp_kernel(&x[0], &x[1], &x[2]) -> spec, cubes(n, UNITS), d as u32, n as u32, UNITS)
}

pub(super) fn gradient(x: &[Operand], by: By, spec: &Spec) -> Primitive {
    let [n, d] = [0, 1].map(|i| x[0].spec.shape[i]);
    launch!(
        gradient_kernel(&x[0], &x[1], &x[2], &x[3]) -> spec,
        cubes(n, UNITS),
        d as u32, n as u32, by as u32, UNITS,
    )
}
