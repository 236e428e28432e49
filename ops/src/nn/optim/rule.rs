//! What an optimiser's rule is, and the checks that rules share.

use std::ops::Range;

use super::Lbfgs;
use crate::{Error, Result, Tensor, ensure, nn::loss::least};

/// One step of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct OptimiserStep {
    pub learning_rate: f64,
    /// 1 for the parameter's first step.
    pub number: u64,
}

/// The rules that have a kernel on a GPU (see `gpu`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    Adagrad,
    Adam,
    Lion,
    /// [`Formula::Sgd`] with Nesterov's momentum.
    Nesterov,
    RmsProp,
    Sgd,
}

/// One step on a GPU: the kernel and its numbers, the same for all elements.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuStep {
    pub formula: Formula,
    pub numbers: Vec<f32>,
}

/// How a parameter moves, given its gradient and what was remembered of earlier ones. The same
/// arithmetic over slices, for the CPU in f32, in a kernel, for a GPU in f32, and in tensor operations for
/// everything else.
pub trait Rule: Send + Sync + 'static {
    /// The rule with its settings, as `Adam(betas 0.9 and 0.999)`.
    fn describe(&self) -> String;

    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Argument`].
    fn check(&self) -> Result<()>;

    /// The names of the tensors that are remembered for each parameter; all start as zeros.
    fn moments(&self) -> &'static [&'static str];

    /// The rule, where it moves all parameters as one vector and evaluates the loss itself.
    fn evaluates(&self) -> Option<&Lbfgs> {
        None
    }

    /// The step over a part of a parameter: `rows` are the parameter and its moments.
    fn fused(&self, step: OptimiserStep, rows: &mut [&mut [f32]], gradient: &[f32]);

    /// The step on a GPU, where the rule has a kernel there.
    fn on_gpu(&self, step: OptimiserStep) -> Option<GpuStep> {
        let _ = step;
        None
    }

    /// The step of the parameter `p` by its gradient `g` in tensor operations: gives the parameter's new
    /// value and replaces the moments.
    ///
    /// # Errors
    /// Those of the operations.
    fn plain(&self, step: OptimiserStep, p: &Tensor, g: &Tensor, moments: &mut [Tensor]) -> Result<Tensor>;
}

/// An element's gradient with that of weight decay, `g + decay p`. A decay of 0 adds nothing: a parameter may
/// be infinite (a mask), and 0 times that is NaN.
#[inline(always)]
pub(super) fn decayed(g: f32, decay: f32, p: f32) -> f32 {
    if decay == 0.0 { g } else { g + decay * p }
}

/// [`decayed`] for tensors.
///
/// # Errors
/// Those of the operations.
pub(super) fn decayed_tensor(gradient: &Tensor, decay: f64, value: &Tensor) -> Result<Tensor> {
    if decay == 0.0 { Ok(gradient.clone()) } else { gradient.add(&value.mul_scalar(decay)?) }
}

/// `Adam(betas 0.9 and 0.999, eps 1e-8)`, with the decay where there is one.
pub(super) fn described(name: &str, [first, second]: [f64; 2], eps: f64, weight_decay: f64) -> String {
    let decay = if weight_decay == 0.0 { String::new() } else { format!(", weight decay {weight_decay}") };
    format!("{name}(betas {first} and {second}, eps {eps:e}{decay})")
}

/// Refuses a number outside a range.
pub(super) fn within(name: &'static str, value: f64, range: Range<f64>) -> Result<()> {
    ensure(range.contains(&value), || {
        Error::argument(
            "optimiser",
            name,
            value,
            match range.end {
                f64::INFINITY => least(range.start),
                end => format!("at least {} and below {end}", range.start),
            },
        )
    })
}
