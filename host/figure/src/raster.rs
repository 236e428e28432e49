//! A drawing as PNG.

use files::{Error, Result};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind};
use plotters_bitmap::BitMapBackend;

use super::{
    canvas::{Canvas, Color},
    drawing::{Drawing, Picture, Point, Shape},
    text,
};

/// Shapes are drawn this many times larger and then averaged: the rasteriser alone leaves stairs.
const FINE: usize = 3;

type Backend<'a> = BitMapBackend<'a>;
type Drawn = Result<(), DrawingErrorKind<<Backend<'static> as DrawingBackend>::ErrorType>>;

/// The drawing as a PNG file.
///
/// # Errors
/// More than 64 Mi pixels, nine for each of the drawing.
pub fn png(drawing: &Drawing) -> Result<Vec<u8>> {
    let mut canvas = Canvas::new(drawing.width * FINE, drawing.height * FINE)?;
    let size = (canvas.width as u32, canvas.height as u32);
    let mut backend = BitMapBackend::with_buffer(&mut canvas.pixels, size);
    for item in &drawing.shapes {
        shape(&mut backend, item).map_err(|e| {
            Error::usage(format!("the figure could not be drawn: {e}"), "choose another width and height")
        })?;
    }
    drop(backend);
    let mut sheet = canvas.shrink(FINE)?;
    for item in &drawing.shapes {
        if let Shape::Text { text, pen, at } = item {
            text::draw(&mut sheet, text, *pen, (at.0 as f32, at.1 as f32));
        }
    }
    sheet.png()
}

fn shape(backend: &mut Backend, shape: &Shape) -> Drawn {
    match shape {
        Shape::Line { points, width, color, dash: None } => line(backend, points, *width, *color),
        Shape::Line { points, width, color, dash: Some(dash) } => dashes(points, *dash)
            .iter()
            .try_for_each(|&[from, to]| segment(backend, from, to, *width, *color)),
        Shape::Circle { center, radius, color } => dot(backend, *center, *radius, *color),
        Shape::Rect { corner, size, color } => {
            let (from, to) = (fine(*corner), fine((corner.0 + size.0, corner.1 + size.1)));
            backend.draw_rect(from, to, &Style::new(*color), true)
        }
        Shape::Area { points, color, opacity } => {
            let points: Vec<_> = points.iter().map(|&point| fine(point)).collect();
            backend.fill_polygon(points, &Style::new(*color).color.mix(*opacity))
        }
        Shape::Image { corner, size, picture } => image(backend, *corner, *size, picture),
        Shape::Text { .. } => Ok(()),
    }
}

fn line(backend: &mut Backend, points: &[Point], width: f64, color: Color) -> Drawn {
    for pair in points.windows(2) {
        segment(backend, pair[0], pair[1], width, color)?;
    }
    // The rasteriser cuts sharp corners off, and noisy curves are full of them.
    points.iter().try_for_each(|&point| dot(backend, point, width / 2.0, color))
}

fn segment(backend: &mut Backend, from: Point, to: Point, width: f64, color: Color) -> Drawn {
    backend.draw_path([fine(from), fine(to)], &Style { width: length(width), ..Style::new(color) })
}

fn dot(backend: &mut Backend, center: Point, radius: f64, color: Color) -> Drawn {
    backend.draw_circle(fine(center), length(radius), &Style::new(color), true)
}

fn image(backend: &mut Backend, corner: Point, size: Point, picture: &Picture) -> Drawn {
    let (left, top) = fine(corner);
    let (right, bottom) = fine((corner.0 + size.0, corner.1 + size.1));
    let (width, height) = ((right - left).max(0) as usize, (bottom - top).max(0) as usize);
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        let row = picture.width * (y * picture.height / height);
        for x in 0..width {
            let at = 3 * (row + x * picture.width / width);
            pixels.extend_from_slice(&picture.pixels[at..at + 3]);
        }
    }
    backend.blit_bitmap((left, top), (width as u32, height as u32), &pixels)
}

/// The dashes along `points`, of equal lengths.
fn dashes(points: &[Point], dash: f64) -> Vec<[Point; 2]> {
    let (mut dashes, mut along) = (Vec::new(), 0.0);
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = libm::hypot(to.0 - from.0, to.1 - from.1);
        let at = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        let mut done = 0.0;
        while done < length {
            let phase = along % (2.0 * dash);
            let end = (done + if phase < dash { dash } else { 2.0 * dash } - phase).min(length);
            if phase < dash {
                dashes.push([at(done / length), at(end / length)]);
            }
            // Rounding must not stop the dashes.
            along += (end - done).max(1e-3);
            done = end.max(done + 1e-3);
        }
    }
    dashes
}

/// A point in pixels of the fine drawing.
fn fine((x, y): Point) -> BackendCoord {
    let fine = |value: f64| (value * FINE as f64).round() as i32;
    (fine(x), fine(y))
}

fn length(pixels: f64) -> u32 {
    (pixels * FINE as f64).round() as u32
}

/// How a shape is drawn: opaque by itself, and one pixel wide.
struct Style {
    color: BackendColor,
    width: u32,
}

impl Style {
    fn new([red, green, blue]: Color) -> Self {
        Self { color: BackendColor { alpha: 1.0, rgb: (red, green, blue) }, width: 1 }
    }
}

impl BackendStyle for Style {
    fn color(&self) -> BackendColor {
        self.color
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}
