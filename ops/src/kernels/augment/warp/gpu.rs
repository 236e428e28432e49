//! A unit for each pixel that is written. The transpose gathers too: it looks for the pixels of the view
//! that read the unit's own, so that no two units write to one element and the sums have one order.

use cubecl::prelude::*;

use super::{
    Frame, Outside, WIDTH,
    position::{between, copy_of, reflected},
};
use crate::tensor::{Operand, Primitive, Spec, gpu::launch};

/// The sizes of a warp, as kernels take them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Sizes {
    /// Of the output.
    elements: u32,
    channels: u32,
    rows: u32,
    columns: u32,
    view_rows: u32,
    view_columns: u32,
    nan: f32,
}

/// A position within reach: from -1 to `side`, or of the mirrored image.
#[cube]
fn within(position: f32, side: f32, #[comptime] mirror: bool) -> f32 {
    if mirror {
        between(reflected(position, side), f32::new(0.0), side - 1.0f32)
    } else {
        between(position, f32::new(-1.0), side)
    }
}

#[cube]
fn is_finite(maps: &[f32], first: u32) -> bool {
    let mut finite = true;
    for i in 0..6u32 {
        // False for NaN.
        let small = maps[(first + i) as usize].abs() <= f32::MAX;
        finite = finite && small;
    }
    finite
}

/// A share of a pixel, where the image has one; none of it is 0 whatever the pixel holds.
#[cube]
fn part(x: &[f32], plane: u32, row: i32, column: i32, share: f32, sizes: &Sizes) -> f32 {
    let (rows, columns) = (i32::cast_from(sizes.rows), i32::cast_from(sizes.columns));
    let mut y = 0.0f32;
    if row >= 0 && column >= 0 && row < rows && column < columns && share != 0.0f32 {
        y = share * x[(plane * sizes.rows * sizes.columns + u32::cast_from(row * columns + column)) as usize];
    }
    y
}

#[cube(launch)]
fn warp_kernel(x: &[f32], maps: &[f32], y: &mut [f32], sizes: &Sizes, #[comptime] mirror: bool) {
    let i = ABSOLUTE_POS as u32;
    if i < sizes.elements {
        let view = sizes.view_rows * sizes.view_columns;
        let plane = i / view;
        let first = 6 * (plane / sizes.channels);
        let column = f32::cast_from(i % sizes.view_columns);
        let row = f32::cast_from(i % view / sizes.view_columns);
        let m = first as usize;
        let at_x = maps[m] * column + (maps[m + 1] * row + maps[m + 2]);
        let at_y = maps[m + 3] * column + (maps[m + 4] * row + maps[m + 5]);
        let at_x = within(at_x, f32::cast_from(sizes.columns), mirror);
        let at_y = within(at_y, f32::cast_from(sizes.rows), mirror);
        let (left, top) = (at_x.floor(), at_y.floor());
        let (right, below) = (at_x - left, at_y - top);
        let (left, top) = (i32::cast_from(left), i32::cast_from(top));
        let mut sum = part(x, plane, top, left, (1.0f32 - below) * (1.0f32 - right), sizes);
        sum += part(x, plane, top, left + 1, (1.0f32 - below) * right, sizes);
        sum += part(x, plane, top + 1, left, below * (1.0f32 - right), sizes);
        sum += part(x, plane, top + 1, left + 1, below * right, sizes);
        if !is_finite(maps, first) {
            sum = sizes.nan;
        }
        y[i as usize] = sum;
    }
}

/// The share of pixel `index` at a position of the image.
#[cube]
fn share(position: f32, index: f32) -> f32 {
    let before = position.floor();
    let after = position - before;
    let mut share = 0.0f32;
    if before == index {
        share = 1.0f32 - after;
    }
    if before + 1.0f32 == index {
        share = after;
    }
    share
}

/// The index of a pixel of a view, from 0 to `last`.
#[cube]
fn bound(position: f32, last: u32) -> u32 {
    u32::cast_from(between(position, f32::new(0.0), f32::cast_from(last)))
}

/// The index of the copy of the image that a position lies in; those to the left are negative.
#[cube]
fn copy_at(position: f32, side: f32) -> f32 {
    let copy = copy_of(position, side);
    let mut y = copy;
    if position + 0.5f32 < 0.0f32 {
        y = -1.0f32 - copy;
    }
    y
}

/// The position of pixel `index` of a copy.
#[cube]
fn in_copy(index: f32, copy: f32, side: f32) -> f32 {
    let odd = copy - 2.0f32 * (copy * 0.5f32).floor();
    copy * side + index + odd * (side - 1.0f32 - 2.0f32 * index)
}

/// What the pixels of a view that read one pixel of a copy add up to.
#[cube]
fn gathered(
    dy: &[f32],
    maps: &[f32],
    first: u32,
    plane: u32,
    pixel_x: f32,
    pixel_y: f32,
    copy_x: f32,
    copy_y: f32,
    sizes: &Sizes,
    #[comptime] mirror: bool,
) -> f32 {
    let m = first as usize;
    let (side_x, side_y) = (f32::cast_from(sizes.columns), f32::cast_from(sizes.rows));
    let to_x = in_copy(pixel_x, copy_x, side_x) - maps[m + 2];
    let to_y = in_copy(pixel_y, copy_y, side_y) - maps[m + 5];
    let determinant = maps[m] * maps[m + 4] - maps[m + 1] * maps[m + 3];
    // The box of the view whose positions may be less than a pixel away, and a little more.
    let mut left = 0u32;
    let mut right = sizes.view_columns - 1;
    let mut top = 0u32;
    let mut bottom = sizes.view_rows - 1;
    if determinant.abs() > 1e-12f32 {
        let column = (maps[m + 4] * to_x - maps[m + 1] * to_y) / determinant;
        let row = (maps[m] * to_y - maps[m + 3] * to_x) / determinant;
        let reach_x = 1.01f32 * ((maps[m + 4].abs() + maps[m + 1].abs()) / determinant.abs()) + 0.01f32;
        let reach_y = 1.01f32 * ((maps[m].abs() + maps[m + 3].abs()) / determinant.abs()) + 0.01f32;
        left = bound((column - reach_x).floor(), sizes.view_columns - 1);
        right = bound((column + reach_x).ceil(), sizes.view_columns - 1);
        top = bound((row - reach_y).floor(), sizes.view_rows - 1);
        bottom = bound((row + reach_y).ceil(), sizes.view_rows - 1);
    }
    let mut sum = 0.0f32;
    for r in top..bottom + 1 {
        for c in left..right + 1 {
            let (row, column) = (f32::cast_from(r), f32::cast_from(c));
            let at_x = maps[m] * column + (maps[m + 1] * row + maps[m + 2]);
            let at_y = maps[m + 3] * column + (maps[m + 4] * row + maps[m + 5]);
            let mut here = true;
            if mirror {
                here = copy_at(at_x, side_x) == copy_x && copy_at(at_y, side_y) == copy_y;
            }
            let part =
                share(within(at_x, side_x, mirror), pixel_x) * share(within(at_y, side_y, mirror), pixel_y);
            if here && part != 0.0f32 {
                sum += part * dy[((plane * sizes.view_rows + r) * sizes.view_columns + c) as usize];
            }
        }
    }
    sum
}

#[cube(launch)]
fn transposed_kernel(dy: &[f32], maps: &[f32], dx: &mut [f32], sizes: &Sizes, #[comptime] mirror: bool) {
    let i = ABSOLUTE_POS as u32;
    if i < sizes.elements {
        let image = sizes.rows * sizes.columns;
        let plane = i / image;
        let first = 6 * (plane / sizes.channels);
        let pixel_x = f32::cast_from(i % sizes.columns);
        let pixel_y = f32::cast_from(i % image / sizes.columns);
        let mut sum = 0.0f32;
        if !is_finite(maps, first) {
            sum = sizes.nan;
        } else if mirror {
            // The copies that the view reaches.
            let m = first as usize;
            let wide = f32::cast_from(sizes.view_columns) - 1.0f32;
            let high = f32::cast_from(sizes.view_rows) - 1.0f32;
            let (mid_x, mid_y) = (
                maps[m + 2] + 0.5f32 * (maps[m] * wide + maps[m + 1] * high),
                maps[m + 5] + 0.5f32 * (maps[m + 3] * wide + maps[m + 4] * high),
            );
            let far_x = 0.5f32 * (maps[m].abs() * wide + maps[m + 1].abs() * high) + 0.01f32;
            let far_y = 0.5f32 * (maps[m + 3].abs() * wide + maps[m + 4].abs() * high) + 0.01f32;
            let (side_x, side_y) = (f32::cast_from(sizes.columns), f32::cast_from(sizes.rows));
            let last_x = copy_at(mid_x + far_x, side_x);
            let last_y = copy_at(mid_y + far_y, side_y);
            let mut y = copy_at(mid_y - far_y, side_y);
            while y <= last_y {
                let mut x = copy_at(mid_x - far_x, side_x);
                while x <= last_x {
                    sum += gathered(dy, maps, first, plane, pixel_x, pixel_y, x, y, sizes, mirror);
                    x += 1.0f32;
                }
                y += 1.0f32;
            }
        } else {
            sum = gathered(
                dy,
                maps,
                first,
                plane,
                pixel_x,
                pixel_y,
                f32::new(0.0),
                f32::new(0.0),
                sizes,
                mirror,
            );
        }
        dx[i as usize] = sum;
    }
}

fn sizes(frame: Frame, spec: &Spec) -> SizesLaunch {
    const { assert!(WIDTH == 6) };
    let [rows, columns] = frame.image.map(|side| side as u32);
    let [view_rows, view_columns] = frame.view.map(|side| side as u32);
    let (elements, channels) = (spec.len() as u32, frame.channels as u32);
    SizesLaunch::new(elements, channels, rows, columns, view_rows, view_columns, f32::NAN)
}

/// Inputs: images, maps.
pub(super) fn warp(x: &[Operand], frame: Frame, spec: &Spec) -> Primitive {
    let mirror = frame.outside == Outside::Mirror;
    launch!(warp_kernel(&x[0], &x[1]) -> spec, units(spec.len()), sizes(frame, spec), mirror)
}

/// Inputs: warped images, maps.
pub(super) fn transposed(x: &[Operand], frame: Frame, spec: &Spec) -> Primitive {
    let mirror = frame.outside == Outside::Mirror;
    launch!(transposed_kernel(&x[0], &x[1]) -> spec, units(spec.len()), sizes(frame, spec), mirror)
}
