//! Convolutions of many images with small maps: images side by side, so that products have enough rows. Of
//! one image a map of four by four would be sixteen.
//!
//! Tensors are transposed so that all numbers of a position are adjacent in memory, a panel. Wherever a row
//! and column of the kernel (a tap) meets an image, one product of a panel with the weights of that tap adds
//! to a panel: no patch is ever copied, and padding is not multiplied.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Geometry, blocks,
    transpose::{SIDE, lanes},
};
use crate::cpu::product::{Steps, add_product};

/// Maps of at most so many positions are small.
const SMALL: usize = 128;

/// Images of a block of the convolution: rows of a product.
const IMAGES: usize = 64;

/// Numbers of a panel's line that are worth a product.
const MINIMUM: usize = 8;

/// Maximum number of elements of the panels of a block.
const MAXIMUM: usize = 1 << 23;

/// Positions that are transposed at once.
const POSITIONS: usize = 8;

/// Minimum number of parts in which a tensor is computed, where it has as many positions.
const PARTS: usize = 8;

/// Elements of the panels of a part, so that they stay in a core's cache.
const CACHED: usize = 1 << 17;

/// Whether a convolution is computed in this way.
pub(super) fn applies(g: &Geometry) -> bool {
    let block = IMAGES.min(g.count) * (g.inputs * g.image_len()).max(g.outputs * g.map_len());
    let is_small = g.map_len() <= SMALL && block <= MAXIMUM;
    is_small && g.count >= MINIMUM && g.inputs.min(g.outputs) >= MINIMUM
}

/// Where a tap of the kernel meets an image.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    tap: usize,
    image: usize,
    map: usize,
}

/// All of them, one tap after the other.
fn meetings(g: &Geometry) -> Vec<Meeting> {
    let along = |d: usize, kernel: usize, map: usize| {
        let at = map * g.window.stride[d] + kernel * g.window.dilation[d];
        at.checked_sub(g.window.padding[d]).filter(|at| *at < g.image[d])
    };
    let mut all = vec![];
    for tap in 0..g.kernel[0] * g.kernel[1] {
        for map in 0..g.map_len() {
            let row = along(0, tap / g.kernel[1], map / g.map[1]);
            let column = along(1, tap % g.kernel[1], map % g.map[1]);
            if let (Some(row), Some(column)) = (row, column) {
                all.push(Meeting { tap, image: row * g.image[1] + column, map });
            }
        }
    }
    all
}

/// Some images and one group.
#[derive(Debug, Clone)]
struct Block {
    group: usize,
    images: Range<usize>,
}

/// All images and groups, in blocks of at most so many images.
fn image_blocks(g: &Geometry, maximum: usize) -> impl Iterator<Item = Block> {
    let of_group = move |group| move |(first, len)| Block { group, images: first..first + len };
    (0..g.window.groups).flat_map(move |group| blocks(g.count, maximum).map(of_group(group)))
}

/// See [`super::maps`].
pub(super) fn maps(x: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let (w, [images, maps]) = (by_tap(w, g, |inputs, outputs| [inputs, outputs]), sizes(g));
    spread(x, images, maps, &w, bias, g, |m| Product { tap: m.tap, from: m.image, to: m.map })
}

/// See [`super::images()`].
pub(super) fn images(y: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    let (w, [images, maps]) = (by_tap(w, g, |inputs, outputs| [outputs, inputs]), sizes(g));
    spread(y, maps, images, &w, bias, g, |m| Product { tap: m.tap, from: m.map, to: m.image })
}

/// The weights `[groups, Co, Ci, taps]` of each group with the taps first: `[taps, outer, lanes(inner)]`,
/// where `order` says which of inputs and outputs is the inner one.
fn by_tap(w: &[f32], g: &Geometry, order: fn(Lines, Lines) -> [Lines; 2]) -> Vec<Vec<f32>> {
    let taps = g.kernel[0] * g.kernel[1];
    let inputs = Lines { count: g.inputs, step: taps };
    let outputs = Lines { count: g.outputs, step: g.inputs * taps };
    let [inner, outer] = order(inputs, outputs);
    w.chunks_exact(g.outputs * outputs.step).map(|w| transposed_lines(w, inner, outer, taps)).collect()
}

/// Channels of a group and positions, of images or maps.
#[derive(Debug, Clone, Copy)]
struct PanelSize {
    channels: usize,
    positions: usize,
}

/// Those of the images and the maps.
fn sizes(g: &Geometry) -> [PanelSize; 2] {
    [
        PanelSize { channels: g.inputs, positions: g.image_len() },
        PanelSize { channels: g.outputs, positions: g.map_len() },
    ]
}

/// A meeting as what is multiplied, and what that is added to.
#[derive(Debug, Clone, Copy)]
struct Product {
    tap: usize,
    from: usize,
    to: usize,
}

/// A tensor `[N, groups * channels, positions]` of the size `to`, the sum over all pairs of the panels of
/// `x` with the weights of their tap, of each group `[taps, to, lanes(from)]`; with the bias.
fn spread(
    x: &[f32],
    from: PanelSize,
    to: PanelSize,
    w: &[Vec<f32>],
    bias: Option<&[f32]>,
    g: &Geometry,
    pair: impl Fn(Meeting) -> Product,
) -> Vec<f32> {
    let depth = lanes(from.channels);
    let cached = CACHED / ((from.channels + to.channels) * IMAGES.min(lanes(g.count)));
    let part = to.positions.div_ceil(PARTS).min(cached).max(1);
    let mut parts = vec![vec![]; to.positions.div_ceil(part)];
    meetings(g).into_iter().map(pair).for_each(|pair| parts[pair.to / part].push(pair));

    let mut y = vec![0.0; g.count * g.window.groups * to.channels * to.positions];
    for block in image_blocks(g, IMAGES) {
        let lane = lanes(block.images.len());
        let panels = images_last(x, from, g, &block);
        let compute = |(i, pairs): (usize, &Vec<Product>)| {
            let count = part.min(to.positions - i * part);
            let mut sums = vec![0.0; count * to.channels * lane];
            if let Some(bias) = bias {
                let bias = bias[block.group * to.channels..][..to.channels].iter().cycle();
                sums.chunks_exact_mut(lane).zip(bias).for_each(|(line, bias)| line.fill(*bias));
            }
            for pair in pairs {
                add_product(
                    [lane, from.channels, to.channels],
                    (&panels[pair.from * from.channels * lane..], Steps { row: 1, column: lane }),
                    (&w[block.group][pair.tap * to.channels * depth..], Steps { row: 1, column: depth }),
                    (&mut sums[(pair.to - i * part) * to.channels * lane..], Steps { row: 1, column: lane }),
                );
            }
            sums
        };
        let sums: Vec<_> = parts.par_iter().enumerate().map(compute).collect();
        images_first(&sums, part, to, g, &block, &mut y);
    }
    y
}

/// See [`super::weights`]. Each part sums over all images in their order: the same bits for any number of
/// threads.
pub(super) fn weights(x: &[f32], y: &[f32], g: &Geometry) -> Vec<f32> {
    let (taps, [images, maps]) = (g.kernel[0] * g.kernel[1], sizes(g));
    let (depth, width) = (lanes(g.inputs), lanes(g.outputs));
    let maximum = MAXIMUM / (depth * images.positions).max(width * maps.positions);
    let meetings = meetings(g);
    let by_tap: Vec<_> = meetings.chunk_by(|a, b| a.tap == b.tap).collect();
    let channels: Vec<_> = blocks(g.outputs, IMAGES).collect();
    let mut w = vec![0.0; g.window.groups * g.outputs * g.inputs * taps];
    for (group, w) in w.chunks_exact_mut(g.outputs * g.inputs * taps).enumerate() {
        // One for each block of channels and tap that meets anything: `[channels, Ci]`.
        let mut sums: Vec<_> = channels
            .iter()
            .flat_map(|&(first, len)| by_tap.iter().map(move |meetings| (first, len, *meetings)))
            .map(|(first, len, meetings)| (first, meetings, vec![0.0; len * g.inputs]))
            .collect();
        for block in image_blocks(g, maximum.max(1)).filter(|block| block.group == group) {
            let (x, y) = (channels_last(x, images, g, &block), channels_last(y, maps, g, &block));
            let count = block.images.len();
            sums.par_iter_mut().for_each(|(first, meetings, sums)| {
                for meeting in meetings.iter() {
                    add_product(
                        [g.inputs, count, sums.len() / g.inputs],
                        (&x[meeting.image * count * depth..], Steps { row: 1, column: depth }),
                        (&y[meeting.map * count * width + *first..], Steps { row: width, column: 1 }),
                        (sums, Steps { row: 1, column: g.inputs }),
                    );
                }
            });
        }
        w.par_chunks_exact_mut(g.inputs * taps).enumerate().for_each(|(output, w)| {
            let len = |sums: &[f32]| sums.len() / g.inputs;
            for (first, meetings, sums) in &sums {
                if !(*first..first + len(sums)).contains(&output) {
                    continue;
                }
                let line = &sums[(output - first) * g.inputs..][..g.inputs];
                w[meetings[0].tap..].iter_mut().step_by(taps).zip(line).for_each(|(w, sum)| *w = *sum);
            }
        });
    }
    w
}

/// Lines that are transposed: how many, and how far apart.
#[derive(Debug, Clone, Copy)]
struct Lines {
    count: usize,
    step: usize,
}

/// Panels `[positions, channels, lanes(images)]` of a tensor `[N, groups * channels, positions]`.
fn images_last(x: &[f32], size: PanelSize, g: &Geometry, block: &Block) -> Vec<f32> {
    let [images, channels] = lines(size, g, block);
    transposed_lines(&x[first(size, g, block)..], images, channels, size.positions)
}

/// Panels `[positions, images, lanes(channels)]`.
fn channels_last(x: &[f32], size: PanelSize, g: &Geometry, block: &Block) -> Vec<f32> {
    let [images, channels] = lines(size, g, block);
    transposed_lines(&x[first(size, g, block)..], channels, images, size.positions)
}

/// Those of the images and of the channels.
fn lines(size: PanelSize, g: &Geometry, block: &Block) -> [Lines; 2] {
    let images = Lines { count: block.images.len(), step: g.window.groups * size.channels * size.positions };
    [images, Lines { count: size.channels, step: size.positions }]
}

/// Where a block begins in its tensor.
fn first(size: PanelSize, g: &Geometry, block: &Block) -> usize {
    (block.images.start * g.window.groups + block.group) * size.channels * size.positions
}

/// `[positions, outer, lanes(inner)]` of a tensor in which a line of both is `positions` long, with
/// zeros after the inner lines.
fn transposed_lines(x: &[f32], inner: Lines, outer: Lines, positions: usize) -> Vec<f32> {
    let lane = lanes(inner.count);
    let mut panels = vec![0.0; positions * outer.count * lane];
    panels.par_chunks_mut(POSITIONS * outer.count * lane).enumerate().for_each(|(i, panels)| {
        let (first, count) = (i * POSITIONS, panels.len() / (outer.count * lane));
        for i_outer in 0..outer.count {
            for from in (0..inner.count).step_by(SIDE) {
                // Read along the positions, written along the lines: through registers.
                let mut square = [[0.0; SIDE]; POSITIONS];
                for line in from..inner.count.min(from + SIDE) {
                    let source = &x[i_outer * outer.step + line * inner.step + first..][..count];
                    square.iter_mut().zip(source).for_each(|(column, x)| column[line - from] = *x);
                }
                for (position, column) in square[..count].iter().enumerate() {
                    panels[(position * outer.count + i_outer) * lane + from..][..SIDE]
                        .copy_from_slice(column);
                }
            }
        }
    });
    panels
}

/// Writes panels `[positions, channels, lanes(images)]`, some positions in each part, to their images.
fn images_first(
    parts: &[Vec<f32>],
    part: usize,
    size: PanelSize,
    g: &Geometry,
    block: &Block,
    y: &mut [f32],
) {
    let (lane, [images, channels]) = (lanes(block.images.len()), lines(size, g, block));
    let end = (block.images.end * images.step).min(y.len());
    let y = &mut y[block.images.start * images.step..end];
    y.par_chunks_mut(SIDE * images.step).enumerate().for_each(|(i, y)| {
        for channel in 0..channels.count {
            let to = (block.group * channels.count + channel) * channels.step;
            for (first, count) in blocks(size.positions, POSITIONS) {
                let mut square = [[0.0; POSITIONS]; SIDE];
                for position in first..first + count {
                    let line = (position % part * channels.count + channel) * lane + i * SIDE;
                    let line = &parts[position / part][line..][..SIDE];
                    square.iter_mut().zip(line).for_each(|(image, sum)| image[position - first] = *sum);
                }
                for (image, sums) in y.chunks_mut(images.step).zip(&square) {
                    image[to + first..][..count].copy_from_slice(&sums[..count]);
                }
            }
        }
    });
}
