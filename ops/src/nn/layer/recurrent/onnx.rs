//! Recurrent layers as ONNX has them: one operator for both directions of a layer.

use super::cell::{Cell, State};
use crate::{
    Device, Result, Spec, Tensor,
    op::{OnnxAttribute, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive},
    tensor::apply,
};

/// An output of `RNN`, `GRU` or `LSTM`.
struct Recurrent {
    cell: Cell,
    bidirectional: bool,
    hidden: usize,
    bias: bool,
    state: bool,
    /// 0: all h, `[T, directions, N, H]`; 2: the last c, `[directions, N, H]`.
    output: usize,
    spec: Spec,
}

impl Recurrent {
    fn op_type(&self) -> &'static str {
        match self.cell {
            Cell::Plain { .. } => "RNN",
            Cell::Gru => "GRU",
            Cell::Lstm => "LSTM",
        }
    }
}

impl Op for Recurrent {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.op_type())
    }

    fn infer(&self, _: &[&Spec]) -> Result<Spec> {
        Ok(self.spec.clone())
    }

    fn run(&self, _: &[Operand], _: &Spec, _: Device) -> Primitive {
        unreachable!("{} stands for other operations in a trace, which computes nothing", self.op_type())
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let mut inputs = w.all();
        if !self.bias {
            inputs.insert(3, OnnxValue::Omitted);
        }
        if self.state {
            // The lengths of the sequences.
            inputs.insert(4, OnnxValue::Omitted);
        }
        let direction = if self.bidirectional { "bidirectional" } else { "forward" };
        let mut attributes = vec![
            ("direction", OnnxAttribute::Text(direction)),
            ("hidden_size", OnnxAttribute::from(self.hidden)),
        ];
        if self.cell == Cell::Gru {
            attributes.push(("linear_before_reset", OnnxAttribute::Int(1)));
        }
        if self.cell == (Cell::Plain { relu: true }) {
            let relu = if self.bidirectional { &["Relu", "Relu"][..] } else { &["Relu"] };
            attributes.push(("activations", OnnxAttribute::Texts(relu)));
        }
        let outputs = if self.cell == Cell::Lstm { 3 } else { 2 };
        let step = w.step(self.op_type(), outputs, inputs, attributes);
        Ok(OnnxValue::Output(step, self.output))
    }
}

/// Both directions, or one, of a layer in a trace: all states h `[T, directions, N, H]`, and of an LSTM the
/// last c, `[directions, N, H]`. `weights` are those of each direction, `start` the states of all.
pub(super) fn traced(
    cell: Cell,
    x: &Tensor,
    weights: &[Vec<Tensor>],
    start: Option<&State>,
) -> Result<(Tensor, Option<Tensor>)> {
    let of = |i: usize| {
        let each = weights.iter().map(|own| reordered(cell, &own[i])).collect::<Result<Vec<_>>>()?;
        Tensor::stack(&each.iter().collect::<Vec<_>>(), 0)
    };
    let mut inputs = vec![x.clone(), of(0)?, of(1)?];
    let bias = weights[0].len() == 4;
    if bias {
        inputs.push(Tensor::concat(&[&of(2)?, &of(3)?], 1)?);
    }
    inputs.extend(start.iter().flat_map(|state| [&state.h].into_iter().chain(&state.c)).cloned());
    let inputs: Vec<_> = inputs.iter().collect();
    let (steps, n) = (x.shape()[0], x.shape()[1]);
    let (directions, hidden) = (weights.len(), weights[0][1].shape()[1]);
    let output = |output: usize, shape: &[usize]| {
        let spec = Spec::new(shape, x.dtype());
        let (bidirectional, state) = (directions == 2, start.is_some());
        apply(Recurrent { cell, bidirectional, hidden, bias, state, output, spec }, &inputs)
    };
    let h = output(0, &[steps, directions, n, hidden])?;
    let c = (cell == Cell::Lstm).then(|| output(2, &[directions, n, hidden]));
    Ok((h, c.transpose()?))
}

/// A weight or bias with its gates in the order of ONNX: i, o, f, g and z, r, n.
fn reordered(cell: Cell, weight: &Tensor) -> Result<Tensor> {
    let order: &[usize] = match cell {
        Cell::Plain { .. } => return Ok(weight.clone()),
        Cell::Gru => &[1, 0, 2],
        Cell::Lstm => &[0, 3, 1, 2],
    };
    let size = weight.shape()[0] / order.len();
    let parts = order.iter().map(|&i| weight.narrow(0, i * size, size)).collect::<Result<Vec<_>>>()?;
    Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)
}
