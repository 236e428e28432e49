//! One step of a recurrent layer: cells, their activations and weights.

use std::sync::Arc;

use ops::{Result, Tensor};

use super::{
    activation::{hard_sigmoid, softsign},
    quantised::QuantisedMatrix,
};
use crate::{broken, call::NodeCall};

/// The kind of cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum CellKind {
    Plain,
    /// Whether the reset gate works on what the state became by its weights.
    Gru {
        reset_after: bool,
    },
    /// Whether the input gate is 1 minus the forget gate.
    Lstm {
        tied: bool,
    },
}

/// An activation with its numbers.
pub(super) type CellActivation = Arc<dyn Fn(&Tensor) -> Result<Tensor> + Send + Sync>;

/// Numbers of the attributes `activation_alpha` and `activation_beta`.
pub(super) type Numbers = std::vec::IntoIter<f64>;

/// The activation of that name. Takes from the lists only the numbers that it has; the defaults where none
/// are left.
pub(super) fn activation(name: &str, alphas: &mut Numbers, betas: &mut Numbers) -> Result<CellActivation> {
    let mut a = |default| alphas.next().unwrap_or(default);
    let mut b = |default| betas.next().unwrap_or(default);
    Ok(match name.to_lowercase().as_str() {
        "relu" => Arc::new(Tensor::relu),
        "tanh" => Arc::new(Tensor::tanh),
        "sigmoid" => Arc::new(Tensor::sigmoid),
        "affine" => {
            let (a, b) = (a(1.0), b(0.0));
            Arc::new(move |x| x.mul_scalar(a)?.add_scalar(b))
        }
        "leakyrelu" => {
            let a = a(0.01);
            Arc::new(move |x| x.leaky_relu(a))
        }
        "thresholdedrelu" => {
            let a = a(1.0);
            Arc::new(move |x| x.mul(&x.ge_scalar(a)?.cast(x.dtype())?))
        }
        "scaledtanh" => {
            let (a, b) = (a(1.0), b(1.0));
            Arc::new(move |x| x.mul_scalar(b)?.tanh()?.mul_scalar(a))
        }
        "hardsigmoid" => {
            let (a, b) = (a(0.2), b(0.5));
            Arc::new(move |x| hard_sigmoid(x, a, b))
        }
        "elu" => {
            let a = a(1.0);
            Arc::new(move |x| x.elu(a))
        }
        "softsign" => Arc::new(softsign),
        "softplus" => Arc::new(Tensor::softplus),
        _ => return broken(format!("the activation `{name}` is not known")),
    })
}

/// The matrix of a product.
pub(super) enum CellMatrix {
    Floats(Tensor),
    Quantised(QuantisedMatrix),
}

impl CellMatrix {
    pub fn of(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Floats(matrix) => x.matmul(matrix),
            Self::Quantised(matrix) => matrix.of(x),
        }
    }

    /// The product with the columns of gate `i`.
    fn of_gate(&self, x: &Tensor, i: usize, hidden: usize) -> Result<Tensor> {
        match self {
            Self::Floats(matrix) => x.matmul(&matrix.narrow(1, i * hidden, hidden)?),
            Self::Quantised(matrix) => matrix.of(x)?.narrow(1, i * hidden, hidden),
        }
    }
}

/// The weights of one direction.
pub(super) struct CellWeights {
    /// `[inputs, gates]` and `[hidden, gates]`.
    pub w: CellMatrix,
    r: CellMatrix,
    /// Of both, `[gates]` each.
    biases: Option<[Tensor; 2]>,
    /// Of input, output and forget gate, `[hidden]` each.
    peepholes: Option<[Tensor; 3]>,
    pub hidden: usize,
}

/// The state between two steps, `[N, hidden]` each.
#[derive(Clone)]
pub(super) struct CellState {
    pub h: Tensor,
    pub c: Option<Tensor>,
}

impl CellWeights {
    /// Those of direction `d`.
    pub fn of(call: &NodeCall, d: usize, x: &Tensor, kind: CellKind) -> Result<Self> {
        let of = |i: usize| call.on_device_of(i, x)?.narrow(0, d, 1)?.squeeze(0);
        let (w, r) = (of(1)?, of(2)?);
        let (&[gates, _], &[_, hidden]) = (w.shape(), r.shape()) else {
            return Err(call.misfit(w.shape(), "weights [directions, gates, inputs]"));
        };
        let [w, r] = [w, r].map(|matrix| matrix.transpose(0, 1).map(CellMatrix::Floats));
        Self::new(call, d, x, kind, [w?, r?], [gates, hidden])
    }

    /// Those of direction `d` of whole numbers `[directions, inputs, gates]`, `[directions, hidden, gates]`.
    pub fn quantised(call: &NodeCall, d: usize, x: &Tensor, kind: CellKind) -> Result<Self> {
        let of = |i, scale| QuantisedMatrix::of_direction(call, d, x, [i, scale, scale + 1]);
        let (w, r) = (of(1, 8)?, of(2, 10)?);
        let &[hidden, gates] = r.shape() else {
            return Err(call.misfit(r.shape(), "weights [directions, hidden, gates]"));
        };
        Self::new(call, d, x, kind, [w, r].map(CellMatrix::Quantised), [gates, hidden])
    }

    fn new(
        call: &NodeCall,
        d: usize,
        x: &Tensor,
        kind: CellKind,
        [w, r]: [CellMatrix; 2],
        [gates, hidden]: [usize; 2],
    ) -> Result<Self> {
        let of = |i: usize| call.on_device_of(i, x)?.narrow(0, d, 1)?.squeeze(0);
        let biases = call.has(3).then(|| {
            let both = of(3)?;
            Ok::<_, ops::Error>([both.narrow(0, 0, gates)?, both.narrow(0, gates, gates)?])
        });
        let peepholes = (matches!(kind, CellKind::Lstm { .. }) && call.has(7)).then(|| {
            let all = of(7)?;
            let part = |i| all.narrow(0, i * hidden, hidden);
            Ok::<_, ops::Error>([part(0)?, part(1)?, part(2)?])
        });
        Ok(Self { w, r, biases: biases.transpose()?, peepholes: peepholes.transpose()?, hidden })
    }
}

/// What a cell does, whatever its weights.
pub(super) struct RecurrentCell {
    pub kind: CellKind,
    pub activations: [CellActivation; 3],
    pub clip: Option<f64>,
}

impl RecurrentCell {
    fn clipped(&self, x: Tensor) -> Result<Tensor> {
        self.clip.map_or(Ok(x.clone()), |clip| x.clamp(-clip, clip))
    }

    pub fn step(&self, input: &Tensor, w: &CellWeights, state: &CellState) -> Result<CellState> {
        let [f, g, h] = &self.activations;
        let part = |x: &Tensor, i: usize| x.narrow(1, i * w.hidden, w.hidden);
        let recurrent = w.r.of(&state.h)?;
        let (input, recurrent) = match &w.biases {
            Some([wb, rb]) => (input.add(wb)?, recurrent.add(rb)?),
            None => (input.clone(), recurrent),
        };
        match (self.kind, &state.c) {
            (CellKind::Gru { reset_after }, _) => {
                let gate = |i| f(&self.clipped(part(&input, i)?.add(&part(&recurrent, i)?)?)?);
                let (update, reset) = (gate(0)?, gate(1)?);
                let memory = if reset_after {
                    reset.mul(&part(&recurrent, 2)?)?
                } else {
                    let memory = w.r.of_gate(&reset.mul(&state.h)?, 2, w.hidden)?;
                    match &w.biases {
                        Some([_, rb]) => memory.add(&rb.narrow(0, 2 * w.hidden, w.hidden)?)?,
                        None => memory,
                    }
                };
                let new = g(&self.clipped(part(&input, 2)?.add(&memory)?)?)?;
                let h = new.add(&update.mul(&state.h.sub(&new)?)?)?;
                Ok(CellState { h, c: None })
            }
            (CellKind::Lstm { tied }, Some(c)) => {
                let sums = input.add(&recurrent)?;
                let seen = |i: usize, of: usize, c: &Tensor| {
                    let sum = part(&sums, i)?;
                    let sum = w.peepholes.as_ref().map_or(Ok(sum.clone()), |p| sum.add(&p[of].mul(c)?))?;
                    f(&self.clipped(sum)?)
                };
                let enter = seen(0, 0, c)?;
                let forget = if tied { enter.neg()?.add_scalar(1.0)? } else { seen(2, 2, c)? };
                let new = g(&self.clipped(part(&sums, 3)?)?)?;
                let c = forget.mul(c)?.add(&enter.mul(&new)?)?;
                Ok(CellState { h: seen(1, 1, &c)?.mul(&h(&c)?)?, c: Some(c) })
            }
            _ => Ok(CellState { h: f(&self.clipped(input.add(&recurrent)?)?)?, c: None }),
        }
    }
}
