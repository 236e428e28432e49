//! The font of a PDF file: those glyphs of the built-in one that its texts are written with.

use std::collections::BTreeMap;

use ab_glyph::ScaleFont;
use files::Result;
use pdf_writer::{
    Content, Filter, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use super::{deflated, fill_color, unwritten};
use crate::{
    drawing::Point,
    text::{self, DEEP, Pen, TALL, TextGlyph},
};

/// What it is called in the page.
pub const NAME: Name = Name(b"F");
/// What it is called outside. Six letters say that it is a part of a font.
const FONT_NAME: Name = Name(b"FIGURE+DejaVuSans");
const IDENTITY: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Lengths in fonts of PDF are in thousandths of an em.
const EM: f32 = 1000.0;

/// The glyphs of a file's texts.
#[derive(Default)]
pub struct EmbeddedFont {
    glyphs: GlyphRemapper,
    /// By the numbers that the glyphs have in the file: character and width.
    known: BTreeMap<u16, (char, f32)>,
}

impl EmbeddedFont {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Writes a text. The page's y grows downwards, that of glyphs upwards.
    pub fn write(&mut self, content: &mut Content, text: &str, pen: Pen, at: Point) {
        let (glyphs, start) = text::laid_out(text, pen);
        let (x, y) = (at.0 as f32, at.1 as f32);
        content.save_state();
        // Boxes stand for characters that are not in the font; who looks for these finds them.
        let is_whole = glyphs.iter().all(|glyph| matches!(glyph, TextGlyph::Glyph(..)));
        if !is_whole {
            content
                .begin_marked_content_with_properties(Name(b"Span"))
                .properties()
                .actual_text(TextStr(text));
        }
        match pen.vertical {
            true => content.transform([0.0, -1.0, -1.0, 0.0, x, y]),
            false => content.transform([1.0, 0.0, 0.0, -1.0, x, y]),
        };
        fill_color(content, pen.color);
        let [red, green, blue] = pen.color.map(|channel| f32::from(channel) / 255.0);
        content.set_stroke_rgb(red, green, blue).set_line_width(1.0).set_dash_pattern([], 0.0);
        content.begin_text();
        for run in glyphs.chunk_by(same_line) {
            self.run(content, run, start);
        }
        content.end_text();
        for glyph in glyphs {
            if let TextGlyph::Missing { left, width } = glyph {
                content.rect(start + left, -DEEP * pen.size, width, (DEEP + TALL) * pen.size).stroke();
            }
        }
        if !is_whole {
            content.end_marked_content();
        }
        content.restore_state();
    }

    /// Glyphs of one size on one line, each at its own place: they stand as close as in a picture of pixels.
    fn run(&mut self, content: &mut Content, run: &[TextGlyph], start: f32) {
        let Some(TextGlyph::Glyph(first, _)) = run.first() else { return };
        let font = text::scaled(EM);
        let size = EM * first.scale.y / font.scale().y;
        content.set_font(NAME, size);
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, start + first.position.x, -first.position.y]);
        let mut line = content.show_positioned();
        let (mut items, mut reached, mut joined) = (line.items(), first.position.x, Vec::new());
        for mark in run {
            let TextGlyph::Glyph(glyph, c) = mark else { continue };
            let back = (reached - glyph.position.x) * EM / size;
            if back.abs() > 0.5 {
                items.show(Str(&joined)).adjust(back);
                joined.clear();
            }
            let (number, width) = (self.glyphs.remap(glyph.id.0), font.h_advance(glyph.id));
            self.known.entry(number).or_insert((*c, width));
            joined.extend(number.to_be_bytes());
            reached = glyph.position.x + width * size / EM;
        }
        items.show(Str(&joined));
    }

    /// Adds the font to the file: five objects from `first` on.
    ///
    /// # Errors
    /// The built-in font cannot be cut down; a fault of the program.
    pub fn embed(self, pdf: &mut Pdf, first: Ref) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let [cid, descriptor, to_unicode, file] = [1, 2, 3, 4].map(|i| Ref::new(first.get() + i));
        let mut font = pdf.type0_font(first);
        font.base_font(FONT_NAME).encoding_predefined(Name(b"Identity-H"));
        font.descendant_font(cid).to_unicode(to_unicode);
        drop(font);

        let mut font = pdf.cid_font(cid);
        font.subtype(CidFontType::Type2).base_font(FONT_NAME).system_info(IDENTITY);
        font.font_descriptor(descriptor).default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        font.widths().consecutive(1, self.known.values().map(|(_, width)| *width));
        drop(font);

        let scaled = text::scaled(EM);
        let mut facts = pdf.font_descriptor(descriptor);
        facts.name(FONT_NAME).flags(FontFlags::SYMBOLIC).italic_angle(0.0).stem_v(90.0).cap_height(729.0);
        facts.ascent(scaled.ascent()).descent(scaled.descent());
        facts.bbox(Rect::new(-1021.0, -463.0, 1793.0, 1232.0)).font_file2(file);
        drop(facts);

        let mut characters = UnicodeCmap::new(Name(b"Characters"), IDENTITY);
        self.known.iter().for_each(|(number, (c, _))| characters.pair(*number, *c));
        pdf.cmap(to_unicode, &characters.finish());
        let part = subsetter::subset(dejavu::sans::regular(), 0, &self.glyphs).map_err(|e| unwritten(&e))?;
        let packed = deflated(&part)?;
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), part.len() as i32);
        Ok(())
    }
}

/// Whether two marks can be written as one line of text.
fn same_line(a: &TextGlyph, b: &TextGlyph) -> bool {
    match (a, b) {
        (TextGlyph::Glyph(a, _), TextGlyph::Glyph(b, _)) => {
            a.scale == b.scale && a.position.y == b.position.y
        }
        _ => false,
    }
}
