//! Convolutions with small maps: several images side by side, so that products have enough rows. Of one
//! image a map of four by four would be sixteen.
//!
//! The patches of some images are laid out whole, `[Ci, Kh, Kw, images, Ho, Wo]`, and meet the weights
//! in a single product.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Geometry, blocks,
    memory::with_scratch,
    product::{Steps, add_product},
};

/// Maps of at most so many positions are small.
const SMALL: usize = 128;

/// Positions, of all images of a block.
const POSITIONS: usize = 512;

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
    blocks(g.count, POSITIONS / g.map_len()).map(|(first, len)| first..first + len).collect()
}

/// See [`super::maps`].
pub(super) fn maps(x: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let (taps, len) = (g.kernel[0] * g.kernel[1], g.map_len());
    let depth = g.inputs * taps;
    let parts = parts(g, g.outputs);
    let product = |part: &Part| {
        let positions = part.images.len() * len;
        let mut y = vec![0.0; part.channels.len() * positions];
        with_scratch(depth * positions, |u| {
            patches(x, g, &Part { channels: 0..g.inputs, ..part.clone() }, u);
            let first = (part.group * g.outputs + part.channels.start) * depth;
            add_product(
                [positions, depth, part.channels.len()],
                (u, Steps { row: 1, column: positions }),
                (&w[first..], Steps { row: 1, column: depth }),
                (&mut y, Steps { row: 1, column: positions }),
            );
        });
        y
    };
    let found: Vec<_> = parts.par_iter().map(product).collect();
    let channels = g.outputs * g.window.groups;
    let mut y = vec![0.0; g.count * channels * len];
    for (part, found) in parts.iter().zip(&found) {
        for (c, lines) in part.channels.clone().zip(found.chunks_exact(part.images.len() * len)) {
            let channel = part.group * g.outputs + c;
            let shift = bias.map_or(0.0, |bias| bias[channel]);
            for (image, line) in part.images.clone().zip(lines.chunks_exact(len)) {
                let to = &mut y[(image * channels + channel) * len..][..len];
                to.iter_mut().zip(line).for_each(|(to, from)| *to = from + shift);
            }
        }
    }
    y
}

/// See [`super::images()`].
pub(super) fn transposed(y: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let (taps, depth, len) = (g.kernel[0] * g.kernel[1], g.inputs * g.kernel[0] * g.kernel[1], g.image_len());
    let parts = parts(g, g.inputs);
    let product = |part: &Part| {
        let (positions, channels) = (part.images.len() * g.map_len(), part.channels.len());
        let mut x = vec![0.0; channels * part.images.len() * len];
        with_scratch((channels * taps + g.outputs) * positions, |scratch| {
            let (u, gathered) = scratch.split_at_mut(channels * taps * positions);
            u.fill(0.0);
            gather(y, g, part, gathered);
            let first = part.group * g.outputs * depth + part.channels.start * taps;
            add_product(
                [positions, g.outputs, channels * taps],
                (gathered, Steps { row: 1, column: positions }),
                (&w[first..], Steps { row: depth, column: 1 }),
                (u, Steps { row: 1, column: positions }),
            );
            fold(u, g, part.images.len(), &mut x);
        });
        x
    };
    let found: Vec<_> = parts.par_iter().map(product).collect();
    let channels = g.inputs * g.window.groups;
    let mut x = vec![0.0; g.count * channels * len];
    for (part, found) in parts.iter().zip(&found) {
        for (c, lines) in part.channels.clone().zip(found.chunks_exact(part.images.len() * len)) {
            let channel = part.group * g.inputs + c;
            let shift = bias.map_or(0.0, |bias| bias[channel]);
            for (image, line) in part.images.clone().zip(lines.chunks_exact(len)) {
                let to = &mut x[(image * channels + channel) * len..][..len];
                to.iter_mut().zip(line).for_each(|(to, from)| *to = from + shift);
            }
        }
    }
    x
}

/// See [`super::weights`]. Each part sums over all images: the same bits for any number of threads.
pub(super) fn weights(x: &[f32], y: &[f32], g: &Geometry) -> Vec<f32> {
    let (taps, images) = (g.kernel[0] * g.kernel[1], images(g));
    let most = g.inputs.div_ceil(PARTS.div_ceil(g.window.groups));
    let slices: Vec<_> = (0..g.window.groups)
        .flat_map(|group| blocks(g.inputs, most).map(move |(first, len)| (group, first..first + len)))
        .collect();
    let sum = |(group, channels): &(usize, Range<usize>)| {
        let depth = channels.len() * taps;
        let mut sum = vec![0.0; g.outputs * depth];
        for images in &images {
            let part = Part { group: *group, images: images.clone(), channels: channels.clone() };
            let positions = images.len() * g.map_len();
            with_scratch((depth + g.outputs) * positions, |scratch| {
                let (u, gathered) = scratch.split_at_mut(depth * positions);
                patches(x, g, &part, u);
                gather(y, g, &part, gathered);
                add_product(
                    [depth, positions, g.outputs],
                    (u, Steps { row: positions, column: 1 }),
                    (gathered, Steps { row: 1, column: positions }),
                    (&mut sum, Steps { row: 1, column: depth }),
                );
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

/// The maps of a part's images and group, with the images side by side: `[Co, images, Ho Wo]`.
fn gather(y: &[f32], g: &Geometry, part: &Part, gathered: &mut [f32]) {
    let (len, channels) = (g.map_len(), g.outputs * g.window.groups);
    for (c, lines) in gathered.chunks_exact_mut(part.images.len() * len).enumerate() {
        for (image, line) in part.images.clone().zip(lines.chunks_exact_mut(len)) {
            let first = (image * channels + part.group * g.outputs + c) * len;
            line.copy_from_slice(&y[first..][..len]);
        }
    }
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

/// Calls `f(row of U, image, its first map position, first element of the image, number)` for each
/// stretch of a map row that a tap meets.
fn each_stretch(
    g: &Geometry,
    channels: usize,
    mut f: impl FnMut(usize, usize, usize, usize, usize),
    images: usize,
) {
    let rows: Vec<_> = (0..g.kernel[0]).map(|k| meeting(g, 0, k)).collect();
    let columns: Vec<_> = (0..g.kernel[1]).map(|k| meeting(g, 1, k)).collect();
    for channel in 0..channels {
        for (k, row) in rows.iter().enumerate() {
            for (l, column) in columns.iter().enumerate() {
                let line = (channel * g.kernel[0] + k) * g.kernel[1] + l;
                for image in 0..images {
                    for (i, map_row) in row.map.clone().enumerate() {
                        let at = (row.first + i * g.window.stride[0]) * g.image[1] + column.first;
                        f(line, image, map_row * g.map[1] + column.map.start, at, column.map.len());
                    }
                }
            }
        }
    }
}

/// The patches of a part's channels and images, `[C, Kh, Kw, images, Ho Wo]`, 0 in the padding.
fn patches(x: &[f32], g: &Geometry, part: &Part, u: &mut [f32]) {
    let (stride, len, count) = (g.window.stride[1], g.map_len(), part.images.len());
    if g.window.padding != [0; 2] {
        u.fill(0.0);
    }
    let taps = g.kernel[0] * g.kernel[1];
    let channels = g.inputs * g.window.groups;
    let put = |line: usize, image: usize, map: usize, at: usize, n: usize| {
        let channel = part.group * g.inputs + part.channels.start + line / taps;
        let plane = ((part.images.start + image) * channels + channel) * g.image_len();
        let to = &mut u[(line * count + image) * len + map..][..n];
        match stride {
            1 => to.copy_from_slice(&x[plane + at..][..n]),
            _ => to.iter_mut().zip(x[plane + at..].iter().step_by(stride)).for_each(|(to, from)| *to = *from),
        }
    };
    each_stretch(g, part.channels.len(), put, count);
}

/// The transpose of [`patches`]: each element is added where it came from, `[C, images, H W]`.
fn fold(u: &[f32], g: &Geometry, count: usize, x: &mut [f32]) {
    let (stride, len, taps) = (g.window.stride[1], g.map_len(), g.kernel[0] * g.kernel[1]);
    let channels = x.len() / (count * g.image_len());
    let add = |line: usize, image: usize, map: usize, at: usize, n: usize| {
        let plane = (line / taps * count + image) * g.image_len();
        let from = &u[(line * count + image) * len + map..][..n];
        let to = x[plane + at..].iter_mut().step_by(stride);
        to.zip(from).for_each(|(to, from)| *to += from);
    };
    each_stretch(g, channels, add, count);
}
