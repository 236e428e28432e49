//! The transposed convolution.

use super::{
    CACHED, Geometry, Piece, batched, blocks, by_kernel_row,
    lowering::Lowering,
    memory::{in_pieces, with_scratch},
    minimal::{self, Form, Side},
    sparse,
    transpose::{lanes, transpose},
    unroll::{fold, plane_len},
};
use crate::cpu::product::{Steps, add_product};

/// Positions of an image that are computed at once.
const POSITIONS: usize = 1024;

/// `x[n, i] = bias[i] + sum_o y[n, o] * w[o, i]`, maps to images `[N, Ci, H, W]`, where `*` adds the
/// kernel, times the element, at each element of the map.
pub(crate) fn images(y: &[f32], w: &[f32], bias: Option<&[f32]>, g: &Geometry) -> Vec<f32> {
    if let Some(winners) = sparse::winners(y, w, g) {
        return sparse::images(&winners, w, bias, g);
    }
    if let Some(form) = Form::of(g, Side::Images) {
        return minimal::images(form, y, w, bias, g);
    }
    if batched::applies(g) {
        return batched::images(y, w, bias, g);
    }
    let sorted = by_map_channel(w, g);
    let rows = blocks(g.image[0], POSITIONS / g.image[1]);
    let bands: Vec<_> = rows.map(|(first, len)| Lowering::of_image_rows(g, first..first + len)).collect();
    let largest = bands.iter().map(|band| plane_len(g, band)).max().unwrap_or(0);
    let cached = CACHED / (g.kernel[1] * largest).max(1);
    in_pieces(g, [g.inputs, g.image_len()], cached, bias, |piece, x| {
        bands.iter().for_each(|band| add_band(y, &sorted, g, band, piece, x));
    })
}

/// The weights `[groups, Co, Ci, Kh, Kw]` with the channels of the maps last: `[groups, Kh, Ci, Kw, lanes]`.
fn by_map_channel(weights: &[f32], g: &Geometry) -> Vec<f32> {
    let row = g.inputs * g.kernel[1];
    let mut sorted = vec![0.0; g.window.groups * g.kernel[0] * row * lanes(g.outputs)];
    let rows = by_kernel_row(weights, g);
    for (from, to) in rows.chunks_exact(g.outputs * row).zip(sorted.chunks_exact_mut(row * lanes(g.outputs)))
    {
        transpose(from, [g.outputs, row], to);
    }
    sorted
}

/// Adds the rows of one band.
fn add_band(y: &[f32], sorted: &[f32], g: &Geometry, band: &Lowering, piece: Piece, x: &mut [f32]) {
    let ([kh, kw], plane) = (g.kernel, plane_len(g, band));
    let (lanes, maps) = (lanes(g.outputs), g.maps_of_image(y, &piece));
    with_scratch(piece.channels * kw * plane, |u| {
        u.fill(0.0);
        for tap in &band.taps {
            let at = ((piece.group * kh + tap.kernel_row) * g.inputs + piece.first) * kw;
            add_product(
                [tap.rows * g.map[1], g.outputs, piece.channels * kw],
                (&maps[tap.map_row * g.map[1]..], Steps { row: 1, column: g.map_len() }),
                (&sorted[at * lanes..], Steps { row: 1, column: lanes }),
                (&mut u[tap.position * g.map[1]..], Steps { row: 1, column: plane }),
            );
        }
        fold(u, g, band, x);
    });
}
