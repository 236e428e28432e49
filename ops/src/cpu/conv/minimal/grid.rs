//! Planes of numbers as grids of tiles, and sixteen channels of them side by side.

use std::ops::Range;

use super::super::transpose::{SIDE, square};

/// A grid of square tiles over planes `[channels, rows, columns]` of an image, in memory as the fields say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Rows and columns of a plane.
    pub size: [usize; 2],
    pub channels: usize,
    /// Elements from one image to the next, and from one channel to the next.
    pub image: usize,
    pub channel: usize,
    /// Zeros before the first row and column; where negative, numbers that are left out.
    pub padding: [isize; 2],
    /// Tiles by rows and columns, and numbers from one tile to the next.
    pub tiles: [usize; 2],
    pub step: usize,
    /// Whether a plane is read from its last number to its first.
    pub rotated: bool,
}

impl Grid {
    /// Tiles of a plane.
    pub fn len(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Some rows of the tiles.
    pub fn rows(self, rows: &Range<usize>) -> Self {
        let padding = self.padding[0] - (rows.start * self.step) as isize;
        Self { padding: [padding, self.padding[1]], tiles: [rows.len(), self.tiles[1]], ..self }
    }

    /// Rows and columns that tiles of n by n reach.
    pub fn reach(&self, n: usize) -> [usize; 2] {
        self.tiles.map(|tiles| (tiles - 1) * self.step + n)
    }

    /// Sixteen channels from `channel` on, with padding: `[rows, columns, 16]`, zeros where there are fewer.
    pub fn side_by_side(&self, x: &[f32], channel: usize, [rows, columns]: [usize; 2], y: &mut [f32]) {
        y.fill(0.0);
        let count = SIDE.min(self.channels - channel);
        let first = self.padding[0].min(0).unsigned_abs().min(self.size[0]) * self.size[1];
        let end = (rows as isize - self.padding[0]).clamp(0, self.size[0] as isize) as usize * self.size[1];
        for first in (first..end).step_by(SIDE) {
            let mut lines = [[0.0; SIDE]; SIDE];
            for (c, line) in lines.iter_mut().enumerate().take(count) {
                let source = &x[(channel + c) * self.channel + first..];
                match source.first_chunk() {
                    Some(full) => *line = *full,
                    _ => line.iter_mut().zip(source).for_each(|(to, from)| *to = *from),
                }
            }
            let [mut row, mut column] = [first / self.size[1], first % self.size[1]];
            for numbers in &square(&lines)[..SIDE.min(end - first)] {
                let [row_here, column_here] = self.place(row, column);
                if row_here < rows && column_here < columns {
                    y[(row_here * columns + column_here) * SIDE..][..SIDE].copy_from_slice(numbers);
                }
                column += 1;
                if column == self.size[1] {
                    (row, column) = (row + 1, 0);
                }
            }
        }
    }

    /// Where a number of a plane is with its padding; beyond everything where it is left out.
    fn place(&self, row: usize, column: usize) -> [usize; 2] {
        let [row, column] =
            if self.rotated { [self.size[0] - 1 - row, self.size[1] - 1 - column] } else { [row, column] };
        [row.wrapping_add_signed(self.padding[0]), column.wrapping_add_signed(self.padding[1])]
    }

    /// Sixteen channels from `channel` on back from `[rows * columns, 16]`: to planes from number `start` on.
    pub fn apart(&self, x: &[f32], channel: usize, start: usize, y: &mut [f32]) {
        let (lines, _) = x.as_chunks::<SIDE>();
        for (i, positions) in lines.chunks(SIDE).enumerate() {
            let mut numbers = [[0.0; SIDE]; SIDE];
            numbers[..positions.len()].copy_from_slice(positions);
            let count = SIDE.min(self.channels - channel);
            for (c, line) in square(&numbers).iter().enumerate().take(count) {
                let to = (channel + c) * self.channel + start + i * SIDE;
                y[to..][..positions.len()].copy_from_slice(&line[..positions.len()]);
            }
        }
    }
}
