//! Elements chosen by their positions.

use ops::{DType, Device, Error, Result, Spec, Tensor};

use super::{Operator, ResolvedNode, gives, op};
use crate::{GraphValue, call::NodeCall, node::NodeReader, value::whole};

pub(super) const OPERATORS: &[Operator] = &[
    op("Slice", 1, slice).settings(&[1, 2, 3, 4]),
    op("Gather", 1, gather).settings(&[1]).weights(&[0]),
    op("GatherElements", 11, gather_elements).settings(&[1]),
    op("GatherND", 11, gather_nd).settings(&[1]),
    op("OneHot", 9, one_hot).settings(&[0, 1]),
    op("Compress", 9, compress).settings(&[1]),
    op("NonZero", 9, |_| Ok(Box::new(non_zero))).steps(),
];

/// A part of a dimension, which may be empty as the whole may be.
pub(super) fn narrow(x: &GraphValue, d: usize, start: usize, size: usize) -> Result<GraphValue> {
    match x {
        GraphValue::Tensor(x) if size > 0 => x.narrow(d as i64, start, size).map(GraphValue::from),
        _ => Ok(x.spec().map_or(GraphValue::Absent, |spec| resized(spec, d, size))),
    }
}

/// No elements, in a shape with another size.
fn resized(spec: &Spec, d: usize, size: usize) -> GraphValue {
    let mut spec = spec.clone();
    spec.shape[d] = size;
    GraphValue::Empty(spec)
}

/// Bounds are attributes before opset 10, then inputs. They are cut to the dimension; steps may be
/// negative.
fn slice(node: &NodeReader) -> ResolvedNode {
    let [starts, ends, axes] = ["starts", "ends", "axes"].map(|name| node.ints_before(10, name));
    let (starts, ends, axes) = (starts?, ends?, axes?);
    Ok(Box::new(move |call| {
        let starts = call.ints_or_input(&starts, 1)?.unwrap_or_default();
        let ends = call.ints_or_input(&ends, 2)?.unwrap_or_default();
        let axes = call.ints_or_input(&axes, 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = call.maybe_ints(4)?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || steps.contains(&0) {
            return Err(call.wrong("the bounds", format!("{starts:?} to {ends:?}"), "lists of one length"));
        }
        let mut x = call.value(0).clone();
        for (i, &axis) in axes.iter().enumerate() {
            x = span(call, &x, axis, [starts[i], ends[i], steps[i]])?;
        }
        Ok(vec![x])
    }))
}

fn span(call: &NodeCall, x: &GraphValue, axis: i64, [start, end, step]: [i64; 3]) -> Result<GraphValue> {
    let spec = x.spec().ok_or_else(|| call.wrong("the input", "none", "a tensor"))?;
    let d = call.axis(axis, spec.rank())?;
    let n = spec.shape[d] as i64;
    let position = |i: i64| if i < 0 { i.saturating_add(n) } else { i };
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let (start, end) = (position(start).clamp(low.max(0), high.max(0)), position(end).clamp(low, high));
    let start = if step > 0 { start } else { start.min(n - 1) };
    let distance = if step > 0 { end - start } else { start - end };
    let size = (distance.max(0) as u64).div_ceil(step.unsigned_abs()) as usize;
    let GraphValue::Tensor(x) = x else { return narrow(x, d, 0, size) };
    if size == 0 {
        return Ok(resized(spec, d, 0));
    }
    if step > 0 {
        let step = usize::try_from(step).unwrap_or(usize::MAX).min(n as usize);
        return Ok(x.slice(d as i64, start, Some(end), step)?.into());
    }
    Ok(x.slices_at(d, size, |i| (start + step * i as i64) as usize)?.into())
}

/// An index whose negative numbers count from the end, beside the tensor it chooses of.
fn wrapped(call: &NodeCall, x: &Tensor, i: usize, n: usize) -> Result<Tensor> {
    let index = call.on_device_of(i, x)?;
    let from_end = index.add_scalar(n as f64)?;
    index.lt_scalar(0.0)?.where_(&from_end, &index)
}

fn gather(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", 0)?;
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let d = call.axis(axis, x.rank())?;
        let chosen = match call.value(1) {
            GraphValue::Empty(spec) => spec.shape.clone(),
            other => other.tensor(call.op)?.shape().to_vec(),
        };
        let shape = [&x.shape()[..d], &chosen[..], &x.shape()[d + 1..]].concat();
        if shape.contains(&0) {
            return Ok(vec![GraphValue::Empty(x.spec().reshaped(shape))]);
        }
        let index = wrapped(call, &x, 1, x.shape()[d])?;
        let index = index.reshape(&[index.len()])?;
        Ok(vec![x.index_select(d as i64, &index)?.reshape(&shape)?.into()])
    }))
}

fn gather_elements(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", 0)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let d = call.axis(axis, x.rank())?;
        let index = wrapped(call, &x, 1, x.shape()[d])?;
        if index.rank() != x.rank() {
            return Err(call.misfit(index.shape(), format!("an index of {} dimensions", x.rank())));
        }
        // Other dimensions may be longer than the index's: the rest is not chosen from.
        let others = (0..x.rank()).filter(|&other| other != d);
        let x = others.into_iter().try_fold(x, |x, other| x.narrow(other as i64, 0, index.shape()[other]))?;
        x.gather(axis, &index)
    })
}

/// A position for each row of indices `[.., k]` in the first dimensions of a shape, behind `batch` leading
/// ones that both share.
pub(super) fn positions(
    call: &NodeCall,
    shape: &[usize],
    index: &GraphValue,
    batch: usize,
) -> Result<Vec<usize>> {
    let index = index.tensor(call.op)?;
    let numbers = whole("graph", index)?;
    let k = index.shape().last().copied().unwrap_or(1);
    if batch + k > shape.len() || batch >= index.rank().max(1) || index.shape()[..batch] != shape[..batch] {
        return Err(call.misfit(index.shape(), format!("an index of at most {} dimensions", shape.len())));
    }
    let samples: usize = shape[..batch].iter().product();
    let per_sample = numbers.len() / k / samples.max(1);
    let position = |(row, tuple): (usize, &[i64])| {
        let start = row / per_sample.max(1);
        tuple.iter().zip(&shape[batch..]).try_fold(start, |position, (&i, &n)| {
            let i = if i < 0 { i + n as i64 } else { i };
            let fits = usize::try_from(i).ok().filter(|&i| i < n);
            fits.map(|i| position * n + i).ok_or_else(|| call.wrong("an index", i, format!("0 to {}", n - 1)))
        })
    };
    numbers.chunks_exact(k).enumerate().map(position).collect()
}

/// Positions as an index, which counts up to 2^31.
pub(super) fn index_tensor(positions: &[usize], device: Device) -> Result<Tensor> {
    let number = |&position: &usize| {
        i32::try_from(position)
            .map_err(|_| Error::argument("index", "an index", position, format!("at most {}", i32::MAX)))
    };
    let numbers = positions.iter().map(number).collect::<Result<Vec<_>>>()?;
    Tensor::from_data(numbers, [positions.len()], device)
}

fn gather_nd(node: &NodeReader) -> ResolvedNode {
    let batch = node.size("batch_dims", 0, 0..=usize::MAX, "negative")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let positions = positions(call, x.shape(), call.value(1), batch)?;
        let index = call.tensor(1)?;
        let (lead, k) = index.shape().split_at(index.rank().saturating_sub(1));
        let chosen = batch + k.first().copied().unwrap_or(1);
        let rest = &x.shape()[chosen..];
        let rows = x.reshape(&[x.shape()[..chosen].iter().product(), rest.iter().product()])?;
        let found = rows.index_select(0, &index_tensor(&positions, x.device())?)?;
        found.reshape(&[lead, rest].concat())
    })
}

/// `values[1]` where the index says, `values[0]` elsewhere; nowhere for an index out of range.
fn one_hot(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", -1)?;
    gives(move |call| {
        let values = call.tensor(2)?;
        let index = call.on_device_of(0, &values)?;
        let index = if index.dtype().is_int() { index } else { index.cast(index.device().whole())? };
        let depth = call.number(1)?.unwrap_or(0.0);
        if !(1.0..=1e9).contains(&depth) || values.len() != 2 {
            return Err(call.wrong("the depth", depth, "at least 1, and two values"));
        }
        let position = call.axis(axis, index.rank() + 1)?;
        let from_end = index.add_scalar(depth)?;
        let index = index.lt_scalar(0.0)?.where_(&from_end, &index)?.unsqueeze(position as i64)?;
        let mut shape = vec![1; index.rank()];
        shape[position] = depth as usize;
        let numbers = Tensor::arange(0.0, depth, 1.0, index.dtype(), index.device())?.reshape(&shape)?;
        let [off, on] = [0, 1].map(|i| values.narrow(0, i, 1));
        index.eq(&numbers)?.where_(&on?, &off?)
    })
}

fn compress(node: &NodeReader) -> ResolvedNode {
    let axis = node.maybe_int("axis")?;
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let (x, axis) = match axis {
            Some(axis) => (x, axis),
            None => (x.reshape(&[x.len()])?, 0),
        };
        let d = call.axis(axis, x.rank())?;
        let chosen = call.numbers(1)?.into_iter().enumerate().filter(|(_, keep)| *keep != 0.0);
        let chosen: Vec<usize> = chosen.map(|(i, _)| i).filter(|&i| i < x.shape()[d]).collect();
        if chosen.is_empty() {
            return Ok(vec![resized(x.spec(), d, 0)]);
        }
        Ok(vec![x.slices_at(d, chosen.len(), |i| chosen[i])?.into()])
    }))
}

/// `[rank, n]`: where the elements that are not 0 are.
fn non_zero(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let x = call.tensor(0)?;
    let positions = call.numbers(0)?.into_iter().enumerate().filter(|(_, x)| *x != 0.0).map(|(i, _)| i);
    let positions: Vec<usize> = positions.collect();
    let mut list = vec![];
    for d in 0..x.rank() {
        let inner: usize = x.shape()[d + 1..].iter().product();
        list.extend(positions.iter().map(|position| (position / inner % x.shape()[d]) as i64));
    }
    let spec = Spec::new([x.rank(), positions.len()], DType::I64);
    Ok(vec![GraphValue::whole(&list, &spec.shape)?])
}
