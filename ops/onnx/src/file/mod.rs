//! What an ONNX file holds, read within bounds.

mod bounds;
pub(crate) mod elements;
mod external;
mod model;
pub mod proto;
pub(crate) mod visit;

pub use model::Model;
