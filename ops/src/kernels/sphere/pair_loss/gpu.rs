//! A cube for each vector of the first set, which goes through all of the second.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{MARGIN, PairLoss, Pairs};
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

const UNITS: u32 = 64;
const MINIMUM: f32 = (MARGIN / 2.0) as f32;
const MAXIMUM: f32 = (1.0 - MARGIN / 2.0) as f32;

#[cube]
fn cosine(s: &[f32], t: &[f32], i: u32, j: u32, d: u32) -> f32 {
    let mut sum = 0.0f32;
    for k in 0..d {
        sum += s[(i * d + k) as usize] * t[(j * d + k) as usize];
    }
    sum
}

/// The logarithm of a half, with the margin kept; NaN stays NaN.
#[allow(clippy::manual_clamp, reason = "what a shader's clamp makes of NaN is left open")]
#[cube]
fn log(half: f32) -> f32 {
    let mut half = half;
    if half < MINIMUM {
        half = MINIMUM;
    }
    if half > MAXIMUM {
        half = MAXIMUM;
    }
    half.ln()
}

/// For each i the sum of `h(<s_i, t_j>, p)` over j.
#[cube(launch)]
fn rows_kernel(
    s: &[f32],
    t: &[f32],
    rows: &mut [f32],
    n: u32,
    m: u32,
    d: u32,
    p: f32,
    distinct: u32,
    #[comptime] units: u32,
) {
    let i = CUBE_POS as u32;
    if i < n {
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut sum = 0.0f32;
        let mut j = UNIT_POS;
        while j < m {
            if distinct == 0 || i != j {
                let x = cosine(s, t, i, j, d);
                if p > 0.0f32 {
                    sum -= p * log(0.5f32 + 0.5f32 * x);
                }
                if p < 1.0f32 {
                    sum -= (1.0f32 - p) * log(0.5f32 - 0.5f32 * x);
                }
            }
            j += units;
        }
        let sum = gpu::total(sum, &mut shared, units);
        if UNIT_POS == 0 {
            rows[i as usize] = sum;
        }
    }
}

/// `y = scale sum x`, in one cube.
#[cube(launch)]
fn sum_kernel(x: &[f32], y: &mut [f32], n: u32, scale: f32, #[comptime] units: u32) {
    if CUBE_POS == 0 {
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut sum = 0.0f32;
        let mut i = UNIT_POS;
        while i < n {
            sum += x[i as usize];
            i += units;
        }
        let sum = gpu::total(sum, &mut shared, units);
        if UNIT_POS == 0 {
            y[0] = scale * sum;
        }
    }
}

/// `ds_i = scale dy sum_j h'(<s_i, t_j>) t_j`: the slopes of as many j as there are units at a time.
#[cube(launch)]
fn gradient_kernel(
    s: &[f32],
    t: &[f32],
    dy: &[f32],
    ds: &mut [f32],
    n: u32,
    m: u32,
    d: u32,
    p: f32,
    scale: f32,
    distinct: u32,
    #[comptime] units: u32,
) {
    let i = CUBE_POS as u32;
    if i < n {
        let mut slopes = Shared::<[f32]>::new_slice(units as usize);
        let mut k = UNIT_POS;
        while k < d {
            ds[(i * d + k) as usize] = 0.0f32;
            k += units;
        }
        let mut first = 0u32;
        while first < m {
            let j = first + UNIT_POS;
            let mut slope = 0.0f32;
            if j < m && (distinct == 0 || i != j) {
                let x = cosine(s, t, i, j, d);
                let (u, v) = (0.5f32 + 0.5f32 * x, 0.5f32 - 0.5f32 * x);
                let beyond = u < MINIMUM || v < MINIMUM;
                if !beyond {
                    slope = 0.5f32 * scale * dy[0] * ((1.0f32 - p) / v - p / u);
                }
            }
            slopes[UNIT_POS as usize] = slope;
            sync_cube();
            let there = min(units, m - first);
            let mut k = UNIT_POS;
            while k < d {
                let mut sum = ds[(i * d + k) as usize];
                for j in 0..there {
                    sum += slopes[j as usize] * t[((first + j) * d + k) as usize];
                }
                ds[(i * d + k) as usize] = sum;
                k += units;
            }
            sync_cube();
            first += units;
        }
    }
}

/// N, M and D.
fn sizes(x: &[Operand]) -> [u32; 3] {
    [x[0].spec.shape[0], x[1].spec.shape[0], x[0].spec.shape[1]].map(|n| n as u32)
}

pub(super) fn loss(x: &[Operand], of: PairLoss, spec: &Spec) -> Primitive {
    let [n, m, d] = sizes(x);
    let (s, t) = (gpu::buffer(&x[0]), gpu::buffer(&x[1]));
    let rows = gpu::empty(&x[0], &spec.reshaped(vec![n as usize]));
    let y = gpu::empty(&x[0], spec);
    let (count, dim) = gpu::cubes(&y.client, n as usize, UNITS);
    let [s, t, out] = [s, t, rows.clone()].map(CubeTensor::into_buffer_arg);
    let distinct = u32::from(of.pairs == Pairs::Distinct);
    rows_kernel::launch(&y.client, count, dim, s, t, out, n, m, d, of.p as f32, distinct, UNITS);
    let (count, dim) = gpu::cubes(&y.client, 1, UNITS);
    let [rows, out] = [rows, y.clone()].map(CubeTensor::into_buffer_arg);
    let scale = (1.0 / (f64::from(n) * f64::from(m))) as f32;
    sum_kernel::launch(&y.client, count, dim, rows, out, n, scale, UNITS);
    gpu::tensor(y, &x[0], spec)
}

/// The gradient by s; inputs: s, t, dy.
pub(super) fn gradient(x: &[Operand], of: PairLoss, spec: &Spec) -> Primitive {
    let [n, m, d] = sizes(x);
    let (s, t, dy) = (&x[0], &x[1], &x[2]);
    let (scale, distinct) = (1.0 / (f64::from(n) * f64::from(m)), u32::from(of.pairs == Pairs::Distinct));
    let (p, scale) = (of.p as f32, scale as f32);
    launch!(
        gradient_kernel(s, t, dy) -> spec,
        cubes(n as usize, UNITS),
        n, m, d, p, scale, distinct, UNITS,
    )
}
