//! Elements put into places.

use std::collections::{BTreeMap, HashMap};

use ops::{DType, Result, Tensor, interrupt};

use super::{
    Operator, Resolved,
    choose::{index_tensor, places},
    gives, numbers, op,
};
use crate::{
    call::{Call, together},
    node::Node,
};

pub(super) const OPERATORS: &[Operator] = &[
    op("Scatter", 9, scatter_elements).settings(&[1]).until(10),
    op("ScatterElements", 11, scatter_elements).settings(&[1]),
    op("ScatterND", 11, scatter_nd).settings(&[1]),
];

/// What happens to an element that several are scattered to.
#[derive(Clone, Copy)]
pub(super) enum Reduction {
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

/// Rows `[P, R]` with the rows `[M, R]` of `updates` placed at `places`, one after the other. No list here is
/// longer than `places`: what `P` takes is counted before it is made.
pub(super) fn scattered(
    rows: &Tensor,
    places: &[usize],
    updates: &Tensor,
    reduction: Reduction,
) -> Result<Tensor> {
    let chosen = |x: &Tensor, numbers: &[usize]| x.index_select(0, &index_tensor(numbers, x.device())?);
    if let (Reduction::Add, true) = (reduction, rows.dtype() != DType::Bool) {
        return rows.index_add(0, &index_tensor(places, rows.device())?, updates);
    }
    rounds(places, reduction).into_iter().try_fold(rows.clone(), |rows, round| {
        interrupt::check()?;
        let (places, numbers): (Vec<_>, Vec<_>) = round.into_iter().unzip();
        let (old, new) = (chosen(&rows, &places)?, chosen(updates, &numbers)?);
        let new = match reduction {
            Reduction::Last => new,
            Reduction::Add => old.logical_or(&new)?,
            Reduction::Mul => old.mul(&new)?,
            Reduction::Max => old.maximum(&new)?,
            Reduction::Min => old.minimum(&new)?,
        };
        // The new rows stand behind the old ones, and each place chooses of both.
        let n = rows.shape()[0];
        let all = Tensor::concat(&[&rows, &new], 0)?;
        all.slices_at(0, n, |place| places.binary_search(&place).map_or(place, |i| n + i))
    })
}

/// Which update each place takes, in order of the places: its next one, round after round, or only its last.
fn rounds(places: &[usize], reduction: Reduction) -> Vec<BTreeMap<usize, usize>> {
    let mut rounds: Vec<BTreeMap<usize, usize>> = vec![];
    let mut taken = HashMap::new();
    for (update, &place) in places.iter().enumerate() {
        let next = taken.entry(place).or_insert(0);
        if rounds.len() <= *next {
            rounds.push(BTreeMap::new());
        }
        rounds[*next].insert(place, update);
        *next += usize::from(!matches!(reduction, Reduction::Last));
    }
    rounds
}
