//! Figures: plain slices in, the bytes of a PNG file out.
//!
//! Equal input gives equal bytes on every machine: the font is built in, positions are computed
//! with `libm`, and nothing asks the system. Every problem is an [`Error::usage`] that says what
//! came, what was expected and the way out.
//!
//! [`Error::usage`]: files::Error::usage

// A library prints nothing.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod axis;
mod canvas;
mod frame;
mod grid;
mod histogram;
mod marks;
mod plot;
mod sheet;
mod text;
mod thin;

#[cfg(test)]
mod tests;

pub use axis::Axis;
pub use frame::PlotOptions;
pub use grid::{GridOptions, Panel, grid, panels};
pub use histogram::histogram;
pub use marks::Mark;
pub use plot::{Kinds, Series, lines, scatter};
pub use thin::thin;
