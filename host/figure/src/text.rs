//! Text on a sheet, in the built-in font (DejaVu Sans, which has the Greek and the mathematics). A character
//! that it does not have is a box with the character's code point.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, PxScaleFont, ScaleFont, point};
use unicode_width::UnicodeWidthChar;

use super::canvas::{Canvas, Color};

pub static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(dejavu::sans::regular()).expect("the built-in font is well formed")
});

/// Which part of a text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Start,
    Center,
    End,
}

/// How a text looks: `size` in pixels an em; `vertical` texts are read from the bottom to the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pen {
    pub size: f32,
    pub color: Color,
    pub align: Align,
    pub vertical: bool,
}

/// The width of `text` in pixels.
pub fn width(text: &str, size: f32) -> f32 {
    lay_out(text, size).1
}

/// `text`, cut with an ellipsis where it is wider than `room` pixels.
pub fn fit(text: &str, size: f32, room: f32) -> String {
    if width(text, size) <= room {
        return text.to_string();
    }
    // No sheet has room for more, and every iteration measures what is left.
    let mut cut: Vec<char> = text.chars().take(1000).collect();
    loop {
        cut.pop();
        let short: String = cut.iter().chain(&['…']).collect();
        if cut.is_empty() || width(&short, size) <= room {
            return short;
        }
    }
}

/// Writes `text` with its baseline through `at`.
pub fn draw(canvas: &mut Canvas, text: &str, pen: Pen, at: (f32, f32)) {
    let (marks, start) = laid_out(text, pen);
    // Whole pixels across the line keep every baseline equally sharp.
    let (along, across) =
        if pen.vertical { (start - at.1, at.0.round() as i64) } else { (start + at.0, at.1.round() as i64) };
    let mut put = |u: i64, v: i64, coverage: f32| {
        let (x, y) = if pen.vertical { (v + across, -u - 1) } else { (u, v + across) };
        canvas.blend(x, y, pen.color, coverage);
    };
    for mark in marks {
        match mark {
            TextGlyph::Glyph(mut glyph, _) => {
                glyph.position.x += along;
                fill(glyph, &mut put);
            }
            TextGlyph::Missing { left, width } => missing(left + along, width, pen.size, &mut put),
        }
    }
}

/// What `text` is drawn with, and where its origin is along the baseline from the point where it is written.
pub fn laid_out(text: &str, pen: Pen) -> (Vec<TextGlyph>, f32) {
    let (marks, width) = lay_out(text, pen.size);
    let start = match pen.align {
        Align::Start => 0.0,
        Align::Center => -width / 2.0,
        Align::End => -width,
    };
    (marks, start)
}

fn fill(glyph: Glyph, put: &mut impl FnMut(i64, i64, f32)) {
    let Some(outline) = FONT.outline_glyph(glyph) else {
        return; // a space
    };
    let corner = outline.px_bounds().min;
    outline
        .draw(|u, v, coverage| put(corner.x as i64 + i64::from(u), corner.y as i64 + i64::from(v), coverage));
}

/// The outline of a box that stands on the baseline.
fn missing(left: f32, width: f32, size: f32, put: &mut impl FnMut(i64, i64, f32)) {
    let (left, right) = (left.round() as i64, (left + width).round() as i64 - 1);
    let (top, bottom) = ((-TALL * size).round() as i64, (DEEP * size).round() as i64);
    for u in left..=right {
        put(u, top, 1.0);
        put(u, bottom, 1.0);
    }
    for v in top + 1..bottom {
        put(left, v, 1.0);
        put(right, v, 1.0);
    }
}

/// A box's height over the baseline and depth under it, the lines and the size of its digits, and the room
/// around them, in ems.
pub const TALL: f32 = 0.78;
pub const DEEP: f32 = 0.16;
const LINES: [f32; 2] = [-0.36, 0.06];
const DIGIT: f32 = 0.44;
const ROOM: f32 = 0.12;

/// What is drawn along a baseline from the origin.
pub enum TextGlyph {
    Glyph(Glyph, char),
    /// A box for a character that the font does not have.
    Missing {
        left: f32,
        width: f32,
    },
}

/// The marks of `text`, and the width of all.
fn lay_out(text: &str, size: f32) -> (Vec<TextGlyph>, f32) {
    let font = scaled(size);
    let (mut x, mut last, mut marks) = (0.0, None, Vec::with_capacity(text.len()));
    for c in text.chars() {
        let id = font.glyph_id(if c.is_control() { ' ' } else { c });
        if id == GlyphId(0) {
            // What only changes its neighbours, as a joiner does, is nothing without them.
            if c.width() != Some(0) {
                x += code_point(c, size, x, &mut marks);
            }
            last = None;
            continue;
        }
        if let Some(last) = last {
            x += font.kern(last, id);
        }
        let glyph = id.with_scale_and_position(font.scale(), point(x, 0.0));
        marks.push(TextGlyph::Glyph(glyph, c));
        x += font.h_advance(id);
        last = Some(id);
    }
    (marks, x)
}

/// A box with a code point in two lines of digits, from `x` on; its width.
fn code_point(c: char, size: f32, x: f32, marks: &mut Vec<TextGlyph>) -> f32 {
    let digits: Vec<char> = format!("{:04X}", u32::from(c)).chars().collect();
    let font = scaled(DIGIT * size);
    let across = digits.len().div_ceil(2);
    let step = font.h_advance(font.glyph_id('0'));
    let (left, width) = (x + 0.05 * size, across as f32 * step + 2.0 * ROOM * size);
    marks.push(TextGlyph::Missing { left, width });
    for (i, digit) in digits.iter().enumerate() {
        let baseline = LINES[i / across] * size;
        let start = left + ROOM * size + (i % across) as f32 * step;
        let glyph = font.glyph_id(*digit).with_scale_and_position(font.scale(), point(start, baseline));
        marks.push(TextGlyph::Glyph(glyph, *digit));
    }
    width + 0.1 * size
}

/// The font with `size` pixels an em: its own scale is the height of a line.
pub fn scaled(size: f32) -> PxScaleFont<&'static FontRef<'static>> {
    let em = FONT.units_per_em().unwrap_or(FONT.height_unscaled());
    FONT.as_scaled(PxScale::from(size * FONT.height_unscaled() / em))
}
