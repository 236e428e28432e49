//! Padding.

use ops::{DType, Result, Tensor, op::Padding};

use super::{Operator, ResolvedNode, gives, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("Pad", 2, pad).settings(&[1, 2, 3]), op("CenterCropPad", 18, center_crop_pad).settings(&[1])];

/// Pairs and number are attributes before opset 11, then inputs. Negative pairs cut off.
fn pad(node: &NodeReader) -> ResolvedNode {
    let number = if node.opset < 11 { node.float("value", 0.0)? } else { 0.0 };
    let padding = node.choice(
        "mode",
        &[
            ("constant", Some(Padding::Constant(number))),
            ("reflect", Some(Padding::Reflect)),
            ("edge", Some(Padding::Replicate)),
            ("wrap", None),
        ],
    )?;
    let pairs = node.ints_before(11, "pads")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let pads = call.ints_or_input(&pairs, 1)?.map_or_else(|| call.ints(1), Ok)?;
        let padding = match (padding, call.number(2)?) {
            (Some(Padding::Constant(_)), Some(number)) => Some(Padding::Constant(number)),
            (padding, _) => padding,
        };
        let axes = call.maybe_ints(3)?.unwrap_or_else(|| (0..x.rank() as i64).collect());
        if pads.len() != 2 * axes.len() {
            return Err(call.wrong(
                "the pairs",
                format!("{} numbers", pads.len()),
                format!("two for each of {} axes", axes.len()),
            ));
        }
        let mut y = if x.dtype() == DType::Bool { x.cast(DType::I32)? } else { x.clone() };
        for (i, axis) in call.axes(&axes, x.rank())?.into_iter().enumerate() {
            y = along(call, &y, axis, [pads[i], pads[i + axes.len()]], padding)?;
        }
        y.cast(x.dtype())
    })
}

/// One dimension continued, with itself again from its other end where there is no `padding`.
fn along(call: &NodeCall, x: &Tensor, d: usize, pair: [i64; 2], padding: Option<Padding>) -> Result<Tensor> {
    let n = x.shape()[d];
    let [cut_before, cut_after] = pair.map(|p| usize::try_from(p.saturating_neg()).unwrap_or(0));
    let kept = n.checked_sub(cut_before.saturating_add(cut_after)).filter(|&n| n > 0);
    let kept =
        kept.ok_or_else(|| call.wrong("a pair", format!("{pair:?}"), format!("less than all {n} elements")))?;
    let [before, after] = pair.map(|p| usize::try_from(p).unwrap_or(0));
    let x = x.narrow(d as i64, cut_before, kept)?;
    if (before, after) == (0, 0) {
        return Ok(x);
    }
    let Some(padding) = padding else {
        let size = kept.saturating_add(before).saturating_add(after);
        let first = kept - before % kept;
        return x.slices_at(d, size, |i| (first + i) % kept);
    };
    let mut pairs = vec![[0; 2]; x.rank() - d];
    pairs[0] = [before, after];
    // Only the named dimension is padded; those behind it get nothing.
    x.pad(&pairs, padding)
}

/// Cut or padded with zeros to a shape, equally on both sides; an odd element goes at the end.
fn center_crop_pad(node: &NodeReader) -> ResolvedNode {
    let axes = node.ints("axes")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let shape = call.sizes(1)?;
        let all: Vec<i64> = (0..x.rank() as i64).collect();
        let dims = call.axes(axes.as_ref().unwrap_or(&all), x.rank())?;
        if dims.len() != shape.len() {
            return Err(call.wrong("the shape", format!("{shape:?}"), "one size for each axis"));
        }
        dims.into_iter().zip(shape).try_fold(x, |x, (d, size)| {
            let more = (size as i64).saturating_sub(x.shape()[d] as i64);
            let before = if more < 0 { -(-more / 2) } else { more / 2 };
            along(call, &x, d, [before, more - before], Some(Padding::Constant(0.0)))
        })
    })
}
