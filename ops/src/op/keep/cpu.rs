use super::{ALL, NONE};
use crate::{
    Spec,
    cpu::rows,
    op::{Operand, Primitive},
    tensor::on_cpu,
};

pub(super) fn keep(x: &Operand, positions: &Operand, y: &Spec) -> Primitive {
    let (x, positions) = (x.known_floats(), positions.known_ints());
    let size = x.len() / positions.len();
    let fill = |map: usize, y: &mut [f32]| match positions[map] {
        NONE => {}
        ALL => y.copy_from_slice(&x[map * size..][..size]),
        position => y[position as usize] = x[map * size + position as usize],
    };
    on_cpu(rows(x.len(), size, fill), y)
}
