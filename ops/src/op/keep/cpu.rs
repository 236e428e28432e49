use super::{ALL, NONE};
use crate::{
    Spec,
    cpu::rows,
    op::{Operand, Primitive},
    tensor::{Compact, on_cpu},
};

/// [`keep`] in compact form; `None` unless it is on the CPU, and each map keeps one value or none.
pub(super) fn keep_compact(x: &Operand, positions: &Operand, y: &Spec) -> Option<Compact> {
    if let Some(compact) = x.compact() {
        let kept = positions.known_ints();
        let value = |(value, (position, kept)): (&f32, (&i32, &i32))| match *kept {
            ALL => *value,
            kept if kept == *position => *value,
            _ => 0.0,
        };
        let pairs = compact.positions().iter().zip(kept.iter());
        return Some(compact.with_values(compact.values().iter().zip(pairs).map(value).collect()));
    }
    let (x, positions) = (x.floats()?, positions.known_ints());
    if positions.contains(&ALL) {
        return None;
    }
    let size = x.len() / positions.len();
    let value = |(map, &position): (usize, &i32)| match position {
        NONE => 0.0,
        position => x[map * size + position as usize],
    };
    Some(Compact::new(&positions, positions.iter().enumerate().map(value).collect(), y))
}

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
