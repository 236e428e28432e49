//! Reductions.

use ops::{DType, Result, Spec, Tensor};

use super::{Operator, ResolvedNode, gives, op};
use crate::{
    GraphValue,
    call::{NodeCall, one},
    node::NodeReader,
};

/// A reduction over dimensions, which are kept with size 1 or not.
type Reduction = fn(&Tensor, &[i64], bool) -> Result<Tensor>;

const INFINITY: f64 = f64::INFINITY;

pub(super) const OPERATORS: &[Operator] = &[
    reduction("ReduceSum", |node| reduce(node, 13, 0.0, Tensor::sum_dims)),
    reduction("ReduceMean", |node| reduce(node, 18, f64::NAN, mean)),
    reduction("ReduceMax", |node| reduce(node, 18, -INFINITY, max)),
    reduction("ReduceMin", |node| reduce(node, 18, INFINITY, min)),
    reduction("ReduceProd", |node| reduce(node, 18, 1.0, Tensor::prod_dims)),
    reduction("ReduceL1", |node| reduce(node, 18, 0.0, |x, dims, keep| x.abs()?.sum_dims(dims, keep))),
    reduction("ReduceL2", |node| reduce(node, 18, 0.0, Tensor::norm_dims)),
    reduction("ReduceSumSquare", |node| {
        reduce(node, 18, 0.0, |x, dims, keep| x.square()?.sum_dims(dims, keep))
    }),
    reduction("ReduceLogSum", |node| {
        reduce(node, 18, -INFINITY, |x, dims, keep| x.sum_dims(dims, keep)?.log())
    }),
    reduction("ReduceLogSumExp", |node| reduce(node, 18, -INFINITY, Tensor::logsumexp)),
    op("ArgMax", 1, |node| extremum(node, true)).steps(),
    op("ArgMin", 1, |node| extremum(node, false)).steps(),
];

/// A reduction over axes, which are plain numbers where they are an input.
const fn reduction(name: &'static str, resolve: fn(&NodeReader) -> ResolvedNode) -> Operator {
    op(name, 1, resolve).settings(&[1])
}

/// Axes are an attribute before opset `inputs_from`, then an input. None mean all, or nothing at all. Of no
/// elements `nothing` comes out.
fn reduce(node: &NodeReader, inputs_from: i64, nothing: f64, f: Reduction) -> ResolvedNode {
    let keep = node.flag("keepdims", true)?;
    let may_rest = node.opset >= inputs_from && node.flag("noop_with_empty_axes", false)?;
    let axes = node.ints_before(inputs_from, "axes")?;
    Ok(Box::new(move |call| {
        let axes = call.ints_or_input(&axes, 1)?.unwrap_or_default();
        // Over no dimension each element is its own reduction.
        let rests = axes.is_empty() && may_rest;
        if let GraphValue::Empty(spec) = call.value(0) {
            let dims = if rests { vec![] } else { spec.dims(call.op, &axes)? };
            return of_nothing(call, spec, &dims, keep, nothing);
        }
        let x = call.tensor(0)?;
        let y = match x.rank() {
            _ if rests => f(&x.unsqueeze(-1)?, &[-1], false),
            0 => f(&x.reshape(&[1])?, &[0], false),
            _ => f(&x, &axes, keep),
        };
        // Sums of short integers are short.
        one(y?.cast(x.dtype()))
    }))
}

/// The reduction over dimensions where there are no elements: a number for each position that is left.
fn of_nothing(
    call: &NodeCall,
    spec: &Spec,
    dims: &[usize],
    keep: bool,
    number: f64,
) -> Result<Vec<GraphValue>> {
    let size = |(d, &n): (usize, &usize)| match dims.contains(&d) {
        true => keep.then_some(1),
        false => Some(n),
    };
    let spec = spec.reshaped(spec.shape.iter().enumerate().filter_map(size).collect::<Vec<_>>());
    if spec.is_empty() {
        return Ok(vec![GraphValue::Empty(spec)]);
    }
    // Neither infinity is a truth value: nothing is any, and all of nothing is true.
    let number = if spec.dtype == DType::Bool { number.max(0.0) } else { number };
    one(Tensor::from_numbers(call.op, spec, call.pass.device, |_| number))
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

fn extremum(node: &NodeReader, largest: bool) -> ResolvedNode {
    let (axis, keep) = (node.int("axis", 0)?, node.flag("keepdims", true)?);
    let last = node.flag("select_last_index", false)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let found = if last { last_extremum(call, &x, axis, largest)? } else { first(&x, axis, largest)? };
        let found = found.cast(x.device().whole())?;
        if keep { Ok(found) } else { found.squeeze(axis) }
    })
}

fn first(x: &Tensor, axis: i64, largest: bool) -> Result<Tensor> {
    if largest { x.argmax(axis, true) } else { x.argmin(axis, true) }
}

/// The last of several equal ones is the first one from behind.
fn last_extremum(call: &NodeCall, x: &Tensor, axis: i64, largest: bool) -> Result<Tensor> {
    let n = x.shape()[call.axis(axis, x.rank())?];
    first(&x.flip(&[axis])?, axis, largest)?.neg()?.add_scalar(n as f64 - 1.0)
}
