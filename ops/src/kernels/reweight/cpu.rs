//! Sums of distances on the CPU, in tiles that stay in a core's cache.
//!
//! `|a - b|^2 = |a|^2 + |b|^2 - 2 a b` makes a matrix product of nearly all the work, and loses digits where
//! a and b are close. So the centre of the real vectors is taken from all first, which moves no distance,
//! and the vectors of pairs that are close, compared with their lengths, are subtracted.

use rayon::prelude::*;

use crate::{
    cpu::{
        product::{Steps, add_product},
        sum::in_lanes,
        wide,
    },
    interrupt,
    tensor::{Operand, Primitive, Spec, on_cpu},
};

/// Real vectors of a tile.
const ROWS: usize = 512;
/// Generated vectors of a tile.
const COLUMNS: usize = 256;
/// Pairs whose sums are checked together.
const CHUNK: usize = 64;
/// Pieces of work that keep every core busy.
const TASKS: usize = 64;
/// A square of a distance below this share of `|a|^2 + |b|^2` has lost too many digits.
const CLOSE: f32 = 1.0 / 64.0;

/// `y_i = sum_j |a_i - b_j|`. The order of each sum depends on the sizes only.
pub(super) fn distances(operands: &[Operand], y: &Spec) -> Primitive {
    let features = operands[0].spec.shape[1];
    let (real, fake) = (operands[0].known_floats(), operands[1].known_floats());
    let centre = centre(&real, features);
    let (real, fake) = (Vectors::new(&real, &centre), Vectors::new(&fake, &centre));
    let (rows, columns) = (real.len(), fake.len());
    let tiles = rows.div_ceil(ROWS);
    let spans = TASKS.div_ceil(tiles).min(columns.div_ceil(COLUMNS));
    let span = columns.div_ceil(spans).next_multiple_of(COLUMNS);
    let spans = columns.div_ceil(span);
    let tasks = (0..tiles * spans).into_par_iter().map(|task| {
        let first = task / spans * ROWS;
        let columns = task % spans * span..((task % spans + 1) * span).min(columns);
        sums(&real, &fake, first..(first + ROWS).min(rows), columns)
    });
    let parts: Vec<Vec<f64>> = tasks.collect();
    let mut total = Vec::with_capacity(rows);
    for spans in parts.chunks(spans) {
        total.extend((0..spans[0].len()).map(|i| spans.iter().map(|part| part[i]).sum::<f64>() as f32));
    }
    on_cpu(total, y)
}

/// The mean of the vectors; 0 for features that are not all finite.
fn centre(vectors: &[f32], features: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; features];
    for vector in vectors.chunks_exact(features) {
        sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let count = (vectors.len() / features) as f64;
    let means = sums.into_iter().map(|sum| (sum / count) as f32);
    means.map(|mean| if mean.is_finite() { mean } else { 0.0 }).collect()
}

/// Rows of features, and half the square of each one's length.
struct Vectors {
    elements: Vec<f32>,
    halves: Vec<f32>,
    features: usize,
}

impl Vectors {
    fn new(vectors: &[f32], centre: &[f32]) -> Self {
        let mut elements = vec![0.0; vectors.len()];
        let moved = elements.par_chunks_exact_mut(centre.len()).zip(vectors.par_chunks_exact(centre.len()));
        let halves = moved.map(|(to, from)| {
            to.iter_mut().zip(from).zip(centre).for_each(|((to, x), mean)| *to = x - mean);
            0.5 * square([to], |[x]| x)
        });
        let halves = halves.collect();
        Self { elements, halves, features: centre.len() }
    }

    fn len(&self) -> usize {
        self.halves.len()
    }

    fn from(&self, first: usize) -> &[f32] {
        &self.elements[first * self.features..]
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.from(i)[..self.features]
    }
}

/// `sum_i f(x_i)^2` over the elements of vectors.
#[inline(always)]
fn square<const N: usize>(x: [&[f32]; N], f: impl Fn([f32; N]) -> f32) -> f32 {
    let [lanes] = in_lanes(x, |x| [f(x) * f(x)]);
    lanes.iter().sum()
}

/// The sums of some rows over some columns.
fn sums(
    real: &Vectors,
    fake: &Vectors,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> Vec<f64> {
    let mut totals = vec![0.0; rows.len()];
    let mut tile = vec![0.0; rows.len() * COLUMNS];
    for first in columns.clone().step_by(COLUMNS) {
        if interrupt::requested() {
            break;
        }
        let width = COLUMNS.min(columns.end - first);
        let tile = &mut tile[..rows.len() * width];
        for (row, line) in rows.clone().zip(tile.chunks_exact_mut(width)) {
            let half = real.halves[row];
            line.iter_mut().zip(&fake.halves[first..]).for_each(|(x, other)| *x = -(half + other));
        }
        // Now -|a - b|^2 / 2.
        let along = Steps { row: real.features, column: 1 };
        let transposed = Steps { row: 1, column: real.features };
        let sizes = [rows.len(), real.features, width];
        let line = Steps { row: width, column: 1 };
        add_product(sizes, (real.from(rows.start), along), (fake.from(first), transposed), (tile, line));
        for ((row, line), total) in rows.clone().zip(tile.chunks_exact(width)).zip(&mut totals) {
            let line = TileRow { real, fake, row, first, line };
            *total += wide!(line.roots());
        }
    }
    totals
}

/// One row of a tile.
struct TileRow<'a> {
    real: &'a Vectors,
    fake: &'a Vectors,
    row: usize,
    first: usize,
    line: &'a [f32],
}

impl TileRow<'_> {
    /// The sum of the roots.
    #[inline(always)]
    fn roots(&self) -> f64 {
        let half = self.real.halves[self.row];
        let others = &self.fake.halves[self.first..];
        let (chunks, rest) = self.line.as_chunks::<CHUNK>();
        let mut sum = 0.0;
        for (i, chunk) in chunks.iter().enumerate() {
            let others: &[f32; CHUNK] = others[i * CHUNK..].first_chunk().unwrap_or(&[0.0; CHUNK]);
            let mut far = true;
            let mut sums = [0.0f32; 16];
            for lane in 0..CHUNK {
                far &= is_far(chunk[lane], half + others[lane]);
                sums[lane % 16] += (-2.0 * chunk[lane]).sqrt();
            }
            sum += if far { f64::from(sums.iter().sum::<f32>()) } else { self.with_care(i * CHUNK, chunk) };
        }
        sum + self.with_care(chunks.len() * CHUNK, rest)
    }

    /// The sum of the roots from an index of the line on; those of close pairs from their differences.
    fn with_care(&self, start: usize, part: &[f32]) -> f64 {
        let half = self.real.halves[self.row];
        let distance = |(i, x): (usize, &f32)| {
            let other = self.first + start + i;
            if is_far(*x, half + self.fake.halves[other]) {
                return f64::from((-2.0 * x).sqrt());
            }
            let (a, b) = (self.real.row(self.row), self.fake.row(other));
            f64::from(square([a, b], |[a, b]| a - b).sqrt())
        };
        part.iter().enumerate().map(distance).sum()
    }
}

/// Whether `-|a - b|^2 / 2` has kept its digits next to `(|a|^2 + |b|^2) / 2`. No NaN has.
#[inline(always)]
fn is_far(minus_half: f32, halves: f32) -> bool {
    -minus_half > CLOSE * halves && halves < f32::MAX
}
