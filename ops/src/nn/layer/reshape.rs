//! Layers that arrange the same elements differently. The first dimension, that of the samples, stays.

use super::plain;
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

/// The number of samples.
fn samples(op: &'static str, x: &Tensor) -> Result<i64> {
    x.shape().first().map(|&n| n as i64).ok_or_else(|| Error::shape(op, "[]", "[N, ..]"))
}
