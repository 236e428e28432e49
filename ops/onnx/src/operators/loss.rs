//! Losses inside graphs.

use ops::{DType, Result, Tensor};

use super::{Operator, ResolvedNode, op};
use crate::{GraphValue, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("NegativeLogLikelihoodLoss", 12, |node| class_loss(node, false)).settings(&[1, 2]),
    op("SoftmaxCrossEntropyLoss", 12, |node| class_loss(node, true)).settings(&[1, 2]),
];

/// The loss of all classes, by those of each and their weights.
type LossReduction = fn(Tensor, &Tensor) -> Result<Tensor>;

/// `-weight[class] log p[class]` of `[N, C, ..]` by classes `[N, ..]`: the mean weighs by the weights.
fn class_loss(node: &NodeReader, softmax: bool) -> ResolvedNode {
    let reductions: [(_, LossReduction); 3] = [
        ("mean", |losses, weights| losses.sum()?.div(&weights.sum()?)),
        ("sum", |losses, _| losses.sum()),
        ("none", |losses, _| Ok(losses)),
    ];
    let reduction = node.choice("reduction", &reductions)?;
    let ignored = node.maybe_int("ignore_index")?;
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let log = if softmax { x.log_softmax(1)? } else { x };
        let (losses, weights) = losses(call, &log, ignored)?;
        let mut values: Vec<GraphValue> = vec![reduction(losses, &weights)?.into()];
        if softmax {
            values.push(log.into());
        }
        Ok(values)
    }))
}

/// The loss of each class and its weight, both `[N, ..]`; an ignored class weighs nothing.
fn losses(call: &NodeCall, log: &Tensor, ignored: Option<i64>) -> Result<(Tensor, Tensor)> {
    let classes = call.on_device_of(1, log)?;
    let c = log.shape().get(1).copied().unwrap_or(0);
    if c == 0 || classes.rank() + 1 != log.rank() {
        return Err(call.misfit(classes.shape(), format!("one class for each of {:?}", log.shape())));
    }
    let kept = match ignored {
        Some(number) => classes.ne_scalar(number as f64)?,
        None => Tensor::full(classes.shape(), 1.0, DType::Bool, log.device())?,
    };
    let classes = classes.masked_fill(&kept.logical_not()?, 0.0)?;
    let chosen = log.gather(1, &classes.unsqueeze(1)?)?.squeeze(1)?;
    let weights = match call.maybe_on_device_of(2, log)? {
        Some(weights) => {
            weights.index_select(0, &classes.reshape(&[classes.len()])?)?.reshape(classes.shape())?
        }
        None => chosen.ones_like()?,
    };
    let weights = weights.mul(&kept.cast(log.dtype())?)?;
    Ok((chosen.mul(&weights)?.neg()?, weights))
}
