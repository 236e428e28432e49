//! Lines, dots and bars between the axes of a plot.

use files::{Error, Result};
use plotters::{
    coord::{cartesian::Cartesian2d, types::RangedCoordf64},
    prelude::*,
};

use super::{
    axis::Axis,
    canvas::{Canvas, Color, WHITE},
};

/// Marks are drawn this many times larger and then averaged: the rasteriser alone leaves stairs.
pub const FINE: usize = 3;

/// The length of a dash, and of the gap behind it, in pixels of the fine drawing.
const DASH: f64 = 8.0 * FINE as f64;

/// The box between the axes, in pixels of the sheet.
#[derive(Clone, Copy)]
pub struct Inside {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

/// How a series or class is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Line,
    Dashed,
    Dot,
    Ring,
}

/// Draws marks at positions in the axes' plot units; sizes of marks are in pixels.
pub struct Marks<'a>(DrawingArea<BitMapBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>);

impl<'a> Marks<'a> {
    /// Marks on `canvas`, which is [`FINE`] times as large as the sheet.
    pub fn new(canvas: &'a mut Canvas, inside: Inside, x: &Axis, y: &Axis) -> Self {
        let size = (canvas.width as u32, canvas.height as u32);
        let fine = |pixel| (pixel * FINE) as i32;
        let coordinates = Cartesian2d::new(
            x.low..x.high,
            y.low..y.high,
            (fine(inside.left)..fine(inside.right), fine(inside.bottom)..fine(inside.top)),
        );
        let backend = BitMapBackend::with_buffer(&mut canvas.pixels, size);
        Self(backend.into_drawing_area().apply_coord_spec(coordinates))
    }

    /// A line through `points`, with round joints; a single point is a dot.
    pub fn line(&self, points: &[(f64, f64)], width: f64, color: Color) -> Result<()> {
        if let [point] = points {
            return self.dot(*point, 1.5 * width, color);
        }
        for pair in points.windows(2) {
            let style = style(color, fine(width));
            self.draw(&PathElement::new(pair.to_vec(), style))?;
        }
        // The rasteriser cuts sharp corners off, and noisy curves are full of them.
        points.iter().try_for_each(|&point| self.dot(point, width / 2.0, color))
    }

    /// Dashes along `points`, of equal lengths in pixels.
    pub fn dashes(&self, points: &[(f64, f64)], width: f64, color: Color) -> Result<()> {
        let pixels: Vec<_> = points.iter().map(|at| self.0.map_coordinate(at)).collect();
        let mut along = 0.0;
        for (pair, pixels) in points.windows(2).zip(pixels.windows(2)) {
            let (x, y) = (pixels[1].0 - pixels[0].0, pixels[1].1 - pixels[0].1);
            let length = libm::hypot(f64::from(x), f64::from(y));
            let at = |share: f64| {
                let between = |a: f64, b: f64| a + share * (b - a);
                (between(pair[0].0, pair[1].0), between(pair[0].1, pair[1].1))
            };
            let mut done = 0.0;
            while done < length {
                let phase = along % (2.0 * DASH);
                let end = (done + if phase < DASH { DASH } else { 2.0 * DASH } - phase).min(length);
                if phase < DASH {
                    let dash = vec![at(done / length), at(end / length)];
                    self.draw(&PathElement::new(dash, style(color, fine(width))))?;
                }
                // At least a pixel: rounding must not stop the dashes.
                along += (end - done).max(1e-3);
                done = end.max(done + 1e-3);
            }
        }
        Ok(())
    }

    /// A circle around white.
    pub fn ring(&self, at: (f64, f64), radius: f64, color: Color) -> Result<()> {
        self.dot(at, radius, color)?;
        self.dot(at, 0.55 * radius, WHITE)
    }

    pub fn dot(&self, at: (f64, f64), radius: f64, color: Color) -> Result<()> {
        self.draw(&Circle::new(at, fine(radius), style(color, 1)))
    }

    /// A filled box with the two corners.
    pub fn bar(&self, corners: [(f64, f64); 2], color: Color) -> Result<()> {
        self.draw(&Rectangle::new(corners, style(color, 1)))
    }

    fn draw<'e, E, B>(&self, element: &'e E) -> Result<()>
    where
        B: plotters::element::CoordMapper,
        &'e E: plotters::element::PointCollection<'e, (f64, f64), B>,
        E: plotters::element::Drawable<BitMapBackend<'a>, B>,
    {
        self.0.draw(element).map_err(|e| {
            Error::usage(format!("the figure could not be drawn: {e}"), "choose another width and height")
        })
    }
}

fn fine(pixels: f64) -> u32 {
    (pixels * FINE as f64).round() as u32
}

fn style([red, green, blue]: Color, stroke_width: u32) -> ShapeStyle {
    ShapeStyle { color: RGBAColor(red, green, blue, 1.0), filled: true, stroke_width }
}
