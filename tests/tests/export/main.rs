//! Exported models in ONNX Runtime: the same numbers as the module itself, at any batch size.

mod layers;
mod scripts;
mod support;
