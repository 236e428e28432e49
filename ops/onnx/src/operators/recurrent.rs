//! Recurrent layers, one step of the sequence after another.

use ops::{Result, Tensor};

use super::{
    Operator, ResolvedNode,
    cell::{CellActivation, CellKind, CellState, CellWeights, RecurrentCell, activation},
    op,
};
use crate::{GraphValue, broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("RNN", 7, |node| layer(node, CellKind::Plain)).settings(&[4]).weights(&[1, 2, 3, 7]),
    op("GRU", 7, |node| layer(node, CellKind::Gru { reset_after: node.flag("linear_before_reset", false)? }))
        .settings(&[4])
        .weights(&[1, 2, 3, 7]),
    op("LSTM", 7, |node| layer(node, CellKind::Lstm { tied: node.flag("input_forget", false)? }))
        .settings(&[4])
        .weights(&[1, 2, 3, 7]),
];

pub(super) const MICROSOFT: &[Operator] = &[op("DynamicQuantizeLSTM", 1, |node| {
    layer(node, CellKind::Lstm { tied: node.flag("input_forget", false)? })
})
.settings(&[4, 8, 9, 10, 11])
.weights(&[3, 7])];

struct RecurrentLayer {
    /// Whether the weights are whole numbers, and what they are multiplied with is quantised by its range.
    is_quantised: bool,
    directions: Vec<Direction>,
    /// Samples first, then steps.
    samples_first: bool,
}

struct Direction {
    backwards: bool,
    cell: RecurrentCell,
}

fn layer(node: &NodeReader, kind: CellKind) -> ResolvedNode {
    // Whether each goes backwards.
    let known: [(&str, &[bool]); 3] =
        [("forward", &[false]), ("reverse", &[true]), ("bidirectional", &[false, true])];
    let directions = node.choice("direction", &known)?;
    let default: &[&str] = match kind {
        CellKind::Plain => &["Tanh"],
        CellKind::Gru { .. } => &["Sigmoid", "Tanh"],
        CellKind::Lstm { .. } => &["Sigmoid", "Tanh", "Tanh"],
    };
    let names = node.texts("activations")?;
    let [mut alphas, mut betas] = [node.floats("activation_alpha")?, node.floats("activation_beta")?]
        .map(|numbers| numbers.unwrap_or_default().into_iter());
    let names =
        names.unwrap_or_else(|| default.repeat(directions.len()).iter().map(|&n| n.to_owned()).collect());
    if names.len() != default.len() * directions.len() {
        return broken(format!("the attribute `activations` has {} names", names.len()));
    }
    let found = names.iter().map(|name| activation(name, &mut alphas, &mut betas));
    let found = found.collect::<Result<Vec<_>>>()?;
    let clip = node.maybe_float("clip")?;
    let direction = |(backwards, own): (bool, &[CellActivation])| {
        let activations = [0, 1, 2].map(|i| own[i.min(own.len() - 1)].clone());
        Direction { backwards, cell: RecurrentCell { kind, activations, clip } }
    };
    let layer = RecurrentLayer {
        is_quantised: node.proto.op_type == "DynamicQuantizeLSTM",
        directions: directions.iter().copied().zip(found.chunks(default.len())).map(direction).collect(),
        samples_first: node.opset >= 14 && node.flag("layout", false)?,
    };
    node.ignore(&["hidden_size"]);
    Ok(Box::new(move |call| layer.run(call)))
}

impl RecurrentLayer {
    /// Gives all outputs `[steps, directions, N, hidden]`, and the last state(s) `[directions, N, hidden]`.
    fn run(&self, call: &NodeCall) -> Result<Vec<GraphValue>> {
        let x = call.tensor(0)?;
        let x = if self.samples_first { x.transpose(0, 1)? } else { x };
        let &[steps, n, _] = x.shape() else { return Err(call.misfit(x.shape(), "[steps, N, inputs]")) };
        let lengths = call.maybe_ints(4)?;
        if lengths.as_ref().is_some_and(|l| l.len() != n || l.iter().any(|&s| s < 0 || s as usize > steps)) {
            return Err(call.wrong(
                "the lengths",
                format!("{lengths:?}"),
                format!("{n} numbers up to {steps}"),
            ));
        }
        let (mut sequences, mut last_h, mut last_c) = (vec![], vec![], vec![]);
        for (d, direction) in self.directions.iter().enumerate() {
            let of = if self.is_quantised { CellWeights::quantised } else { CellWeights::of };
            let weights = of(call, d, &x, direction.cell.kind)?;
            let given = |i: usize| match call.maybe_on_device_of(i, &x)? {
                Some(all) => all.narrow(i64::from(self.samples_first), d, 1)?.reshape(&[n, weights.hidden]),
                None => Tensor::full([n, weights.hidden], 0.0, x.dtype(), x.device()),
            };
            let c = matches!(direction.cell.kind, CellKind::Lstm { .. }).then(|| given(6)).transpose()?;
            let start = CellState { h: given(5)?, c };
            let (outputs, last) = direction.run(call, &x, &weights, start, lengths.as_deref())?;
            sequences.push(Tensor::stack(&outputs.iter().collect::<Vec<_>>(), 0)?);
            last_h.push(last.h);
            last_c.extend(last.c);
        }
        let stacked = |list: &[Tensor], dim| Tensor::stack(&list.iter().collect::<Vec<_>>(), dim);
        let (y, h) = (stacked(&sequences, 1)?, stacked(&last_h, 0)?);
        let samples_first = self.samples_first;
        let (y, h) = match samples_first {
            true => (y.permute(&[2, 0, 1, 3])?, h.transpose(0, 1)?),
            false => (y, h),
        };
        let mut values = vec![y.into(), h.into()];
        if !last_c.is_empty() {
            let c = stacked(&last_c, 0)?;
            values.push(if samples_first { c.transpose(0, 1)?.into() } else { c.into() });
        }
        Ok(values)
    }
}

impl Direction {
    /// All steps. Samples that ended keep their state, and give zeros.
    fn run(
        &self,
        call: &NodeCall,
        x: &Tensor,
        weights: &CellWeights,
        start: CellState,
        lengths: Option<&[i64]>,
    ) -> Result<(Vec<Tensor>, CellState)> {
        let steps = x.shape()[0];
        let mut outputs = vec![];
        let mut state = start;
        // All inputs of all steps at once.
        let inputs = weights.w.of(x)?;
        for i in 0..steps {
            call.pass.patience()?;
            let t = if self.backwards { steps - 1 - i } else { i };
            let input = inputs.narrow(0, t, 1)?.squeeze(0)?;
            let next = self.cell.step(&input, weights, &state)?;
            let Some(lengths) = lengths else {
                outputs.push(next.h.clone());
                state = next;
                continue;
            };
            let alive: Vec<bool> = lengths.iter().map(|&length| (t as i64) < length).collect();
            let alive = Tensor::from_data(alive, [lengths.len(), 1], x.device())?;
            outputs.push(alive.where_(&next.h, &next.h.zeros_like()?)?);
            let c = match (next.c, state.c) {
                (Some(new), Some(old)) => Some(alive.where_(&new, &old)?),
                _ => None,
            };
            state = CellState { h: alive.where_(&next.h, &state.h)?, c };
        }
        if self.backwards {
            outputs.reverse();
        }
        Ok((outputs, state))
    }
}
