//! Planes of numbers as grids of tiles, and sixteen channels of them side by side.

use std::ops::Range;

use super::super::transpose::{SIDE, quad, square};

/// A grid of square tiles over planes `[channels, rows, columns]` of an image, in memory as the fields say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Rows and columns of a plane.
    pub size: [usize; 2],
    pub channels: usize,
    /// Elements from one image to the next, and from one channel to the next.
    pub image: usize,
    pub channel: usize,
    /// Zeros before the first row and column, as are needed behind the last ones.
    pub padding: [usize; 2],
    /// Tiles by rows and columns, and numbers from one tile to the next.
    pub tiles: [usize; 2],
    pub step: usize,
}

impl Grid {
    /// Tiles of a plane.
    pub fn len(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Rows and columns that tiles of n by n reach, with the padding.
    pub fn reach(&self, n: usize) -> [usize; 2] {
        self.tiles.map(|tiles| (tiles - 1) * self.step + n)
    }

    /// The rows of a plane that the padded rows from `first` on are, `rows` of them; and which of those is
    /// the first of them.
    fn inside(&self, first: usize, rows: usize) -> (Range<usize>, usize) {
        let end = (first + rows).saturating_sub(self.padding[0]).min(self.size[0]);
        let start = first.saturating_sub(self.padding[0]).min(end);
        (start..end, (start + self.padding[0]).saturating_sub(first))
    }

    /// Sixteen channels from `channel` on as `[rows, columns, 16]`, with the padding, from row `first` of it
    /// on. Zeros where there are fewer.
    pub fn side_by_side(&self, x: &[f32], channel: usize, first: usize, columns: usize, y: &mut [f32]) {
        y.fill(0.0);
        let count = SIDE.min(self.channels - channel);
        let (rows, skipped) = self.inside(first, y.len() / (columns * SIDE));
        let [first, end] = [rows.start, rows.end].map(|row| row * self.size[1]);
        let mut to = skipped * columns + self.padding[1];
        let mut column = 0;
        for first in (first..end).step_by(SIDE) {
            let mut lines = [[0.0; SIDE]; SIDE];
            for (c, line) in lines.iter_mut().enumerate().take(count) {
                let source = &x[(channel + c) * self.channel + first..];
                match source.first_chunk() {
                    Some(full) => *line = *full,
                    _ => line.iter_mut().zip(source).for_each(|(to, from)| *to = *from),
                }
            }
            for numbers in &square(&lines)[..SIDE.min(end - first)] {
                // What no tile reaches is left out.
                if self.padding[1] + column < columns {
                    y[(to + column) * SIDE..][..SIDE].copy_from_slice(numbers);
                }
                column += 1;
                if column == self.size[1] {
                    (to, column) = (to + columns, 0);
                }
            }
        }
    }

    /// The opposite of [`Grid::side_by_side`].
    pub fn apart(&self, x: &[f32], channel: usize, first: usize, columns: usize, y: &mut [f32]) {
        let (lines, _) = x.as_chunks::<SIDE>();
        let count = SIDE.min(self.channels - channel);
        let (rows, skipped) = self.inside(first, lines.len() / columns);
        // Of few channels at a time, so that not all sixteen planes are open.
        for first in (0..count).step_by(4) {
            let mut lines = lines[skipped * columns + self.padding[1]..].chunks(columns);
            for (row, line) in rows.clone().zip(&mut lines) {
                for (i, positions) in line[..self.size[1]].chunks(4).enumerate() {
                    let mut numbers = [[0.0; 4]; 4];
                    let some = positions.iter().map(|line| &line[first..first + 4]);
                    numbers.iter_mut().zip(some).for_each(|(to, from)| to.copy_from_slice(from));
                    let to = row * self.size[1] + i * 4;
                    for (c, line) in quad(&numbers).iter().enumerate().take(count - first) {
                        let y = &mut y[(channel + first + c) * self.channel + to..];
                        match y.first_chunk_mut() {
                            Some(y) if positions.len() == 4 => *y = *line,
                            _ => {
                                y.iter_mut().zip(&line[..positions.len()]).for_each(|(to, from)| *to = *from)
                            }
                        }
                    }
                }
            }
        }
    }
}
