//! An image at a time: its pixels are laid out with a border of zeros, so that every position has four pixels
//! to read, and a row of positions is computed once for all channels.

use super::{
    Frame, Outside, WIDTH,
    position::{between, reflected},
};
use crate::{
    cpu::{rows_with, wide},
    tensor::{Operand, Primitive, Spec, on_cpu},
};

/// Inputs: images, maps.
pub(super) fn warp(x: &[Operand], frame: Frame, y: &Spec) -> Primitive {
    on_cpu(frame.warp(&x[0].known_floats(), &x[1].known_floats()), y)
}

/// Inputs: warped images, maps.
pub(super) fn transposed(x: &[Operand], frame: Frame, y: &Spec) -> Primitive {
    on_cpu(frame.transposed(&x[0].known_floats(), &x[1].known_floats()), y)
}

/// Where the pixels of one row of a view come from.
struct Row {
    /// The number of the pixel to the upper left, in the image with its border.
    index: Vec<u32>,
    /// The shares of the pixels to the right, and below.
    right: Vec<f32>,
    below: Vec<f32>,
}

/// What is reused from image to image.
struct Scratch {
    row: Row,
    /// The channels with their borders: a pixel before, two after.
    planes: Vec<f32>,
}

/// How many pixels the border adds to a side.
const BORDER: usize = 3;

impl Frame {
    fn scratch(&self) -> Scratch {
        let w = self.view[1];
        Scratch {
            row: Row { index: vec![0; w], right: vec![0.0; w], below: vec![0.0; w] },
            planes: vec![0.0; self.channels * self.plane()],
        }
    }

    /// Pixels of a row with its border.
    fn stride(&self) -> usize {
        self.image[1] + BORDER
    }

    /// Pixels of a channel with its border.
    fn plane(&self) -> usize {
        (self.image[0] + BORDER) * self.stride()
    }

    /// The images seen through the maps.
    fn warp(&self, images: &[f32], maps: &[f32]) -> Vec<f32> {
        let [h, w] = self.view;
        let from = self.channels * self.image[0] * self.image[1];
        let size = self.channels * h * w;
        rows_with(
            maps.len() / WIDTH * size,
            size,
            || self.scratch(),
            |scratch, i, view| {
                let Some(map) = map(maps, i) else { return view.fill(f32::NAN) };
                let Scratch { row, planes } = scratch;
                self.lay_out(&images[i * from..][..from], planes);
                for y in 0..h {
                    wide!(self.positions(map, y, row));
                    for (plane, view) in planes.chunks(self.plane()).zip(view.chunks_mut(h * w)) {
                        wide!(read(row, plane, self.stride(), &mut view[y * w..][..w]));
                    }
                }
            },
        )
    }

    /// The transpose: each pixel of the views added to those that it was read from.
    fn transposed(&self, views: &[f32], maps: &[f32]) -> Vec<f32> {
        let [h, w] = self.view;
        let from = self.channels * h * w;
        let size = self.channels * self.image[0] * self.image[1];
        rows_with(
            maps.len() / WIDTH * size,
            size,
            || self.scratch(),
            |scratch, i, image| {
                let Some(map) = map(maps, i) else { return image.fill(f32::NAN) };
                let Scratch { row, planes } = scratch;
                planes.fill(0.0);
                for y in 0..h {
                    wide!(self.positions(map, y, row));
                    let views = views[i * from..][..from].chunks(h * w);
                    for (plane, view) in planes.chunks_mut(self.plane()).zip(views) {
                        add(row, plane, self.stride(), &view[y * w..][..w]);
                    }
                }
                self.take_out(planes, image);
            },
        )
    }

    /// Copies an image between the borders, which stay as they are.
    fn lay_out(&self, image: &[f32], planes: &mut [f32]) {
        let ([h, w], stride) = (self.image, self.stride());
        for (image, plane) in image.chunks(h * w).zip(planes.chunks_mut(self.plane())) {
            let rows = plane.chunks_mut(stride).skip(1);
            image.chunks(w).zip(rows).for_each(|(row, line)| line[1..=w].copy_from_slice(row));
        }
    }

    /// Copies what is between the borders to an image.
    fn take_out(&self, planes: &[f32], image: &mut [f32]) {
        let ([h, w], stride) = (self.image, self.stride());
        for (plane, image) in planes.chunks(self.plane()).zip(image.chunks_mut(h * w)) {
            let rows = plane.chunks(stride).skip(1);
            image.chunks_mut(w).zip(rows).for_each(|(row, line)| row.copy_from_slice(&line[1..=w]));
        }
    }

    /// The positions of row `y` of a view.
    #[inline(always)]
    fn positions(&self, map: &[f32; WIDTH], y: usize, row: &mut Row) {
        match self.outside {
            Outside::Zero => self.positions_by(clamped, map, y, row),
            Outside::Mirror => self.positions_by(mirrored, map, y, row),
        }
    }

    #[inline(always)]
    fn positions_by(&self, within: impl Fn(f32, f32) -> f32, map: &[f32; WIDTH], y: usize, row: &mut Row) {
        let [h, w] = self.image.map(|side| side as f32);
        let stride = self.stride() as u32;
        let (from_x, from_y) = (map[1] * y as f32 + map[2], map[4] * y as f32 + map[5]);
        let row = row.index.iter_mut().zip(&mut row.right).zip(&mut row.below);
        for (column, ((index, right), below)) in row.enumerate() {
            let column = column as u32 as i32 as f32;
            // Counted from the border.
            let x = within(map[0] * column + from_x, w) + 1.0;
            let y = within(map[3] * column + from_y, h) + 1.0;
            // SAFETY: `within` gives no NaN, and no more than the side of an image.
            let (left, above) = unsafe { (x.to_int_unchecked::<i32>(), y.to_int_unchecked::<i32>()) };
            *index = above as u32 * stride + left as u32;
            *right = x - left as f32;
            *below = y - above as f32;
        }
    }
}

/// The map of sample `i`, where all of it is finite.
fn map(maps: &[f32], i: usize) -> Option<&[f32; WIDTH]> {
    maps.as_chunks().0.get(i).filter(|map| map.iter().all(|x| x.is_finite()))
}

/// A position as far as the border: from -1 to `side`. NaN, which only an overflow gives, counts as -1.
#[inline(always)]
fn clamped(position: f32, side: f32) -> f32 {
    between(position, -1.0, side)
}

/// A position in the mirrored image: from 0 to `side - 1`.
#[inline(always)]
fn mirrored(position: f32, side: f32) -> f32 {
    between(reflected(position, side), 0.0, side - 1.0)
}

/// The shares of the four pixels: above left, above right, below left, below right.
#[inline(always)]
fn shares(right: f32, below: f32) -> [f32; 4] {
    let (left, above) = (1.0 - right, 1.0 - below);
    [above * left, above * right, below * left, below * right]
}

/// A share of a pixel; none of it is 0 whatever the pixel holds.
#[inline(always)]
fn part(share: f32, pixel: f32) -> f32 {
    if share == 0.0 { 0.0 } else { share * pixel }
}

/// Reads one row of a view from a channel.
#[inline(always)]
fn read(row: &Row, plane: &[f32], stride: usize, view: &mut [f32]) {
    let positions = row.index.iter().zip(&row.right).zip(&row.below);
    for (view, ((&index, &right), &below)) in view.iter_mut().zip(positions) {
        let shares = shares(right, below);
        let pixel = |step: usize| {
            // SAFETY: a position is at most `side` from the first pixel, the border begins one before that
            // and ends two after the last.
            unsafe { *plane.get_unchecked(index as usize + step) }
        };
        *view = part(shares[0], pixel(0))
            + part(shares[1], pixel(1))
            + part(shares[2], pixel(stride))
            + part(shares[3], pixel(stride + 1));
    }
}

/// Adds one row of a view to the pixels of a channel that it is read from.
fn add(row: &Row, plane: &mut [f32], stride: usize, view: &[f32]) {
    let positions = row.index.iter().zip(&row.right).zip(&row.below);
    for (&view, ((&index, &right), &below)) in view.iter().zip(positions) {
        let (shares, index) = (shares(right, below), index as usize);
        plane[index] += part(shares[0], view);
        plane[index + 1] += part(shares[1], view);
        plane[index + stride] += part(shares[2], view);
        plane[index + stride + 1] += part(shares[3], view);
    }
}
