//! Any bytes as an ONNX file: read, checked, resolved and, where that succeeds, tried on symbolic inputs.
//! An error is right; a panic, an endless loop or a large allocation is not. Panics of operations, which
//! the library turns into errors, count too: each is a check that is missing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use onnx_net::{OnnxFile, check};

fuzz_target!(|bytes: &[u8]| {
    // What a graph may make of constants alone is bounded as in a run, well below the fuzzer's own limit.
    ops::tensor::set_budget(16 << 20);
    if let Ok(model) = OnnxFile::from_bytes(bytes) {
        let _ = check(&model);
    }
});
