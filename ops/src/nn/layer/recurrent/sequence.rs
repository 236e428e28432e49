//! One direction of one recurrent layer, over all steps.

use super::{
    cell::{Cell, State, Step},
    kernel,
};
use crate::{
    Device, Result, Tensor, no_grad,
    op::{custom::GradientCall, custom::custom_gradient, fused},
    tensor::is_grad_enabled,
};

/// A cell that goes over a sequence, perhaps from its end.
#[derive(Clone, Copy)]
pub(super) struct Direction {
    pub cell: Cell,
    pub backwards: bool,
    pub bias: bool,
}

/// The weights `[gates H, inputs]` and `[gates H, H]`, and where there are any the biases `[gates H]`.
pub(super) type Weights<'a> = &'a [Tensor];

/// What the gradients need of all steps.
enum Trace {
    Steps(Vec<Step>),
    /// What the kernel gave.
    Numbers(Tensor),
}

/// The gradients by the gates' sums of all steps, `[T N, gates H]` each: by what comes in, and by what the
/// state gives; those states, `[T N, H]`; and the gradient by the first one.
pub(super) struct ByGates {
    pub input: Tensor,
    pub recurrent: Tensor,
    pub before: Tensor,
    pub start: State,
}

impl Direction {
    /// All states h of `x` `[T, N, inputs]`, as `[T, N, H]`; of an LSTM the last c stands behind them, in
    /// one more step. `start` are the states `[N, H]` that it begins with.
    ///
    /// The gradient of all steps is computed at once: of the matrices, one product for each.
    pub fn run(self, x: &Tensor, weights: Weights, start: &State) -> Result<Tensor> {
        let states = [&start.h].into_iter().chain(&start.c);
        let inputs: Vec<&Tensor> = [x].into_iter().chain(states).chain(weights).collect();
        let constants: Vec<_> = inputs.iter().map(|x| x.detach()).collect();
        let is_tracked = is_grad_enabled() && inputs.iter().any(|x| x.is_tracked());
        let (y, trace) = no_grad(|| self.traced(&constants, is_tracked))?;
        if !is_tracked {
            return Ok(y);
        }
        let plain = move |inputs: &[Tensor]| Ok(self.joined(inputs)?.0);
        custom_gradient(
            "recurrent",
            &inputs,
            |_| Ok(y),
            move |at| match is_grad_enabled() {
                true => fused::recorded(at.x, at.dy, at.wanted, plain),
                false => self.gradients(at, &trace),
            },
        )
    }

    /// All states, and what the gradients need, if it is `saving`.
    fn traced(self, inputs: &[Tensor], saving: bool) -> Result<(Tensor, Trace)> {
        if fused::applies(&inputs[0]) && inputs[0].device() == Device::Cpu {
            let (y, numbers) = kernel::forward(self, inputs, saving)?;
            return Ok((y, Trace::Numbers(numbers)));
        }
        let (y, steps) = self.joined(inputs)?;
        Ok((y, Trace::Steps(steps)))
    }

    /// What stands in which place of the inputs.
    pub fn sorted(self, inputs: &[Tensor]) -> (&Tensor, State, Weights<'_>) {
        let c = (self.cell == Cell::Lstm).then(|| inputs[2].clone());
        let weights = &inputs[2 + usize::from(c.is_some())..];
        (&inputs[0], State { h: inputs[1].clone(), c }, weights)
    }

    /// [`Direction::run`] in plain operations, and the steps, in the order of the sequence.
    fn joined(self, inputs: &[Tensor]) -> Result<(Tensor, Vec<Step>)> {
        let (x, mut state, weights) = self.sorted(inputs);
        let mut parts = unstacked(&self.by_input(x, weights)?)?;
        // Written out once, since every step reads it.
        let recurrent = weights[1].transpose(0, 1)?.mul_scalar(1.0)?;
        if self.backwards {
            parts.reverse();
        }
        let mut all = Vec::with_capacity(parts.len());
        for input in &parts {
            let sum = state.h.matmul(&recurrent)?;
            let sum = if self.is_apart() && self.bias { sum.add(&weights[3])? } else { sum };
            let step = self.cell.step(input, &sum, &state)?;
            state = step.state.clone();
            all.push(step);
        }
        if self.backwards {
            all.reverse();
        }
        let h: Vec<_> = all.iter().map(|step| &step.state.h).chain(&state.c).collect();
        Ok((Tensor::stack(&h, 0)?, all))
    }

    /// Whether the second bias stays with what the state gives: a GRU's goes through its reset gate.
    pub fn is_apart(self) -> bool {
        self.cell == Cell::Gru
    }

    /// What comes in at all steps, `W x + b`, `[T, N, gates H]`.
    pub fn by_input(self, x: &Tensor, weights: Weights) -> Result<Tensor> {
        let &[steps, n, size] = x.shape() else { unreachable!("the layer has checked it") };
        let rows = x.reshape(&[steps * n, size])?.matmul(&weights[0].transpose(0, 1)?)?;
        let rows = match weights {
            [_, _, b, c] if !self.is_apart() => rows.add(&b.add(c)?)?,
            [_, _, b, _] => rows.add(b)?,
            _ => rows,
        };
        let gates = rows.shape()[1];
        rows.reshape(&[steps, n, gates])
    }

    fn gradients(self, at: &GradientCall, trace: &Trace) -> Result<Vec<Option<Tensor>>> {
        let ByGates { input, recurrent, before, start } = match trace {
            Trace::Steps(all) => self.by_gates(at, all)?,
            Trace::Numbers(numbers) => kernel::backward(self, at, numbers)?,
        };
        let (x, _, weights) = self.sorted(at.x);
        let by = |g: &Tensor, x: &Tensor| g.transpose(0, 1)?.matmul(x);
        let flat = x.reshape(&[input.shape()[0], x.shape()[2]])?;
        let of_x = || input.matmul(&weights[0])?.reshape(x.shape());
        let mut found = vec![at.wanted[0].then(of_x).transpose()?, Some(start.h)];
        found.extend(start.c.map(Some));
        found.extend([Some(by(&input, &flat)?), Some(by(&recurrent, &before)?)]);
        if self.bias {
            found.extend([Some(input.sum_dims(&[0], false)?), Some(recurrent.sum_dims(&[0], false)?)]);
        }
        Ok(found.into_iter().zip(at.wanted).map(|(g, &wanted)| g.filter(|_| wanted)).collect())
    }

    fn by_gates(self, at: &GradientCall, all: &[Step]) -> Result<ByGates> {
        let (_, start, weights) = self.sorted(at.x);
        let steps = all.len();
        // In the order in which the cell took them.
        let order: Vec<usize> =
            if self.backwards { (0..steps).rev().collect() } else { (0..steps).collect() };
        let dy = unstacked(at.dy)?;
        let mut d = State { h: start.h.zeros_like()?, c: start.c.is_some().then(|| dy[steps].clone()) };
        let (mut inputs, mut recurrents, mut befores) =
            (vec![None; steps], vec![None; steps], vec![None; steps]);
        for (k, &t) in order.iter().enumerate().rev() {
            d.h = d.h.add(&dy[t])?;
            let before = if k == 0 { &start } else { &all[order[k - 1]].state };
            let g = self.cell.gradient(&all[t], before, &d)?;
            d = State { h: g.state.h.add(&g.recurrent.matmul(&weights[1])?)?, c: g.state.c };
            (inputs[t], recurrents[t], befores[t]) =
                (Some(g.input), Some(g.recurrent), Some(before.h.clone()));
        }
        // All steps as rows `[T N, ..]`.
        let rows =
            |parts: Vec<Option<Tensor>>| Tensor::concat(&parts.iter().flatten().collect::<Vec<_>>(), 0);
        Ok(ByGates { input: rows(inputs)?, recurrent: rows(recurrents)?, before: rows(befores)?, start: d })
    }
}

/// The parts along the first dimension. Cut in halves, so that the gradient of all of them together costs as
/// much as a few of the whole, and not as many as there are parts.
fn unstacked(x: &Tensor) -> Result<Vec<Tensor>> {
    let n = x.shape()[0];
    if n == 1 {
        return Ok(vec![x.squeeze(0)?]);
    }
    let half = n / 2;
    let mut parts = unstacked(&x.narrow(0, 0, half)?)?;
    parts.extend(unstacked(&x.narrow(0, half, n - half)?)?);
    Ok(parts)
}
