//! Layers that arrange the same elements differently. The first dimension, that of the samples, stays.

use super::{batched, plain, positive};
use crate::{Error, Result, Tensor, nn::Module};

/// Each sample in one dimension: `[N, ..] -> [N, K]`.
pub fn flatten() -> Module {
    plain("Flatten", "", |x| x.reshape_infer(&[samples("flatten", x)?, -1]))
}

/// Each sample in that shape: `[N, ..] -> [N, shape]`. One size may be -1, which stands for what is
/// left.
pub fn reshape(shape: &[i64]) -> Module {
    let own = shape.to_vec();
    plain("Reshape", format!("{shape:?}"), move |x| {
        x.reshape_infer(&[&[samples("reshape", x)?], own.as_slice()].concat())
    })
}

/// What comes in.
pub fn identity() -> Module {
    plain("Identity", "", |x| Ok(x.clone()))
}

/// Channels as positions, as [`Tensor::pixel_shuffle`].
///
/// # Errors
/// [`Error::Argument`] for a factor of 0.
pub fn pixel_shuffle(factor: usize) -> Result<Module> {
    positive("pixel_shuffle", &[("the factor", factor)])?;
    Ok(plain("PixelShuffle", factor.to_string(), move |x| batched(x, 4, |x| x.pixel_shuffle(factor))))
}

/// Positions as channels, as [`Tensor::pixel_unshuffle`].
///
/// # Errors
/// [`Error::Argument`] for a factor of 0.
pub fn pixel_unshuffle(factor: usize) -> Result<Module> {
    positive("pixel_unshuffle", &[("the factor", factor)])?;
    Ok(plain("PixelUnshuffle", factor.to_string(), move |x| batched(x, 4, |x| x.pixel_unshuffle(factor))))
}

/// The number of samples.
fn samples(op: &'static str, x: &Tensor) -> Result<i64> {
    x.shape().first().map(|&n| n as i64).ok_or_else(|| Error::shape(op, "[]", "[N, ..]"))
}
