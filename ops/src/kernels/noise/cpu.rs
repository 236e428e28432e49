use crate::{
    Spec,
    kernels::cpu,
    op::{Operand, Primitive},
};

pub(super) fn mix(operands: &[Operand], y: &Spec) -> Primitive {
    let [x, noise, chosen] = [&operands[0], &operands[1], &operands[2]].map(cpu::known);
    let row = x.len() / chosen.len();
    let fill = |n: usize, out: &mut [f32]| {
        out.copy_from_slice(&x[n * row..][..row]);
        if chosen[n] != 0.0 {
            out.iter_mut().zip(&noise[n * row..][..row]).for_each(|(y, z)| *y += z);
        }
    };
    cpu::tensor(cpu::rows(x.len(), row, fill), y)
}
