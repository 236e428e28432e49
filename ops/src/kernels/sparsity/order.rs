//! The order of floats, written once for both devices.

#[cfg(feature = "cube")]
use cubecl::prelude::*;

/// The bits of a float as a whole number in the same order: NaN above all, -0 equal to 0.
#[cfg_attr(feature = "cube", cube)]
#[inline(always)]
pub(crate) fn key(word: u32) -> u32 {
    let magnitude = word & 0x7fff_ffff;
    let mut key = word ^ 0x8000_0000;
    if word != magnitude {
        key = !word;
    }
    if magnitude == 0 {
        key = 0x8000_0000;
    }
    if magnitude > 0x7f80_0000 {
        key = 0xffff_ffff;
    }
    key
}
