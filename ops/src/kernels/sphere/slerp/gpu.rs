//! A cube for each pair of vectors; the formulas are those of the CPU's form.

use std::f32::consts::PI;

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{By, SMALLEST_SINE};
use crate::{
    Spec,
    kernels::gpu,
    op::{Operand, Primitive},
};

const UNITS: u32 = 64;
const SINE: f32 = SMALLEST_SINE as f32;

/// `|a - b|^2` of one element where `sign` is -1, `|a + b|^2` where it is 1.
#[cube]
fn square(a: f32, b: f32, sign: f32) -> f32 {
    (a + sign * b) * (a + sign * b)
}

/// The place of the number nearest to 0; the first of several.
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
        let (p, q) = (apart.sqrt(), together.sqrt());
        let sine = 2.0f32 * p * q / (apart + together);
        let share = alpha[row as usize];
        let rest = 1.0f32 - share;
        let mut u = share;
        let mut v = rest;
        let mut axis = 0u32;
        let mut step = 0.0f32;
        if sine >= SINE {
            let w = 2.0f32 * p.atan2(q);
            u = (share * w).sin() / sine;
            v = (rest * w).sin() / sine;
        } else if together < apart {
            axis = axis_of(a, start, d);
            let along = a[(start + axis) as usize];
            step = (rest * PI).sin() * stretch(along, length_squared(a, start, d));
            u = (rest * PI).cos() - step * along;
            v = 0.0f32;
        }
        let mut i = UNIT_POS;
        while i < d {
            let at = (start + i) as usize;
            let mut value = u * a[at] + v * b[at];
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
        let mut to_a = 0.0f32;
        let mut to_b = 0.0f32;
        let mut i = UNIT_POS;
        while i < d {
            let (x, y, slope) = (a[(start + i) as usize], b[(start + i) as usize], dy[(start + i) as usize]);
            apart += square(x, y, -1.0f32);
            together += square(x, y, 1.0f32);
            to_a += x * slope;
            to_b += y * slope;
            i += units;
        }
        let apart = gpu::total(apart, &mut shared, units);
        let together = gpu::total(together, &mut shared, units);
        let to_a = gpu::total(to_a, &mut shared, units);
        let to_b = gpu::total(to_b, &mut shared, units);
        let (p, q) = (apart.sqrt(), together.sqrt());
        let sine = 2.0f32 * p * q / (apart + together);
        let share = alpha[row as usize];
        let rest = 1.0f32 - share;
        let mut by_alpha = to_a - to_b;
        // The weights of dy, a and b, and what one element gets besides.
        let mut of_dy = share;
        let mut of_a = 0.0f32;
        let mut of_b = 0.0f32;
        let mut axis = 0u32;
        let mut step = 0.0f32;
        if by == 1 {
            of_dy = rest;
        }
        if sine >= SINE {
            let w = 2.0f32 * p.atan2(q);
            let cosine = (together - apart) / (apart + together);
            let (s, c) = ((share * w).sin(), (share * w).cos());
            let (s_rest, c_rest) = ((rest * w).sin(), (rest * w).cos());
            by_alpha = w * (c * to_a - c_rest * to_b) / sine;
            let du = (share * c * sine - s * cosine) / (sine * sine);
            let dv = (rest * c_rest * sine - s_rest * cosine) / (sine * sine);
            let k = 2.0f32 * (to_a * du + to_b * dv) / (apart + together);
            let r = q / p;
            of_dy = s / sine;
            let own = k * (r - 1.0f32 / r);
            let other = -k * (r + 1.0f32 / r);
            of_a = own;
            of_b = other;
            if by == 1 {
                of_dy = s_rest / sine;
                of_a = other;
                of_b = own;
            }
        } else if together < apart {
            axis = axis_of(a, start, d);
            let along = a[(start + axis) as usize];
            let square = length_squared(a, start, d);
            let r = stretch(along, square);
            let dot = (dy[(start + axis) as usize] - along * to_a) * r;
            let (s, c) = ((rest * PI).sin(), (rest * PI).cos());
            by_alpha = PI * (s * to_a - c * dot);
            let inner = s * dot * r * r;
            of_dy = c - along * s * r;
            of_a = -along * along * inner;
            step = along * inner - s * r * to_a + inner * along * (1.0f32 - square);
            if by == 1 {
                of_dy = 0.0f32;
                of_a = 0.0f32;
                step = 0.0f32;
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
                let mut value = of_dy * dy[at] + of_a * a[at] + of_b * b[at];
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
    let [a, b, alpha] = [0, 1, 2].map(|i| gpu::buffer(&x[i]));
    let (y, [n, d]) = (gpu::empty(&a, spec), [0, 1].map(|i| spec.shape[i]));
    let (count, dim) = gpu::cubes(&y.client, n, UNITS);
    let [a, b, alpha, out] = [a, b, alpha, y.clone()].map(CubeTensor::into_buffer_arg);
    slerp_kernel::launch(&y.client, count, dim, a, b, alpha, out, d as u32, n as u32, UNITS);
    gpu::tensor(y, &x[0], spec)
}

pub(super) fn gradient(x: &[Operand], by: By, spec: &Spec) -> Primitive {
    let [a, b, alpha, dy] = [0, 1, 2, 3].map(|i| gpu::buffer(&x[i]));
    let (dx, [n, d]) = (gpu::empty(&a, spec), [0, 1].map(|i| x[0].spec.shape[i] as u32));
    let (count, dim) = gpu::cubes(&dx.client, n as usize, UNITS);
    let [a, b, alpha, dy, out] = [a, b, alpha, dy, dx.clone()].map(CubeTensor::into_buffer_arg);
    gradient_kernel::launch(&dx.client, count, dim, a, b, alpha, dy, out, d, n, by as u32, UNITS);
    gpu::tensor(dx, &x[0], spec)
}
