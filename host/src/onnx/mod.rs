//! ONNX models, frozen: ONNX Runtime sessions, for inference only.
//!
//! ONNX Runtime is a shared library that is loaded when the first model is opened, never before;
//! `scripts/setup.sh` gets it. Values go in and out by name.

mod array;
mod declared;
mod elsewhere;
mod header;
mod inputs;
mod locate;
mod model;
pub mod nested;
mod port;
mod provider;
mod raw;
mod rows;
mod run;
mod runtime;
mod value;
mod wanted;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use header::Header;
pub use inputs::Ready;
pub use locate::locate;
pub use model::Model;
pub use port::{Axis, ModelPort};
pub use runtime::Runtime;
pub use value::{Given, OnnxValue, Value};
pub use wanted::Wanted;
