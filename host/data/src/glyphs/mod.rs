//! `glyphs`: a built-in set of handwriting-like digits and letters.
//!
//! 36 classes (`0` to `9`, `a` to `z`), grey pictures `[1, 28, 28]`, white ink on black, sized and
//! centred as in MNIST. A skeleton of pen strokes (`skeletons.txt`) is written by a random hand
//! (`Hand`) and inked (`pen`). Only `+ - * /` and square roots are used, whose rounding IEEE 754 fixes, so
//! every machine draws the same bits.

mod hand;
mod pen;
mod skeleton;

use rayon::prelude::*;

use super::{BuiltIn, Images, Split, cursor::Cursor};
use hand::Hand;
use pen::SIDE;
use skeleton::GLYPHS;

/// The set as scripts load it.
pub const SET: BuiltIn = BuiltIn {
    name: "glyphs",
    about: "handwriting-like digits and letters, 36 classes, any number of grey 28x28",
    make: glyphs,
    usual_count,
    shape: [1, SIDE, SIDE],
};

/// How many pictures a split has where no number is asked for: as many as MNIST's.
pub fn usual_count(split: Split) -> usize {
    match split {
        Split::Train => 60_000,
        Split::Test | Split::Validation => 10_000,
    }
}

/// The first `count` pictures of a split. Picture `i` is a pure function of `(seed, split, i)` and shows
/// class `i % 36`. It takes 784 bytes, so bound `count` where a user names it.
/// Once a stop is asked for, the pictures that follow stay black.
pub fn glyphs(seed: u64, split: Split, count: usize) -> Images {
    let mut pixels = vec![0; count * SIDE * SIDE];
    pixels.par_chunks_mut(SIDE * SIDE).enumerate().for_each(|(i, picture)| {
        if !ops::interrupt::requested() {
            draw(seed, split, i, picture);
        }
    });
    Images {
        name: SET.name.into(),
        shape: [1, SIDE, SIDE],
        pixels: pixels.into(),
        labels: Some((0..count).map(|i| label(i) as u32).collect()),
        class_names: GLYPHS.iter().map(|glyph| glyph.name.into()).collect(),
        unlabelled: String::new(),
    }
}

fn label(picture: usize) -> usize {
    picture % GLYPHS.len()
}

/// Draws picture `i` on `picture` (`[SIDE, SIDE]`, black).
fn draw(seed: u64, split: Split, i: usize, picture: &mut [u8]) {
    let mut cursor = Cursor::new(seed, split, i as u64);
    let variants = &GLYPHS[label(i)].variants;
    let strokes = &variants[cursor.below(variants.len())];
    let hand = Hand::new(&mut cursor);
    for path in hand.write(strokes, &mut cursor) {
        pen::ink(&path, picture);
    }
}

#[cfg(test)]
mod tests;
