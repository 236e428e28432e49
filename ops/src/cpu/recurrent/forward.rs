//! All states of a sequence.

use rayon::prelude::*;

use super::{Cell, Sequence, add_rows, by_part};
use crate::cpu::{
    maths::{sigmoid, tanh},
    wide,
};

/// All states h `[T, N, H]`, the last c `[N, H]` of an LSTM, and where it is `saving` what the gradient
/// needs,
/// `[T, N, saved H]`, one after the other; of `W x + b` `[T, N, gates H]`. `bias` is a GRU's c, or empty.
pub(crate) fn forward(s: &Sequence, input: &[f32], bias: &[f32], saving: bool) -> Vec<f32> {
    let ([steps, n, hidden], kept) = (s.sizes, s.cell.saved());
    let (states, last) = (steps * n * hidden, s.start[1].len());
    let mut all = vec![0.0; states + last + if saving { steps * n * kept * hidden } else { 0 }];
    let weight = transposed(s.weight, hidden);
    let (h, rest) = all.split_at_mut(states);
    let (last, saved) = rest.split_at_mut(last);
    let (part, parts) = (s.part(), n.div_ceil(s.part()));
    let h = by_part(h, n * hidden, part * hidden, parts);
    let saved = by_part(saved, n * kept * hidden, part * kept * hidden, parts);
    let last = by_part(last, n * hidden, part * hidden, parts);
    let work = h.into_par_iter().zip(saved).zip(last).enumerate();
    work.for_each(|(i, ((mut h, mut saved), mut last))| {
        let walk = Walk { s, weight: &weight, bias, first: i * part };
        walk.all(input, &mut h, &mut saved, last.first_mut().map_or(&mut [], |last| &mut **last));
    });
    all
}

/// `[H, gates H]` of `[gates H, H]`.
fn transposed(weight: &[f32], hidden: usize) -> Vec<f32> {
    let rows = weight.len() / hidden;
    let mut columns = vec![0.0; weight.len()];
    columns.par_chunks_exact_mut(rows).enumerate().for_each(|(j, row)| {
        row.iter_mut().zip(weight[j..].iter().step_by(hidden)).for_each(|(y, x)| *y = *x);
    });
    columns
}

/// A thread's way through the sequence.
struct Walk<'a> {
    s: &'a Sequence<'a>,
    /// R transposed.
    weight: &'a [f32],
    bias: &'a [f32],
    /// Its first sample.
    first: usize,
}

impl Walk<'_> {
    fn all(&self, input: &[f32], h: &mut [&mut [f32]], saved: &mut [&mut [f32]], last: &mut [f32]) {
        let (cell, [steps, n, hidden]) = (self.s.cell, self.s.sizes);
        let rows = h[0].len() / hidden;
        let own = |x: &[f32], size: usize| x[self.first * size..][..rows * size].to_vec();
        let mut before = own(self.s.start[0], hidden);
        let mut c = if cell == Cell::Lstm { own(self.s.start[1], hidden) } else { vec![] };
        // Where the gates of a step are, if they are not kept.
        let width = cell.gates() * hidden;
        let mut scratch = vec![0.0; rows * cell.saved().max(1) * hidden];
        let mut sums = vec![0.0; if cell == Cell::Gru { rows * width } else { 0 }];
        for t in (0..steps).map(|k| self.s.step(k)) {
            let input = &input[(t * n + self.first) * width..][..rows * width];
            let h = &mut *h[t];
            let kept = saved.get_mut(t).map_or(&mut scratch[..], |kept| &mut **kept);
            match cell {
                Cell::Plain { relu } => {
                    h.copy_from_slice(input);
                    add_rows(&before, self.weight, [rows, hidden, width], h, width);
                    wide!(h.iter_mut().for_each(|h| *h = if relu { rectified(*h) } else { tanh(*h) }));
                }
                Cell::Gru => {
                    fill_rows(&mut sums, self.bias);
                    add_rows(&before, self.weight, [rows, hidden, width], &mut sums, width);
                    let each = h.chunks_exact_mut(hidden).zip(kept.chunks_exact_mut(4 * hidden));
                    let each = each.zip(input.chunks_exact(width)).zip(sums.chunks_exact(width));
                    for ((((h, kept), x), sums), before) in each.zip(before.chunks_exact(hidden)) {
                        wide!(gru(h, kept, x, sums, before));
                    }
                }
                Cell::Lstm => {
                    let kept_row = 6 * hidden;
                    for (kept, x) in kept.chunks_exact_mut(kept_row).zip(input.chunks_exact(width)) {
                        kept[..width].copy_from_slice(x);
                    }
                    add_rows(&before, self.weight, [rows, hidden, width], kept, kept_row);
                    let each = h.chunks_exact_mut(hidden).zip(kept.chunks_exact_mut(kept_row));
                    for ((h, kept), c) in each.zip(c.chunks_exact_mut(hidden)) {
                        wide!(lstm(h, kept, c));
                    }
                }
            }
            before.copy_from_slice(h);
        }
        last.copy_from_slice(&c);
    }
}

/// `max(x, 0)`; NaN stays.
#[inline(always)]
fn rectified(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// Every row one and the same, or zeros.
fn fill_rows(rows: &mut [f32], row: &[f32]) {
    if row.is_empty() {
        return rows.fill(0.0);
    }
    rows.chunks_exact_mut(row.len()).for_each(|each| each.copy_from_slice(row));
}

/// A sample's step; `kept` has the sums of the gates, and gets what the gradient needs.
#[allow(clippy::needless_range_loop, reason = "of the plain loops alone compilers make vector instructions")]
#[inline(always)]
fn lstm(h: &mut [f32], kept: &mut [f32], c: &mut [f32]) {
    let n = h.len();
    let (i, rest) = kept.split_at_mut(n);
    let (f, rest) = rest.split_at_mut(n);
    let (g, rest) = rest.split_at_mut(n);
    let (o, rest) = rest.split_at_mut(n);
    let (next, bent) = rest.split_at_mut(n);
    let c = &mut c[..n];
    for j in 0..n {
        (i[j], f[j], g[j], o[j]) = (sigmoid(i[j]), sigmoid(f[j]), tanh(g[j]), sigmoid(o[j]));
        c[j] = f[j] * c[j] + i[j] * g[j];
        bent[j] = tanh(c[j]);
        (next[j], h[j]) = (c[j], o[j] * bent[j]);
    }
}

/// A sample's step from `W x + b` and `R h + c`.
#[allow(clippy::needless_range_loop, reason = "of the plain loops alone compilers make vector instructions")]
#[inline(always)]
fn gru(h: &mut [f32], kept: &mut [f32], input: &[f32], sums: &[f32], before: &[f32]) {
    let n = h.len();
    let (r, rest) = kept.split_at_mut(n);
    let (z, rest) = rest.split_at_mut(n);
    let (new, of_new) = rest.split_at_mut(n);
    let ([xr, xz, xn], [hr, hz, hn]) = (thirds(input), thirds(sums));
    let before = &before[..n];
    for j in 0..n {
        (r[j], z[j], of_new[j]) = (sigmoid(xr[j] + hr[j]), sigmoid(xz[j] + hz[j]), hn[j]);
        new[j] = tanh(xn[j] + r[j] * hn[j]);
        h[j] = new[j] + z[j] * (before[j] - new[j]);
    }
}

#[inline(always)]
fn thirds(x: &[f32]) -> [&[f32]; 3] {
    let n = x.len() / 3;
    [&x[..n], &x[n..2 * n], &x[2 * n..3 * n]]
}
