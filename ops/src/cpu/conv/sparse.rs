//! Convolutions whose maps hold one value each, or none, as winner-take-all sparsity leaves them: three forms
//! of [`super`] that only visit the winners. Channels of images come last here, so that what a winner meets
//! in a row of the kernel is adjacent in memory. Groups are not split: they take the dense form.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Geometry, TASKS, blocks,
    memory::{in_pieces, with_scratch},
    transpose::{lanes, transpose},
};
use crate::cpu::{PART, rows};

/// Maps of fewer elements are not worth it: products read them faster than one element is looked for.
const SMALLEST: usize = 16;

/// The only value of a map that is not 0.
pub(super) struct Winner {
    channel: usize,
    position: usize,
    value: f32,
}

/// The winners of each sample of the maps `[N, Co, Ho, Wo]`; `None` where a map holds more than one value, or
/// where zeros cannot be skipped: a number of `others`, with which the maps are multiplied, is not finite.
pub(super) fn winners(maps: &[f32], others: &[f32], g: &Geometry) -> Option<Vec<Vec<Winner>>> {
    if g.window.groups > 1 || g.map_len() < SMALLEST {
        return None;
    }
    // Nearly all maps hold more, and the first of them says so.
    winner(&maps[..g.map_len()], 0)?;
    let of_sample = |maps: &[f32]| {
        let mut winners = vec![];
        for (channel, map) in maps.chunks_exact(g.map_len()).enumerate() {
            winners.extend(winner(map, channel)?);
        }
        Some(winners)
    };
    let found = maps.par_chunks_exact(g.outputs * g.map_len()).map(of_sample).collect::<Option<_>>()?;
    let all_finite = |part: &[f32]| part.iter().fold(true, |all, x| all & x.is_finite());
    others.par_chunks(PART).all(all_finite).then_some(found)
}

/// The winner of a map, where there is one; outer `None` where there are several, or it is not finite.
fn winner(map: &[f32], channel: usize) -> Option<Option<Winner>> {
    let mut found = None;
    for (i, part) in map.chunks(16).enumerate() {
        // Without a branch for each element.
        if part.iter().fold(true, |zero, x| zero & (*x == 0.0)) {
            continue;
        }
        for (j, &value) in part.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            if found.is_some() || !value.is_finite() {
                return None;
            }
            found = Some(Winner { channel, position: i * 16 + j, value });
        }
    }
    Some(found)
}

/// What the winner at one position meets: for each row of the kernel a range of it, and the range of the
/// image `[H, W, lanes]` that it lies over.
struct Overlaps<'a> {
    g: &'a Geometry,
    lanes: usize,
}

impl Overlaps<'_> {
    /// Calls `f(kernel range, image range)` for elements of `[Kh, Kw, lanes]` and `[H, W, lanes]`.
    fn each(&self, position: usize, mut f: impl FnMut(Range<usize>, Range<usize>)) {
        let (g, w) = (self.g, &self.g.window);
        let origin = [position / g.map[1] * w.stride[0], position % g.map[1] * w.stride[1]];
        for row in 0..g.kernel[0] {
            let Some(y) = inside(origin[0] + row * w.dilation[0], w.padding[0], g.image[0]) else { continue };
            let kernel = row * g.kernel[1];
            if w.dilation[1] == 1 {
                let first = w.padding[1].saturating_sub(origin[1]);
                let end = (g.image[1] + w.padding[1]).saturating_sub(origin[1]).min(g.kernel[1]);
                if first < end {
                    let x = y * g.image[1] + origin[1] + first - w.padding[1];
                    f(self.range(kernel + first, end - first), self.range(x, end - first));
                }
                continue;
            }
            for column in 0..g.kernel[1] {
                if let Some(x) = inside(origin[1] + column * w.dilation[1], w.padding[1], g.image[1]) {
                    f(self.range(kernel + column, 1), self.range(y * g.image[1] + x, 1));
                }
            }
        }
    }

    fn range(&self, first: usize, len: usize) -> Range<usize> {
        first * self.lanes..(first + len) * self.lanes
    }
}

/// A row or column of the padded image as one of the image; `None` for one of the padding.
fn inside(at: usize, padding: usize, size: usize) -> Option<usize> {
    at.checked_sub(padding).filter(|&at| at < size)
}

/// The weights `[Co, Ci, Kh, Kw]` with the channels of images last: `[Co, Kh, Kw, lanes]`.
fn by_image_channel(w: &[f32], g: &Geometry) -> Vec<f32> {
    let (taps, lanes) = (g.kernel[0] * g.kernel[1], lanes(g.inputs));
    let mut sorted = vec![0.0; g.outputs * taps * lanes];
    let kernels = w.par_chunks_exact(g.inputs * taps).zip(sorted.par_chunks_exact_mut(taps * lanes));
    kernels.for_each(|(from, to)| transpose(from, [g.inputs, taps], to));
    sorted
}

/// [`super::images()`] of maps with one value each.
pub(super) fn images(y: &[Vec<Winner>], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let sorted = by_image_channel(w, g);
    let (lanes, len) = (lanes(g.inputs), g.image_len());
    let overlaps = Overlaps { g, lanes };
    let kernel = g.kernel[0] * g.kernel[1] * lanes;
    let put = |image: usize, sum: &mut [f32]| {
        sum.fill(0.0);
        for &Winner { channel, position, value } in &y[image] {
            let weights = &sorted[channel * kernel..][..kernel];
            overlaps.each(position, |from, to| {
                sum[to].iter_mut().zip(&weights[from]).for_each(|(sum, weight)| *sum += value * weight);
            });
        }
    };
    in_pieces(g, [g.inputs, len], g.inputs, bias, |piece, x| {
        with_scratch(len * lanes, |sum| {
            put(piece.image, sum);
            // Back to channels first; a piece has some of them.
            for (i, channel) in x.chunks_exact_mut(len).enumerate() {
                let column = sum[piece.first + i..].iter().step_by(lanes);
                channel.iter_mut().zip(column).for_each(|(to, from)| *to += from);
            }
        });
    })
}

/// [`super::weights()`] of maps with one value each.
pub(super) fn weights(x: &[f32], y: &[Vec<Winner>], g: &Geometry) -> Vec<f32> {
    let lanes = lanes(g.inputs);
    let (taps, overlaps) = (g.kernel[0] * g.kernel[1], Overlaps { g, lanes });
    let kernel = taps * lanes;
    // A fixed number of sums, added in their order: the same bits for any number of threads.
    let spans: Vec<_> = blocks(g.count, g.count.div_ceil(TASKS / 2)).collect();
    let sums = spans.into_par_iter().map(|(first, count)| {
        let mut sum = vec![0.0; g.outputs * kernel];
        for (image, winners) in y.iter().enumerate().skip(first).take(count) {
            with_channels_last(x, image, g, |x| {
                for &Winner { channel, position, value } in winners {
                    let sum = &mut sum[channel * kernel..][..kernel];
                    overlaps.each(position, |to, from| {
                        sum[to].iter_mut().zip(&x[from]).for_each(|(sum, x)| *sum += value * x);
                    });
                }
            });
        }
        sum
    });
    let sums: Vec<_> = sums.collect();
    let mut w = vec![0.0; g.outputs * g.inputs * taps];
    w.par_chunks_exact_mut(g.inputs * taps).enumerate().for_each(|(output, w)| {
        for sum in &sums {
            let lines = sum[output * kernel..][..kernel].chunks_exact(lanes);
            for (tap, line) in lines.enumerate() {
                w[tap..].iter_mut().step_by(taps).zip(line).for_each(|(to, from)| *to += from);
            }
        }
    });
    w
}

/// [`super::maps()`] at one position of each map, and 0 elsewhere. The positions are `[N, Co]`, negative
/// where there is none.
pub(crate) fn maps_at(x: &[f32], w: &[f32], positions: &[i32], g: &Geometry) -> Vec<f32> {
    let sorted = by_image_channel(w, g);
    let lanes = lanes(g.inputs);
    let (overlaps, kernel) = (Overlaps { g, lanes }, g.kernel[0] * g.kernel[1] * lanes);
    rows(positions.len() * g.map_len(), g.outputs * g.map_len(), |image, y| {
        let positions = &positions[image * g.outputs..][..g.outputs];
        with_channels_last(x, image, g, |x| {
            let maps = y.chunks_exact_mut(g.map_len()).zip(positions);
            for ((map, &position), weights) in maps.zip(sorted.chunks_exact(kernel)) {
                let Ok(position) = usize::try_from(position) else { continue };
                let mut sums = [0.0; 16];
                overlaps.each(position, |at_weight, at_image| {
                    let (weights, _) = weights[at_weight].as_chunks::<16>();
                    let (x, _) = x[at_image].as_chunks::<16>();
                    for (weights, x) in weights.iter().zip(x) {
                        sums.iter_mut().zip(weights.iter().zip(x)).for_each(|(sum, (w, x))| *sum += w * x);
                    }
                });
                map[position] = sums.iter().sum();
            }
        });
    })
}

/// Runs `f` with an image `[Ci, H, W]` as `[H, W, lanes]`.
fn with_channels_last(x: &[f32], image: usize, g: &Geometry, f: impl FnOnce(&[f32])) {
    let (len, lanes) = (g.image_len(), lanes(g.inputs));
    with_scratch(len * lanes, |channels_last| {
        transpose(&x[image * g.inputs * len..][..g.inputs * len], [g.inputs, len], channels_last);
        f(channels_last);
    });
}
