//! Recurrent cells over all steps of a sequence, of f32.
//!
//! A step is short, and one waits for the other; so the samples are split between threads, a few together,
//! and each thread goes through all steps. How they are split depends on their number alone.
//!
//! Reading order: this file (what a cell needs, and the split), [`forward`], [`backward`].

mod backward;
mod forward;

use super::product::{Steps, add_product};

pub(crate) use backward::backward;
pub(crate) use forward::forward;

/// The kind of cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// `h' = tanh(a)` or `h' = relu(a)` of `a = W x + b + R h + c`.
    Plain { relu: bool },
    /// Reset gate r, update gate z, `n = tanh(W x + b + r (R h + c))`, `h' = (1 - z) n + z h` (Cho et al.,
    /// 2014, with the reset as cuDNN and PyTorch have it).
    Gru,
    /// Gates i, f, o, `g = tanh(..)`, `c' = f c + i g`, `h' = o tanh(c')` (Hochreiter and Schmidhuber,
    /// 1997; Gers et al., 2000).
    Lstm,
}

impl Cell {
    /// How many matrices `[H, ..]` stand one above the other in a weight.
    pub fn gates(self) -> usize {
        match self {
            Self::Plain { .. } => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// What a step leaves to its gradient, in numbers of H: i, f, g, o, c' and tanh(c'); or r, z, n and
    /// `R h + c` of n.
    pub fn saved(self) -> usize {
        match self {
            Self::Plain { .. } => 0,
            Self::Gru => 4,
            Self::Lstm => 6,
        }
    }
}

/// A cell that goes over a sequence, perhaps from its end.
#[derive(Clone, Copy)]
pub(crate) struct Sequence<'a> {
    pub cell: Cell,
    pub backwards: bool,
    /// T, N and H.
    pub sizes: [usize; 3],
    /// R, `[gates H, H]`.
    pub weight: &'a [f32],
    /// The states that it starts from, `[N, H]`; c is empty but for an LSTM.
    pub start: [&'a [f32]; 2],
}

/// Samples that a thread takes at once.
const SAMPLES: usize = 16;

impl Sequence<'_> {
    /// Samples of a part.
    fn part(&self) -> usize {
        let n = self.sizes[1];
        n.div_ceil(n.div_ceil(SAMPLES))
    }

    /// The step that is taken as number `k`.
    fn step(&self, k: usize) -> usize {
        if self.backwards { self.sizes[0] - 1 - k } else { k }
    }
}

/// The rows `[N, row]` of each step, by parts of the samples: for each part its rows of every step.
fn by_part(all: &mut [f32], step: usize, part: usize, parts: usize) -> Vec<Vec<&mut [f32]>> {
    let mut found: Vec<Vec<&mut [f32]>> = (0..parts).map(|_| vec![]).collect();
    for rows in all.chunks_mut(step.max(1)) {
        let each = found.iter_mut().zip(rows.chunks_mut(part.max(1)));
        each.for_each(|(found, rows)| found.push(rows));
    }
    found
}

/// `y += x A` for rows `x [n, k]`, `A [k, m]`, and rows y of `m` numbers each, `distance` apart.
fn add_rows(x: &[f32], a: &[f32], [n, k, m]: [usize; 3], y: &mut [f32], distance: usize) {
    let by_column = |column| Steps { row: 1, column };
    add_product([m, k, n], (a, by_column(m)), (x, by_column(k)), (y, by_column(distance)));
}
