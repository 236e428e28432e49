//! Classification by the nearest neighbours.

use rayon::prelude::*;

use super::{classification::labels, nearest::squared_distances};
use crate::{Error, Result, Tensor, ensure, interrupt, no_grad};

const OP: &str = "knn_accuracy";

/// Rows whose distances to all others are held at once.
const ROWS: usize = 256;

/// The share of samples `x` `[N, ..]` whose label most of their `k` nearest neighbours in `set` `[M, ..]`
/// have (Euclidean). Of classes equally frequent among them, that of the nearest neighbour is taken; of
/// neighbours equally near, the earlier.
///
/// # Errors
/// [`Error::Shape`] for samples of different shapes or labels of another number, [`Error::Argument`] for
/// k outside 1 to M, [`Error::DType`] for labels that are no integers.
pub fn knn_accuracy(set: &Tensor, set_labels: &Tensor, x: &Tensor, truth: &Tensor, k: usize) -> Result<f64> {
    shared(&[set, set_labels, x, truth].map(Tensor::clone), k, false)
}

/// [`knn_accuracy`] of samples among themselves: each one's neighbours are the others.
///
/// # Errors
/// As [`knn_accuracy`], with k at most N - 1.
pub fn knn_accuracy_within(x: &Tensor, truth: &Tensor, k: usize) -> Result<f64> {
    shared(&[x, truth, x, truth].map(Tensor::clone), k, true)
}

fn shared([set, set_labels, x, truth]: &[Tensor; 4], k: usize, within: bool) -> Result<f64> {
    ensure(x.rank() >= 2 && x.rank() == set.rank() && x.shape()[1..] == set.shape()[1..], || {
        Error::shape(OP, format!("samples {:?} and {:?}", x.shape(), set.shape()), "samples of one shape")
    })?;
    let known = labelled(set, set_labels)?;
    let truth = labelled(x, truth)?;
    let maximum = known.len() - usize::from(within);
    ensure((1..=maximum).contains(&k), || {
        Error::argument(OP, "the number of neighbours", k, format!("1 to {maximum}"))
    })?;
    let (set, x) = no_grad(|| Ok::<_, Error>((set.flatten(1, -1)?, x.flatten(1, -1)?)))?;
    let mut right = 0;
    for (block, rows) in no_grad(|| x.split(ROWS, 0))?.iter().enumerate() {
        interrupt::check()?;
        let distances = no_grad(|| squared_distances(rows, &set))?.to_f64()?;
        let is_right = |(i, distances): (usize, &[f64])| {
            let sample = block * ROWS + i;
            let skip = within.then_some(sample);
            usize::from(vote(&nearest(distances, k, skip), &known) == truth[sample])
        };
        right += distances.par_chunks_exact(known.len()).enumerate().map(is_right).sum::<usize>();
    }
    Ok(right as f64 / truth.len() as f64)
}

fn labelled(samples: &Tensor, truth: &Tensor) -> Result<Vec<usize>> {
    let labels = labels(OP, truth)?;
    ensure(labels.len() == samples.shape()[0], || {
        let found = format!("{} labels for {} samples", labels.len(), samples.shape()[0]);
        Error::shape(OP, found, "a label for each sample")
    })?;
    Ok(labels)
}

/// The `k` nearest, the nearest first.
fn nearest(distances: &[f64], k: usize, skip: Option<usize>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..distances.len()).filter(|i| Some(*i) != skip).collect();
    let nearer = |a: &usize, b: &usize| distances[*a].total_cmp(&distances[*b]).then(a.cmp(b));
    if k < order.len() {
        order.select_nth_unstable_by(k - 1, nearer);
        order.truncate(k);
    }
    order.sort_unstable_by(nearer);
    order
}

/// The most frequent label; of equally frequent ones that which comes first.
fn vote(neighbours: &[usize], labels: &[usize]) -> usize {
    let votes = |label: usize| neighbours.iter().filter(|&&i| labels[i] == label).count();
    let first = |best: (usize, usize), &i: &usize| {
        let count = votes(labels[i]);
        if count > best.1 { (labels[i], count) } else { best }
    };
    neighbours.iter().fold((0, 0), first).0
}
