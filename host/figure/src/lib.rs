//! Figures: plain slices in, files out. Sheets of pictures are PNG; plots are PNG, SVG and PDF of one
//! drawing.
//!
//! Equal input gives equal bytes on every machine: the font is built in, positions are computed
//! with `libm`, and nothing asks the system. Every problem is an [`Error::usage`] that says what
//! came, what was expected and the way out; what only cannot be shown is a warning of the [`Figure`].
//!
//! [`Error::usage`]: files::Error::usage

// A library prints nothing.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod axis;
mod bars;
mod boxes;
mod canvas;
mod colormap;
mod diagram;
mod drawing;
mod errors;
mod figure;
mod frame;
mod grid;
mod heatmap;
mod histogram;
mod marks;
mod pdf;
mod plot;
mod raster;
mod reduced;
mod scatter;
mod sheet;
mod side;
mod svg;
mod text;
mod thin;
mod ticks;

#[cfg(test)]
mod tests;

pub use axis::Axis;
pub use bars::{BarGroup, bars};
pub use boxes::{BoxStatistics, boxes};
pub use canvas::png_size;
pub use colormap::Colormap;
pub use diagram::{DiagramArrow, DiagramBox, diagram};
pub use errors::{ErrorMark, Errors};
pub use figure::Figure;
pub use frame::PlotOptions;
pub use grid::{GridOptions, Panel, grid, panels};
pub use heatmap::{HeatmapOptions, heatmap};
pub use histogram::histogram;
pub use marks::Mark;
pub use plot::{Series, lines};
pub use reduced::reduced;
pub use scatter::{Kinds, scatter};
pub use thin::thin;
