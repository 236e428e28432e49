//! Indices that are looked at without the host: those outside of a dimension are counted, and brought into
//! it, because a kernel would read elsewhere.

use cubecl::prelude::*;

use crate::tensor::{Operand, Primitive, Spec, gpu::launch};

#[cube(launch)]
fn outside_kernel(index: &[i32], y: &mut [f32], n: i32) {
    if ABSOLUTE_POS < y.len() {
        let i = index[ABSOLUTE_POS];
        y[ABSOLUTE_POS] = f32::cast_from(i < 0i32 || i >= n);
    }
}

#[cube(launch)]
fn clamped_kernel(index: &[i32], y: &mut [i32], n: i32) {
    if ABSOLUTE_POS < y.len() {
        y[ABSOLUTE_POS] = max(min(index[ABSOLUTE_POS], n - 1), 0i32);
    }
}

/// 1 for each index outside of `0..n`, 0 for others.
pub(super) fn outside(index: &Operand, n: usize, y: &Spec) -> Primitive {
    launch!(outside_kernel(index) -> y, units(y.len()), n as i32)
}

/// The nearest indices within `0..n`.
pub(super) fn clamped(index: &Operand, n: usize, y: &Spec) -> Primitive {
    launch!(clamped_kernel(index) -> y, units(y.len()), n as i32)
}
