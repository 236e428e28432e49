//! Elements chosen, placed and joined.

use super::{Operator, Resolved, gives, numbers, op};
use crate::{
    DType, Device, Result, Spec, Tensor,
    nn::graph::{
        Value, broken,
        call::{Call, together},
        node::Node,
    },
};

pub(super) const OPERATORS: &[Operator] = &[
    op("Concat", 4, concat),
    op("Split", 2, split).settings(&[1]),
    op("Slice", 1, slice).settings(&[1, 2, 3, 4]),
    op("Gather", 1, gather).settings(&[1]),
    op("GatherElements", 11, gather_elements).settings(&[1]),
    op("GatherND", 11, gather_nd).settings(&[1]),
    op("Scatter", 9, scatter_elements).settings(&[1]).until(10),
    op("ScatterElements", 11, scatter_elements).settings(&[1]),
    op("ScatterND", 11, scatter_nd).settings(&[1]),
    op("OneHot", 9, one_hot).settings(&[0, 1]),
    op("Compress", 9, compress).settings(&[1]),
    op("NonZero", 9, |_| Ok(Box::new(non_zero))).steps(),
];

/// Tensors without elements add nothing.
fn concat(node: &Node) -> Resolved {
    let axis = node.int("axis", 1)?;
    Ok(Box::new(move |call| {
        let full: Vec<_> =
            (0..call.inputs.len()).filter(|&i| !matches!(call.value(i), Value::Empty(_))).collect();
        if full.is_empty() {
            return Ok(vec![call.value(0).clone()]);
        }
        let parts = together(full.into_iter().map(|i| call.tensor(i)).collect::<Result<_>>()?)?;
        Ok(vec![Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis)?.into()])
    }))
}

/// Sizes are an attribute before opset 13, then an input; without any, all parts are of one size but
/// the last one.
fn split(node: &Node) -> Resolved {
    let axis = node.int("axis", 0)?;
    let fixed = if node.opset < 13 { node.ints("split")? } else { None };
    node.ignore(&["num_outputs"]);
    let parts = node.proto.output.len().max(1);
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let n = x.shape()[call.axis(axis, x.rank())?];
        let sizes = match fixed.clone().or(call.maybe_ints(1)?) {
            Some(sizes) => sizes,
            None => {
                let each = n.div_ceil(parts);
                (0..parts).map(|i| each.min(n.saturating_sub(i * each)) as i64).collect()
            }
        };
        if sizes.iter().any(|&size| size < 0) || sizes.iter().map(|&s| s as i128).sum::<i128>() != n as i128 {
            return Err(call.wrong("the sizes", format!("{sizes:?}"), format!("a sum of {n}")));
        }
        let mut start = 0;
        let part = |&size: &i64| {
            start += size as usize;
            narrow(&x, axis, start - size as usize, size as usize)
        };
        sizes.iter().map(part).collect()
    }))
}

/// A part of a dimension, which may be empty.
fn narrow(x: &Tensor, axis: i64, start: usize, size: usize) -> Result<Value> {
    if size > 0 {
        return x.narrow(axis, start, size).map(Value::from);
    }
    let mut spec = x.spec().clone();
    let d = spec.dim("narrow", axis)?;
    spec.shape[d] = 0;
    Ok(Value::Empty(spec))
}

/// Bounds are attributes before opset 10, then inputs. They are cut to the dimension; steps may be
/// negative.
fn slice(node: &Node) -> Resolved {
    let fixed = node.opset < 10;
    let [starts, ends, axes] = if fixed {
        [node.ints("starts")?, node.ints("ends")?, node.ints("axes")?]
    } else {
        [None, None, None]
    };
    Ok(Box::new(move |call| {
        let list = |fixed: &Option<Vec<i64>>, i| match fixed {
            Some(list) => Ok(Some(list.clone())),
            None => call.maybe_ints(i),
        };
        let starts = list(&starts, 1)?.unwrap_or_default();
        let ends = list(&ends, 2)?.unwrap_or_default();
        let axes = list(&axes, 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = call.maybe_ints(4)?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || steps.contains(&0) {
            return Err(call.wrong("the bounds", format!("{starts:?} to {ends:?}"), "lists of one length"));
        }
        let mut x = call.value(0).clone();
        for (i, &axis) in axes.iter().enumerate() {
            let Value::Tensor(full) = &x else { break };
            x = span(call, full, axis, [starts[i], ends[i], steps[i]])?;
        }
        Ok(vec![x])
    }))
}

fn span(call: &Call, x: &Tensor, axis: i64, [start, end, step]: [i64; 3]) -> Result<Value> {
    let d = call.axis(axis, x.rank())?;
    let n = x.shape()[d] as i64;
    let place = |i: i64| if i < 0 { i.saturating_add(n) } else { i };
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let (start, end) = (place(start).clamp(low.max(0), high.max(0)), place(end).clamp(low, high));
    let start = if step > 0 { start } else { start.min(n - 1) };
    let distance = if step > 0 { end - start } else { start - end };
    let size = (distance.max(0) as u64).div_ceil(step.unsigned_abs()) as usize;
    if size == 0 {
        return narrow(x, axis, 0, 0);
    }
    if step > 0 {
        let step = usize::try_from(step).unwrap_or(usize::MAX).min(n as usize);
        return Ok(x.slice(d as i64, start, Some(end), step)?.into());
    }
    Ok(x.slices_at(d, size, |i| (start + step * i as i64) as usize)?.into())
}

/// An index whose negative numbers count from the end, beside the tensor it chooses of.
fn wrapped(call: &Call, x: &Tensor, i: usize, n: usize) -> Result<Tensor> {
    let index = call.beside(i, x)?;
    let from_end = index.add_scalar(n as f64)?;
    index.lt_scalar(0.0)?.where_(&from_end, &index)
}

fn gather(node: &Node) -> Resolved {
    let axis = node.int("axis", 0)?;
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let d = call.axis(axis, x.rank())?;
        let chosen = match call.value(1) {
            Value::Empty(spec) => spec.shape.clone(),
            other => other.tensor(call.op)?.shape().to_vec(),
        };
        let shape = [&x.shape()[..d], &chosen[..], &x.shape()[d + 1..]].concat();
        if shape.contains(&0) {
            return Ok(vec![Value::Empty(x.spec().reshaped(shape))]);
        }
        let index = wrapped(call, &x, 1, x.shape()[d])?;
        let index = index.reshape(&[index.len()])?;
        Ok(vec![x.index_select(d as i64, &index)?.reshape(&shape)?.into()])
    }))
}

fn gather_elements(node: &Node) -> Resolved {
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

/// A place for each row of indices `[.., k]` in the first dimensions of a shape, behind `batch` leading
/// ones that both share.
fn places(call: &Call, shape: &[usize], index: &Value, batch: usize) -> Result<Vec<usize>> {
    let index = index.tensor(call.op)?;
    let numbers = numbers::whole(index)?;
    let k = index.shape().last().copied().unwrap_or(1);
    if batch + k > shape.len() || batch >= index.rank().max(1) || index.shape()[..batch] != shape[..batch] {
        return Err(call.misfit(index.shape(), format!("an index of at most {} dimensions", shape.len())));
    }
    let samples: usize = shape[..batch].iter().product();
    let per_sample = numbers.len() / k / samples.max(1);
    let place = |(row, tuple): (usize, &[i64])| {
        let start = row / per_sample.max(1);
        tuple.iter().zip(&shape[batch..]).try_fold(start, |place, (&i, &n)| {
            let i = if i < 0 { i + n as i64 } else { i };
            let fits = usize::try_from(i).ok().filter(|&i| i < n);
            fits.map(|i| place * n + i).ok_or_else(|| call.wrong("an index", i, format!("0 to {}", n - 1)))
        })
    };
    numbers.chunks_exact(k).enumerate().map(place).collect()
}

fn index_tensor(places: &[usize], device: Device) -> Result<Tensor> {
    let numbers: Vec<i32> = places.iter().map(|&i| i as i32).collect();
    let n = numbers.len();
    Tensor::from_data(numbers, [n], device)
}

fn gather_nd(node: &Node) -> Resolved {
    let batch = node.int("batch_dims", 0)?;
    let Ok(batch) = usize::try_from(batch) else { return broken("the attribute `batch_dims` is negative") };
    gives(move |call| {
        let x = call.tensor(0)?;
        let places = places(call, x.shape(), call.value(1), batch)?;
        let index = call.tensor(1)?;
        let (lead, k) = index.shape().split_at(index.rank().saturating_sub(1));
        let chosen = batch + k.first().copied().unwrap_or(1);
        let rest = &x.shape()[chosen..];
        let rows = x.reshape(&[x.shape()[..chosen].iter().product(), rest.iter().product()])?;
        let found = rows.index_select(0, &index_tensor(&places, x.device())?)?;
        found.reshape(&[lead, rest].concat())
    })
}

/// What happens to an element that several are scattered to.
#[derive(Clone, Copy)]
enum Reduction {
    Last,
    Add,
    Mul,
    Max,
    Min,
}

fn reduction(node: &Node) -> Result<Reduction> {
    let all = [Reduction::Last, Reduction::Add, Reduction::Mul, Reduction::Max, Reduction::Min];
    Ok(all[node.choice("reduction", &["none", "add", "mul", "max", "min"])?])
}

fn scatter_elements(node: &Node) -> Resolved {
    let (axis, reduction) = (node.int("axis", 0)?, reduction(node)?);
    gives(move |call| {
        let [x, updates] = pair_at(call, 0, 2)?;
        let d = call.axis(axis, x.rank())?;
        let index = call.tensor(1)?;
        let shape = index.shape().to_vec();
        if index.rank() != x.rank() || updates.shape() != shape {
            return Err(call.misfit(&shape, "an index of as many dimensions, updates of its shape"));
        }
        let place = |(i, along): (usize, i64)| {
            let mut rest = i;
            let mut at = vec![0; shape.len()];
            for (d, &n) in shape.iter().enumerate().rev() {
                at[d] = rest % n;
                rest /= n;
            }
            let n = x.shape()[d] as i64;
            let along = if along < 0 { along + n } else { along };
            at[d] = usize::try_from(along).ok().filter(|&i| i < n as usize).unwrap_or(usize::MAX);
            let inside = at.iter().zip(x.shape()).all(|(&i, &n)| i < n);
            let place = at
                .iter()
                .zip(x.shape())
                .fold(0usize, |place, (&i, &n)| place.wrapping_mul(n).wrapping_add(i));
            if inside { Ok(place) } else { Err(call.wrong("an index", along, format!("0 to {}", n - 1))) }
        };
        let places =
            numbers::whole(&index)?.into_iter().enumerate().map(place).collect::<Result<Vec<_>>>()?;
        let rows = x.reshape(&[x.len(), 1])?;
        scattered(&rows, &places, &updates.reshape(&[updates.len(), 1])?, reduction)?.reshape(x.shape())
    })
}

fn scatter_nd(node: &Node) -> Resolved {
    let reduction = reduction(node)?;
    gives(move |call| {
        let [x, updates] = pair_at(call, 0, 2)?;
        let places = places(call, x.shape(), call.value(1), 0)?;
        let k = call.tensor(1)?.shape().last().copied().unwrap_or(1);
        let rest: usize = x.shape()[k..].iter().product();
        let rows = x.reshape(&[x.len() / rest, rest])?;
        scattered(&rows, &places, &updates.reshape(&[places.len(), rest])?, reduction)?.reshape(x.shape())
    })
}

fn pair_at(call: &Call, a: usize, b: usize) -> Result<[Tensor; 2]> {
    let mut both = together(vec![call.tensor(a)?, call.tensor(b)?])?;
    let second = both.swap_remove(1);
    Ok([both.swap_remove(0), second])
}

/// Rows `[P, R]` with the rows `[M, R]` of `updates` placed at `places`, one after the other.
fn scattered(rows: &Tensor, places: &[usize], updates: &Tensor, reduction: Reduction) -> Result<Tensor> {
    if let (Reduction::Add, true) = (reduction, rows.dtype() != DType::Bool) {
        return rows.index_add(0, &index_tensor(places, rows.device())?, updates);
    }
    // Round after round, each place takes its next update.
    let mut rounds: Vec<Vec<Option<usize>>> = vec![];
    let mut taken = vec![0; rows.shape()[0]];
    for (update, &place) in places.iter().enumerate() {
        let round = if matches!(reduction, Reduction::Last) { 0 } else { taken[place] };
        taken[place] += 1;
        if rounds.len() <= round {
            rounds.push(vec![None; rows.shape()[0]]);
        }
        rounds[round][place] = Some(update);
    }
    rounds.iter().try_fold(rows.clone(), |rows, round| {
        let chosen: Vec<usize> = round.iter().map(|update| update.unwrap_or(0)).collect();
        let new = updates.index_select(0, &index_tensor(&chosen, rows.device())?)?;
        let mask: Vec<bool> = round.iter().map(Option::is_some).collect();
        let mask = Tensor::from_data(mask, [rows.shape()[0], 1], rows.device())?;
        let new = match reduction {
            Reduction::Last => new,
            Reduction::Add => rows.logical_or(&new)?,
            Reduction::Mul => rows.mul(&new)?,
            Reduction::Max => rows.maximum(&new)?,
            Reduction::Min => rows.minimum(&new)?,
        };
        mask.where_(&new, &rows)
    })
}

/// `values[1]` where the index says, `values[0]` elsewhere; nowhere for an index out of range.
fn one_hot(node: &Node) -> Resolved {
    let axis = node.int("axis", -1)?;
    gives(move |call| {
        let values = call.tensor(2)?;
        let index = call.beside(0, &values)?;
        let index = if index.dtype().is_int() { index } else { index.cast(super::reduce::wide(&index))? };
        let depth = call.number(1)?.unwrap_or(0.0);
        if !(1.0..=1e9).contains(&depth) || values.len() != 2 {
            return Err(call.wrong("the depth", depth, "at least 1, and two values"));
        }
        let place = call.axis(axis, index.rank() + 1)?;
        let from_end = index.add_scalar(depth)?;
        let index = index.lt_scalar(0.0)?.where_(&from_end, &index)?.unsqueeze(place as i64)?;
        let mut shape = vec![1; index.rank()];
        shape[place] = depth as usize;
        let numbers = Tensor::arange(0.0, depth, 1.0, index.dtype(), index.device())?.reshape(&shape)?;
        let [off, on] = [0, 1].map(|i| values.narrow(0, i, 1));
        index.eq(&numbers)?.where_(&on?, &off?)
    })
}

fn compress(node: &Node) -> Resolved {
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
            return Ok(vec![narrow(&x, axis, 0, 0)?]);
        }
        Ok(vec![x.slices_at(d, chosen.len(), |i| chosen[i])?.into()])
    }))
}

/// `[rank, n]`: where the elements that are not 0 are.
fn non_zero(call: &Call) -> Result<Vec<Value>> {
    let x = call.tensor(0)?;
    let places = call.numbers(0)?.into_iter().enumerate().filter(|(_, x)| *x != 0.0).map(|(i, _)| i);
    let places: Vec<usize> = places.collect();
    let mut list = vec![];
    for d in 0..x.rank() {
        let inner: usize = x.shape()[d + 1..].iter().product();
        list.extend(places.iter().map(|place| (place / inner % x.shape()[d]) as i64));
    }
    let spec = Spec::new([x.rank(), places.len()], DType::I64);
    Ok(vec![Value::whole(&list, &spec.shape)?])
}
