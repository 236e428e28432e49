//! The gradient by the weights.

use rayon::prelude::*;

use super::{
    CACHED, Geometry, Piece, TASKS, batched, blocks,
    lowering::Lowering,
    maps::{bands, cached_channels},
    memory::with_scratch,
    minimal::{self, Form, Side},
    sparse,
    transpose::{lanes, transpose},
    unroll::{plane_len, unroll},
};
use crate::cpu::product::{Steps, add_product};

/// `w[o, i] = sum_n x[n, i] * y[n, o]`, images and maps to weights `[Co, Ci, Kh, Kw]`.
pub(crate) fn weights(x: &[f32], y: &[f32], g: &Geometry) -> Vec<f32> {
    if let Some(winners) = sparse::winners(y, x, g) {
        return sparse::weights(x, &winners, g);
    }
    if let Some(form) = Form::of(g, Side::Weights) {
        return minimal::weights(form, x, y, g);
    }
    if batched::applies(g) {
        return batched::weights(x, y, g);
    }
    let bands = bands(g);
    let lanes = lanes(g.outputs);
    let per_channel = g.kernel[0] * g.kernel[1] * lanes;
    // The sums and the unrolled rows share the cache.
    let unrolled = bands.iter().map(|band| cached_channels(g, band)).min().unwrap_or(1);
    let maximum = (CACHED / 2 / per_channel).min(unrolled);
    let pieces: Vec<_> = (0..g.window.groups)
        .flat_map(|group| {
            let piece = move |(first, channels)| Piece { image: 0, group, first, channels };
            blocks(g.inputs, maximum).map(piece)
        })
        .collect();
    let spans = TASKS.div_ceil(pieces.len()).min(g.count);
    let spans: Vec<_> = blocks(g.count, g.count.div_ceil(spans)).collect();
    let sums = pieces.par_iter().map(|piece| {
        let sum = |&(first, count): &(usize, usize)| {
            let mut sum = vec![0.0; piece.channels * per_channel];
            for image in first..first + count {
                let piece = Piece { image, ..*piece };
                bands.iter().for_each(|band| add_band(x, y, g, band, piece, &mut sum));
            }
            sum
        };
        added(spans.par_iter().map(sum).collect())
    });
    let sums: Vec<_> = sums.collect();
    let mut w = vec![0.0; g.window.groups * g.outputs * g.inputs * g.kernel[0] * g.kernel[1]];
    pieces.iter().zip(&sums).for_each(|(piece, sum)| put(sum, g, *piece, lanes, &mut w));
    w
}

/// The sum, in the order of the list.
pub(super) fn added(mut sums: Vec<Vec<f32>>) -> Vec<f32> {
    let others = sums.split_off(1.min(sums.len()));
    let mut total = sums.pop().unwrap_or_default();
    for sum in others {
        total.iter_mut().zip(sum).for_each(|(to, from)| *to += from);
    }
    total
}

/// Adds what one band of one image gives to the sums `[Kh, C, Kw, lanes]` of some channels.
fn add_band(x: &[f32], y: &[f32], g: &Geometry, band: &Lowering, piece: Piece, sum: &mut [f32]) {
    let (kw, plane, lanes) = (g.kernel[1], plane_len(g, band), lanes(g.outputs));
    let (first, end) = band
        .taps
        .iter()
        .fold((g.map[0], 0), |(first, end), tap| (first.min(tap.map_row), end.max(tap.map_row + tap.rows)));
    if first >= end {
        return;
    }
    let positions = (end - first) * g.map[1];
    let (source, maps) = (g.channels_of_image(x, &piece), g.maps_of_image(y, &piece));
    with_scratch(piece.channels * kw * plane + positions * lanes, |scratch| {
        let (u, transposed) = scratch.split_at_mut(piece.channels * kw * plane);
        unroll(source, g, band, u);
        transpose(&maps[first * g.map[1]..], [g.outputs, g.map_len()], transposed);
        for tap in &band.taps {
            let columns = piece.channels * kw;
            add_product(
                [lanes, tap.rows * g.map[1], columns],
                (&transposed[(tap.map_row - first) * g.map[1] * lanes..], Steps { row: 1, column: lanes }),
                (&u[tap.position * g.map[1]..], Steps { row: 1, column: plane }),
                (&mut sum[tap.kernel_row * columns * lanes..], Steps { row: 1, column: lanes }),
            );
        }
    });
}

/// The sums `[Kh, C, Kw, lanes]` of some channels, put into the weights.
fn put(sum: &[f32], g: &Geometry, piece: Piece, lanes: usize, w: &mut [f32]) {
    let [kh, kw] = g.kernel;
    let mut lines = sum.chunks_exact(lanes);
    for row in 0..kh {
        for channel in piece.first..piece.first + piece.channels {
            for (column, line) in (0..kw).zip(&mut lines) {
                for (output, value) in line[..g.outputs].iter().enumerate() {
                    let kernel = (piece.group * g.outputs + output) * g.inputs + channel;
                    w[(kernel * kh + row) * kw + column] = *value;
                }
            }
        }
    }
}
