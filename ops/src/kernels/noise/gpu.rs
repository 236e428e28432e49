use cubecl::prelude::*;

use crate::tensor::{Operand, Primitive, Spec, gpu::launch};

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
    let ([x, noise, chosen], n) = ([&operands[0], &operands[1], &operands[2]], spec.len());
    launch!(mix_kernel(x, noise, chosen) -> spec, units(n), (n / spec.shape[0]) as u32)
}
