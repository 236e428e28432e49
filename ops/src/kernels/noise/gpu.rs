use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use crate::{
    Spec,
    op::{Operand, Primitive},
    tensor::gpu,
};

#[cube(launch)]
fn mix_kernel(x: &[f32], noise: &[f32], chosen: &[f32], y: &mut [f32], row: u32) {
    if ABSOLUTE_POS < y.len() {
        let mut value = x[ABSOLUTE_POS];
        if chosen[ABSOLUTE_POS / row as usize] != 0.0 {
            value += noise[ABSOLUTE_POS];
        }
        y[ABSOLUTE_POS] = value;
    }
}

pub(super) fn mix(operands: &[Operand], spec: &Spec) -> Primitive {
    let [x, noise, chosen] = [&operands[0], &operands[1], &operands[2]].map(gpu::buffer);
    let (y, row) = (gpu::empty(&x, spec), spec.len() / spec.shape[0]);
    let (count, dim) = gpu::units(&y.client, spec.len());
    let [x, noise, chosen, out] = [x, noise, chosen, y.clone()].map(CubeTensor::into_buffer_arg);
    mix_kernel::launch(&y.client, count, dim, x, noise, chosen, out, row as u32);
    gpu::tensor(y, &operands[0], spec)
}
