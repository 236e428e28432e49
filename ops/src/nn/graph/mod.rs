//! Networks as ONNX graphs.

pub mod export;
pub mod proto;
