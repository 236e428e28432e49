//! A plot that is drawn, to be written in one format or several.

use files::Result;

use super::{drawing::Drawing, pdf, raster, svg};

/// A plot, and what is to be said about it.
#[derive(Debug, Clone)]
pub struct Figure {
    pub(crate) drawing: Drawing,
    /// What could not be shown.
    pub warnings: Vec<String>,
}

impl Figure {
    /// As a PNG file.
    ///
    /// # Errors
    /// It is too large.
    pub fn png(&self) -> Result<Vec<u8>> {
        raster::png(&self.drawing)
    }

    /// As an SVG file: lines are lines, and texts are texts.
    ///
    /// # Errors
    /// A picture in it is too large.
    pub fn svg(&self) -> Result<Vec<u8>> {
        svg::svg(&self.drawing)
    }

    /// As a PDF file of one page, with its font.
    ///
    /// # Errors
    /// A fault of the program.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        pdf::pdf(&self.drawing)
    }
}

/// What something has of which no value can be shown.
pub fn not_shown(log: bool) -> &'static str {
    match log {
        true => "no value that can be shown (finite and, on a logarithmic axis, positive)",
        false => "no value that can be shown (none is finite)",
    }
}
