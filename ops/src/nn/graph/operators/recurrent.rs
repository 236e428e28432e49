//! Recurrent layers, one step of the sequence after another.

use super::{Operator, Resolved, op};
use crate::{
    Result, Tensor,
    nn::graph::{Value, broken, call::Call, node::Node},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("RNN", 7, |node| layer(node, Cell::Plain)).settings(&[4]),
    op("GRU", 7, |node| layer(node, Cell::Gru { reset_after: node.flag("linear_before_reset", false)? }))
        .settings(&[4]),
    op("LSTM", 7, |node| layer(node, Cell::Lstm { tied: node.flag("input_forget", false)? })).settings(&[4]),
];

/// The kind of layer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell {
    Plain,
    /// Whether the reset gate works on what the state became by its weights.
    Gru {
        reset_after: bool,
    },
    /// Whether the input gate is what the forget gate leaves.
    Lstm {
        tied: bool,
    },
}

/// An activation with its numbers.
#[derive(Debug, Clone, Copy)]
enum Activation {
    Relu,
    Tanh,
    Sigmoid,
    Affine(f64, f64),
    LeakyRelu(f64),
    ThresholdedRelu(f64),
    ScaledTanh(f64, f64),
    HardSigmoid(f64, f64),
    Elu(f64),
    Softsign,
    Softplus,
}

/// Numbers of the attributes `activation_alpha` and `activation_beta`.
type Numbers = std::vec::IntoIter<f64>;

impl Activation {
    /// Takes from the lists only the numbers that this activation has; the usual ones where none are left.
    fn named(name: &str, alphas: &mut Numbers, betas: &mut Numbers) -> Result<Self> {
        let mut a = |usual| alphas.next().unwrap_or(usual);
        let mut b = |usual| betas.next().unwrap_or(usual);
        Ok(match name.to_lowercase().as_str() {
            "relu" => Self::Relu,
            "tanh" => Self::Tanh,
            "sigmoid" => Self::Sigmoid,
            "affine" => Self::Affine(a(1.0), b(0.0)),
            "leakyrelu" => Self::LeakyRelu(a(0.01)),
            "thresholdedrelu" => Self::ThresholdedRelu(a(1.0)),
            "scaledtanh" => Self::ScaledTanh(a(1.0), b(1.0)),
            "hardsigmoid" => Self::HardSigmoid(a(0.2), b(0.5)),
            "elu" => Self::Elu(a(1.0)),
            "softsign" => Self::Softsign,
            "softplus" => Self::Softplus,
            _ => return broken(format!("the activation `{name}` is not known")),
        })
    }

    fn of(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Relu => x.relu(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => x.sigmoid(),
            Self::Affine(a, b) => x.mul_scalar(a)?.add_scalar(b),
            Self::LeakyRelu(a) => x.leaky_relu(a),
            Self::ThresholdedRelu(a) => x.mul(&x.ge_scalar(a)?.cast(x.dtype())?),
            Self::ScaledTanh(a, b) => x.mul_scalar(b)?.tanh()?.mul_scalar(a),
            Self::HardSigmoid(a, b) => x.mul_scalar(a)?.add_scalar(b)?.clamp(0.0, 1.0),
            Self::Elu(a) => x.elu(a),
            Self::Softsign => x.div(&x.abs()?.add_scalar(1.0)?),
            Self::Softplus => x.softplus(),
        }
    }
}

/// What a layer does, whatever its weights.
struct Layer {
    cell: Cell,
    /// Whether each direction runs backwards.
    directions: Vec<bool>,
    /// Three for each direction.
    activations: Vec<[Activation; 3]>,
    clip: Option<f64>,
    /// Samples first, then steps.
    samples_first: bool,
}

fn layer(node: &Node, cell: Cell) -> Resolved {
    let directions = match node.choice("direction", &["forward", "reverse", "bidirectional"])? {
        0 => vec![false],
        1 => vec![true],
        _ => vec![false, true],
    };
    let usual: &[&str] = match cell {
        Cell::Plain => &["Tanh"],
        Cell::Gru { .. } => &["Sigmoid", "Tanh"],
        Cell::Lstm { .. } => &["Sigmoid", "Tanh", "Tanh"],
    };
    let names = node.texts("activations")?;
    let [mut alphas, mut betas] = [node.floats("activation_alpha")?, node.floats("activation_beta")?]
        .map(|numbers| numbers.unwrap_or_default().into_iter());
    let names =
        names.unwrap_or_else(|| usual.repeat(directions.len()).iter().map(|&n| n.to_owned()).collect());
    if names.len() != usual.len() * directions.len() {
        return broken(format!("the attribute `activations` has {} names", names.len()));
    }
    let found = names.iter().map(|name| Activation::named(name, &mut alphas, &mut betas));
    let found = found.collect::<Result<Vec<_>>>()?;
    let three = |list: &[Activation]| [0, 1, 2].map(|i| list[i.min(list.len() - 1)]);
    let layer = Layer {
        cell,
        directions,
        activations: found.chunks(usual.len()).map(three).collect(),
        clip: node.maybe_float("clip")?,
        samples_first: node.opset >= 14 && node.flag("layout", false)?,
    };
    node.ignore(&["hidden_size"]);
    Ok(Box::new(move |call| layer.run(call)))
}

/// The weights of one direction.
struct Weights {
    /// `[inputs, gates]` and `[hidden, gates]`.
    w: Tensor,
    r: Tensor,
    /// Of both, `[gates]` each.
    biases: Option<[Tensor; 2]>,
    /// Of input, output and forget gate, `[hidden]` each.
    peepholes: Option<[Tensor; 3]>,
    hidden: usize,
}

/// The state between two steps, `[N, hidden]` each.
#[derive(Clone)]
struct State {
    h: Tensor,
    c: Option<Tensor>,
}

impl Layer {
    /// Gives all outputs `[steps, directions, N, hidden]`, and the last state(s) `[directions, N, hidden]`.
    fn run(&self, call: &Call) -> Result<Vec<Value>> {
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
        for d in 0..self.directions.len() {
            let weights = self.weights(call, d, &x)?;
            let start = self.start(call, d, &x, weights.hidden)?;
            let (outputs, last) = self.direction(call, &x, &weights, start, d, lengths.as_deref())?;
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

    fn weights(&self, call: &Call, d: usize, x: &Tensor) -> Result<Weights> {
        let of = |i: usize| call.beside(i, x)?.narrow(0, d, 1)?.squeeze(0);
        let (w, r) = (of(1)?, of(2)?);
        let (&[gates, _], &[_, hidden]) = (w.shape(), r.shape()) else {
            return Err(call.misfit(w.shape(), "weights [directions, gates, inputs]"));
        };
        let biases = call.has(3).then(|| {
            let both = of(3)?;
            Ok::<_, crate::Error>([both.narrow(0, 0, gates)?, both.narrow(0, gates, gates)?])
        });
        let peepholes = (matches!(self.cell, Cell::Lstm { .. }) && call.has(7)).then(|| {
            let all = of(7)?;
            let part = |i| all.narrow(0, i * hidden, hidden);
            Ok::<_, crate::Error>([part(0)?, part(1)?, part(2)?])
        });
        let (w, r) = (w.transpose(0, 1)?, r.transpose(0, 1)?);
        Ok(Weights { w, r, biases: biases.transpose()?, peepholes: peepholes.transpose()?, hidden })
    }

    fn start(&self, call: &Call, d: usize, x: &Tensor, hidden: usize) -> Result<State> {
        let zeros = || Tensor::full([x.shape()[1], hidden], 0.0, x.dtype(), x.device());
        let given = |i: usize| match call.maybe_beside(i, x)? {
            Some(all) => {
                all.narrow(if self.samples_first { 1 } else { 0 }, d, 1)?.reshape(&[x.shape()[1], hidden])
            }
            None => zeros(),
        };
        let c = matches!(self.cell, Cell::Lstm { .. }).then(|| given(6)).transpose()?;
        Ok(State { h: given(5)?, c })
    }

    /// All steps of one direction. Samples that ended keep their state, and give zeros.
    fn direction(
        &self,
        call: &Call,
        x: &Tensor,
        weights: &Weights,
        start: State,
        d: usize,
        lengths: Option<&[i64]>,
    ) -> Result<(Vec<Tensor>, State)> {
        let steps = x.shape()[0];
        let mut outputs = vec![];
        let mut state = start;
        // All inputs of all steps at once.
        let inputs = x.matmul(&weights.w)?;
        for i in 0..steps {
            call.pass.patience()?;
            let t = if self.directions[d] { steps - 1 - i } else { i };
            let input = inputs.narrow(0, t, 1)?.squeeze(0)?;
            let next = self.step(&input, weights, &state, self.activations[d])?;
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
            state = State { h: alive.where_(&next.h, &state.h)?, c };
        }
        if self.directions[d] {
            outputs.reverse();
        }
        Ok((outputs, state))
    }

    fn clipped(&self, x: Tensor) -> Result<Tensor> {
        self.clip.map_or(Ok(x.clone()), |clip| x.clamp(-clip, clip))
    }

    fn step(&self, input: &Tensor, w: &Weights, state: &State, [f, g, h]: [Activation; 3]) -> Result<State> {
        let part = |x: &Tensor, i: usize| x.narrow(1, i * w.hidden, w.hidden);
        let recurrent = state.h.matmul(&w.r)?;
        let (input, recurrent) = match &w.biases {
            Some([wb, rb]) => (input.add(wb)?, recurrent.add(rb)?),
            None => (input.clone(), recurrent),
        };
        match (self.cell, &state.c) {
            (Cell::Gru { reset_after }, _) => {
                let gate = |i| f.of(&self.clipped(part(&input, i)?.add(&part(&recurrent, i)?)?)?);
                let (update, reset) = (gate(0)?, gate(1)?);
                let memory = if reset_after {
                    reset.mul(&part(&recurrent, 2)?)?
                } else {
                    let weights = w.r.narrow(1, 2 * w.hidden, w.hidden)?;
                    let memory = reset.mul(&state.h)?.matmul(&weights)?;
                    match &w.biases {
                        Some([_, rb]) => memory.add(&rb.narrow(0, 2 * w.hidden, w.hidden)?)?,
                        None => memory,
                    }
                };
                let new = g.of(&self.clipped(part(&input, 2)?.add(&memory)?)?)?;
                let h = new.add(&update.mul(&state.h.sub(&new)?)?)?;
                Ok(State { h, c: None })
            }
            (Cell::Lstm { tied }, Some(c)) => {
                let sums = input.add(&recurrent)?;
                let seen = |i: usize, of: usize, c: &Tensor| {
                    let sum = part(&sums, i)?;
                    let sum = w.peepholes.as_ref().map_or(Ok(sum.clone()), |p| sum.add(&p[of].mul(c)?))?;
                    f.of(&self.clipped(sum)?)
                };
                let enter = seen(0, 0, c)?;
                let forget = if tied { enter.neg()?.add_scalar(1.0)? } else { seen(2, 2, c)? };
                let new = g.of(&self.clipped(part(&sums, 3)?)?)?;
                let c = forget.mul(c)?.add(&enter.mul(&new)?)?;
                Ok(State { h: seen(1, 1, &c)?.mul(&h.of(&c)?)?, c: Some(c) })
            }
            _ => Ok(State { h: f.of(&self.clipped(input.add(&recurrent)?)?)?, c: None }),
        }
    }
}
