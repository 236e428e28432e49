//! A drawing as PDF: lines are lines, and texts are texts in a font that is part of the file.
//!
//! No date and no name of a machine is in it, so that equal drawings are equal files.

mod font;

use std::io::Write as _;

use files::{Error, Result};
use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{
    Content, Filter, Finish, Name, Pdf, Rect, Ref,
    types::{LineCapStyle, LineJoinStyle},
};

use super::{
    canvas::Color,
    drawing::{Drawing, Picture, Point, Shape},
};
use font::EmbeddedFont;

/// A pixel is a 96th of an inch, and a point a 72nd.
const POINTS: f32 = 0.75;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
/// The font takes five from here on; what follows it are states of transparency, and pictures.
const FONT: Ref = Ref::new(5);
const FIRST_FREE: i32 = 10;

/// The drawing as a PDF file of one page.
///
/// # Errors
/// The font has no glyph that is needed; a fault of the program.
pub fn pdf(drawing: &Drawing) -> Result<Vec<u8>> {
    let mut page = PdfPage::new(drawing);
    drawing.shapes.iter().for_each(|shape| page.shape(shape));
    page.finish(drawing)
}

/// The page while it is drawn, and what it refers to.
struct PdfPage<'a> {
    content: Content,
    font: EmbeddedFont,
    /// Opacities in percent.
    opacities: Vec<u8>,
    pictures: Vec<&'a Picture>,
}

impl<'a> PdfPage<'a> {
    fn new(drawing: &Drawing) -> Self {
        let mut content = Content::new();
        // In pixels, and y grows downwards.
        content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, POINTS * drawing.height as f32]);
        content.set_line_join(LineJoinStyle::RoundJoin);
        Self { content, font: EmbeddedFont::default(), opacities: Vec::new(), pictures: Vec::new() }
    }

    fn shape(&mut self, shape: &'a Shape) {
        let content = &mut self.content;
        match shape {
            Shape::Line { points, width, color, dash } => line(content, points, *width, *color, *dash),
            Shape::Circle { center, radius, color } => circle(content, *center, *radius, *color),
            Shape::Rect { corner, size, color } => {
                fill_color(content, *color);
                content.rect(corner.0 as f32, corner.1 as f32, size.0 as f32, size.1 as f32).fill_nonzero();
            }
            Shape::Area { points, color, opacity } => {
                let name = format!("G{}", named(&mut self.opacities, (100.0 * opacity).round() as u8));
                content.save_state().set_parameters(Name(name.as_bytes()));
                fill_color(content, *color);
                path(content, points);
                content.close_path().fill_even_odd().restore_state();
            }
            Shape::Image { corner, size, picture } => {
                let name = format!("P{}", named(&mut self.pictures, picture));
                let (x, y, width, height) = (corner.0 as f32, corner.1 as f32, size.0 as f32, size.1 as f32);
                content.save_state().transform([width, 0.0, 0.0, -height, x, y + height]);
                content.x_object(Name(name.as_bytes())).restore_state();
            }
            Shape::Text { text, pen, at } => self.font.write(content, text, *pen, *at),
        }
    }

    fn finish(self, drawing: &Drawing) -> Result<Vec<u8>> {
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGES);
        pdf.pages(PAGES).kids([PAGE]).count(1);
        let state = |i: usize| Ref::new(FIRST_FREE + i as i32);
        let picture = |i: usize| Ref::new(FIRST_FREE + (self.opacities.len() + i) as i32);

        let mut page = pdf.page(PAGE);
        let (width, height) = (POINTS * drawing.width as f32, POINTS * drawing.height as f32);
        page.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGES).contents(CONTENT);
        let mut resources = page.resources();
        if !self.font.is_empty() {
            resources.fonts().pair(font::NAME, FONT);
        }
        let mut states = resources.ext_g_states();
        for i in 0..self.opacities.len() {
            states.pair(Name(format!("G{i}").as_bytes()), state(i));
        }
        states.finish();
        let mut pictures = resources.x_objects();
        for i in 0..self.pictures.len() {
            pictures.pair(Name(format!("P{i}").as_bytes()), picture(i));
        }
        pictures.finish();
        resources.finish();
        page.finish();

        for (i, percent) in self.opacities.iter().enumerate() {
            pdf.ext_graphics(state(i)).non_stroking_alpha(f32::from(*percent) / 100.0);
        }
        for (i, shown) in self.pictures.iter().enumerate() {
            let pixels = deflated(&shown.pixels)?;
            let mut image = pdf.image_xobject(picture(i), &pixels);
            image.filter(Filter::FlateDecode).pair(Name(b"Interpolate"), false);
            image.width(shown.width as i32).height(shown.height as i32).bits_per_component(8);
            image.color_space().device_rgb();
        }
        let content = deflated(&self.content.finish())?;
        pdf.stream(CONTENT, &content).filter(Filter::FlateDecode);
        self.font.embed(&mut pdf, FONT)?;
        Ok(pdf.finish())
    }
}

/// Where `item` is among `known`, to which it is added if it is new.
fn named<T: PartialEq>(known: &mut Vec<T>, item: T) -> usize {
    known.iter().position(|other| *other == item).unwrap_or_else(|| {
        known.push(item);
        known.len() - 1
    })
}

fn line(content: &mut Content, points: &[Point], width: f64, color: Color, dash: Option<f64>) {
    let [red, green, blue] = color.map(|channel| f32::from(channel) / 255.0);
    content.set_stroke_rgb(red, green, blue).set_line_width(width as f32);
    match dash {
        Some(dash) => {
            content.set_line_cap(LineCapStyle::ButtCap).set_dash_pattern([dash as f32], 0.0);
        }
        None => {
            content.set_line_cap(LineCapStyle::RoundCap).set_dash_pattern([], 0.0);
        }
    }
    path(content, points);
    content.stroke();
}

fn path(content: &mut Content, points: &[Point]) {
    for (i, (x, y)) in points.iter().enumerate() {
        let (x, y) = (short(*x), short(*y));
        if i == 0 {
            content.move_to(x, y)
        } else {
            content.line_to(x, y)
        };
    }
}

/// A line of no length with round ends: much shorter to write than curves, and a scatter plot has many.
fn circle(content: &mut Content, center: Point, radius: f64, color: Color) {
    line(content, &[center, center], 2.0 * radius, color, None);
}

fn fill_color(content: &mut Content, color: Color) {
    let [red, green, blue] = color.map(|channel| f32::from(channel) / 255.0);
    content.set_fill_rgb(red, green, blue);
}

/// A coordinate in hundredths: more only make the file longer.
fn short(value: f64) -> f32 {
    ((100.0 * value).round() / 100.0) as f32
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|problem| unwritten(&problem))
}

fn unwritten(problem: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("the figure could not be written as PDF: {problem}"), "draw a smaller figure")
}
