//! Images unrolled over the columns of the kernel, and back.

use super::{Geometry, lowering::Lowering};

/// Where a column of the kernel finds the columns of a map in the image: map column `o` of
/// `map..map + len` at image column `image + (o - map) stride`, the others in the padding.
#[derive(Debug, Clone, Copy)]
struct Columns {
    map: usize,
    image: usize,
    len: usize,
}

impl Columns {
    fn new(g: &Geometry, kernel_column: usize) -> Self {
        let (stride, padding) = (g.window.stride[1], g.window.padding[1]);
        let shift = kernel_column * g.window.dilation[1];
        let map = padding.saturating_sub(shift).div_ceil(stride).min(g.map[1]);
        let end = (g.image[1] + padding).saturating_sub(shift).div_ceil(stride).clamp(map, g.map[1]);
        // In the padding altogether, the column may lie beyond the image.
        let image = if map < end { map * stride + shift - padding } else { 0 };
        Self { map, image, len: end - map }
    }
}

fn columns(g: &Geometry) -> Vec<Columns> {
    (0..g.kernel[1]).map(|kernel_column| Columns::new(g, kernel_column)).collect()
}

/// Elements of one channel and kernel column: all image rows, as wide as the map.
pub(super) fn plane_len(g: &Geometry, rows: &Lowering) -> usize {
    rows.image_rows.len() * g.map[1]
}

/// `u[c, k, r, o] = x[c, row r, o stride + k dilation - padding]`, 0 in the padding: channels
/// `[C, H, W]` to `[C, Kw, rows, Wo]`.
pub(super) fn unroll(x: &[f32], g: &Geometry, rows: &Lowering, u: &mut [f32]) {
    let columns = columns(g);
    let mut planes = u.chunks_exact_mut(plane_len(g, rows).max(1));
    for channel in x.chunks_exact(g.image_len()) {
        for (at, plane) in columns.iter().zip(&mut planes) {
            if at.len < g.map[1] {
                plane.fill(0.0);
            }
            match at.len {
                16.. if g.window.stride[1] == 1 => copy::<16>(channel, g, rows, *at, plane),
                4.. if g.window.stride[1] == 1 => copy::<4>(channel, g, rows, *at, plane),
                _ => copy_each(channel, g, rows, *at, plane),
            }
        }
    }
}

/// Copies the rows of one channel, stride 1, in stretches of `L` columns, of which the last two may
/// overlap. Rows are too short for a call of the general copy to be worth its price.
fn copy<const L: usize>(channel: &[f32], g: &Geometry, rows: &Lowering, at: Columns, plane: &mut [f32]) {
    for first in (0..at.len).step_by(L).map(|first| first.min(at.len - L)) {
        for (&row, line) in rows.image_rows.iter().zip(plane.chunks_exact_mut(g.map[1])) {
            let source = &channel[row * g.image[1] + at.image + first..][..L];
            line[at.map + first..][..L].copy_from_slice(source);
        }
    }
}

/// Copies the rows of one channel, any stride.
fn copy_each(channel: &[f32], g: &Geometry, rows: &Lowering, at: Columns, plane: &mut [f32]) {
    for (&row, line) in rows.image_rows.iter().zip(plane.chunks_exact_mut(g.map[1])) {
        let source = channel[row * g.image[1]..][..g.image[1]][at.image..].iter().step_by(g.window.stride[1]);
        line[at.map..][..at.len].iter_mut().zip(source).for_each(|(to, from)| *to = *from);
    }
}

/// The transpose of [`unroll`]: each element is added where it came from.
pub(super) fn fold(u: &[f32], g: &Geometry, rows: &Lowering, x: &mut [f32]) {
    let (columns, stride) = (columns(g), g.window.stride[1]);
    let mut lines = u.chunks_exact(g.map[1]);
    for channel in x.chunks_exact_mut(g.image_len()) {
        for at in &columns {
            for (&row, line) in rows.image_rows.iter().zip(&mut lines) {
                let target = &mut channel[row * g.image[1]..][..g.image[1]];
                let line = &line[at.map..][..at.len];
                if stride == 1 {
                    let target = &mut target[at.image..][..at.len];
                    target.iter_mut().zip(line).for_each(|(to, from)| *to += from);
                } else {
                    let chosen = target[at.image..].iter_mut().step_by(stride);
                    chosen.zip(line).for_each(|(to, from)| *to += from);
                }
            }
        }
    }
}
