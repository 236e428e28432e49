//! Real networks from ONNX files: what they answer, and that they train. The files are not part of the
//! project: HOST_MODELS names their folder, HOST_DATA that of the data sets. And graphs that are written
//! here, against ONNX Runtime.

mod chosen;
mod pictures;
mod program;
mod real_files;
mod sampling;
