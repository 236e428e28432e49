//! Normalisations of a sum: a residual connection and the normalisation after it.

use ops::{Result, Tensor};

use crate::{
    GraphValue,
    call::NodeCall,
    node::NodeReader,
    operators::{Operator, ResolvedNode, normalise::standard, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("SkipLayerNormalization", 1, layer).weights(&[2, 3, 4]),
    op("SkipSimplifiedLayerNormalization", 1, simplified).weights(&[2, 3]),
];

/// `input + skip + bias`; the bias is input `i`.
fn sum(call: &NodeCall, i: usize) -> Result<Tensor> {
    let [input, skip] = call.pair()?;
    let sum = input.add(&skip)?;
    match call.maybe_on_device_of(i, &sum)? {
        Some(bias) => sum.add(&bias),
        None => Ok(sum),
    }
}

/// `(s - mean s) / sqrt(var s + eps) gamma + beta` of `s = input + skip + bias` over the last dimension; also
/// gives mean, `1 / sqrt(var s + eps)` and s.
fn layer(node: &NodeReader) -> ResolvedNode {
    let eps = node.float("epsilon", 1e-12)?;
    Ok(Box::new(move |call| {
        let x = sum(call, 4)?;
        let s = standard(&x, &[-1], eps)?;
        let y = s.centered.mul(&s.inverse)?.mul(&call.on_device_of(2, &x)?)?;
        let y = match call.maybe_on_device_of(3, &x)? {
            Some(beta) => y.add(&beta)?,
            None => y,
        };
        Ok(vec![y.into(), s.mean.into(), s.inverse.into(), x.into()])
    }))
}

/// `s / sqrt(mean s^2 + eps) gamma` of `s = input + skip + bias` over the last dimension; also gives
/// `1 / sqrt(mean s^2 + eps)` and s. There is no mean.
fn simplified(node: &NodeReader) -> ResolvedNode {
    let eps = node.float("epsilon", 1e-12)?;
    Ok(Box::new(move |call| {
        let x = sum(call, 3)?;
        let inverse = x.square()?.mean_dims(&[-1], true)?.add_scalar(eps)?.sqrt()?.recip()?;
        let y = x.mul(&inverse)?.mul(&call.on_device_of(2, &x)?)?;
        Ok(vec![y.into(), GraphValue::Absent, inverse.into(), x.into()])
    }))
}
