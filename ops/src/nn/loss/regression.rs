//! Losses of numbers that are to be other numbers.

use super::{Reduction, at_least, same_shape};
use crate::{Result, Tensor};

/// Squared error, `(y - target)^2`.
///
/// # Errors
/// [`crate::Error::Shape`] when the shapes differ.
pub fn mse(y: &Tensor, target: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("mse", y, target)?;
    reduction.of(&y.sub(target)?.square()?)
}

/// Absolute error, `|y - target|`; the gradient is 0 where both are equal.
///
/// # Errors
/// As [`mse`].
pub fn l1(y: &Tensor, target: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("l1", y, target)?;
    reduction.of(&y.sub(target)?.abs()?)
}

/// `1/2 d^2` of an error `d = |y - target|` up to delta, `delta (d - delta / 2)` beyond (Huber, 1964).
///
/// # Errors
/// As [`mse`]; [`crate::Error::Argument`] unless delta is above 0.
pub fn huber(y: &Tensor, target: &Tensor, delta: f64, reduction: Reduction) -> Result<Tensor> {
    same_shape("huber", y, target)?;
    at_least("huber", "delta", delta, f64::MIN_POSITIVE)?;
    reduction.of(&bent(y, target, delta)?)
}

/// `1/2 d^2 / beta` of an error `d = |y - target|` below beta, `d - beta / 2` beyond (Girshick, 2015); with a
/// beta of 0 it is [`l1`].
///
/// # Errors
/// As [`mse`]; [`crate::Error::Argument`] for a beta below 0.
pub fn smooth_l1(y: &Tensor, target: &Tensor, beta: f64, reduction: Reduction) -> Result<Tensor> {
    same_shape("smooth_l1", y, target)?;
    at_least("smooth_l1", "beta", beta, 0.0)?;
    if beta == 0.0 {
        return l1(y, target, reduction);
    }
    reduction.of(&bent(y, target, beta)?.div_scalar(beta)?)
}

/// Each part is computed where it counts: the slope of an infinite error is that of the straight part.
fn bent(y: &Tensor, target: &Tensor, delta: f64) -> Result<Tensor> {
    let error = y.sub(target)?.abs()?;
    let near = error.le_scalar(delta)?;
    let square = error.masked_fill(&near.logical_not()?, 0.0)?.square()?.mul_scalar(0.5)?;
    near.where_(&square, &error.add_scalar(-0.5 * delta)?.mul_scalar(delta)?)
}
