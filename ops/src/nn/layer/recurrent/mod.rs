//! Recurrent layers. Names, shapes and the order of the gates are PyTorch's.
//!
//! Reading order: this file (the layer), `cell` (one step), `sequence` (one direction of one layer), `kernel`
//! (the same as one operation), `onnx`.

mod cell;
mod kernel;
mod onnx;
mod sequence;

use super::{
    Fans, Layer, Module, Parameter, Value,
    dropout::{dropped, probable},
    positive, value,
};
use crate::{DType, Device, Error, Result, Spec, Tensor, ensure, nn::init};
use cell::{Cell, State};
use sequence::Direction;

/// Settings of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecurrentOptions {
    /// Layers, each on what the one before it gives.
    pub layers: usize,
    pub bias: bool,
    /// Whether the samples are the first dimension, and not the steps.
    pub batch_first: bool,
    /// Of what goes from one layer to the next, in training.
    pub dropout: f64,
    pub bidirectional: bool,
}

impl Default for RecurrentOptions {
    fn default() -> Self {
        Self { layers: 1, bias: true, batch_first: false, dropout: 0.0, bidirectional: false }
    }
}

/// More layers than anybody needs, and few enough to be made at once.
const MOST_LAYERS: usize = 1000;

/// Layers of one kind of cell.
struct Recurrent {
    name: &'static str,
    cell: Cell,
    inputs: usize,
    hidden: usize,
    options: RecurrentOptions,
}

/// Long short-term memory: `[T, N, inputs]` to a map of `output` `[T, N, directions hidden]`, the last states
/// `h` and `c` `[layers directions, N, hidden]`; with `batch_first`, input and output are `[N, T, ..]`. It is
/// called with x, or with x, h and c, from which it starts (zeros otherwise).
///
/// Weights `weight_ih_l0` `[4 hidden, inputs]` and `weight_hh_l0` `[4 hidden, hidden]` (gates i, f, g, o),
/// biases `bias_ih_l0` and `bias_hh_l0`, those of the other direction with `_reverse`; all start uniform in
/// `+-1 / sqrt(hidden)`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0 and for a dropout outside 0 to 1; when used, [`Error::Shape`].
pub fn lstm(inputs: usize, hidden: usize, options: RecurrentOptions) -> Result<Module> {
    Recurrent { name: "LSTM", cell: Cell::Lstm, inputs, hidden, options }.module("lstm")
}

/// Gated recurrent units, as [`lstm`] without c; gates r, z, n.
///
/// # Errors
/// As [`lstm`].
pub fn gru(inputs: usize, hidden: usize, options: RecurrentOptions) -> Result<Module> {
    Recurrent { name: "GRU", cell: Cell::Gru, inputs, hidden, options }.module("gru")
}

/// `h' = tanh(W x + b + R h + c)`, or max(.., 0) with `relu`: as [`lstm`] without c.
///
/// # Errors
/// As [`lstm`].
pub fn rnn(inputs: usize, hidden: usize, relu: bool, options: RecurrentOptions) -> Result<Module> {
    Recurrent { name: "RNN", cell: Cell::Plain { relu }, inputs, hidden, options }.module("rnn")
}

impl Recurrent {
    fn module(self, op: &'static str) -> Result<Module> {
        let RecurrentOptions { layers, dropout, .. } = self.options;
        positive(op, &[("inputs", self.inputs), ("hidden", self.hidden), ("layers", layers)])?;
        ensure(layers <= MOST_LAYERS, || {
            Error::argument(op, "layers", layers, format!("1 to {MOST_LAYERS}"))
        })?;
        probable(op, dropout)?;
        let bound = 1.0 / (self.hidden as f64).sqrt();
        let law = init::uniform(-bound, bound);
        let gates = self.cell.gates().checked_mul(self.hidden).ok_or_else(|| {
            Error::argument(op, "hidden", self.hidden, "a size that memory has addresses for")
        })?;
        let mut parameters = vec![];
        for (layer, direction) in (0..layers).flat_map(|l| self.directions().map(move |d| (l, d))) {
            let inputs = if layer == 0 { self.inputs } else { self.hidden * self.directions().count() };
            let shapes = [vec![gates, inputs], vec![gates, self.hidden], vec![gates], vec![gates]];
            for (i, name) in self.names(layer, direction).into_iter().enumerate() {
                let value = law.draw(&Spec::new(shapes[i].clone(), DType::F32), None, Device::Cpu)?;
                // A bias belongs to the weight before it.
                let fans = Fans::of_weight(&shapes[i % 2]);
                parameters.push((name, Parameter::with_fans(&value, fans)?));
            }
        }
        Ok(Module::new(self, parameters, vec![]))
    }

    /// Whether each goes backwards.
    fn directions(&self) -> impl Iterator<Item = bool> + use<> {
        [false, true].into_iter().take(1 + usize::from(self.options.bidirectional))
    }

    fn names(&self, layer: usize, backwards: bool) -> Vec<String> {
        let known = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        let end = if backwards { "_reverse" } else { "" };
        known[..if self.options.bias { 4 } else { 2 }]
            .iter()
            .map(|name| format!("{name}_l{layer}{end}"))
            .collect()
    }

    /// The input as `[T, N, inputs]`, and the states to start with, `[layers directions, N, hidden]`.
    fn inputs(&self, inputs: &[Value]) -> Result<(Tensor, Option<State>)> {
        let is_lstm = self.cell == Cell::Lstm;
        let (x, states): (_, Vec<&Tensor>) = match inputs {
            [Value::Tensor(x)] => (x, vec![]),
            [Value::Tensor(x), Value::Tensor(h)] if !is_lstm => (x, vec![h]),
            [Value::Tensor(x), Value::Tensor(h), Value::Tensor(c)] if is_lstm => (x, vec![h, c]),
            [Value::Tensor(x), Value::List(list)] if list.len() == 1 + usize::from(is_lstm) => {
                let list: Vec<_> = list.iter().flat_map(Value::tensors).collect();
                (x, list)
            }
            _ => {
                let states = if is_lstm { "x, h and c" } else { "x and h" };
                let found = value::kinds(inputs);
                return value::refuse(self.name, format!("it takes x, or {states}, and got {found}"));
            }
        };
        let form = if self.options.batch_first { "[N, T, inputs]" } else { "[T, N, inputs]" };
        ensure(x.rank() == 3 && x.shape()[2] == self.inputs, || {
            Error::shape(self.op(), format!("{:?}", x.shape()), format!("{form} with {} inputs", self.inputs))
        })?;
        let x = if self.options.batch_first { x.transpose(0, 1)? } else { x.clone() };
        let expected = [self.options.layers * self.directions().count(), x.shape()[1], self.hidden];
        for state in &states {
            ensure(state.shape() == expected, || {
                Error::shape(self.op(), format!("{:?} for a state", state.shape()), format!("{expected:?}"))
            })?;
        }
        let mut states = states.into_iter().cloned();
        Ok((x, states.next().map(|h| State { h, c: states.next() })))
    }

    fn op(&self) -> &'static str {
        match self.cell {
            Cell::Lstm => "lstm",
            Cell::Gru => "gru",
            Cell::Plain { .. } => "rnn",
        }
    }

    /// All directions of one layer: `[T, N, directions hidden]`, and the last states of each direction.
    fn layer(
        &self,
        x: &Tensor,
        weights: &[Vec<Tensor>],
        start: Option<&State>,
    ) -> Result<(Tensor, Vec<State>)> {
        let &[steps, n, _] = x.shape() else { unreachable!("it was checked") };
        if x.is_symbolic() {
            return self.traced(x, weights, start);
        }
        let (mut outputs, mut last) = (vec![], vec![]);
        for (d, (backwards, weights)) in self.directions().zip(weights).enumerate() {
            let own = |all: &Tensor| all.narrow(0, d, 1)?.squeeze(0);
            let start = match start {
                Some(State { h, c }) => State { h: own(h)?, c: c.as_ref().map(own).transpose()? },
                None => {
                    let zeros = Tensor::full([n, self.hidden], 0.0, x.dtype(), x.device())?;
                    State { c: (self.cell == Cell::Lstm).then(|| zeros.clone()), h: zeros }
                }
            };
            let direction = Direction { cell: self.cell, backwards, bias: self.options.bias };
            let all = direction.run(x, weights, &start)?;
            let at = |t: usize| all.narrow(0, t, 1)?.squeeze(0);
            let end = if backwards { 0 } else { steps - 1 };
            last.push(State { h: at(end)?, c: start.c.is_some().then(|| at(steps)).transpose()? });
            outputs.push(if start.c.is_some() { all.narrow(0, 0, steps)? } else { all });
        }
        Ok((Tensor::concat(&outputs.iter().collect::<Vec<_>>(), 2)?, last))
    }

    fn traced(
        &self,
        x: &Tensor,
        weights: &[Vec<Tensor>],
        start: Option<&State>,
    ) -> Result<(Tensor, Vec<State>)> {
        let (y, c) = onnx::traced(self.cell, x, weights, start)?;
        let &[steps, directions, n, hidden] = y.shape() else { unreachable!("it was made so") };
        let last = self.directions().enumerate().map(|(d, backwards)| {
            let end = if backwards { 0 } else { steps - 1 };
            let h = y.narrow(0, end, 1)?.narrow(1, d, 1)?.reshape(&[n, hidden])?;
            let c = c.as_ref().map(|c| c.narrow(0, d, 1)?.squeeze(0)).transpose()?;
            Ok(State { h, c })
        });
        let last = last.collect::<Result<_>>()?;
        Ok((y.permute(&[0, 2, 1, 3])?.reshape(&[steps, n, directions * hidden])?, last))
    }
}

impl Layer for Recurrent {
    fn name(&self) -> &str {
        self.name
    }

    fn describe(&self) -> String {
        let RecurrentOptions { layers, dropout, bidirectional, .. } = self.options;
        let mut text = format!("{} -> {}", self.inputs, self.hidden);
        for (is_said, words) in [
            (layers > 1, format!(", {layers} layers")),
            (dropout > 0.0, format!(", dropout {dropout}")),
            (bidirectional, ", both directions".into()),
        ] {
            text += if is_said { &words } else { "" };
        }
        text
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let (mut x, start) = self.inputs(inputs)?;
        let RecurrentOptions { layers, dropout, batch_first, .. } = self.options;
        let directions = self.directions().count();
        let mut last = vec![];
        for layer in 0..layers {
            if layer > 0 && module.is_learning(&x) {
                x = dropped(&x, dropout)?;
            }
            let weights = self.directions().map(|backwards| {
                self.names(layer, backwards).iter().map(|name| module.value(name)).collect::<Result<Vec<_>>>()
            });
            let weights = weights.collect::<Result<Vec<_>>>()?;
            let own = |all: &Tensor| all.narrow(0, layer * directions, directions);
            let own =
                |state: &State| Ok(State { h: own(&state.h)?, c: state.c.as_ref().map(own).transpose()? });
            let start = start.as_ref().map(own).transpose()?;
            let (y, states) = self.layer(&x, &weights, start.as_ref())?;
            x = y;
            last.extend(states);
        }
        let stacked = |parts: Vec<&Tensor>| Tensor::stack(&parts, 0);
        let output = if batch_first { x.transpose(0, 1)? } else { x };
        let h = stacked(last.iter().map(|state| &state.h).collect())?;
        let c: Vec<_> = last.iter().filter_map(|state| state.c.as_ref()).collect();
        let mut map = vec![("output", output), ("h", h)];
        if !c.is_empty() {
            map.push(("c", stacked(c)?));
        }
        Ok(Value::map(map))
    }
}
