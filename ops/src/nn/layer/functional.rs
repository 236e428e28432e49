//! Layers as functions: with the tensors that a module would hold.

use super::{
    dropout::{dropped, probable},
    norm::{per_channel, standardise},
};
use crate::{DType, Error, Result, Tensor, ensure, op::batch_norm as fused};

/// A gain and a bias, where there are any.
#[derive(Clone, Default)]
pub struct Affine {
    pub weight: Option<Tensor>,
    pub bias: Option<Tensor>,
}

impl Affine {
    fn of(&self, y: Tensor, form: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
        let y = self.weight.as_ref().map_or(Ok(y.clone()), |weight| y.mul(&form(weight)?))?;
        self.bias.as_ref().map_or(Ok(y.clone()), |bias| y.add(&form(bias)?))
    }
}

/// `x weight^T + bias`: `[.., inputs] -> [.., outputs]`, weight `[outputs, inputs]`.
///
/// # Errors
/// [`Error::Shape`] for sizes that do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    const OP: &str = "linear";
    let &[outputs, inputs] = weight.shape() else {
        let found = format!("{:?} for the weight", weight.shape());
        return Err(Error::shape(OP, found, "[outputs, inputs]"));
    };
    let Some((_, lead)) = x.shape().split_last().filter(|(n, _)| **n == inputs) else {
        return Err(Error::shape(OP, format!("{:?}", x.shape()), format!("[.., {inputs}]")));
    };
    // One product of two matrices, however many dimensions there are.
    let y = x.reshape(&[x.len() / inputs, inputs])?.matmul(&weight.transpose(0, 1)?);
    let y = y.map_err(|e| e.named(OP))?;
    let y = bias.map_or(Ok(y.clone()), |bias| y.add(bias)).map_err(|e| e.named(OP))?;
    y.reshape(&[lead, &[outputs]].concat())
}

/// `weight[labels]`: labels `[..]` and a weight `[count, size]` give `[.., size]`.
///
/// # Errors
/// [`Error::DType`] for labels that are no integers, [`Error::Argument`] for one out of range.
pub fn embedding(labels: &Tensor, weight: &Tensor) -> Result<Tensor> {
    const OP: &str = "embedding";
    let &[_, size] = weight.shape() else {
        return Err(Error::shape(OP, format!("{:?} for the weight", weight.shape()), "[count, size]"));
    };
    let chosen = weight.index_select(0, &labels.reshape(&[labels.len()])?).map_err(|e| e.named(OP))?;
    chosen.reshape(&[labels.shape(), &[size]].concat())
}

/// Each channel of `[N, C, ..]` normalised over the batch and all positions, or by a mean and a variance
/// `[C]` that are known.
///
/// # Errors
/// [`Error::Shape`] for one element per channel and for tensors of other shapes.
pub fn batch_norm(x: &Tensor, known: Option<[&Tensor; 2]>, affine: &Affine, eps: f64) -> Result<Tensor> {
    const OP: &str = "batch_norm";
    ensure(x.rank() >= 2, || Error::shape(OP, format!("{:?}", x.shape()), "[N, C, ..]"))?;
    let channels = x.shape()[1];
    let form = |numbers: &Tensor| {
        ensure(numbers.shape() == [channels], || {
            Error::shape(OP, format!("{:?}", numbers.shape()), format!("[{channels}], one for each channel"))
        })?;
        per_channel(numbers, x)
    };
    let y = match known {
        Some([mean, variance]) => {
            let scale = form(variance)?.add_scalar(eps)?.sqrt()?.recip()?;
            x.sub(&form(mean)?)?.mul(&scale)?
        }
        None => {
            if fused::applies(x)
                && x.len() > channels
                && let (Some(weight), Some(bias)) = (&affine.weight, &affine.bias)
                && [weight, bias].iter().all(|p| p.shape() == [channels] && p.dtype() == DType::F32)
            {
                return fused::batch_norm(x, &fused::moments(x)?, weight, bias, eps);
            }
            let dims: Vec<i64> = (0..x.rank() as i64).filter(|&d| d != 1).collect();
            standardise(OP, x, &dims, eps)?
        }
    };
    affine.of(y, form)
}

/// Each `[.., shape]` normalised over its last dimensions, those of `shape`.
///
/// # Errors
/// [`Error::Shape`] for one that does not end in `shape`.
pub fn layer_norm(x: &Tensor, shape: &[usize], affine: &Affine, eps: f64) -> Result<Tensor> {
    const OP: &str = "layer_norm";
    ensure(!shape.is_empty() && x.shape().ends_with(shape), || {
        Error::shape(OP, format!("{:?}", x.shape()), format!("one that ends in {shape:?}"))
    })?;
    let dims: Vec<i64> = (1..=shape.len() as i64).map(|d| -d).collect();
    affine.of(standardise(OP, x, &dims, eps)?, |numbers| {
        ensure(numbers.shape() == shape, || {
            Error::shape(OP, format!("{:?} for weight or bias", numbers.shape()), format!("{shape:?}"))
        })?;
        Ok(numbers.clone())
    })
}

/// Each of the groups of channels of each sample of `[N, C, ..]` normalised over all positions.
///
/// # Errors
/// [`Error::Argument`] for groups that do not divide the channels, [`Error::Shape`] for one element per
/// group.
pub fn group_norm(x: &Tensor, groups: usize, affine: &Affine, eps: f64) -> Result<Tensor> {
    const OP: &str = "group_norm";
    let &[n, channels, ..] = x.shape() else {
        return Err(Error::shape(OP, format!("{:?}", x.shape()), "[N, C, ..]"));
    };
    ensure(groups > 0 && channels.is_multiple_of(groups), || {
        let found = format!("{groups} for {channels} channels");
        Error::argument(OP, "groups", found, "a divisor of the channels")
    })?;
    let y = standardise(OP, &x.reshape(&[n, groups, x.len() / (n * groups)])?, &[2], eps)?;
    affine.of(y.reshape(x.shape())?, |numbers| {
        ensure(numbers.shape() == [channels], || {
            Error::shape(OP, format!("{:?}", numbers.shape()), format!("[{channels}], one for each channel"))
        })?;
        per_channel(numbers, x)
    })
}

/// Each element 0 with that probability, the others larger by `1 / (1 - p)`.
///
/// # Errors
/// [`Error::Argument`] for a probability outside 0 to 1.
pub fn dropout(x: &Tensor, probability: f64) -> Result<Tensor> {
    probable("dropout", probability)?;
    dropped(x, probability)
}
