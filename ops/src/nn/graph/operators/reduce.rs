//! Reductions.

use super::{Operator, Resolved, gives, op};
use crate::{
    DType, Result, Tensor,
    nn::graph::{call::Call, node::Node},
};

/// A reduction over dimensions, which are kept with size 1 or not.
type Reduction = fn(&Tensor, &[i64], bool) -> Result<Tensor>;

pub(super) const OPERATORS: &[Operator] = &[
    op("ReduceSum", 1, |node| reduce(node, 13, Tensor::sum_dims)).settings(&[1]),
    op("ReduceMean", 1, |node| reduce(node, 18, mean)).settings(&[1]),
    op("ReduceMax", 1, |node| reduce(node, 18, max)).settings(&[1]),
    op("ReduceMin", 1, |node| reduce(node, 18, min)).settings(&[1]),
    op("ReduceProd", 1, |node| reduce(node, 18, Tensor::prod_dims)).settings(&[1]),
    op("ReduceL1", 1, |node| reduce(node, 18, |x, dims, keep| x.abs()?.sum_dims(dims, keep))).settings(&[1]),
    op("ReduceL2", 1, |node| reduce(node, 18, Tensor::norm_dims)).settings(&[1]),
    op("ReduceSumSquare", 1, |node| reduce(node, 18, |x, dims, keep| x.square()?.sum_dims(dims, keep)))
        .settings(&[1]),
    op("ReduceLogSum", 1, |node| reduce(node, 18, |x, dims, keep| x.sum_dims(dims, keep)?.log()))
        .settings(&[1]),
    op("ReduceLogSumExp", 1, |node| reduce(node, 18, Tensor::logsumexp)).settings(&[1]),
    op("ArgMax", 1, |node| extremum(node, true)).steps(),
    op("ArgMin", 1, |node| extremum(node, false)).steps(),
];

/// Axes are an attribute before opset `inputs_from`, then an input. None mean all, or nothing at all.
fn reduce(node: &Node, inputs_from: i64, f: Reduction) -> Resolved {
    let keep = node.flag("keepdims", true)?;
    let nothing = node.opset >= inputs_from && node.flag("noop_with_empty_axes", false)?;
    let axes = if node.opset < inputs_from { node.ints("axes")? } else { None };
    gives(move |call| {
        let x = call.tensor(0)?;
        let axes = match &axes {
            Some(axes) => axes.clone(),
            None => call.maybe_ints(1)?.unwrap_or_default(),
        };
        // Over no dimension each element is its own reduction.
        if axes.is_empty() && nothing {
            return f(&x.unsqueeze(-1)?, &[-1], false);
        }
        if x.rank() == 0 {
            return f(&x.reshape(&[1])?, &[0], false);
        }
        f(&x, &axes, keep)
    })
}

/// Whole numbers' means are cut off towards 0.
fn mean(x: &Tensor, dims: &[i64], keep: bool) -> Result<Tensor> {
    let floats = if x.dtype().is_float() { x.clone() } else { x.cast(DType::F64)? };
    floats.mean_dims(dims, keep)?.cast(x.dtype())
}

/// Of truth values: whether any is true.
fn max(x: &Tensor, dims: &[i64], keep: bool) -> Result<Tensor> {
    if x.dtype() == DType::Bool { x.any_dims(dims, keep) } else { x.max_dims(dims, keep) }
}

/// Of truth values: whether all are true.
fn min(x: &Tensor, dims: &[i64], keep: bool) -> Result<Tensor> {
    if x.dtype() == DType::Bool { x.all_dims(dims, keep) } else { x.min_dims(dims, keep) }
}

fn extremum(node: &Node, largest: bool) -> Resolved {
    let (axis, keep) = (node.int("axis", 0)?, node.flag("keepdims", true)?);
    let last = node.flag("select_last_index", false)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let found = if last { last_extremum(call, &x, axis, largest)? } else { first(&x, axis, largest)? };
        let found = found.cast(wide(&x))?;
        if keep { Ok(found) } else { found.squeeze(axis) }
    })
}

fn first(x: &Tensor, axis: i64, largest: bool) -> Result<Tensor> {
    if largest { x.argmax(axis, true) } else { x.argmin(axis, true) }
}

/// The last of several equal ones is the first one from behind.
fn last_extremum(call: &Call, x: &Tensor, axis: i64, largest: bool) -> Result<Tensor> {
    let n = x.shape()[call.axis(axis, x.rank())?];
    first(&x.flip(&[axis])?, axis, largest)?.neg()?.add_scalar(n as f64 - 1.0)
}

/// The type of indices: long where the device has it.
pub(super) fn wide(x: &Tensor) -> DType {
    if x.device() == crate::Device::Cpu { DType::I64 } else { DType::I32 }
}
