//! A cube for each vector.

use cubecl::prelude::*;

use super::MIN_LENGTH;
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

const UNITS: u32 = 64;
const MINIMUM: f32 = MIN_LENGTH as f32;

#[cube(launch)]
fn normalize_kernel(x: &[f32], y: &mut [f32], d: u32, n: u32, #[comptime] units: u32) {
    let row = CUBE_POS as u32;
    if row < n {
        let start = row * d;
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut square = 0.0f32;
        let mut i = UNIT_POS;
        while i < d {
            let x = x[(start + i) as usize];
            square += x * x;
            i += units;
        }
        let mut length = gpu::total(square, &mut shared, units).sqrt();
        if length < MINIMUM {
            length = MINIMUM;
        }
        let mut i = UNIT_POS;
        while i < d {
            y[(start + i) as usize] = x[(start + i) as usize] / length;
            i += units;
        }
    }
}

#[cube(launch)]
fn gradient_kernel(x: &[f32], dy: &[f32], dx: &mut [f32], d: u32, n: u32, #[comptime] units: u32) {
    let row = CUBE_POS as u32;
    if row < n {
        let start = row * d;
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut square = 0.0f32;
        let mut dot = 0.0f32;
        let mut i = UNIT_POS;
        while i < d {
            let x = x[(start + i) as usize];
            square += x * x;
            dot += x * dy[(start + i) as usize];
            i += units;
        }
        let square = gpu::total(square, &mut shared, units);
        let mut along = gpu::total(dot, &mut shared, units) / square;
        let mut length = square.sqrt();
        if length < MINIMUM {
            length = MINIMUM;
            along = 0.0f32;
        }
        let mut i = UNIT_POS;
        while i < d {
            let at = (start + i) as usize;
            dx[at] = (dy[at] - x[at] * along) / length;
            i += units;
        }
    }
}

/// The number of vectors, and of their elements.
fn sizes(spec: &Spec) -> [usize; 2] {
    let d = spec.shape[spec.rank() - 1];
    [spec.len() / d, d]
}

pub(super) fn normalize(x: &Operand, spec: &Spec) -> Primitive {
    let [n, d] = sizes(spec);
    launch!(normalize_kernel(x) -> spec, cubes(n, UNITS), d as u32, n as u32, UNITS)
}

pub(super) fn gradient(x: &Operand, dy: &Operand, spec: &Spec) -> Primitive {
    let [n, d] = sizes(spec);
    launch!(gradient_kernel(x, dy) -> spec, cubes(n, UNITS), d as u32, n as u32, UNITS)
}
