//! Tiles to their points, and points to tiles: a matrix by rows and by columns, sixteen channels at a time.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{
    super::{memory::with_scratch, transpose::SIDE},
    grid::Grid,
    points::{self, Matrix},
};

/// How points lie in memory: `[t * t, tiles, lanes]`, and a vector more from point to point, without which
/// all of them would meet in the same places of a cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Points {
    pub t: usize,
    pub tiles: usize,
    pub lanes: usize,
}

impl Points {
    /// Elements from one point to the next.
    pub fn step(&self) -> usize {
        self.tiles * self.lanes + SIDE
    }

    pub fn len(&self) -> usize {
        self.t * self.t * self.step()
    }
}

/// A matrix `[t, n]`.
#[derive(Debug)]
pub(super) struct Transform {
    t: usize,
    n: usize,
    matrix: Vec<f32>,
}

/// Calls a function that is compiled for each size of matrix.
macro_rules! by_size {
    ($transform:expr, $function:ident($($argument:expr),*)) => {
        match ($transform.t, $transform.n) {
            (6, 3) => $function::<3, 6>($($argument),*),
            (6, 4) => $function::<4, 6>($($argument),*),
            (6, 6) => $function::<6, 6>($($argument),*),
            (8, 4) => $function::<4, 8>($($argument),*),
            (8, 5) => $function::<5, 8>($($argument),*),
            (8, 8) => $function::<8, 8>($($argument),*),
            other => unreachable!("no transform of {other:?}"),
        }
    };
}

impl Transform {
    pub fn new(matrix: &Matrix) -> Self {
        Self { t: matrix.len(), n: matrix[0].len(), matrix: points::floats(matrix) }
    }

    /// The points of some rows of tiles of an image, which are those from `first` on.
    pub fn points(
        &self,
        x: &[f32],
        grid: &Grid,
        tile_rows: &Range<usize>,
        at: Points,
        first: usize,
        y: &mut [f32],
    ) {
        let part = Grid { tiles: [tile_rows.len(), grid.tiles[1]], ..*grid };
        let [rows, columns] = part.reach(self.n);
        let [planes, line] = [rows, self.t].map(|rows| rows * columns * SIDE);
        with_scratch(planes + line, |scratch| {
            let (planes, line) = scratch.split_at_mut(planes);
            for channel in (0..grid.channels).step_by(SIDE) {
                grid.side_by_side(x, channel, tile_rows.start * grid.step, columns, planes);
                let y = &mut y[first * at.lanes + channel..];
                by_size!(self, forward(&self.matrix, planes, &part, line, at, y));
            }
        });
    }

    /// Some rows of the planes of an image of their points, where tiles from `first` on are those rows; plus
    /// the bias.
    pub fn planes(
        &self,
        (x, at, first): (&[f32], Points, usize),
        grid: &Grid,
        tile_rows: &Range<usize>,
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        let part = Grid { tiles: [tile_rows.len(), grid.tiles[1]], ..*grid };
        let [rows, columns] = part.reach(self.n);
        let start = tile_rows.start * grid.step;
        with_scratch(rows * columns * SIDE, |planes| {
            for channel in (0..grid.channels).step_by(SIDE) {
                let mut plus = [0.0; SIDE];
                if let Some(bias) = bias {
                    plus.iter_mut().zip(&bias[channel..]).for_each(|(to, from)| *to = *from);
                }
                let x = &x[first * at.lanes + channel..];
                planes.as_chunks_mut().0.fill(plus);
                if start > 0 {
                    // What tiles of the rows before have added where these overlap them.
                    let overlap = &mut planes[..(self.n - grid.step) * columns * SIDE];
                    grid.side_by_side(y, channel, start, columns, overlap);
                }
                by_size!(self, backward(&self.matrix, x, at, &part, planes));
                grid.apart(planes, channel, start, columns, y);
            }
        });
    }
}

/// The points of all tiles of `x [rows, columns, 16]`.
fn forward<const N: usize, const T: usize>(
    matrix: &[f32],
    x: &[f32],
    grid: &Grid,
    line: &mut [f32],
    at: Points,
    y: &mut [f32],
) {
    Arch::new().dispatch(Forward { matrix: rows::<N, T>(matrix), x, grid, line, at, y });
}

struct Forward<'a, const N: usize, const T: usize> {
    matrix: &'a [[f32; N]; T],
    x: &'a [f32],
    grid: &'a Grid,
    /// Memory for a row of tiles whose columns are transformed: `[T, columns, 16]`.
    line: &'a mut [f32],
    at: Points,
    y: &'a mut [f32],
}

impl<const N: usize, const T: usize> WithSimd for Forward<'_, N, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, grid, at, .. } = self;
        let x = S::as_simd_f32s(self.x).0;
        let (line, y) = (S::as_mut_simd_f32s(self.line).0, S::as_mut_simd_f32s(self.y).0);
        // In vectors: of sixteen numbers, of a row, of a tile, of a point.
        let [side, lanes, step] = [SIDE, at.lanes, at.step()].map(|n| n / S::F32_LANES);
        let row = line.len() / T;
        for tile_row in 0..grid.tiles[0] {
            let x = &x[tile_row * grid.step * row..][..N * row];
            for i in 0..row {
                let values = evaluate(simd, matrix, std::array::from_fn(|k| x[k * row + i]));
                (0..T).for_each(|k| line[k * row + i] = values[k]);
            }
            for column in 0..grid.tiles[1] {
                let tile = (tile_row * grid.tiles[1] + column) * lanes;
                for k in 0..T {
                    let x = &line[k * row + column * grid.step * side..][..N * side];
                    let y = &mut y[k * T * step + tile..][..(T - 1) * step + side];
                    for i in 0..side {
                        let values = evaluate(simd, matrix, std::array::from_fn(|k| x[k * side + i]));
                        (0..T).for_each(|k| y[k * step + i] = values[k]);
                    }
                }
            }
        }
    }
}

/// Adds the tiles that points are to planes `y [rows, columns, 16]`, in which they may overlap.
fn backward<const N: usize, const T: usize>(
    matrix: &[f32],
    x: &[f32],
    at: Points,
    grid: &Grid,
    y: &mut [f32],
) {
    Arch::new().dispatch(Backward { matrix: rows::<N, T>(matrix), x, at, grid, y });
}

struct Backward<'a, const N: usize, const T: usize> {
    matrix: &'a [[f32; N]; T],
    x: &'a [f32],
    at: Points,
    grid: &'a Grid,
    y: &'a mut [f32],
}

impl<const N: usize, const T: usize> WithSimd for Backward<'_, N, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, at, grid, .. } = self;
        let (x, y) = (S::as_simd_f32s(self.x).0, S::as_mut_simd_f32s(self.y).0);
        let [side, lanes, step] = [SIDE, at.lanes, at.step()].map(|n| n / S::F32_LANES);
        let columns = grid.reach(N)[1];
        for tile in 0..grid.len() {
            let x = &x[tile * lanes..][..(T * T - 1) * step + side];
            let [first, column] = [tile / grid.tiles[1], tile % grid.tiles[1]].map(|tile| tile * grid.step);
            for i in 0..side {
                let mut half = [[x[0]; N]; T];
                for (j, half) in half.iter_mut().enumerate() {
                    *half = collect(simd, matrix, std::array::from_fn(|k| x[(k * T + j) * step + i]));
                }
                for row in 0..N {
                    let values = collect(simd, matrix, std::array::from_fn(|j| half[j][row]));
                    let y = &mut y[((first + row) * columns + column) * side..][..N * side];
                    for k in 0..N {
                        y[k * side + i] = simd.add_f32s(y[k * side + i], values[k]);
                    }
                }
            }
        }
    }
}

fn rows<const N: usize, const T: usize>(matrix: &[f32]) -> &[[f32; N]; T] {
    matrix.as_chunks().0.first_chunk().expect("a matrix of this size")
}

/// `y = matrix x`. Points p and -p share the sums of their even and odd columns, the first point has only
/// even ones, the last one only such as its last.
#[inline(always)]
fn evaluate<S: Simd, const N: usize, const T: usize>(
    simd: S,
    matrix: &[[f32; N]; T],
    x: [S::f32s; N],
) -> [S::f32s; T] {
    let sum = |row: &[f32; N], first: usize| {
        let mut sum = simd.mul_f32s(simd.splat_f32s(row[first]), x[first]);
        let mut k = first + 2;
        while k < N {
            sum = simd.mul_add_f32s(simd.splat_f32s(row[k]), x[k], sum);
            k += 2;
        }
        sum
    };
    let mut y = [sum(&matrix[0], 0); T];
    let mut p = 1;
    while p + 1 < T {
        let (even, odd) = (sum(&matrix[p], 0), sum(&matrix[p], 1));
        (y[p], y[p + 1]) = (simd.add_f32s(even, odd), simd.sub_f32s(even, odd));
        p += 2;
    }
    y[T - 1] = sum(&matrix[T - 1], (N - 1) % 2);
    y
}

/// `x = matrix' y`, the transpose of [`evaluate`].
#[inline(always)]
fn collect<S: Simd, const N: usize, const T: usize>(
    simd: S,
    matrix: &[[f32; N]; T],
    y: [S::f32s; T],
) -> [S::f32s; N] {
    // Of each pair the sum, for even columns, and the difference.
    let mut pairs = y;
    let mut p = 1;
    while p + 1 < T {
        (pairs[p], pairs[p + 1]) = (simd.add_f32s(y[p], y[p + 1]), simd.sub_f32s(y[p], y[p + 1]));
        p += 2;
    }
    let mut x = [y[0]; N];
    for (k, sum) in x.iter_mut().enumerate() {
        *sum = simd.mul_f32s(simd.splat_f32s(matrix[1][k]), pairs[1 + k % 2]);
        let mut p = 3;
        while p + 1 < T {
            *sum = simd.mul_add_f32s(simd.splat_f32s(matrix[p][k]), pairs[p + k % 2], *sum);
            p += 2;
        }
    }
    for k in (0..N).step_by(2) {
        x[k] = simd.mul_add_f32s(simd.splat_f32s(matrix[0][k]), y[0], x[k]);
    }
    for k in ((N - 1) % 2..N).step_by(2) {
        x[k] = simd.mul_add_f32s(simd.splat_f32s(matrix[T - 1][k]), y[T - 1], x[k]);
    }
    x
}
