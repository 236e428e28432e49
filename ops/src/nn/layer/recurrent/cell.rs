//! One step of a recurrent layer, and its gradient, in plain operations.

pub(super) use crate::cpu::recurrent::Cell;
use crate::{Result, Tensor};

/// What is kept between two steps: `[N, H]` each, the second one of an LSTM only.
#[derive(Clone)]
pub(super) struct State {
    pub h: Tensor,
    pub c: Option<Tensor>,
}

/// What a step gave, and what its gradient needs.
pub(super) struct Step {
    pub state: State,
    saved: Vec<Tensor>,
}

/// The gradients of a step: by what comes in and by what the state gives, `[N, gates H]` before the
/// activations, and by the state besides that.
pub(super) struct StepGradient {
    pub input: Tensor,
    pub recurrent: Tensor,
    pub state: State,
}

impl Cell {
    /// A step from `W x + b` and `R h + c`, `[N, gates H]` each.
    pub(super) fn step(self, input: &Tensor, recurrent: &Tensor, state: &State) -> Result<Step> {
        let h = &state.h;
        match (self, &state.c) {
            (Self::Lstm, Some(c)) => {
                let [i, f, g, o] = parts(&input.add(recurrent)?)?;
                let (i, f, g, o) = (i.sigmoid()?, f.sigmoid()?, g.tanh()?, o.sigmoid()?);
                let c = f.mul(c)?.add(&i.mul(&g)?)?;
                let bent = c.tanh()?;
                let state = State { h: o.mul(&bent)?, c: Some(c) };
                Ok(Step { state, saved: vec![i, f, g, o, bent] })
            }
            (Self::Gru, _) => {
                let ([xr, xz, xn], [hr, hz, hn]) = (parts(input)?, parts(recurrent)?);
                let (r, z) = (xr.add(&hr)?.sigmoid()?, xz.add(&hz)?.sigmoid()?);
                let n = xn.add(&r.mul(&hn)?)?.tanh()?;
                let next = n.add(&z.mul(&h.sub(&n)?)?)?;
                Ok(Step { state: State { h: next, c: None }, saved: vec![r, z, n, hn] })
            }
            (cell, _) => {
                let sum = input.add(recurrent)?;
                let h = if cell == (Self::Plain { relu: true }) { sum.relu()? } else { sum.tanh()? };
                Ok(Step { state: State { h, c: None }, saved: vec![] })
            }
        }
    }

    /// The gradients of a step, given those of the state that it gave; `before` is the state that it had.
    pub(super) fn gradient(self, step: &Step, before: &State, d: &State) -> Result<StepGradient> {
        match (self, &step.saved[..], &before.c, &d.c) {
            (Self::Lstm, [i, f, g, o, bent], Some(c), Some(dc)) => {
                let dc = d.h.mul(o)?.mul(&tanh_slope(bent)?)?.add(dc)?;
                let di = dc.mul(g)?.mul(&sigmoid_slope(i)?)?;
                let df = dc.mul(c)?.mul(&sigmoid_slope(f)?)?;
                let dg = dc.mul(i)?.mul(&tanh_slope(g)?)?;
                let d_o = d.h.mul(bent)?.mul(&sigmoid_slope(o)?)?;
                let gates = Tensor::concat(&[&di, &df, &dg, &d_o], 1)?;
                let state = State { h: d.h.zeros_like()?, c: Some(dc.mul(f)?) };
                Ok(StepGradient { input: gates.clone(), recurrent: gates, state })
            }
            (Self::Gru, [r, z, n, hn], ..) => {
                let dz = d.h.mul(&before.h.sub(n)?)?.mul(&sigmoid_slope(z)?)?;
                let kept = d.h.mul(z)?;
                let dn = d.h.sub(&kept)?.mul(&tanh_slope(n)?)?;
                let dr = dn.mul(hn)?.mul(&sigmoid_slope(r)?)?;
                let input = Tensor::concat(&[&dr, &dz, &dn], 1)?;
                let recurrent = Tensor::concat(&[&dr, &dz, &dn.mul(r)?], 1)?;
                Ok(StepGradient { input, recurrent, state: State { h: kept, c: None } })
            }
            (cell, ..) => {
                let h = &step.state.h;
                let sum = match cell == (Self::Plain { relu: true }) {
                    true => d.h.mul(&h.gt_scalar(0.0)?.cast(h.dtype())?)?,
                    false => d.h.mul(&tanh_slope(h)?)?,
                };
                let state = State { h: d.h.zeros_like()?, c: None };
                Ok(StepGradient { input: sum.clone(), recurrent: sum, state })
            }
        }
    }
}

/// The gates, `[N, H]` each, of `[N, gates H]`.
fn parts<const GATES: usize>(all: &Tensor) -> Result<[Tensor; GATES]> {
    let size = all.shape()[1] / GATES;
    let parts = (0..GATES).map(|i| all.narrow(1, i * size, size)).collect::<Result<Vec<_>>>()?;
    parts.try_into().map_err(|_| crate::Error::State("a recurrent layer has lost a gate".into()))
}

/// The slope of the sigmoid where it gives `y`.
fn sigmoid_slope(y: &Tensor) -> Result<Tensor> {
    y.sub(&y.square()?)
}

/// The slope of the hyperbolic tangent where it gives `y`.
fn tanh_slope(y: &Tensor) -> Result<Tensor> {
    y.square()?.neg()?.add_scalar(1.0)
}
