//! Which rows of an image meet which rows of a map.

use std::{collections::BTreeMap, ops::Range};

use super::Geometry;

/// A row of the kernel: map rows `map_row..map_row + rows` meet the image rows from index `position` of
/// [`Lowering::image_rows`] on.
#[derive(Debug, PartialEq)]
pub(super) struct Tap {
    pub kernel_row: usize,
    pub position: usize,
    pub map_row: usize,
    pub rows: usize,
}

/// Image rows in such an order that for each row of the kernel, those that it meets are adjacent:
/// with stride s, those of equal remainder modulo s. Rows of the padding are not among them.
#[derive(Debug)]
pub(super) struct Lowering {
    pub image_rows: Vec<usize>,
    pub taps: Vec<Tap>,
}

impl Lowering {
    /// For some rows of the map and some of the image.
    pub fn new(g: &Geometry, map_rows: Range<usize>, image_rows: Range<usize>) -> Self {
        let (stride, padding, dilation) = (g.window.stride[0], g.window.padding[0], g.window.dilation[0]);
        let mut found = Self { image_rows: vec![], taps: vec![] };
        // Of each remainder: the position of its first image row, and `(row + padding) / stride` of the
        // first and beyond the last.
        let mut phases = BTreeMap::new();
        for kernel_row in 0..g.kernel[0] {
            let (ahead, phase) = (kernel_row * dilation / stride, kernel_row * dilation % stride);
            let (start, steps) = phases.entry(phase).or_insert_with(|| {
                let first = (image_rows.start + padding).saturating_sub(phase).div_ceil(stride);
                let end = (image_rows.end + padding).saturating_sub(phase).div_ceil(stride).max(first);
                let start = found.image_rows.len();
                found.image_rows.extend((first..end).map(|step| step * stride + phase - padding));
                (start, first..end)
            });
            // Map row m meets image row m * stride + phase - padding + ahead * stride.
            let from = steps.start.saturating_sub(ahead).max(map_rows.start);
            let to = steps.end.saturating_sub(ahead).min(map_rows.end);
            if from < to {
                let position = *start + from + ahead - steps.start;
                found.taps.push(Tap { kernel_row, position, map_row: from, rows: to - from });
            }
        }
        found
    }

    /// The rows of the image that some rows of the map meet.
    pub fn of_map_rows(g: &Geometry, map_rows: Range<usize>) -> Self {
        let (stride, padding) = (g.window.stride[0], g.window.padding[0]);
        let extent = (g.kernel[0] - 1) * g.window.dilation[0] + 1;
        let first = (map_rows.start * stride).saturating_sub(padding).min(g.image[0]);
        let end = ((map_rows.end - 1) * stride + extent).saturating_sub(padding).clamp(first, g.image[0]);
        Self::new(g, map_rows, first..end)
    }

    /// The rows of the map that some rows of the image meet.
    pub fn of_image_rows(g: &Geometry, image_rows: Range<usize>) -> Self {
        Self::new(g, 0..g.map[0], image_rows)
    }
}
