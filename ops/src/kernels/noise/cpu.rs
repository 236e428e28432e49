//! Noise of some samples on the CPU.

use crate::{
    Spec,
    kernels::cpu,
    op::{Operand, Primitive},
};

/// `y_n = x_n + z_n` where `chosen_n` is not 0, in one pass; `None` unless all are f32 on the CPU.
pub(super) fn mix(operands: &[Operand], y: &Spec) -> Option<Primitive> {
    let [x, noise, chosen] = [&operands[0], &operands[1], &operands[2]].map(cpu::floats);
    let (x, noise, chosen) = (x?, noise?, chosen?);
    let row = x.len() / chosen.len();
    let fill = |n: usize, out: &mut [f32]| {
        out.copy_from_slice(&x[n * row..][..row]);
        if chosen[n] != 0.0 {
            out.iter_mut().zip(&noise[n * row..][..row]).for_each(|(y, z)| *y += z);
        }
    };
    Some(cpu::tensor(cpu::rows(x.len(), row, fill), y))
}
