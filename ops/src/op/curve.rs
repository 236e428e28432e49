//! Curves that a GPU has a kernel for: the function of each number, and its slope times another, in one pass
//! where a backend takes several.

#[cfg(feature = "cube")]
mod gpu;

#[cfg(feature = "cube")]
pub(super) use gpu::{slope, value};

#[cfg(feature = "cube")]
use super::{Operand, fused::kernel};
#[cfg(feature = "cube")]
use crate::{Result, Spec, Tensor};

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Curve {
    Abs,
    Gelu,
    Recip,
    /// x above 0, x times the curve's number elsewhere.
    Rectifier,
    Sigmoid,
    Softplus,
    Sqrt,
    Square,
    Tanh,
    /// 1 outside of [0, 1], and of NaN, 0 elsewhere. It has no slope.
    Outside,
}

/// How many elements are outside of [0, 1]: f32, rank 0. Of f32 on a GPU.
///
/// # Errors
/// Those of the sum.
#[cfg(feature = "cube")]
pub(crate) fn outside(x: &Tensor) -> Result<Tensor> {
    let run = |x: &[Operand], y: &Spec, _| value(Curve::Outside, 0.0, &x[0], y);
    kernel("outside", x.spec().clone(), &[x], run)?.sum()
}
