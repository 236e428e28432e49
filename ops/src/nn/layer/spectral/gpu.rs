use cubecl::prelude::*;

use super::EPS;
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

const UNITS: u32 = 256;

/// One cube: the vectors are as long as a weight has rows or columns.
#[cube(launch)]
fn unit_kernel(x: &[f32], y: &mut [f32], eps: f32, #[comptime] units: u32) {
    let n = y.len() as u32;
    let mut shared = Shared::<[f32]>::new_slice(units as usize);
    let mut sum = 0.0f32;
    let mut i = UNIT_POS;
    while i < n {
        sum += x[i as usize] * x[i as usize];
        i += units;
    }
    let norm = max(gpu::total(sum, &mut shared, units).sqrt(), eps);
    let mut i = UNIT_POS;
    while i < n {
        y[i as usize] = x[i as usize] / norm;
        i += units;
    }
}

/// The vector over its norm.
pub(super) fn unit(x: &Operand, y: &Spec) -> Primitive {
    launch!(unit_kernel(x) -> y, cubes(1, UNITS), EPS as f32, UNITS)
}
