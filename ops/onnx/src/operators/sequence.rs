//! Sequences of tensors, and values that may be absent.

use ops::{Device, Result, Spec, Tensor};

use super::{Operator, ResolvedNode, choose::narrow, op};
use crate::{GraphValue, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("SequenceEmpty", 11, |node| {
        // A sequence here holds whatever is put into it.
        node.ignore(&["dtype"]);
        Ok(Box::new(|_| Ok(vec![GraphValue::Sequence(vec![])])))
    }),
    op("SequenceConstruct", 11, |_| Ok(Box::new(construct))),
    op("SequenceInsert", 11, |_| Ok(Box::new(insert))).settings(&[2]),
    op("SequenceErase", 11, |_| Ok(Box::new(erase))).settings(&[1]),
    op("SequenceAt", 11, |_| Ok(Box::new(at))).settings(&[1]),
    op("SequenceLength", 11, |_| Ok(Box::new(length))).steps(),
    op("SplitToSequence", 11, split).settings(&[1]),
    op("ConcatFromSequence", 11, concat),
    op("Optional", 15, |node| {
        node.ignore(&["type"]);
        Ok(Box::new(|call| Ok(vec![call.value(0).clone()])))
    }),
    op("OptionalGetElement", 15, |_| Ok(Box::new(element))),
    op("OptionalHasElement", 15, |_| Ok(Box::new(|call| Ok(vec![truth(call.has(0))?])))).steps(),
];

/// Sequences hold tensors: of sequences in sequences a small file could make any number.
pub(super) fn of_tensors(call: &NodeCall, list: Vec<GraphValue>) -> Result<GraphValue> {
    let is_tensor = |value: &GraphValue| matches!(value, GraphValue::Tensor(_) | GraphValue::Empty(_));
    match list.iter().all(is_tensor) {
        true => Ok(GraphValue::Sequence(list)),
        false => Err(call.wrong("an element", "no tensor", "a tensor")),
    }
}

fn construct(call: &NodeCall) -> Result<Vec<GraphValue>> {
    Ok(vec![of_tensors(call, call.inputs.to_vec())?])
}

/// The position that input `i` says, counted from the front or the back of `n` places; `default` where it is
/// not given.
fn position(call: &NodeCall, i: usize, n: usize, default: usize) -> Result<usize> {
    let Some(&position) = call.maybe_ints(i)?.as_deref().and_then(<[i64]>::first) else { return Ok(default) };
    let index = if position < 0 { position.saturating_add(n as i64) } else { position };
    let found = usize::try_from(index).ok().filter(|&index| index < n.max(default + 1));
    found.ok_or_else(|| call.wrong("a position", position, format!("one in a sequence of {n}")))
}

/// Before the element at the position; at the end where there is none.
fn insert(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let mut list = call.value(0).sequence(call.op)?.to_vec();
    let place = position(call, 2, list.len(), list.len())?;
    list.insert(place, call.value(1).clone());
    Ok(vec![of_tensors(call, list)?])
}

/// The sequence without one element, the last one where none is named.
fn erase(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let mut list = call.value(0).sequence(call.op)?.to_vec();
    let Some(last) = list.len().checked_sub(1) else { return Err(none(call)) };
    let place = position(call, 1, list.len(), last)?;
    list.remove(place);
    Ok(vec![GraphValue::Sequence(list)])
}

fn at(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let list = call.value(0).sequence(call.op)?;
    let Some(last) = list.len().checked_sub(1) else { return Err(none(call)) };
    Ok(vec![list[position(call, 1, list.len(), last)?].clone()])
}

fn none(call: &NodeCall) -> ops::Error {
    call.wrong("the sequence", "no elements", "at least one")
}

fn length(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let n = call.value(0).sequence(call.op)?.len();
    Ok(vec![GraphValue::whole(&[n as i64], &[])?])
}

/// Parts of one size (a number), of these sizes (a list), or slices of size 1, which keep that dimension or
/// not. The last part of one size may be smaller.
fn split(node: &NodeReader) -> ResolvedNode {
    let (axis, keep) = (node.int("axis", 0)?, node.flag("keepdims", true)?);
    Ok(Box::new(move |call| {
        let x = call.value(0);
        let spec = x.spec().ok_or_else(|| call.wrong("the input", "none", "a tensor"))?;
        let d = call.axis(axis, spec.rank())?;
        let slices = !call.has(1);
        let sizes = sizes(call, spec.shape[d])?;
        let mut start = 0;
        let part = |size: usize| {
            start += size;
            let part = narrow(x, d, start - size, size)?;
            if slices && !keep { part.map(&|x| x.squeeze(d as i64)) } else { Ok(part) }
        };
        Ok(vec![GraphValue::Sequence(sizes.into_iter().map(part).collect::<Result<_>>()?)])
    }))
}

/// The largest number of parts: each is a tensor of its own.
const MOST_PARTS: usize = 1 << 16;

/// The sizes of the parts of `n` slices.
fn sizes(call: &NodeCall, n: usize) -> Result<Vec<usize>> {
    let few = |parts: usize| match parts <= MOST_PARTS {
        true => Ok(parts),
        false => Err(call.wrong("the parts", parts, format!("at most {MOST_PARTS}"))),
    };
    if !call.has(1) {
        return Ok(vec![1; few(n)?]);
    }
    let sizes = call.sizes(1)?;
    let is_list = call.value(1).spec().is_some_and(|spec| spec.rank() > 0);
    match sizes[..] {
        [each] if !is_list && each > 0 => {
            Ok((0..few(n.div_ceil(each))?).map(|i| each.min(n - i * each)).collect())
        }
        _ if is_list && sizes.iter().map(|&size| size as u128).sum::<u128>() == n as u128 => Ok(sizes),
        _ => {
            Err(call.wrong("the sizes", format!("{sizes:?}"), format!("one of at least 1, or a sum of {n}")))
        }
    }
}

/// All elements joined along an axis of theirs or, with `new_axis`, along one more. Tensors without elements
/// are left out of a join.
fn concat(node: &NodeReader) -> ResolvedNode {
    let (axis, is_new) = (node.int("axis", 0)?, node.flag("new_axis", false)?);
    Ok(Box::new(move |call| {
        let list = call.value(0).sequence(call.op)?;
        let is_full = |value: &&GraphValue| is_new || !matches!(value, GraphValue::Empty(_));
        let full: Vec<GraphValue> = list.iter().filter(is_full).cloned().collect();
        if full.is_empty() {
            return list.first().map(|first| vec![first.clone()]).ok_or_else(|| none(call));
        }
        let parts = NodeCall { inputs: &full, ..*call }.together(0..full.len())?;
        let parts: Vec<&Tensor> = parts.iter().collect();
        let joined = if is_new { Tensor::stack(&parts, axis) } else { Tensor::concat(&parts, axis) };
        Ok(vec![joined?.into()])
    }))
}

/// What an optional value holds.
fn element(call: &NodeCall) -> Result<Vec<GraphValue>> {
    match call.value(0) {
        GraphValue::Absent => Err(call.wrong("the optional value", "nothing", "an element")),
        value => Ok(vec![value.clone()]),
    }
}

fn truth(on: bool) -> Result<GraphValue> {
    Ok(Tensor::from_numbers("graph", Spec::new([], ops::DType::Bool), Device::Cpu, |_| f64::from(on))?.into())
}
