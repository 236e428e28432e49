//! What is drawn between the axes of a plot, at positions in their units.

use super::{
    axis::Axis,
    canvas::{Color, INK, WHITE},
    drawing::{Drawing, Point, Shape},
    frame::TICK,
    text::{self, Align, Pen},
};

/// The length of a dash, and of the gap behind it, in pixels.
const DASH: f64 = 8.0;

/// How much of what lies below it a band hides.
const BAND: f64 = 0.22;

/// The corners of what looks like a circle.
const CORNERS: usize = 24;

/// How far right of and above its place a text begins, in pixels.
const BESIDE: f64 = 5.0;

/// Half the width of the ends of error bars and whiskers, and the width of their lines, in pixels.
pub const CAP: f64 = 4.0;
pub const THIN: f64 = 1.3;

/// The box between the axes, in pixels.
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

/// Draws at positions (x, y) in the axes' plot units; sizes of marks are in pixels.
pub struct Marks<'a> {
    pub drawing: &'a mut Drawing,
    pub inside: Inside,
    pub x: &'a Axis,
    pub y: &'a Axis,
}

impl Marks<'_> {
    /// Where a position is drawn. One beyond an axis, such as the low end of an interval whose logarithm does
    /// not exist, is at its end.
    pub fn at(&self, (x, y): (f64, f64)) -> Point {
        let Inside { left, top, right, bottom } = self.inside;
        let (left, top, right, bottom) = (left as f64, top as f64, right as f64, bottom as f64);
        let share = |axis: &Axis, position: f64| axis.share(position).clamp(0.0, 1.0);
        (left + share(self.x, x) * (right - left), bottom - share(self.y, y) * (bottom - top))
    }

    fn all(&self, points: &[(f64, f64)]) -> Vec<Point> {
        points.iter().map(|&point| self.at(point)).collect()
    }

    /// A line through `points`; a single point is a dot.
    pub fn line(&mut self, points: &[(f64, f64)], width: f64, color: Color) {
        let points = self.all(points);
        self.drawing.line(points, width, color);
    }

    /// Dashes along `points`; a single point is a dot.
    pub fn dashes(&mut self, points: &[(f64, f64)], width: f64, color: Color) {
        self.line(points, width, color);
        if let (2.., Some(Shape::Line { dash, .. })) = (points.len(), self.drawing.shapes.last_mut()) {
            *dash = Some(DASH);
        }
    }

    pub fn dot(&mut self, at: (f64, f64), radius: f64, color: Color) {
        let center = self.at(at);
        self.drawing.dot(center, radius, color);
    }

    pub fn ring(&mut self, at: (f64, f64), radius: f64, color: Color) {
        let center = self.at(at);
        self.drawing.ring(center, radius, color);
    }

    /// A filled box with the two corners.
    pub fn bar(&mut self, corners: [(f64, f64); 2], color: Color) {
        let corners = corners.map(|corner| self.at(corner));
        self.drawing.rect(corners, color);
    }

    /// The area around which `outline` goes, half transparent.
    pub fn area(&mut self, outline: &[(f64, f64)], color: Color) {
        let points = self.all(outline);
        self.drawing.shapes.push(Shape::Area { points, color, opacity: BAND });
    }

    /// A line up from `low` to `high` at `x`, with an end across at those in `caps`.
    pub fn interval(&mut self, x: f64, [low, high]: [f64; 2], caps: &[f64], color: Color) {
        self.line(&[(x, low), (x, high)], THIN, color);
        for &end in caps {
            let (x, y) = self.at((x, end));
            self.drawing.line(vec![(x - CAP, y), (x + CAP, y)], THIN, color);
        }
    }

    /// A dot through which one can see.
    pub fn veil(&mut self, at: (f64, f64), radius: f64, color: Color, opacity: f64) {
        let center = self.at(at);
        let corner = |i: usize| {
            let angle = std::f64::consts::TAU * i as f64 / CORNERS as f64;
            (center.0 + radius * libm::cos(angle), center.1 + radius * libm::sin(angle))
        };
        let points = (0..CORNERS).map(corner).collect();
        self.drawing.shapes.push(Shape::Area { points, color, opacity });
    }

    /// A text that begins beside a position; none where that is not between the axes.
    pub fn text(&mut self, at: (f64, f64), text: &str) {
        let is_within = |axis: &Axis, position: f64| (-1e-9..=1.0 + 1e-9).contains(&axis.share(position));
        if is_within(self.x, at.0) && is_within(self.y, at.1) {
            let (x, y) = self.at(at);
            let (left, bottom) = (x + BESIDE, y - BESIDE);
            let (right, top) = (left + f64::from(text::width(text, TICK)), bottom - f64::from(TICK));
            let corners = [(-3.0, 4.0), (3.0, 4.0), (3.0, -1.0), (-3.0, -1.0)];
            let ends = [(left, bottom), (right, bottom), (right, top), (left, top)];
            let points = ends.iter().zip(corners).map(|((x, y), (dx, dy))| (x + dx, y + dy)).collect();
            // On what is dark as well.
            self.drawing.shapes.push(Shape::Area { points, color: WHITE, opacity: 0.75 });
            let pen = Pen { size: TICK, color: INK, align: Align::Start, vertical: false };
            self.drawing.text(text, pen, (left, bottom));
        }
    }

    /// Keeps dots apart where they overlap.
    pub fn rim(&mut self, at: (f64, f64), radius: f64) {
        self.dot(at, radius + 0.7, WHITE);
    }
}
