//! Elements put into positions.

use std::collections::{BTreeMap, HashMap};

use ops::{DType, Result, Tensor, interrupt};

use super::{
    Operator, ResolvedNode,
    choose::{index_tensor, positions},
    gives, op,
};
use crate::{node::NodeReader, value::whole};

pub(super) const OPERATORS: &[Operator] = &[
    op("Scatter", 9, scatter_elements).settings(&[1]).until(10),
    op("ScatterElements", 11, scatter_elements).settings(&[1]),
    op("ScatterND", 11, scatter_nd).settings(&[1]),
];

/// What happens to an element that several are scattered to.
#[derive(Clone, Copy)]
pub(super) enum ScatterReduction {
    Last,
    Add,
    Mul,
    Max,
    Min,
}

fn reduction(node: &NodeReader) -> Result<ScatterReduction> {
    use ScatterReduction::{Add, Last, Max, Min, Mul};
    node.choice("reduction", &[("none", Last), ("add", Add), ("mul", Mul), ("max", Max), ("min", Min)])
}

fn scatter_elements(node: &NodeReader) -> ResolvedNode {
    let (axis, reduction) = (node.int("axis", 0)?, reduction(node)?);
    gives(move |call| {
        let [x, updates] = call.pair_of(0, 2)?;
        let d = call.axis(axis, x.rank())?;
        let index = call.tensor(1)?;
        let shape = index.shape().to_vec();
        if index.rank() != x.rank() || updates.shape() != shape {
            return Err(call.misfit(&shape, "an index of as many dimensions, updates of its shape"));
        }
        let position = |(i, along): (usize, i64)| {
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
            let position = at
                .iter()
                .zip(x.shape())
                .fold(0usize, |position, (&i, &n)| position.wrapping_mul(n).wrapping_add(i));
            if inside { Ok(position) } else { Err(call.wrong("an index", along, format!("0 to {}", n - 1))) }
        };
        let positions =
            whole("graph", &index)?.into_iter().enumerate().map(position).collect::<Result<Vec<_>>>()?;
        let rows = x.reshape(&[x.len(), 1])?;
        scattered(&rows, &positions, &updates.reshape(&[updates.len(), 1])?, reduction)?.reshape(x.shape())
    })
}

fn scatter_nd(node: &NodeReader) -> ResolvedNode {
    let reduction = reduction(node)?;
    gives(move |call| {
        let [x, updates] = call.pair_of(0, 2)?;
        let positions = positions(call, x.shape(), call.value(1), 0)?;
        let k = call.tensor(1)?.shape().last().copied().unwrap_or(1);
        let rest: usize = x.shape()[k..].iter().product();
        let rows = x.reshape(&[x.len() / rest, rest])?;
        scattered(&rows, &positions, &updates.reshape(&[positions.len(), rest])?, reduction)?
            .reshape(x.shape())
    })
}

/// Rows `[P, R]` with the rows `[M, R]` of `updates` placed at `positions`, one after the other. No list here
/// is longer than `positions`: what `P` takes is counted before it is made.
pub(super) fn scattered(
    rows: &Tensor,
    positions: &[usize],
    updates: &Tensor,
    reduction: ScatterReduction,
) -> Result<Tensor> {
    let chosen = |x: &Tensor, numbers: &[usize]| x.index_select(0, &index_tensor(numbers, x.device())?);
    if let (ScatterReduction::Add, true) = (reduction, rows.dtype() != DType::Bool) {
        return rows.index_add(0, &index_tensor(positions, rows.device())?, updates);
    }
    rounds(positions, reduction).into_iter().try_fold(rows.clone(), |rows, round| {
        interrupt::check()?;
        let (positions, numbers): (Vec<_>, Vec<_>) = round.into_iter().unzip();
        let (old, new) = (chosen(&rows, &positions)?, chosen(updates, &numbers)?);
        let new = match reduction {
            ScatterReduction::Last => new,
            ScatterReduction::Add => old.logical_or(&new)?,
            ScatterReduction::Mul => old.mul(&new)?,
            ScatterReduction::Max => old.maximum(&new)?,
            ScatterReduction::Min => old.minimum(&new)?,
        };
        // The new rows stand behind the old ones, and each position chooses of both.
        let n = rows.shape()[0];
        let all = Tensor::concat(&[&rows, &new], 0)?;
        all.slices_at(0, n, |position| positions.binary_search(&position).map_or(position, |i| n + i))
    })
}

/// Which update each position takes, in order of the positions: its next one, round after round, or only its
/// last.
fn rounds(positions: &[usize], reduction: ScatterReduction) -> Vec<BTreeMap<usize, usize>> {
    let mut rounds: Vec<BTreeMap<usize, usize>> = vec![];
    let mut taken = HashMap::new();
    for (update, &position) in positions.iter().enumerate() {
        let next = taken.entry(position).or_insert(0);
        if rounds.len() <= *next {
            rounds.push(BTreeMap::new());
        }
        rounds[*next].insert(position, update);
        *next += usize::from(!matches!(reduction, ScatterReduction::Last));
    }
    rounds
}
