//! `glyphs`: a built-in set of handwriting-like digits and letters.
//!
//! 36 classes (`0` to `9`, `a` to `z`), grey pictures `[1, 28, 28]`, white ink on black, sized and
//! centred as in MNIST. A skeleton of pen strokes (`skeletons.txt`) is written by a random hand
//! (`Hand`) and inked (`pen`). Only `+ - * /` and square roots are used, whose rounding IEEE 754 fixes, so
//! every machine draws the same bits.

mod hand;
mod pen;
mod skeleton;

use super::{BuiltIn, cursor::Cursor};
use hand::Hand;
use pen::SIDE;
use skeleton::GLYPHS;

/// The set as scripts load it, of as many pictures as MNIST has.
pub const SET: BuiltIn = BuiltIn {
    name: "glyphs",
    about: "handwriting-like digits and letters, 36 classes, any number of grey 28x28",
    shape: [1, SIDE, SIDE],
    classes: || GLYPHS.iter().map(|glyph| glyph.name.into()).collect(),
    training: 60_000,
    draw,
};

/// Draws a picture of a class on `picture` (`[SIDE, SIDE]`, black).
fn draw(class: usize, cursor: &mut Cursor, picture: &mut [u8]) {
    let variants = &GLYPHS[class].variants;
    let strokes = &variants[cursor.below(variants.len())];
    let hand = Hand::new(cursor);
    for path in hand.write(strokes, cursor) {
        pen::ink(&path, picture);
    }
}

#[cfg(test)]
mod tests;
