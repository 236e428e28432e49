//! Convolutions of stride 1 by minimal filtering: with fewer multiplications than there are pairs of numbers
//! that meet (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016).
//!
//! Maps are cut into tiles of m by m numbers, each of which r by r kernels compute of a tile of
//! t by t numbers of an image, `t = m + r - 1`. With the matrices D, K and P of [`points`], at each of the
//! t t points of a tile, and with products of matrices over the channels:
//!
//! - [`maps`]: `y_o = P' [sum_i (K w_oi K') (D x_i D')] P`, t t multiplications for m m r r;
//! - [`images`]: `x_i = D' [sum_o (K w_oi K') (P y_o P')] D`, its transpose, where tiles of an image overlap;
//! - [`weights`]: `w_oi = K' [sum_tiles (D x_i D') (P y_o P')] K`, the other one.
//!
//! The tiles of several images are taken together, so many as a core's cache holds. An image is transformed
//! with sixteen channels side by side; at each point a product then reads and writes whole vectors.
//! Work is split by sizes only: the same bits for any number of threads.
//!
//! The error of a sum of products is within a millionth or two of the sum of their sizes, a little above that
//! of a plain product. A number that is not finite reaches all outputs of its tiles.

mod choice;
mod grid;
mod points;
#[cfg(test)]
mod tests;
mod transform;

use std::ops::Range;

use rayon::prelude::*;

pub use self::choice::set_exact;
pub(super) use self::choice::{Form, Side};
use self::{
    grid::Grid,
    transform::{Points, Transform},
};
use super::{Geometry, TASKS, blocks, memory::with_scratch, transpose::SIDE};
use crate::cpu::product::{Steps, add_product, put_product};

/// Tiles whose products are computed together: their points stay in a core's second-level cache.
const TILES: usize = 64;

/// Channels whose kernels are transformed together: as many as a product takes at once.
const CHANNELS: usize = 64;

/// Sums of the gradient by the weights that are computed side by side.
const SPANS: usize = 4;

/// See [`super::maps()`].
pub(super) fn maps(form: Form, x: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let kernels = kernels(form, w, &kernel_grid(form, g), g.inputs);
    let transforms = [form.data(), form.powers()];
    convolution(form, x, [image_grid(form, g), map_grid(form, g)], transforms, &kernels, bias, g.count)
}

/// See [`super::images()`].
pub(super) fn images(form: Form, y: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let grid = kernel_grid(form, g);
    let grid = Grid { channels: g.inputs, image: grid.channel, channel: grid.image, ..grid };
    let transforms = [form.powers(), form.data()];
    convolution(
        form,
        y,
        [map_grid(form, g), image_grid(form, g)],
        transforms,
        &kernels(form, w, &grid, g.outputs),
        bias,
        g.count,
    )
}

fn image_grid(form: Form, g: &Geometry) -> Grid {
    Grid {
        size: g.image,
        channels: g.inputs,
        image: g.inputs * g.image_len(),
        channel: g.image_len(),
        padding: g.window.padding,
        tiles: form.tiles(g.map),
        step: form.m(),
    }
}

fn map_grid(form: Form, g: &Geometry) -> Grid {
    Grid {
        size: g.map,
        channels: g.outputs,
        image: g.outputs * g.map_len(),
        channel: g.map_len(),
        padding: [0; 2],
        ..image_grid(form, g)
    }
}

/// The weights of one input as an image.
fn kernel_grid(form: Form, g: &Geometry) -> Grid {
    let taps = g.kernel[0] * g.kernel[1];
    Grid {
        size: g.kernel,
        channels: g.outputs,
        image: taps,
        channel: g.inputs * taps,
        padding: [0; 2],
        tiles: [1; 2],
        step: form.r,
    }
}

/// The points of `count` kernels of each channel: of each [`CHANNELS`] of them `[t t, count, lanes]`.
fn kernels(form: Form, w: &[f32], grid: &Grid, count: usize) -> Vec<(Points, Vec<f32>)> {
    let transform = form.kernel();
    let some = |(first, channels): (usize, usize)| {
        let (at, w) = (form.points(count, channels), &w[first * grid.channel..]);
        let mut u = vec![0.0; at.len()];
        for i in 0..count {
            transform.points(&w[i * grid.image..], &Grid { channels, ..*grid }, &(0..1), at, i, &mut u);
        }
        (at, u)
    };
    channels(grid.channels, CHANNELS).into_par_iter().map(some).collect()
}

/// The first of each `most` channels, and their number.
fn channels(n: usize, most: usize) -> Vec<(usize, usize)> {
    (0..n).step_by(most).map(|first| (first, most.min(n - first))).collect()
}

/// Some rows of tiles of some images.
#[derive(Debug)]
struct Part {
    images: Range<usize>,
    rows: Range<usize>,
}

/// The parts of so many images, of about [`TILES`] tiles each: several images, one, or some rows of one.
fn parts(images: Range<usize>, tiles: [usize; 2]) -> Vec<Part> {
    let together = (TILES / (tiles[0] * tiles[1])).max(1);
    let rows: Vec<_> = blocks(tiles[0], (2 * TILES / tiles[1]).max(1)).collect();
    let some = |(first, len)| {
        let images = images.start + first..images.start + first + len;
        rows.iter().map(move |&(first, len)| Part { images: images.clone(), rows: first..first + len })
    };
    blocks(images.len(), together).flat_map(some).collect()
}

impl Part {
    /// The points of the tiles of this part.
    fn points(&self, transform: &Transform, x: &[f32], grid: &Grid, at: Points, y: &mut [f32]) {
        for (i, image) in self.images.clone().enumerate() {
            let x = &x[image * grid.image..][..grid.image];
            transform.points(x, grid, &self.rows, at, i * self.rows.len() * grid.tiles[1], y);
        }
    }

    fn len(&self, grid: &Grid) -> usize {
        self.images.len() * self.rows.len() * grid.tiles[1]
    }
}

/// The convolution of images `from` to images `to`, of one tile each for each tile of the other.
fn convolution(
    form: Form,
    x: &[f32],
    [from, to]: [Grid; 2],
    [forward, backward]: [Transform; 2],
    kernels: &[(Points, Vec<f32>)],
    bias: Option<&[f32]>,
    count: usize,
) -> Vec<f32> {
    // As many images as a part has, or fewer where these would be too few tasks.
    let together = (TILES / from.len()).min(count.div_ceil(TASKS / 2)).max(1);
    let mut y = vec![0.0; count * to.image];
    y.par_chunks_mut(together * to.image).enumerate().for_each(|(i, y)| {
        let first = i * together;
        for part in parts(first..first + y.len() / to.image, from.tiles) {
            let tiles = part.len(&from);
            let [at_x, at_y] = [from, to].map(|grid| form.points(tiles, grid.channels));
            with_scratch(at_x.len() + at_y.len(), |scratch| {
                let (points_x, points_y) = scratch.split_at_mut(at_x.len());
                part.points(&forward, x, &from, at_x, points_x);
                for (block, (at, u)) in kernels.iter().enumerate() {
                    for p in 0..form.t * form.t {
                        put_product(
                            [at.lanes, from.channels, tiles],
                            (&u[p * at.step()..], Steps { row: 1, column: at.lanes }),
                            (&points_x[p * at_x.step()..], Steps { row: 1, column: at_x.lanes }),
                            (
                                &mut points_y[p * at_y.step() + block * CHANNELS..],
                                Steps { row: 1, column: at_y.lanes },
                            ),
                        );
                    }
                }
                let of_image = part.rows.len() * to.tiles[1];
                for (i, image) in part.images.clone().enumerate() {
                    let y = &mut y[(image - first) * to.image..][..to.image];
                    backward.planes((points_y, at_y, i * of_image), &to, &part.rows, bias, y);
                }
            });
        }
    });
    y
}

/// See [`super::weights()`].
pub(super) fn weights(form: Form, x: &[f32], y: &[f32], g: &Geometry) -> Vec<f32> {
    let spans: Vec<_> = blocks(g.count, g.count.div_ceil(SPANS)).collect();
    let sums = spans.into_par_iter().map(|(first, len)| sums(form, x, y, g, first..first + len)).collect();
    let (at, sum) = (form.points(g.inputs, g.outputs), super::weights::added(sums));
    let (kernel, grid) = (form.kernel(), kernel_grid(form, g));
    let mut w = vec![0.0; g.outputs * grid.channel];
    w.par_chunks_mut(SIDE * grid.channel).enumerate().for_each(|(i, w)| {
        let some = Grid { channels: w.len() / grid.channel, ..grid };
        for input in 0..g.inputs {
            kernel.planes((&sum[i * SIDE..], at, input), &some, &(0..1), None, &mut w[input * grid.image..]);
        }
    });
    w
}

/// The sum over the tiles of some images at each point: `[t t, Ci, lanes(Co)]`.
fn sums(form: Form, x: &[f32], y: &[f32], g: &Geometry, images: Range<usize>) -> Vec<f32> {
    let (data, powers) = (form.data(), form.powers());
    let [from, to] = [image_grid(form, g), map_grid(form, g)];
    let at = form.points(g.inputs, g.outputs);
    let mut sum = vec![0.0; at.len()];
    for part in parts(images, from.tiles) {
        let tiles = part.len(&from);
        let [at_x, at_y] = [from, to].map(|grid| form.points(tiles, grid.channels));
        with_scratch(at_x.len() + at_y.len(), |scratch| {
            let (points_x, points_y) = scratch.split_at_mut(at_x.len());
            part.points(&data, x, &from, at_x, points_x);
            part.points(&powers, y, &to, at_y, points_y);
            for p in 0..form.t * form.t {
                add_product(
                    [at.lanes, tiles, g.inputs],
                    (&points_y[p * at_y.step()..], Steps { row: 1, column: at_y.lanes }),
                    (&points_x[p * at_x.step()..], Steps { row: at_x.lanes, column: 1 }),
                    (&mut sum[p * at.step()..], Steps { row: 1, column: at.lanes }),
                );
            }
        });
    }
    sum
}
