//! ONNX models, frozen: ONNX Runtime sessions, for inference only.
//!
//! ONNX Runtime is a shared library that is loaded when the first model is opened, never before;
//! `scripts/setup.sh` gets it. Arrays go in and out by name.

mod array;
mod header;
mod inputs;
mod locate;
mod model;
mod rows;
mod runtime;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use array::EXCHANGED;
pub use header::Header;
pub use locate::locate;
pub use model::Model;
pub use runtime::Runtime;
