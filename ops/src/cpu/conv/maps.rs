//! The convolution.

use super::{
    CACHED, Geometry, Piece, batched, blocks, by_kernel_row,
    lowering::Lowering,
    memory::{in_pieces, with_scratch},
    minimal::{self, Form, Side},
    unroll::{plane_len, unroll},
};
use crate::cpu::product::{Steps, add_product};

/// Positions of a map that are computed at once; more would only need more memory.
const POSITIONS: usize = 640;

/// `y[n, o] = bias[o] + sum_i x[n, i] * w[o, i]`, images to maps `[N, Co, Ho, Wo]`.
pub(crate) fn maps(x: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    if let Some(form) = Form::of(g, Side::Maps) {
        return minimal::maps(form, x, w, bias, g);
    }
    if batched::applies(g) {
        return batched::maps(x, w, bias, g);
    }
    let sorted = by_kernel_row(w, g);
    let bands = bands(g);
    in_pieces(g, [g.outputs, g.map_len()], g.outputs, bias, |piece, y| {
        bands.iter().for_each(|band| add_band(x, &sorted, g, band, piece, y));
    })
}

/// The rows of a map, in bands of so many positions.
pub(super) fn bands(g: &Geometry) -> Vec<Lowering> {
    let rows = blocks(g.map[0], POSITIONS / g.map[1]);
    rows.map(|(first, len)| Lowering::of_map_rows(g, first..first + len)).collect()
}

/// Channels whose unrolled rows stay in cache.
pub(super) fn cached_channels(g: &Geometry, band: &Lowering) -> usize {
    CACHED / (g.kernel[1] * plane_len(g, band)).max(1)
}

/// Adds the rows of one band.
fn add_band(x: &[f32], sorted: &[f32], g: &Geometry, band: &Lowering, piece: Piece, y: &mut [f32]) {
    let ([kh, kw], plane) = (g.kernel, plane_len(g, band));
    let row = g.inputs * kw;
    for (first, channels) in blocks(g.inputs, cached_channels(g, band)) {
        let source = g.channels_of_image(x, &Piece { first, channels, ..piece });
        with_scratch(channels * kw * plane, |u| {
            unroll(source, g, band, u);
            for tap in &band.taps {
                let at = (piece.group * kh + tap.kernel_row) * g.outputs + piece.first;
                add_product(
                    [tap.rows * g.map[1], channels * kw, piece.channels],
                    (&u[tap.position * g.map[1]..], Steps { row: 1, column: plane }),
                    (&sorted[at * row + first * kw..], Steps { row: 1, column: row }),
                    (&mut y[tap.map_row * g.map[1]..], Steps { row: 1, column: g.map_len() }),
                );
            }
        });
    }
}
