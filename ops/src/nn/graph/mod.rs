//! Networks as ONNX graphs.

pub mod proto;
