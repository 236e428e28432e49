//! The gradients of a sequence by what comes in at each step, and by the states that it started from.

use rayon::prelude::*;

use super::{Cell, Sequence, add_rows, by_part};
use crate::cpu::wide;

/// The gradients by `W x + b` of all steps, `[T, N, gates H]`; of a GRU those by `R h + c`, as many; and by
/// the first h and c, `[N, H]`; one after the other. `y` is what [`forward`](super::forward) gave, saving,
/// and `dy` the gradient by the states in it.
pub(crate) fn backward(s: &Sequence, y: &[f32], dy: &[f32]) -> Vec<f32> {
    let ([steps, n, hidden], width) = (s.sizes, s.cell.gates() * s.sizes[2]);
    let (step, state) = (n * width, n * hidden);
    let apart = if s.cell == Cell::Gru { steps * step } else { 0 };
    let mut all = vec![0.0; steps * step + apart + state + s.start[1].len()];
    let (input, rest) = all.split_at_mut(steps * step);
    let (recurrent, rest) = rest.split_at_mut(apart);
    let (dh, dc) = rest.split_at_mut(state);
    let (part, parts) = (s.part(), n.div_ceil(s.part()));
    let work = by_part(input, step, part * width, parts).into_par_iter();
    let work = work.zip(by_part(recurrent, step, part * width, parts));
    let work = work.zip(by_part(dh, state, part * hidden, parts));
    let work = work.zip(by_part(dc, state, part * hidden, parts)).enumerate();
    work.for_each(|(i, (((mut input, mut recurrent), mut dh), mut dc))| {
        let walk = Walk { s, y, dy, first: i * part };
        walk.all(&mut input, &mut recurrent, dh[0], dc.first_mut().map_or(&mut [], |dc| &mut **dc));
    });
    all
}

/// A thread's way back through the sequence.
struct Walk<'a> {
    s: &'a Sequence<'a>,
    y: &'a [f32],
    dy: &'a [f32],
    /// Its first sample.
    first: usize,
}

impl Walk<'_> {
    /// `dh` and `dc` are zeros, and become the gradients by the first states.
    fn all(&self, input: &mut [&mut [f32]], recurrent: &mut [&mut [f32]], dh: &mut [f32], dc: &mut [f32]) {
        let Sequence { cell, sizes: [steps, n, hidden], weight, start, .. } = *self.s;
        let (width, rows) = (cell.gates() * hidden, dh.len() / hidden);
        let kept_row = cell.saved() * hidden;
        let (states, saved) = self.y.split_at(steps * n * hidden + start[1].len());
        // What its samples have at step t, of rows of so many numbers.
        let own = |t: usize, size: usize| (t * n + self.first) * size..(t * n + self.first + rows) * size;
        if cell == Cell::Lstm {
            dc.copy_from_slice(&self.dy[own(steps, hidden)]);
        }
        for k in (0..steps).rev() {
            let t = self.s.step(k);
            let [of_state, of_kept] = [hidden, kept_row].map(|size| own(t, size));
            let before = if k == 0 { None } else { Some(self.s.step(k - 1)) };
            let h = match before {
                None => &start[0][own(0, hidden)],
                Some(t) => &states[own(t, hidden)],
            };
            let (kept, dy) = (&saved[of_kept], &self.dy[of_state.clone()]);
            let d = &mut *input[t];
            wide!(dh.iter_mut().zip(dy).for_each(|(dh, dy)| *dh += dy));
            match cell {
                Cell::Plain { relu } => {
                    let slope = |h: f32| if relu { f32::from(h > 0.0) } else { 1.0 - h * h };
                    let each = d.iter_mut().zip(&states[of_state]).zip(dh.iter_mut());
                    wide!(each.for_each(|((d, &h), dh)| (*d, *dh) = (slope(h) * *dh, 0.0)));
                    add_rows(d, weight, [rows, width, hidden], dh, hidden);
                }
                Cell::Gru => {
                    let of_sums = &mut *recurrent[t];
                    for i in 0..rows {
                        let at = |size: usize| i * size..(i + 1) * size;
                        wide!(gru(
                            [&mut d[at(width)], &mut of_sums[at(width)]],
                            &mut dh[at(hidden)],
                            &kept[at(kept_row)],
                            &h[at(hidden)],
                        ));
                    }
                    add_rows(of_sums, weight, [rows, width, hidden], dh, hidden);
                }
                Cell::Lstm => {
                    for i in 0..rows {
                        let at = |size: usize| i * size..(i + 1) * size;
                        let c = match before {
                            None => &start[1][own(0, hidden)][at(hidden)],
                            Some(t) => &saved[own(t, kept_row)][at(kept_row)][4 * hidden..5 * hidden],
                        };
                        let (dh, dc) = (&mut dh[at(hidden)], &mut dc[at(hidden)]);
                        wide!(lstm(&mut d[at(width)], dh, dc, &kept[at(kept_row)], c));
                    }
                    add_rows(d, weight, [rows, width, hidden], dh, hidden);
                }
            }
        }
    }
}

/// A sample's step: `dh` becomes 0, and `dc` that by the c before, `c`.
#[allow(clippy::needless_range_loop, reason = "of the plain loops alone compilers make vector instructions")]
#[inline(always)]
fn lstm(d: &mut [f32], dh: &mut [f32], dc: &mut [f32], kept: &[f32], c: &[f32]) {
    let n = dh.len();
    let part = |k: usize| &kept[k * n..(k + 1) * n];
    let (i, f, g, o, bent) = (part(0), part(1), part(2), part(3), part(5));
    let (di, rest) = d.split_at_mut(n);
    let (df, rest) = rest.split_at_mut(n);
    let (dg, d_o) = rest.split_at_mut(n);
    let (dc, d_o, c) = (&mut dc[..n], &mut d_o[..n], &c[..n]);
    for j in 0..n {
        let by_c = dh[j] * o[j] * (1.0 - bent[j] * bent[j]) + dc[j];
        di[j] = by_c * g[j] * (i[j] - i[j] * i[j]);
        df[j] = by_c * c[j] * (f[j] - f[j] * f[j]);
        dg[j] = by_c * i[j] * (1.0 - g[j] * g[j]);
        d_o[j] = dh[j] * bent[j] * (o[j] - o[j] * o[j]);
        (dc[j], dh[j]) = (by_c * f[j], 0.0);
    }
}

/// A sample's step; `dh` keeps what does not go through the gates.
#[allow(clippy::needless_range_loop, reason = "of the plain loops alone compilers make vector instructions")]
#[inline(always)]
fn gru([input, sums]: [&mut [f32]; 2], dh: &mut [f32], kept: &[f32], before: &[f32]) {
    let n = dh.len();
    let part = |k: usize| &kept[k * n..(k + 1) * n];
    let (r, z, new, of_new) = (part(0), part(1), part(2), part(3));
    let before = &before[..n];
    for j in 0..n {
        let dz = dh[j] * (before[j] - new[j]) * (z[j] - z[j] * z[j]);
        let through = dh[j] * z[j];
        let dn = (dh[j] - through) * (1.0 - new[j] * new[j]);
        let dr = dn * of_new[j] * (r[j] - r[j] * r[j]);
        (input[j], input[n + j], input[2 * n + j]) = (dr, dz, dn);
        (sums[j], sums[n + j], sums[2 * n + j]) = (dr, dz, dn * r[j]);
        dh[j] = through;
    }
}
