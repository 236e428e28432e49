//! Formulas of a pixel, written once for both devices.

#[cfg(feature = "cube")]
use cubecl::prelude::*;

use super::GREY;

const RED: f32 = GREY[0] as f32;
const GREEN: f32 = GREY[1] as f32;
const BLUE: f32 = GREY[2] as f32;

/// Within [0, 1]; NaN stays NaN.
#[allow(clippy::manual_clamp, reason = "what a shader's clamp makes of NaN is not defined")]
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn clamp(x: f32) -> f32 {
    let mut y = x;
    if x < 0.0f32 {
        y = 0.0f32;
    }
    if x > 1.0f32 {
        y = 1.0f32;
    }
    y
}

#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    let mut y = b;
    if a > b {
        y = a;
    }
    y
}

#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn grey(r: f32, g: f32, b: f32) -> f32 {
    RED * r + GREEN * g + BLUE * b
}

/// The hue of a pixel in sixths of a rotation, -1 to 5; where there is no spread it does not matter.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn hue(r: f32, g: f32, b: f32, largest: f32, spread: f32) -> f32 {
    let mut over = r - g;
    let mut from = 4.0f32;
    if largest == g {
        over = b - r;
        from = 2.0f32;
    }
    if largest == r {
        over = g - b;
        from = 0.0f32;
    }
    let mut divisor = 1.0f32;
    if spread > 0.0f32 {
        divisor = spread;
    }
    over / divisor + from
}

/// The channel whose hue is `distance` away, 0 to less than 16 sixths of a rotation.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn channel(largest: f32, spread: f32, distance: f32) -> f32 {
    let mut distance = distance;
    if distance >= 12.0f32 {
        distance -= 12.0f32;
    }
    if distance >= 6.0f32 {
        distance -= 6.0f32;
    }
    let mut share = distance;
    if 4.0f32 - distance < distance {
        share = 4.0f32 - distance;
    }
    largest - spread * clamp(share)
}
