//! Winner-take-all sparsity (Makhzani and Frey, 2015): which values of a code stay.
//!
//! The choice is a constant to gradients: only winners have any. Numbers are ordered as IEEE 754 orders
//! them, and a NaN is above all: it wins, so that a loss shows it, and is never lost in silence. Of
//! equal values the first wins.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;
mod ops;
mod order;
mod reference;

use self::ops::Strongest;
use crate::{
    DType, Error, Result, Spec, Tensor, ensure,
    op::{
        self,
        fused::{self, kernel, on_device},
        keep::{NONE, keep},
    },
    tensor::apply,
};

/// Keeps the largest value of each feature map of `[N, C, H, W]`.
///
/// # Errors
/// [`Error::Shape`] unless there are four dimensions, [`Error::DType`] unless it holds floats.
pub fn spatial(x: &Tensor) -> Result<Tensor> {
    images("sparsity::spatial", x)?;
    if !fused::applies(x) {
        return reference::spatial(x);
    }
    keep(x, &winners(x)?)
}

/// Keeps, for each channel of `[N, C, H, W]`, the maps of the `max(1, floor(rate N))` samples with the
/// largest sum.
///
/// # Errors
/// As [`spatial`], and [`Error::Argument`] for a rate outside (0, 1].
pub fn lifetime(x: &Tensor, rate: f64) -> Result<Tensor> {
    images("sparsity::lifetime", x)?;
    let kept = kept(rate, x.shape()[0])?;
    let scores = x.detach().sum_dims(&[2, 3], false)?;
    if !fused::applies(x) && !x.is_symbolic() {
        return reference::lifetime(x, &scores, kept);
    }
    let alive = apply(Strongest { kept, rate }, &[&scores])?;
    if x.is_symbolic() {
        return x.mul(&alive.cast(x.dtype())?.reshape(&[x.shape()[0], x.shape()[1], 1, 1])?);
    }
    // `keep::ALL` where a map stays, `NONE` elsewhere.
    keep(x, &alive.neg()?.add_scalar(f64::from(NONE))?)
}

/// Spatial, then lifetime sparsity.
///
/// # Errors
/// Those of both.
pub fn winner_take_all(x: &Tensor, rate: f64) -> Result<Tensor> {
    images("sparsity::winner_take_all", x)?;
    if !fused::applies(x) {
        return lifetime(&spatial(x)?, rate);
    }
    let kept = kept(rate, x.shape()[0])?;
    let winners = winners(x)?;
    // Of a map whose winner alone is left, the winner is the sum.
    let scores = x.spec().reshaped(winners.shape());
    let scores = kernel("sparsity", scores, &[&x.detach(), &winners], |x, y, device| {
        on_device!(device, take(&x[0], &x[1], y))
    })?;
    let alive = apply(Strongest { kept, rate }, &[&scores])?;
    // The winner's position where a map stays, `NONE` elsewhere.
    let positions = winners.add_scalar(1.0)?.mul(&alive)?.add_scalar(f64::from(NONE))?;
    keep(x, &positions)
}

/// Keeps the `k` largest values of each sample of `[N, ...]`.
///
/// # Errors
/// [`Error::Shape`] for a single number, [`Error::DType`] unless it holds floats, [`Error::Argument`]
/// when a sample has fewer than `k` values or `k` is 0.
pub fn top_k(x: &Tensor, k: usize) -> Result<Tensor> {
    let op = "sparsity::top_k";
    op::require_float(op, x.spec())?;
    ensure(x.rank() != 0, || Error::shape(op, "[]", "samples [N, ...]"))?;
    let size = x.len() / x.shape()[0];
    ensure((1..=size).contains(&k), || {
        Error::argument(op, "k", k, format!("1 to {size}, the values of a sample"))
    })?;
    let constant = x.detach();
    let mask = if fused::applies(x) {
        let mask = kernel(op, x.spec().cast(DType::I32), &[&constant], move |x, y, device| {
            on_device!(device, top(&x[0], k, y))
        });
        mask?.gt_scalar(0.0)?
    } else {
        reference::top(&constant, k)?
    };
    mask.where_(x, &Tensor::scalar(0.0, x.dtype(), x.device())?)
}

/// The position of the largest value of each map: `[N, C, H, W] -> [N, C]`.
fn winners(x: &Tensor) -> Result<Tensor> {
    kernel("sparsity::spatial", Spec::new(&x.shape()[..2], DType::I32), &[x], |x, y, device| {
        on_device!(device, winners(&x[0], y))
    })
}

/// How many of `n` samples stay.
fn kept(rate: f64, n: usize) -> Result<usize> {
    ensure(rate > 0.0 && rate <= 1.0, || {
        Error::argument("sparsity::lifetime", "the rate", rate, "a share above 0 and at most 1")
    })?;
    Ok(((rate * n as f64 + ops::SHORT).floor() as usize).max(1))
}

fn images(op: &'static str, x: &Tensor) -> Result<()> {
    op::require_float(op, x.spec())?;
    op::require_rank(op, x.spec(), 4, "feature maps [N, C, H, W]")
}
