//! Real networks from ONNX files: what they answer, and that they train. The files are not part of the
//! project: HOST_MODELS names their folder, HOST_DATA that of the data sets. And graphs that are written here,
//! against ONNX Runtime.

#[path = "../../../ops/onnx/tests/onnx/build.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod build;
mod pictures;
mod program;
mod real_files;
mod sampling;
