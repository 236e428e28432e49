//! L-BFGS (Nocedal, 1980; Liu, Nocedal, 1989), as PyTorch computes it: all parameters are one vector, and a
//! step evaluates the loss several times.

use super::{
    Parameter,
    line_search::{LineSearch, Trial},
    rule::{OptimiserStep, Rule, within},
};
use crate::{DType, Device, Error, Result, Spec, Tensor, ensure, tensor::recording};

/// `d = -H g` with the inverse Hessian `H` of the last `history_size` moves `s` and changes `y` of the
/// gradient; `p = p + t d` with `t` the learning rate, or what the line search finds from there. The first
/// step is `t = lr min(1, 1 / sum |g|)` along `-g`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgs {
    /// How many moves a step makes at most.
    pub max_iter: usize,
    /// How often a step evaluates the loss at most; 5/4 of `max_iter` where not given.
    pub max_eval: Option<usize>,
    /// A step ends where no element of the gradient is larger.
    pub tolerance_grad: f64,
    /// A step ends where neither the loss nor any parameter changes by more.
    pub tolerance_change: f64,
    pub history_size: usize,
    /// Whether each move is as long as the strong Wolfe conditions want it.
    pub strong_wolfe: bool,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self {
            max_iter: 20,
            max_eval: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            strong_wolfe: false,
        }
    }
}

impl Rule for Lbfgs {
    fn describe(&self) -> String {
        let search = if self.strong_wolfe { ", strong Wolfe" } else { "" };
        format!("LBFGS(at most {} iterations, history of {}{search})", self.max_iter, self.history_size)
    }

    fn check(&self) -> Result<()> {
        within("tolerance_grad", self.tolerance_grad, 0.0..f64::INFINITY)?;
        within("tolerance_change", self.tolerance_change, 0.0..f64::INFINITY)?;
        within("history_size", self.history_size as f64, 1.0..f64::INFINITY)
    }

    fn moments(&self) -> &'static [&'static str] {
        &[]
    }

    fn evaluates(&self) -> Option<&Lbfgs> {
        Some(self)
    }

    fn fused(&self, _: OptimiserStep, _: &mut [&mut [f32]], _: &[f32]) {}

    fn plain(&self, _: OptimiserStep, _: &Tensor, _: &Tensor, _: &mut [Tensor]) -> Result<Tensor> {
        Err(needs_closure())
    }
}

/// What is said where only gradients are given.
pub(super) fn needs_closure() -> Error {
    let problem = "step: L-BFGS evaluates the loss several times; give it a function that computes the loss, \
                   as `step(|| loss)`";
    Error::State(problem.into())
}

/// What is remembered from one iteration to the next: `numbers` are how many there were, the length of the
/// last move, the scale of the first Hessian, and `1 / (y . s)` of each `y` and `s`.
#[derive(Clone)]
pub(super) struct LbfgsMemory {
    numbers: Tensor,
    direction: Tensor,
    gradient: Tensor,
    moves: Vec<Tensor>,
    changes: Vec<Tensor>,
}

/// The numbers before those of the history.
const COUNTED: usize = 3;

impl LbfgsMemory {
    /// The tensors that a checkpoint keeps.
    pub(super) fn tensors(&self) -> Vec<(String, Tensor)> {
        let one = |name: &str, value: &Tensor| (name.to_owned(), value.clone());
        let history = |(i, (s, y)): (usize, (&Tensor, &Tensor))| {
            [(format!("move.{i}"), s.clone()), (format!("change.{i}"), y.clone())]
        };
        let mut all = vec![
            one("numbers", &self.numbers),
            one("direction", &self.direction),
            one("gradient", &self.gradient),
        ];
        all.extend(self.moves.iter().zip(&self.changes).enumerate().flat_map(history));
        all
    }

    /// Which tensors are expected where so many are given, of parameters with `n` elements.
    pub(super) fn expected(given: usize, n: usize, dtype: DType) -> Vec<(String, Spec)> {
        if given == 0 {
            return vec![];
        }
        let (history, vector) = (given.saturating_sub(COUNTED) / 2, Spec::new([n], dtype));
        let mut all = vec![
            ("numbers".to_owned(), Spec::new([COUNTED + history], DType::F64)),
            ("direction".into(), vector.clone()),
            ("gradient".into(), vector.clone()),
        ];
        let pair = |i| ["move", "change"].map(|name| (format!("{name}.{i}"), vector.clone()));
        all.extend((0..history).flat_map(pair));
        all
    }

    /// What [`LbfgsMemory::tensors`] gave, in that order; nothing before the first step.
    pub(super) fn from_tensors(tensors: Vec<Tensor>, device: Device) -> Result<Option<Self>> {
        let Some((numbers, vectors)) = tensors.split_first() else { return Ok(None) };
        let moved = vectors.iter().map(|x| x.to_device(device));
        let mut vectors = moved.collect::<Result<Vec<_>>>()?.into_iter();
        let (Some(direction), Some(gradient)) = (vectors.next(), vectors.next()) else { return Ok(None) };
        let (mut moves, mut changes) = (Vec::new(), Vec::new());
        while let (Some(s), Some(y)) = (vectors.next(), vectors.next()) {
            moves.push(s);
            changes.push(y);
        }
        Ok(Some(Self { numbers: numbers.clone(), direction, gradient, moves, changes }))
    }
}

/// The memory while a step works on it.
struct Iteration {
    number: f64,
    length: f64,
    scale: f64,
    inverse: Vec<f64>,
    direction: Tensor,
    previous: Tensor,
    moves: Vec<Tensor>,
    changes: Vec<Tensor>,
}

impl Iteration {
    fn begin(memory: Option<LbfgsMemory>, gradient: &Tensor) -> Result<Self> {
        let Some(memory) = memory else {
            return Ok(Self {
                number: 0.0,
                length: 0.0,
                scale: 1.0,
                inverse: vec![],
                direction: gradient.clone(),
                previous: gradient.clone(),
                moves: vec![],
                changes: vec![],
            });
        };
        let numbers = memory.numbers.to_f64()?;
        let [number, length, scale, inverse @ ..] = &numbers[..] else { return Err(needs_closure()) };
        let here = |x: &Tensor| x.to_device(gradient.device())?.cast(gradient.dtype());
        let all = |list: &[Tensor]| list.iter().map(here).collect::<Result<Vec<_>>>();
        Ok(Self {
            number: *number,
            length: *length,
            scale: *scale,
            inverse: inverse.to_vec(),
            direction: here(&memory.direction)?,
            previous: here(&memory.gradient)?,
            moves: all(&memory.moves)?,
            changes: all(&memory.changes)?,
        })
    }

    fn end(self) -> Result<LbfgsMemory> {
        let numbers = [vec![self.number, self.length, self.scale], self.inverse].concat();
        let count = numbers.len();
        Ok(LbfgsMemory {
            numbers: Tensor::from_data(numbers, [count], Device::Cpu)?,
            direction: self.direction,
            gradient: self.previous,
            moves: self.moves,
            changes: self.changes,
        })
    }

    /// The direction and the length to begin with, of the next move.
    fn turn(&mut self, rule: &Lbfgs, lr: f64, gradient: &Tensor) -> Result<()> {
        self.number += 1.0;
        if self.number == 1.0 {
            self.direction = gradient.neg()?;
            self.length = lr * (1.0 / gradient.abs()?.sum()?.item()?).min(1.0);
        } else {
            self.remember(rule.history_size, gradient)?;
            self.direction = self.newton(gradient)?;
            self.length = lr;
        }
        self.previous = gradient.clone();
        Ok(())
    }

    fn remember(&mut self, history_size: usize, gradient: &Tensor) -> Result<()> {
        let change = gradient.sub(&self.previous)?;
        let moved = self.direction.mul_scalar(self.length)?;
        let curvature = dot(&change, &moved)?;
        if curvature <= 1e-10 || curvature.is_nan() {
            return Ok(());
        }
        let surplus = (self.moves.len() + 1).saturating_sub(history_size);
        self.moves.drain(..surplus);
        self.changes.drain(..surplus);
        self.inverse.drain(..surplus);
        self.scale = curvature / dot(&change, &change)?;
        self.inverse.push(1.0 / curvature);
        self.changes.push(change);
        self.moves.push(moved);
        Ok(())
    }

    /// `-H g` by the recursion of two loops.
    fn newton(&self, gradient: &Tensor) -> Result<Tensor> {
        let history = self.moves.iter().zip(&self.changes).zip(&self.inverse);
        let mut direction = gradient.neg()?;
        let mut shares = Vec::new();
        for ((s, y), inverse) in history.clone().rev() {
            let share = dot(s, &direction)? * inverse;
            direction = direction.sub(&y.mul_scalar(share)?)?;
            shares.push(share);
        }
        direction = direction.mul_scalar(self.scale)?;
        for (((s, y), inverse), share) in history.zip(shares.into_iter().rev()) {
            let back = dot(y, &direction)? * inverse;
            direction = direction.add(&s.mul_scalar(share - back)?)?;
        }
        Ok(direction)
    }
}

/// The loss as a function of the vector of all parameters.
struct Objective<'a, F> {
    parameters: &'a [(String, Parameter)],
    loss: F,
}

impl<E: From<Error>, F: FnMut() -> Result<Tensor, E>> Objective<'_, F> {
    /// The loss where the parameters are, and its gradient.
    fn evaluate(&mut self) -> Result<(Tensor, Tensor), E> {
        let loss = recording(true, &mut self.loss)?;
        let gradients = loss.backward()?;
        let flat = self.parameters.iter().map(|(_, parameter)| match parameter.gradient(&gradients) {
            Some(gradient) => gradient.reshape(&[gradient.len()]),
            None => parameter.value().zeros_like()?.reshape(&[parameter.spec().len()]),
        });
        let flat = flat.collect::<Result<Vec<_>>>()?;
        Ok((loss.detach(), Tensor::concat(&flat.iter().collect::<Vec<_>>(), 0)?))
    }

    /// Puts the parameters at `from + length direction`.
    fn place(&self, from: &[Tensor], length: f64, direction: &Tensor) -> Result<()> {
        let mut at = 0;
        for ((_, parameter), value) in self.parameters.iter().zip(from) {
            let part = direction.narrow(0, at, value.len())?.reshape(value.shape())?;
            parameter.set(&value.add(&part.mul_scalar(length)?)?)?;
            at += value.len();
        }
        Ok(())
    }
}

impl Lbfgs {
    /// A step: gives the loss where it began, and what the next one has to know.
    pub(super) fn step<E: From<Error>>(
        &self,
        lr: f64,
        memory: Option<LbfgsMemory>,
        parameters: &[(String, Parameter)],
        loss: impl FnMut() -> Result<Tensor, E>,
    ) -> Result<(Tensor, Option<LbfgsMemory>), E> {
        let mut objective = Objective { parameters, loss };
        let (first, gradient) = objective.evaluate()?;
        if largest(&gradient)? <= self.tolerance_grad {
            return Ok((first, memory));
        }
        let max_eval = self.max_eval.unwrap_or(self.max_iter * 5 / 4);
        let mut state = Iteration::begin(memory, &gradient)?;
        let mut here = Trial { length: 0.0, loss: first.item()?, gradient, slope: 0.0 };
        let mut evaluations = 1;
        for iteration in 1..=self.max_iter {
            state.turn(self, lr, &here.gradient)?;
            here.slope = dot(&here.gradient, &state.direction)?;
            if here.slope > -self.tolerance_change {
                break;
            }
            let before = here.loss;
            let from: Vec<Tensor> = parameters.iter().map(|(_, parameter)| parameter.value()).collect();
            let mut evaluate = |length: f64| -> Result<Trial, E> {
                objective.place(&from, length, &state.direction)?;
                let (loss, gradient) = objective.evaluate()?;
                let slope = dot(&gradient, &state.direction)?;
                Ok(Trial { length, loss: loss.item()?, gradient, slope })
            };
            if self.strong_wolfe {
                let search = LineSearch {
                    start: here,
                    longest: largest(&state.direction)?,
                    tolerance: self.tolerance_change,
                    most: max_eval.saturating_sub(evaluations),
                };
                let (found, count) = search.strong_wolfe(state.length, &mut evaluate)?;
                objective.place(&from, found.length, &state.direction)?;
                (here, state.length) = (found.clone(), found.length);
                evaluations += count;
            } else if iteration < self.max_iter {
                here = evaluate(state.length)?;
                evaluations += 1;
            } else {
                // The loss there would be of no use.
                objective.place(&from, state.length, &state.direction)?;
            }
            if evaluations >= max_eval
                || largest(&here.gradient)? <= self.tolerance_grad
                || largest(&state.direction.mul_scalar(state.length)?)? <= self.tolerance_change
                || (here.loss - before).abs() < self.tolerance_change
            {
                break;
            }
        }
        Ok((first, Some(state.end()?)))
    }
}

fn dot(a: &Tensor, b: &Tensor) -> Result<f64> {
    a.mul(b)?.sum()?.item()
}

/// The largest magnitude of an element.
fn largest(x: &Tensor) -> Result<f64> {
    ensure(!x.is_empty(), || {
        Error::argument("optimiser", "the list of parameters", "without an element", "at least one number")
    })?;
    x.abs()?.max_dims(&[0], false)?.item()
}
