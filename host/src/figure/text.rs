//! Text on a sheet, in the built-in font (DejaVu Sans, which has the Greek and the mathematics).

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use super::canvas::{Canvas, Color};

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(dejavu::sans::regular()).expect("the built-in font is well formed")
});

/// Which part of a text stands at its point.
#[derive(Clone, Copy)]
pub enum Align {
    Start,
    Center,
    End,
}

/// How a text looks: `size` in pixels an em; `turned` texts are read from the bottom to the top.
#[derive(Clone, Copy)]
pub struct Pen {
    pub size: f32,
    pub color: Color,
    pub align: Align,
    pub turned: bool,
}

/// The width of `text` in pixels.
pub fn width(text: &str, size: f32) -> f32 {
    glyphs(text, size).1
}

/// `text`, cut with an ellipsis where it is wider than `room` pixels.
pub fn fit(text: &str, size: f32, room: f32) -> String {
    if width(text, size) <= room {
        return text.to_string();
    }
    // No sheet has room for more, and every turn of the loop measures what is left.
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
    let (glyphs, width) = glyphs(text, pen.size);
    let start = match pen.align {
        Align::Start => 0.0,
        Align::Center => -width / 2.0,
        Align::End => -width,
    };
    // Whole pixels across the line keep every baseline equally sharp.
    let (along, across) =
        if pen.turned { (start - at.1, at.0.round() as i64) } else { (start + at.0, at.1.round() as i64) };
    for mut glyph in glyphs {
        glyph.position.x += along;
        let Some(outline) = FONT.outline_glyph(glyph) else {
            continue; // a space
        };
        let corner = outline.px_bounds().min;
        outline.draw(|u, v, coverage| {
            let u = corner.x as i64 + i64::from(u);
            let v = corner.y as i64 + i64::from(v) + across;
            let (x, y) = if pen.turned { (v, -u - 1) } else { (u, v) };
            canvas.blend(x, y, pen.color, coverage);
        });
    }
}

/// The glyphs of `text` along a baseline from the origin, and the width of all.
fn glyphs(text: &str, size: f32) -> (Vec<Glyph>, f32) {
    // The font's scale is its line height, ours is the em.
    let em = FONT.units_per_em().unwrap_or(FONT.height_unscaled());
    let scale = PxScale::from(size * FONT.height_unscaled() / em);
    let font = FONT.as_scaled(scale);
    let mut x = 0.0;
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
    for c in text.chars() {
        let id = font.glyph_id(if c.is_control() { ' ' } else { c });
        if let Some(last) = glyphs.last() {
            x += font.kern(last.id, id);
        }
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += font.h_advance(id);
    }
    (glyphs, x)
}
