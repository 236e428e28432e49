//! Any bytes as an ONNX file: read, checked, resolved and, where that succeeds, tried on symbolic inputs.
//! An error is right, a panic or an endless loop is not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ops::nn::graph::{Model, check};

fuzz_target!(|bytes: &[u8]| {
    // What a graph may make of constants alone is bounded as in a run.
    ops::tensor::set_budget(256 << 20);
    if let Ok(model) = Model::from_bytes(bytes) {
        let _ = check(&model);
    }
});
