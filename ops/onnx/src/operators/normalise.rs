//! Normalisations, and dropout: what training does otherwise than evaluation.

use ops::{DType, Result, Tensor, nn::Parameter, no_grad, random};

use super::{Operator, ResolvedNode, gives, map, op};
use crate::{
    GraphValue,
    call::{GraphMode, NodeCall},
    node::NodeReader,
    value::to_device,
};

pub(super) const OPERATORS: &[Operator] = &[
    op("BatchNormalization", 7, batch).weights(&[1, 2]).buffers(&[3, 4]).impure(),
    op("InstanceNormalization", 6, instance).weights(&[1, 2]),
    // ONNX's from opset 17 on; ONNX Runtime's optimiser writes the same into older files.
    op("LayerNormalization", 1, layer).weights(&[1, 2]),
    // Only ONNX Runtime's optimiser writes it, without a domain.
    op("SimplifiedLayerNormalization", 1, root_mean_square).weights(&[1]),
    op("GroupNormalization", 18, group).weights(&[1, 2]),
    op("RMSNormalization", 23, root_mean_square).weights(&[1]),
    op("LpNormalization", 1, lp),
    op("MeanVarianceNormalization", 9, mean_variance),
    op("Dropout", 7, dropout).settings(&[1, 2]).impure(),
];

/// `[C]` in a shape that broadcasts to `[N, C, ..]`.
pub(super) fn per_channel(numbers: &Tensor, x: &Tensor) -> Result<Tensor> {
    let mut shape = vec![1; x.rank()];
    shape[1.min(x.rank() - 1)] = numbers.len();
    numbers.reshape(&shape)
}

/// `(x - mean) / sqrt(var + eps) scale + bias` over each channel: of the batch in training, whose moments
/// then move the running ones by `1 - momentum`; of the running ones in evaluation.
fn batch(node: &NodeReader) -> ResolvedNode {
    let (eps, momentum) = (node.float("epsilon", 1e-5)?, node.float("momentum", 0.9)?);
    // Before opset 14 a node in training is recognised by its further outputs.
    let written = node.flag("training_mode", node.opset < 14 && node.has_output(1))?;
    if node.opset < 9 && !node.flag("spatial", true)? {
        return crate::broken("the attribute `spatial` is 0, expected 1");
    }
    let unbiased = node.unbiased_variance;
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let learning = match call.pass.mode {
            GraphMode::File => written,
            GraphMode::Training => true,
            GraphMode::Evaluation => false,
        };
        let [scale, bias] = [1, 2].map(|i| call.on_device_of(i, &x));
        let [mean, var] = [3, 4].map(|i| average(call, i, &x));
        let (scale, bias, old_mean, old_var) = (scale?, bias?, mean?, var?);
        if x.rank() < 2 || [&scale, &bias, &old_mean, &old_var].iter().any(|p| p.shape() != &x.shape()[1..2])
        {
            return Err(call.misfit(x.shape(), "[N, C, ..] and numbers [C]"));
        }
        if !learning {
            let y = affine(&x, &old_mean, &old_var, [&scale, &bias], eps)?;
            return Ok(vec![y.into(), old_mean.into(), old_var.into()]);
        }
        let dims: Vec<i64> = (0..x.rank() as i64).filter(|&d| d != 1).collect();
        let mean = x.mean_dims(&dims, true)?;
        let var = x.sub(&mean)?.square()?.mean_dims(&dims, false)?;
        let mean = mean.reshape(old_mean.shape())?;
        let y = affine(&x, &mean, &var, [&scale, &bias], eps)?;
        let moved = |old: &Tensor, new: &Tensor| {
            no_grad(|| old.mul_scalar(momentum)?.add(&new.detach().mul_scalar(1.0 - momentum)?))
        };
        let count = x.len() / mean.len();
        let divisor = if unbiased && count > 1 { count - 1 } else { count };
        let spread = var.mul_scalar(count as f64 / divisor as f64)?;
        let (new_mean, new_var) = (moved(&old_mean, &mean)?, moved(&old_var, &spread)?);
        if call.pass.mode == GraphMode::Training {
            for (i, new) in [(3, &new_mean), (4, &new_var)] {
                buffer(call, i).map_or(Ok(()), |cell| cell.set(new))?;
            }
        }
        Ok(vec![y.into(), new_mean.into(), new_var.into()])
    }))
}

fn buffer<'a>(call: &'a NodeCall, i: usize) -> Option<&'a Parameter> {
    call.cell(i).filter(|cell| cell.is_buffer())
}

/// A running average: in training as it is by now, which another node of the same pass may have moved.
fn average(call: &NodeCall, i: usize, x: &Tensor) -> Result<Tensor> {
    match buffer(call, i) {
        Some(cell) if call.pass.mode == GraphMode::Training => to_device(&cell.get(), x.device()),
        _ => call.on_device_of(i, x),
    }
}

fn affine(x: &Tensor, mean: &Tensor, var: &Tensor, [scale, bias]: [&Tensor; 2], eps: f64) -> Result<Tensor> {
    let scale = scale.div(&var.add_scalar(eps)?.sqrt()?)?;
    let shift = bias.sub(&mean.mul(&scale)?)?;
    x.mul(&per_channel(&scale, x)?)?.add(&per_channel(&shift, x)?)
}

/// What a tensor is over some dimensions: less its mean, the mean, `1 / sqrt(var + eps)`.
pub(super) struct Standard {
    pub centered: Tensor,
    pub mean: Tensor,
    pub inverse: Tensor,
}

pub(super) fn standard(x: &Tensor, dims: &[i64], eps: f64) -> Result<Standard> {
    let mean = x.mean_dims(dims, true)?;
    let centered = x.sub(&mean)?;
    let inverse = centered.square()?.mean_dims(dims, true)?.add_scalar(eps)?.sqrt()?.recip()?;
    Ok(Standard { centered, mean, inverse })
}

fn instance(node: &NodeReader) -> ResolvedNode {
    let eps = node.float("epsilon", 1e-5)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let (scale, bias) = (call.on_device_of(1, &x)?, call.on_device_of(2, &x)?);
        let dims: Vec<i64> = (2..x.rank() as i64).collect();
        if dims.is_empty() {
            return Err(call.misfit(x.shape(), "[N, C, ..] with positions"));
        }
        let s = standard(&x, &dims, eps)?;
        s.centered.mul(&s.inverse.mul(&per_channel(&scale, &x)?)?)?.add(&per_channel(&bias, &x)?)
    })
}

/// Over the dimensions from `axis` on.
fn layer(node: &NodeReader) -> ResolvedNode {
    let (axis, eps) = (node.int("axis", -1)?, node.float("epsilon", 1e-5)?);
    node.ignore(&["stash_type"]);
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let scale = call.on_device_of(1, &x)?;
        let dims: Vec<i64> = (call.axis(axis, x.rank())? as i64..x.rank() as i64).collect();
        let s = standard(&x, &dims, eps)?;
        let y = s.centered.mul(&s.inverse)?.mul(&scale)?;
        let y = match call.maybe_on_device_of(2, &x)? {
            Some(bias) => y.add(&bias)?,
            None => y,
        };
        Ok(vec![y.into(), s.mean.into(), s.inverse.into()])
    }))
}

/// Over groups of channels; scale and bias are numbers of each channel, before opset 21 of each group.
fn group(node: &NodeReader) -> ResolvedNode {
    let eps = node.float("epsilon", 1e-5)?;
    node.ignore(&["stash_type"]);
    let of_groups = node.opset < 21;
    let groups = node.size("num_groups", 0, 1..=usize::MAX, "missing")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let (scale, bias) = (call.on_device_of(1, &x)?, call.on_device_of(2, &x)?);
        let channels = x.shape().get(1).copied().unwrap_or(0);
        if channels == 0 || !channels.is_multiple_of(groups) {
            return Err(call.misfit(x.shape(), format!("channels that {groups} divides")));
        }
        let rows = x.reshape(&[x.shape()[0], groups, x.len() / x.shape()[0] / groups])?;
        let s = standard(&rows, &[2], eps)?;
        let y = s.centered.mul(&s.inverse)?;
        if of_groups && scale.len() == groups {
            return y.mul(&per_channel(&scale, &y)?)?.add(&per_channel(&bias, &y)?)?.reshape(x.shape());
        }
        let y = y.reshape(x.shape())?;
        y.mul(&per_channel(&scale, &y)?)?.add(&per_channel(&bias, &y)?)
    })
}

/// `x / sqrt(mean x^2 + eps) scale` over the dimensions from `axis` on; also gives `1 / sqrt(mean x^2 +
/// eps)`.
fn root_mean_square(node: &NodeReader) -> ResolvedNode {
    let (axis, eps) = (node.int("axis", -1)?, node.float("epsilon", 1e-5)?);
    node.ignore(&["stash_type"]);
    let inverse = node.has_output(1);
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let dims: Vec<i64> = (call.axis(axis, x.rank())? as i64..x.rank() as i64).collect();
        let root = x.square()?.mean_dims(&dims, true)?.add_scalar(eps)?.sqrt()?;
        let y = x.div(&root)?.mul(&call.on_device_of(1, &x)?)?;
        let inverse = inverse.then(|| root.recip()).transpose()?;
        Ok(vec![y.into(), inverse.map_or(GraphValue::Absent, GraphValue::from)])
    }))
}

/// `x / ||x||` along an axis; 0 where the norm is.
fn lp(node: &NodeReader) -> ResolvedNode {
    let (axis, p) = (node.int("axis", -1)?, node.int("p", 2)?);
    map(move |x| {
        let norm = if p == 1 { x.abs()?.sum_dims(&[axis], true)? } else { x.norm_dims(&[axis], true)? };
        x.div(&norm.masked_fill(&norm.eq_scalar(0.0)?, 1.0)?)
    })
}

fn mean_variance(node: &NodeReader) -> ResolvedNode {
    let axes = node.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]);
    map(move |x| {
        let mean = x.mean_dims(&axes, true)?;
        let centered = x.sub(&mean)?;
        // A norm has a gradient where all is alike, too.
        let count = (x.len() / mean.len()) as f64;
        let deviation = centered.norm_dims(&axes, true)?.mul_scalar(count.sqrt().recip())?;
        // The schema adds this to the deviation, not to the variance.
        centered.div(&deviation.add_scalar(1e-9)?)
    })
}

/// In training, each element is 0 with probability `ratio`, the others are larger by `1 / (1 - ratio)`.
fn dropout(node: &NodeReader) -> ResolvedNode {
    let fixed = if node.opset < 12 { Some(node.float("ratio", 0.5)?) } else { None };
    node.ignore(&["seed"]);
    let masked = node.has_output(1);
    Ok(Box::new(move |call: &NodeCall| {
        let x = call.tensor(0)?;
        let ratio = fixed.map_or_else(|| call.number(1).map(|ratio| ratio.unwrap_or(0.5)), Ok)?;
        let learning = match call.pass.mode {
            GraphMode::File => call.number(2)?.is_some_and(|on| on != 0.0),
            GraphMode::Training => true,
            GraphMode::Evaluation => false,
        };
        if !(0.0..=1.0).contains(&ratio) {
            return Err(call.wrong("the ratio", ratio, "0 to 1"));
        }
        if !learning || ratio == 0.0 {
            let all = masked.then(|| Tensor::full(x.shape(), 1.0, DType::Bool, x.device())).transpose()?;
            return Ok(vec![x.into(), all.map_or(GraphValue::Absent, GraphValue::from)]);
        }
        let kept = random::uniform(x.shape(), x.device())?.ge_scalar(ratio)?;
        let scale = if ratio == 1.0 { 0.0 } else { 1.0 / (1.0 - ratio) };
        let y = x.mul(&kept.cast(x.dtype())?)?.mul_scalar(scale)?;
        Ok(vec![y.into(), kept.into()])
    }))
}
