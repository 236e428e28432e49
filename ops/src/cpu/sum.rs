//! Sums of f32 on the CPU, in an order that depends on the shape only: a total that threads join in the
//! order in which they finish would differ from run to run.

use super::{each, wide};

/// Numbers that are added at once.
const LANES: usize = 16;

/// Sums of so many elements are taken in f32, and joined in f64.
const BLOCK: usize = 1 << 12;

/// Columns that are summed side by side.
const COLUMNS: usize = 256;

/// The sum of `x`, which has that shape, over `dims`, in row-major order.
pub(crate) fn over(x: &[f32], shape: &[usize], dims: &[usize]) -> Vec<f32> {
    let (mut shape, mut made) = (shape.to_vec(), None);
    for run in dims.chunk_by(|a, b| a + 1 == *b).rev() {
        let (first, last) = (run[0], run[run.len() - 1]);
        let count = shape[run[0]..=last].iter().product();
        let inner = shape[last + 1..].iter().product();
        made = Some(middle(made.as_deref().unwrap_or(x), count, inner));
        shape[first..=last].fill(1);
    }
    made.unwrap_or_else(|| x.to_vec())
}

/// The sum of `[outer, count, inner]` over the second dimension.
fn middle(x: &[f32], count: usize, inner: usize) -> Vec<f32> {
    if inner == 1 {
        return rows(x, count);
    }
    // Parts of a line, so that few long lines too keep all threads busy.
    let parts = inner.div_ceil(COLUMNS);
    let columns = |i: usize| {
        let (outer, column) = (i / parts, i % parts * COLUMNS);
        let mut sums = vec![0f64; COLUMNS.min(inner - column)];
        for line in x[outer * count * inner..][..count * inner].chunks_exact(inner) {
            let line = &line[column..][..sums.len()];
            wide!(sums.iter_mut().zip(line).for_each(|(sum, x)| *sum += f64::from(*x)));
        }
        sums.into_iter().map(|sum| sum as f32).collect::<Vec<_>>()
    };
    each(x.len() / count / inner * parts, COLUMNS * count, columns).concat()
}

/// The sum of each row of so many elements.
fn rows(x: &[f32], count: usize) -> Vec<f32> {
    if count > BLOCK {
        let blocks = count.div_ceil(BLOCK);
        let block = |i: usize| {
            let row = &x[i / blocks * count..][..count];
            &row[i % blocks * BLOCK..][..BLOCK.min(count - i % blocks * BLOCK)]
        };
        let sums = each(x.len() / count * blocks, BLOCK, |i| sum(block(i)));
        return sums.chunks_exact(blocks).map(|sums| sums.iter().sum::<f64>() as f32).collect();
    }
    each(x.len() / count, count, |i| sum(&x[i * count..][..count]) as f32)
}

/// The sum of at most a block.
fn sum(x: &[f32]) -> f64 {
    let [sum] = wide!(sums([x], |[x]| [x]));
    sum
}

/// The sums of the numbers that `f` makes of the elements of vectors of one length, in an order that depends
/// on the length only.
#[inline(always)]
pub(crate) fn sums<const N: usize, const K: usize>(
    x: [&[f32]; N],
    f: impl Fn([f32; N]) -> [f32; K],
) -> [f64; K] {
    in_lanes(x, f).map(|lanes| lanes.iter().map(|&x| f64::from(x)).sum())
}

/// [`sums`] in f32, of every sixteenth number each.
#[allow(clippy::needless_range_loop, reason = "of the plain loops alone compilers make vector instructions")]
#[inline(always)]
pub(crate) fn in_lanes<const N: usize, const K: usize>(
    x: [&[f32]; N],
    f: impl Fn([f32; N]) -> [f32; K],
) -> [[f32; LANES]; K] {
    let mut sums = [[0f32; LANES]; K];
    let parts = x.map(|x| x.as_chunks::<LANES>());
    for i in 0..parts[0].0.len() {
        let part = parts.map(|(whole, _)| &whole[i]);
        let terms: [_; LANES] = std::array::from_fn(|lane| f(part.map(|x| x[lane])));
        for k in 0..K {
            for lane in 0..LANES {
                sums[k][lane] += terms[lane][k];
            }
        }
    }
    for lane in 0..parts[0].1.len() {
        let terms = f(parts.map(|(_, rest)| rest[lane]));
        for k in 0..K {
            sums[k][lane] += terms[k];
        }
    }
    sums
}
