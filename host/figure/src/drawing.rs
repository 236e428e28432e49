//! A figure as shapes on a white page: drawn once, written as PNG, SVG and PDF. Lengths are pixels, y grows
//! downwards.

use super::{
    canvas::{Color, WHITE},
    text::Pen,
};

/// (x, y) from the top left corner.
pub type Point = (f64, f64);

/// What is drawn, later shapes over earlier ones; nothing is drawn over a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through at least two points, with round joints; `dash` is the length of its dashes and gaps.
    Line {
        points: Vec<Point>,
        width: f64,
        color: Color,
        dash: Option<f64>,
    },
    Circle {
        center: Point,
        radius: f64,
        color: Color,
    },
    Rect {
        corner: Point,
        size: Point,
        color: Color,
    },
    /// A filled polygon.
    Area {
        points: Vec<Point>,
        color: Color,
        opacity: f64,
    },
    /// A picture stretched over a rectangle, without smoothing.
    Image {
        corner: Point,
        size: Point,
        picture: Picture,
    },
    /// A text whose baseline goes through `at`.
    Text {
        text: String,
        pen: Pen,
        at: Point,
    },
}

/// `height` rows of `width` pixels, three bytes each.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

/// The shapes of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub width: usize,
    pub height: usize,
    pub shapes: Vec<Shape>,
}

impl Drawing {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// A line; a single point is a dot.
    pub fn line(&mut self, points: Vec<Point>, width: f64, color: Color) {
        match points[..] {
            [] => {}
            [center] => self.dot(center, 1.5 * width, color),
            _ => self.shapes.push(Shape::Line { points, width, color, dash: None }),
        }
    }

    pub fn dot(&mut self, center: Point, radius: f64, color: Color) {
        self.shapes.push(Shape::Circle { center, radius, color });
    }

    /// A circle around white.
    pub fn ring(&mut self, center: Point, radius: f64, color: Color) {
        self.dot(center, radius, color);
        self.dot(center, 0.55 * radius, WHITE);
    }

    /// A filled rectangle between two opposite corners.
    pub fn rect(&mut self, [a, b]: [Point; 2], color: Color) {
        let corner = (a.0.min(b.0), a.1.min(b.1));
        let size = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
        self.shapes.push(Shape::Rect { corner, size, color });
    }

    pub fn text(&mut self, text: impl Into<String>, pen: Pen, at: Point) {
        self.shapes.push(Shape::Text { text: text.into(), pen, at });
    }
}
