//! Memory that is written once: outputs without a pass of zeros, and scratch that threads keep.

use std::cell::RefCell;

use rayon::prelude::*;

use super::{Geometry, Piece, TASKS, blocks};
use crate::cpu::filled;

/// Elements of scratch memory that is kept: more is seldom needed.
const KEPT: usize = 1 << 22;

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<f32>>> = const { RefCell::new(vec![]) };
}

/// Runs `f` with `len` elements of any value, which the thread keeps for the next call. A nested call
/// has its own.
pub(super) fn with_scratch<T>(len: usize, f: impl FnOnce(&mut [f32]) -> T) -> T {
    let mut memory = SCRATCH.with_borrow_mut(|kept| kept.pop().unwrap_or_default());
    if memory.len() < len {
        memory.resize(len, 0.0);
    }
    let answer = f(&mut memory[..len]);
    if memory.len() <= KEPT {
        SCRATCH.with_borrow_mut(|kept| kept.push(memory));
    }
    answer
}

/// A tensor `[N, groups * channels, plane]` of which `fill` writes one piece after the other, of at
/// most `maximum` channels, on all threads. A piece starts as the bias of its channels.
pub(super) fn in_pieces(
    g: &Geometry,
    [channels, plane]: [usize; 2],
    maximum: usize,
    bias: Option<&[f32]>,
    fill: impl Fn(Piece, &mut [f32]) + Sync,
) -> Vec<f32> {
    let groups = g.window.groups;
    let len = g.count * groups * channels * plane;
    let mut memory = Vec::with_capacity(len);
    let mut rest = &mut memory.spare_capacity_mut()[..len];
    let maximum = maximum.min(channels.div_ceil(TASKS.div_ceil(g.count * groups)));
    let mut pieces = vec![];
    for (image, group) in (0..g.count).flat_map(|image| (0..groups).map(move |group| (image, group))) {
        for (first, channels) in blocks(channels, maximum) {
            let (piece, others) = rest.split_at_mut(channels * plane);
            pieces.push((Piece { image, group, first, channels }, piece));
            rest = others;
        }
    }
    pieces.into_par_iter().for_each(|(piece, memory)| {
        for (i, channel) in memory.chunks_exact_mut(plane).enumerate() {
            filled(channel, bias.map_or(0.0, |bias| bias[piece.group * channels + piece.first + i]));
        }
        // SAFETY: all channels were just written, and together they are all of the piece.
        fill(piece, unsafe { &mut *(std::ptr::from_mut(memory) as *mut [f32]) });
    });
    // SAFETY: the pieces are all of the memory, and each was written.
    unsafe { memory.set_len(len) };
    memory
}
