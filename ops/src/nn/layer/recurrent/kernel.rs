//! All steps of f32 numbers on the CPU in one operation, and their gradient in another.

use super::{
    cell::{Cell, State},
    sequence::{ByGates, Direction},
};
use crate::{
    DType, Result, Spec, Tensor,
    cpu::recurrent::{self, Sequence},
    op::{Operand, custom::GradientCall, fused},
    tensor::{Floats, on_cpu},
};

/// All states h `[T, N, H]`, for an LSTM with the last c in one more step; and these numbers with those that
/// the gradient needs, if it is `saving`.
pub(super) fn forward(d: Direction, inputs: &[Tensor], saving: bool) -> Result<(Tensor, Tensor)> {
    let (x, start, weights) = d.sorted(inputs);
    let (steps, n, hidden) = (x.shape()[0], x.shape()[1], weights[1].shape()[1]);
    let states = [steps + usize::from(start.c.is_some()), n, hidden];
    let count = states.iter().product();
    let saved = if saving { steps * n * hidden * d.cell.saved() } else { 0 };
    let input = d.by_input(x, weights)?;
    let starts = [&start.h].into_iter().chain(&start.c);
    let mut read: Vec<&Tensor> = [&input, &weights[1]].into_iter().chain(starts).collect();
    if d.is_apart() && d.bias {
        read.push(&weights[3]);
    }
    let spec = Spec::new([count + saved], DType::F32);
    let numbers = fused::kernel("recurrent", spec, &read, move |x, y, _| {
        let numbers = x.iter().map(Operand::known_floats).collect::<Vec<_>>();
        let bias = if d.is_apart() { numbers.get(3).map_or(&[][..], |bias| bias) } else { &[] };
        let s = sequence(d, [steps, n, hidden], &numbers[1], &numbers[2..]);
        on_cpu(recurrent::forward(&s, &numbers[0], bias, saving), y)
    })?;
    Ok((numbers.narrow(0, 0, count)?.reshape(&states)?, numbers))
}

/// The gradients of what [`forward`] gave with these numbers.
pub(super) fn backward(d: Direction, at: &GradientCall, numbers: &Tensor) -> Result<ByGates> {
    let (x, start, weights) = d.sorted(at.x);
    let (steps, n, hidden) = (x.shape()[0], x.shape()[1], weights[1].shape()[1]);
    let gates = d.cell.gates() * hidden;
    let [all, state] = [steps * n * gates, n * hidden];
    let apart = if d.is_apart() { all } else { 0 };
    let spec = Spec::new([all + apart + state * (1 + usize::from(start.c.is_some()))], DType::F32);
    let starts = [&start.h].into_iter().chain(&start.c);
    let read: Vec<&Tensor> = [numbers, at.dy, &weights[1]].into_iter().chain(starts).collect();
    let found = fused::kernel("recurrent", spec, &read, move |x, y, _| {
        let numbers = x.iter().map(Operand::known_floats).collect::<Vec<_>>();
        let s = sequence(d, [steps, n, hidden], &numbers[2], &numbers[3..]);
        on_cpu(recurrent::backward(&s, &numbers[0], &numbers[1]), y)
    })?;
    let part = |first: usize, shape: &[usize]| found.narrow(0, first, shape.iter().product())?.reshape(shape);
    let input = part(0, &[steps * n, gates])?;
    let recurrent = if d.is_apart() { part(all, &[steps * n, gates])? } else { input.clone() };
    let dc = start.c.is_some().then(|| part(all + state, &[n, hidden])).transpose()?;
    // The states without the last one that the cell took, after the first.
    let h = start.h.reshape(&[1, n, hidden])?;
    let others = |first: usize| at.y.narrow(0, first, steps - 1);
    let before = match (steps, d.backwards) {
        (1, _) => h,
        (_, false) => Tensor::concat(&[&h, &others(0)?], 0)?,
        (_, true) => Tensor::concat(&[&others(1)?, &h], 0)?,
    };
    let start = State { h: part(all + apart, &[n, hidden])?, c: dc };
    Ok(ByGates { input, recurrent, before: before.reshape(&[steps * n, hidden])?, start })
}

/// The sequence of a weight and start states; behind these may be what else an operation reads.
fn sequence<'a>(d: Direction, sizes: [usize; 3], weight: &'a [f32], start: &'a [Floats]) -> Sequence<'a> {
    let c: &[f32] = if d.cell == Cell::Lstm { &start[1] } else { &[] };
    Sequence { cell: d.cell, backwards: d.backwards, sizes, weight, start: [&start[0], c] }
}
