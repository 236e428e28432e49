//! A block of rows of the matrix of cosines at a time, a product that is used up before the next one.

use rayon::prelude::*;

use super::{MARGIN, PairLoss, Pairs};
use crate::{
    cpu::{
        product::{Steps, add_product},
        wide,
    },
    tensor::{Operand, Primitive, Spec, on_cpu},
};

/// Cosines of a block: they stay in a core's own cache.
const BLOCK: usize = 1 << 16;

/// Rows of a block at least: a product of fewer is slow.
const ROWS: usize = 16;

/// Factors of a product of which one logarithm is taken. None is below [`MARGIN`] / 2, so that the product
/// is a normal number.
const FACTORS: usize = 32;

/// Inputs: s, t.
pub(super) fn loss(x: &[Operand], of: PairLoss, y: &Spec) -> Primitive {
    let [s, t] = [0, 1].map(|i| x[i].known_floats());
    let sets = Sets { s: &s, t: &t, d: x[0].spec.shape[1] };
    on_cpu(vec![sets.loss(of.p, of.pairs)], y)
}

/// The gradient by s; inputs: s, t, dy.
pub(super) fn gradient(x: &[Operand], of: PairLoss, ds: &Spec) -> Primitive {
    let [s, t, dy] = [0, 1, 2].map(|i| x[i].known_floats());
    let sets = Sets { s: &s, t: &t, d: ds.shape[1] };
    on_cpu(sets.gradient(of.p, of.pairs, dy[0]), ds)
}

/// Two sets of vectors of `d` elements.
struct Sets<'a> {
    s: &'a [f32],
    t: &'a [f32],
    d: usize,
}

impl Sets<'_> {
    fn sizes(&self) -> [usize; 2] {
        [self.s.len() / self.d, self.t.len() / self.d]
    }

    /// Rows of a block. They depend on the sizes alone, and with them every bit of the result.
    fn rows(&self) -> usize {
        let [n, m] = self.sizes();
        (BLOCK / m).max(ROWS).min(n)
    }

    /// The cosines of the vectors in `s` with all of t, `[_, M]`.
    fn cosines(&self, s: &[f32]) -> Vec<f32> {
        let (n, m) = (s.len() / self.d, self.t.len() / self.d);
        let mut cosines = vec![0.0; n * m];
        let whole = Steps { row: self.d, column: 1 };
        let transposed = Steps { row: 1, column: self.d };
        let by_row = Steps { row: m, column: 1 };
        add_product([n, self.d, m], (s, whole), (self.t, transposed), (&mut cosines, by_row));
        cosines
    }

    fn loss(&self, p: f64, pairs: Pairs) -> f32 {
        let [n, m] = self.sizes();
        let rows = self.rows();
        let of_block = |(block, s): (usize, &[f32])| {
            let cosines = self.cosines(s);
            let of_row = |(i, row): (usize, &[f32])| {
                let left_out = (pairs == Pairs::Distinct).then(|| row[block * rows + i]);
                wide!(of_row(row, p, left_out))
            };
            cosines.chunks(m).enumerate().map(of_row).sum::<f64>()
        };
        let blocks: Vec<f64> = self.s.par_chunks(rows * self.d).enumerate().map(of_block).collect();
        (blocks.into_iter().sum::<f64>() / (n as f64 * m as f64)) as f32
    }

    /// The gradient by s.
    fn gradient(&self, p: f64, pairs: Pairs, dy: f32) -> Vec<f32> {
        let [n, m] = self.sizes();
        let rows = self.rows();
        let scale = f64::from(dy) / (n as f64 * m as f64);
        let mut ds = vec![0.0; self.s.len()];
        let blocks = ds.par_chunks_mut(rows * self.d).zip(self.s.par_chunks(rows * self.d)).enumerate();
        blocks.for_each(|(block, (ds, s))| {
            let mut slopes = self.cosines(s);
            for (i, row) in slopes.chunks_mut(m).enumerate() {
                wide!(to_slopes(row, p, scale));
                if pairs == Pairs::Distinct {
                    row[block * rows + i] = 0.0;
                }
            }
            let by_row = Steps { row: m, column: 1 };
            let whole = Steps { row: self.d, column: 1 };
            add_product([s.len() / self.d, m, self.d], (&slopes, by_row), (self.t, whole), (ds, whole));
        });
        ds
    }
}

/// `sum_j h(x_j, p)`, less that of a cosine that is left out.
#[inline(always)]
fn of_row(x: &[f32], p: f64, left_out: Option<f32>) -> f64 {
    // A weight of 0 saves the logarithms.
    let attracting = if p == 0.0 { 0.0 } else { p * logs(x, 0.5, left_out) };
    let repelling = if p == 1.0 { 0.0 } else { (1.0 - p) * logs(x, -0.5, left_out) };
    -attracting - repelling
}

/// The sum of the logarithms of the halves of all cosines.
#[inline(always)]
fn logs(x: &[f32], sign: f64, left_out: Option<f32>) -> f64 {
    let sum: f64 = x
        .chunks(FACTORS)
        .map(
            #[inline(always)]
            |x| product(x, sign).ln(),
        )
        .sum();
    sum - left_out.map_or(0.0, |x| half(x, sign).ln())
}

/// The product of the halves of at most [`FACTORS`] cosines: its logarithm is the sum of theirs.
#[inline(always)]
fn product(x: &[f32], sign: f64) -> f64 {
    let mut lanes = [1f64; 8];
    let (whole, rest) = x.as_chunks::<8>();
    for x in whole {
        (0..8).for_each(|lane| lanes[lane] *= half(x[lane], sign));
    }
    rest.iter().for_each(|&x| lanes[0] *= half(x, sign));
    lanes.iter().product()
}

/// `(1 + x) / 2`, or `(1 - x) / 2` for a sign of -1/2, with the margin kept. In f64, where the margin is
/// what it says.
#[inline(always)]
fn half(x: f32, sign: f64) -> f64 {
    (0.5 + sign * f64::from(x)).clamp(MARGIN / 2.0, 1.0 - MARGIN / 2.0)
}

/// Replaces each cosine by the slope of `scale h` there: 0 within the margin.
#[inline(always)]
fn to_slopes(x: &mut [f32], p: f64, scale: f64) {
    const MINIMUM: f32 = (MARGIN / 2.0) as f32;
    let (up, down) = ((-0.5 * p * scale) as f32, (0.5 * (1.0 - p) * scale) as f32);
    for x in x {
        let (u, v) = (0.5 + 0.5 * *x, 0.5 - 0.5 * *x);
        let inside = !(u < MINIMUM || v < MINIMUM);
        *x = if inside { up / u + down / v } else { 0.0 };
    }
}
