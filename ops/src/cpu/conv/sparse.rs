//! Convolutions whose maps hold one value each, or none: three forms of [`super`] that only visit the
//! winners. Channels of images come last here, so that what a winner meets in a row of the kernel is adjacent
//! in memory. Groups are not split: callers take the dense form for them.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Geometry, TASKS, blocks,
    memory::{in_pieces, with_scratch},
    transpose::{lanes, transpose},
};

/// Maps `[N, C, H, W]` of which each holds one value, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Winners<'a> {
    /// The position of each map's value, `[N, C]`; negative where there is none.
    pub positions: &'a [i32],
    /// The values, `[N, C]`.
    pub values: &'a [f32],
}

impl Winners<'_> {
    /// The channel, the position and the value of each winner of sample `n`.
    fn of_sample(self, n: usize, g: &Geometry) -> impl Iterator<Item = (usize, usize, f32)> {
        let maps = n * g.outputs..(n + 1) * g.outputs;
        let winners = self.positions[maps.clone()].iter().zip(&self.values[maps]).enumerate();
        winners.filter_map(|(c, (&position, &value))| Some((c, usize::try_from(position).ok()?, value)))
    }
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
pub(crate) fn images(y: Winners, w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let sorted = by_image_channel(w, g);
    let (lanes, len) = (lanes(g.inputs), g.image_len());
    let overlaps = Overlaps { g, lanes };
    let kernel = g.kernel[0] * g.kernel[1] * lanes;
    let put = |image: usize, sum: &mut [f32]| {
        sum.fill(0.0);
        for (channel, position, value) in y.of_sample(image, g) {
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
pub(crate) fn weights(x: &[f32], y: Winners, g: &Geometry) -> Vec<f32> {
    let lanes = lanes(g.inputs);
    let (taps, overlaps) = (g.kernel[0] * g.kernel[1], Overlaps { g, lanes });
    let kernel = taps * lanes;
    // A fixed number of sums, added in their order: the same bits for any number of threads.
    let spans: Vec<_> = blocks(g.count, g.count.div_ceil(TASKS / 2)).collect();
    let sums = spans.into_par_iter().map(|(first, count)| {
        let mut sum = vec![0.0; g.outputs * kernel];
        for image in first..first + count {
            with_channels_last(x, image, g, |x| {
                for (channel, position, value) in y.of_sample(image, g) {
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

/// [`super::maps()`] at one position of each map, those of `at`: the values `[N, Co]`.
pub(crate) fn maps_at(x: &[f32], w: &[f32], at: Winners, g: &Geometry) -> Vec<f32> {
    let sorted = by_image_channel(w, g);
    let lanes = lanes(g.inputs);
    let (overlaps, kernel) = (Overlaps { g, lanes }, g.kernel[0] * g.kernel[1] * lanes);
    let mut y = vec![0.0; g.count * g.outputs];
    y.par_chunks_exact_mut(g.outputs).enumerate().for_each(|(image, y)| {
        with_channels_last(x, image, g, |x| {
            for (channel, position, _) in at.of_sample(image, g) {
                let weights = &sorted[channel * kernel..][..kernel];
                let mut sums = [0.0; 16];
                overlaps.each(position, |at_weight, at_image| {
                    let (weights, _) = weights[at_weight].as_chunks::<16>();
                    let (x, _) = x[at_image].as_chunks::<16>();
                    for (weights, x) in weights.iter().zip(x) {
                        sums.iter_mut().zip(weights.iter().zip(x)).for_each(|(sum, (w, x))| *sum += w * x);
                    }
                });
                y[channel] = sums.iter().sum();
            }
        });
    });
    y
}

/// Runs `f` with an image `[Ci, H, W]` as `[H, W, lanes]`.
fn with_channels_last(x: &[f32], image: usize, g: &Geometry, f: impl FnOnce(&[f32])) {
    let (len, lanes) = (g.image_len(), lanes(g.inputs));
    with_scratch(len * lanes, |channels_last| {
        transpose(&x[image * g.inputs * len..][..g.inputs * len], [g.inputs, len], channels_last);
        f(channels_last);
    });
}
