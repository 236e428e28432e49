//! What an ONNX file holds, read within bounds.

mod bounds;
pub(crate) mod elements;
mod external;
mod onnx_file;
mod place;
pub mod proto;
mod skeleton;
pub(crate) mod stored;
pub(crate) mod visit;

pub use onnx_file::OnnxFile;
