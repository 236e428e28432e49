//! Convolutions with small maps: several images side by side, so that products have enough rows. Of one
//! image a map of four by four would be sixteen.
//!
//! The images of a block stand last: what a row and column of the kernel meets at a position is one
//! stretch of memory, whatever the stride. Patches are laid out whole, `[Ci, Kh, Kw, Ho, Wo, lanes]`,
//! and meet the weights in a single product.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Geometry, blocks,
    memory::with_scratch,
    product::{Steps, add_product},
    turn::{lanes, turn},
};

/// Maps of at most so many positions are small.
const SMALL: usize = 128;

/// Positions, of all images of a block.
const POSITIONS: usize = 1024;

/// Least images of a block: a whole vector.
const LEAST: usize = 16;

/// Parts in which the channels are computed where there are few blocks of images.
const PARTS: usize = 8;

/// Whether a convolution is computed in this way.
pub(super) fn applies(g: &Geometry) -> bool {
    g.map_len() <= SMALL && g.count > 1
}

/// Some images, one group, some channels.
#[derive(Debug, Clone)]
struct Part {
    group: usize,
    images: Range<usize>,
    channels: Range<usize>,
}

/// All parts, the channels split where images alone would not keep the cores busy.
fn parts(g: &Geometry, channels: usize) -> Vec<Part> {
    let images = images(g);
    let most = channels.div_ceil(PARTS.div_ceil(images.len() * g.window.groups));
    let range = |(first, len): (usize, usize)| first..first + len;
    let mut parts = vec![];
    for group in 0..g.window.groups {
        for images in &images {
            let of_block = blocks(channels, most);
            parts.extend(of_block.map(|b| Part { group, images: images.clone(), channels: range(b) }));
        }
    }
    parts
}

/// Blocks of images that are computed side by side.
fn images(g: &Geometry) -> Vec<Range<usize>> {
    blocks(g.count, (POSITIONS / g.map_len()).max(LEAST) / LEAST * LEAST)
        .map(|(first, len)| first..first + len)
        .collect()
}

/// See [`super::maps`].
pub(super) fn maps(x: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let depth = g.inputs * g.kernel[0] * g.kernel[1];
    computed(g, [g.outputs, g.map_len()], bias, |part, y| {
        let positions = g.map_len() * lanes(part.images.len());
        let all = Part { channels: 0..g.inputs, ..part.clone() };
        with_turned(x, [g.inputs, g.image_len()], g, &all, |x| {
            with_scratch(depth * positions, |u| {
                patches(x, g, &all, u);
                let first = (part.group * g.outputs + part.channels.start) * depth;
                add_product(
                    [positions, depth, part.channels.len()],
                    (u, Steps { row: 1, column: positions }),
                    (&w[first..], Steps { row: 1, column: depth }),
                    (y, Steps { row: 1, column: positions }),
                );
            });
        });
    })
}

/// See [`super::images()`].
pub(super) fn transposed(y: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let taps = g.kernel[0] * g.kernel[1];
    computed(g, [g.inputs, g.image_len()], bias, |part, x| {
        let (positions, depth) = (g.map_len() * lanes(part.images.len()), part.channels.len() * taps);
        let all = Part { channels: 0..g.outputs, ..part.clone() };
        with_turned(y, [g.outputs, g.map_len()], g, &all, |y| {
            with_scratch(depth * positions, |u| {
                u.fill(0.0);
                let first = (part.group * g.outputs * g.inputs + part.channels.start) * taps;
                add_product(
                    [positions, g.outputs, depth],
                    (y, Steps { row: 1, column: positions }),
                    (&w[first..], Steps { row: g.inputs * taps, column: 1 }),
                    (u, Steps { row: 1, column: positions }),
                );
                fold(u, g, part, x);
            });
        });
    })
}

/// See [`super::weights`]. Each part sums over all images: the same bits for any number of threads.
pub(super) fn weights(x: &[f32], y: &[f32], g: &Geometry) -> Vec<f32> {
    let (taps, images) = (g.kernel[0] * g.kernel[1], images(g));
    let most = g.inputs.div_ceil(PARTS.div_ceil(g.window.groups));
    let slices: Vec<_> = (0..g.window.groups)
        .flat_map(|group| blocks(g.inputs, most).map(move |(first, len)| (group, first..first + len)))
        .collect();
    // All slices meet the same maps, which are turned once.
    let blocks_of = |group| images.iter().map(move |images| (group, images));
    let maps: Vec<_> = (0..g.window.groups).flat_map(blocks_of).collect();
    let turned = maps.par_iter().map(|&(group, images)| {
        let part = Part { group, images: images.clone(), channels: 0..g.outputs };
        with_turned(y, [g.outputs, g.map_len()], g, &part, <[f32]>::to_vec)
    });
    let turned: Vec<_> = turned.collect();
    let sum = |(group, channels): &(usize, Range<usize>)| {
        let depth = channels.len() * taps;
        let mut sum = vec![0.0; g.outputs * depth];
        for (images, y) in images.iter().zip(&turned[group * images.len()..]) {
            let part = Part { group: *group, images: images.clone(), channels: channels.clone() };
            let positions = g.map_len() * lanes(images.len());
            with_turned(x, [g.inputs, g.image_len()], g, &part, |x| {
                with_scratch(depth * positions, |u| {
                    patches(x, g, &part, u);
                    add_product(
                        [depth, positions, g.outputs],
                        (u, Steps { row: positions, column: 1 }),
                        (y, Steps { row: 1, column: positions }),
                        (&mut sum, Steps { row: 1, column: depth }),
                    );
                });
            });
        }
        sum
    };
    let sums: Vec<_> = slices.par_iter().map(sum).collect();
    let depth = g.inputs * taps;
    let mut w = vec![0.0; g.window.groups * g.outputs * depth];
    for ((group, channels), sum) in slices.iter().zip(&sums) {
        for (output, line) in sum.chunks_exact(channels.len() * taps).enumerate() {
            let first = (group * g.outputs + output) * depth + channels.start * taps;
            w[first..][..line.len()].copy_from_slice(line);
        }
    }
    w
}

/// A tensor `[N, groups * channels, size]`, its parts computed as `[channels, size, lanes]` by `fill`,
/// which gets zeros; with the bias.
fn computed(
    g: &Geometry,
    [channels, size]: [usize; 2],
    bias: Option<&[f32]>,
    fill: impl Fn(&Part, &mut [f32]) + Sync,
) -> Vec<f32> {
    let (parts, all) = (parts(g, channels), channels * g.window.groups);
    let compute = |part: &Part| {
        let (lines, lane) = (part.channels.len() * size, lanes(part.images.len()));
        let mut turned = vec![0.0; lanes(lines) * part.images.len()];
        with_scratch(lines * lane, |block| {
            block.fill(0.0);
            fill(part, block);
            turn(block, [lines, lane], &mut turned);
        });
        turned
    };
    let found: Vec<_> = parts.par_iter().map(compute).collect();
    let mut whole = vec![0.0; g.count * all * size];
    for (part, found) in parts.iter().zip(&found) {
        let (first, lines) = (part.group * channels + part.channels.start, part.channels.len() * size);
        for (image, from) in part.images.clone().zip(found.chunks_exact(lanes(lines))) {
            let to = &mut whole[(image * all + first) * size..][..lines];
            to.copy_from_slice(&from[..lines]);
            for (channel, to) in to.chunks_exact_mut(size).enumerate() {
                let shift = bias.map_or(0.0, |bias| bias[first + channel]);
                if shift != 0.0 {
                    to.iter_mut().for_each(|to| *to += shift);
                }
            }
        }
    }
    whole
}

/// Runs `f` with a part of a tensor `[N, groups * channels, size]`, as `[channels, size, lanes]`.
fn with_turned<T>(
    x: &[f32],
    [channels, size]: [usize; 2],
    g: &Geometry,
    part: &Part,
    f: impl FnOnce(&[f32]) -> T,
) -> T {
    let (all, lane) = (channels * g.window.groups, lanes(part.images.len()));
    let first = (part.images.start * all + part.group * channels + part.channels.start) * size;
    with_scratch(part.channels.len() * size * lane, |turned| {
        turn(&x[first..], [part.images.len(), all * size], turned);
        f(turned)
    })
}

/// Where one row or column of the kernel meets the image: map positions `map`, the first of them at
/// image position `first`.
struct Meeting {
    map: Range<usize>,
    first: usize,
}

fn meeting(g: &Geometry, d: usize, kernel: usize) -> Meeting {
    let (stride, padding, shift) = (g.window.stride[d], g.window.padding[d], kernel * g.window.dilation[d]);
    let start = padding.saturating_sub(shift).div_ceil(stride).min(g.map[d]);
    let end = (g.image[d] + padding).saturating_sub(shift).div_ceil(stride).clamp(start, g.map[d]);
    let first = if start < end { start * stride + shift - padding } else { 0 };
    Meeting { map: start..end, first }
}

/// Calls `f(place in the patches, place in the images)` for all that meet, both in stretches of lanes.
fn each_meeting(g: &Geometry, channels: usize, mut f: impl FnMut(usize, usize)) {
    let rows: Vec<_> = (0..g.kernel[0]).map(|k| meeting(g, 0, k)).collect();
    let columns: Vec<_> = (0..g.kernel[1]).map(|k| meeting(g, 1, k)).collect();
    for channel in 0..channels {
        for (k, row) in rows.iter().enumerate() {
            for (l, column) in columns.iter().enumerate() {
                let line = (channel * g.kernel[0] + k) * g.kernel[1] + l;
                for (i, map_row) in row.map.clone().enumerate() {
                    let image_row = channel * g.image[0] + row.first + i * g.window.stride[0];
                    for (j, map_column) in column.map.clone().enumerate() {
                        let patch = (line * g.map[0] + map_row) * g.map[1] + map_column;
                        f(patch, image_row * g.image[1] + column.first + j * g.window.stride[1]);
                    }
                }
            }
        }
    }
}

/// The patches of images `[C, H, W, lanes]`: `[C, Kh, Kw, Ho, Wo, lanes]`, 0 in the padding.
fn patches(x: &[f32], g: &Geometry, part: &Part, u: &mut [f32]) {
    let lane = lanes(part.images.len());
    if g.window.padding != [0; 2] {
        u.fill(0.0);
    }
    each_meeting(g, part.channels.len(), |patch, image| {
        let (to, from) = (&mut u[patch * lane..][..lane], &x[image * lane..][..lane]);
        for (to, from) in to.as_chunks_mut::<LEAST>().0.iter_mut().zip(from.as_chunks::<LEAST>().0) {
            *to = *from;
        }
    });
}

/// The transpose of [`patches`]: each element is added where it came from.
fn fold(u: &[f32], g: &Geometry, part: &Part, x: &mut [f32]) {
    let lane = lanes(part.images.len());
    each_meeting(g, part.channels.len(), |patch, image| {
        let (to, from) = (&mut x[image * lane..][..lane], &u[patch * lane..][..lane]);
        to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
    });
}
