//! Positions within reach of an image, written once for both devices.

#[cfg(feature = "cube")]
use cubecl::prelude::*;

/// A number from `low` to `high`; NaN counts as `low`.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn between(x: f32, low: f32, high: f32) -> f32 {
    let mut y = low;
    if x > low {
        y = x;
    }
    if y > high {
        y = high;
    }
    y
}

/// The index of the copy of the image that a position beyond its edges lies in, the image itself being 0 and
/// both of its neighbours 1.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn copy_of(position: f32, side: f32) -> f32 {
    // From the outer edge of the first pixel on.
    ((position + 0.5f32).abs() * (1.0f32 / side)).floor()
}

/// A position in the image that is repeated beyond its edges, every other copy reversed: before it is brought
/// into 0 to `side - 1`.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn reflected(position: f32, side: f32) -> f32 {
    let copy = copy_of(position, side);
    let rest = (position + 0.5f32).abs() - copy * side;
    let odd = copy - 2.0f32 * (copy * 0.5f32).floor();
    rest + odd * (side - 2.0f32 * rest) - 0.5f32
}
