//! Error bars and bands.

use files::{Error, Result};

use super::{axis::Axis, canvas::Color, marks::Marks};

/// How far the truth may be from values, and how this is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    /// For each value the distances below and above it, 0 or more; one that is not finite is not drawn.
    pub distances: Vec<[f64; 2]>,
    pub mark: ErrorMark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorMark {
    /// A line through each value, with ends.
    Bars,
    /// The area between all low and all high ends.
    Band,
}

impl Errors {
    /// Refuses errors of `what` that are negative, or not as many as its `values`.
    pub fn check(&self, what: &str, values: usize) -> Result<()> {
        if self.distances.len() != values {
            return Err(Error::usage(
                format!("{} errors for the {values} values of {what}", self.distances.len()),
                "give one for each value: a number, or [below, above]",
            ));
        }
        let is_negative =
            |(_, distances): &(usize, &[f64; 2])| distances.iter().any(|&distance| distance < 0.0);
        match self.distances.iter().enumerate().find(is_negative) {
            None => Ok(()),
            Some((i, [below, above])) => Err(Error::usage(
                format!("the error at value {} of {what} is negative: {}", i + 1, below.min(*above)),
                "give distances from the value, not the ends of the interval: value - low, high - value",
            )),
        }
    }
}

/// An interval at a place along x, in positions.
#[derive(Debug, Clone, Copy)]
pub struct Interval {
    pub x: f64,
    /// Minus infinity where the low end is beyond a logarithmic axis.
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// That around `value`; none where the value or a distance cannot be shown.
    pub fn new(x: f64, value: f64, [below, above]: [f64; 2], log: bool) -> Option<Self> {
        Axis::position(value, log)?;
        if !(below.is_finite() && above.is_finite()) {
            return None;
        }
        let low = Axis::position(value - below, log).unwrap_or(f64::NEG_INFINITY);
        Some(Self { x, low, high: Axis::position(value + above, log)? })
    }

    /// Those of its ends that an axis can show.
    pub fn ends(&self) -> impl Iterator<Item = (f64, f64)> + Clone + use<> {
        let Self { x, low, high } = *self;
        [low, high].into_iter().filter(|end| end.is_finite()).map(move |end| (x, end))
    }

    /// A line with ends across; one that is beyond the axis has none.
    pub fn draw(&self, marks: &mut Marks, color: Color) {
        let ends: Vec<f64> = self.ends().map(|(_, end)| end).collect();
        marks.interval(self.x, [self.low, self.high], &ends, color);
    }
}
