//! Many numbers at once on the CPU.
//!
//! Number `e` of a draw is made of word `e / 64 % 4` of group `64 (e / 256) + e % 64`: neighbours are made
//! of the same word of neighbouring groups, so that a processor computes as many groups at a time as its
//! vectors are long, and a graphics card writes them side by side.

use std::mem::MaybeUninit;

use super::{Draw, law::Law};
use crate::cpu::{self, wide};

/// Groups of a block.
pub(super) const LANES: usize = 64;
/// Numbers of a block.
pub(super) const BLOCK: usize = 4 * LANES;
/// Numbers that a thread makes at a time: whole blocks, which stay in its cache.
pub(super) const PART: usize = 64 * BLOCK;

/// `n` numbers of a law, on all threads.
pub(super) fn fill(draw: Draw, n: usize, law: impl Law) -> Vec<f32> {
    let part = |first: usize, out: &mut [MaybeUninit<f32>]| _ = fill_from(draw, first, out, law);
    // SAFETY: `fill_from` writes all of a part.
    unsafe { cpu::in_parts(n, PART, part) }
}

/// The numbers of a draw from `first` on.
pub(super) fn fill_from(draw: Draw, first: usize, out: &mut [MaybeUninit<f32>], law: impl Law) -> &mut [f32] {
    wide!(fill_in(draw, first, &mut *out, law));
    // SAFETY: all elements were just written.
    unsafe { &mut *(std::ptr::from_mut(out) as *mut [f32]) }
}

#[inline(always)]
fn fill_in(draw: Draw, first: usize, mut out: &mut [MaybeUninit<f32>], law: impl Law) {
    let (mut number, skipped) = ((first / BLOCK) as u64, first % BLOCK);
    if skipped > 0 {
        let head = out.len().min(BLOCK - skipped);
        let (part, rest) = out.split_at_mut(head);
        part.copy_from_slice(&block(draw, number, law)[skipped..skipped + head]);
        (out, number) = (rest, number + 1);
    }
    let (blocks, tail) = out.as_chunks_mut::<BLOCK>();
    for out in blocks {
        fill_block(draw, number, law, out);
        number += 1;
    }
    if !tail.is_empty() {
        tail.copy_from_slice(&block(draw, number, law)[..tail.len()]);
    }
}

#[inline(always)]
fn block(draw: Draw, number: u64, law: impl Law) -> [MaybeUninit<f32>; BLOCK] {
    let mut out = [MaybeUninit::new(0.0); BLOCK];
    fill_block(draw, number, law, &mut out);
    out
}

#[inline(always)]
fn fill_block(draw: Draw, number: u64, law: impl Law, out: &mut [MaybeUninit<f32>; BLOCK]) {
    let first = number * LANES as u64;
    let (low, high) = (first as u32, first >> 32 << 32);
    for lane in 0..LANES {
        // The low word never carries into the high one within a block.
        let four = law.four(draw.words(high | u64::from(low | lane as u32)));
        for (plane, value) in four.into_iter().enumerate() {
            out[plane * LANES + lane] = MaybeUninit::new(value);
        }
    }
}
