//! Exported models in ONNX Runtime: the same numbers as the module itself, at any batch size.

#[path = "../../../../ops/tests/support/cases/mod.rs"]
mod cases;
mod inputs;
mod layers;
mod operations;
mod scripts;
mod support;
