use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::ALL;
use crate::{
    Spec,
    op::{Operand, Primitive},
    tensor::gpu,
};

#[cube(launch)]
fn keep_kernel(x: &[u32], positions: &[i32], y: &mut [u32], size: u32) {
    if ABSOLUTE_POS < y.len() {
        let i = ABSOLUTE_POS as u32;
        let position = positions[(i / size) as usize];
        let mut word = 0u32;
        if position == ALL || position == i32::cast_from(i % size) {
            word = x[i as usize];
        }
        y[i as usize] = word;
    }
}

pub(super) fn keep(x: &Operand, positions: &Operand, spec: &Spec) -> Primitive {
    let (input, kept) = (gpu::buffer(x), gpu::buffer(positions));
    let (y, size) = (gpu::empty(x, spec), x.spec.len() / positions.spec.len());
    let (count, dim) = gpu::units(&y.client, spec.len());
    let [arg, kept, out] = [input, kept, y.clone()].map(CubeTensor::into_buffer_arg);
    keep_kernel::launch(&y.client, count, dim, arg, kept, out, size as u32);
    gpu::tensor(y, x, spec)
}
