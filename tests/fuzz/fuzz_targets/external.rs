//! Any bytes as an ONNX file in a folder, whose tensors may lie in the file `w.bin` beside it, and nowhere
//! else: read as a file, with all that it names.

#![no_main]

use std::{fs, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use onnx_net::OnnxFile;
use tempfile::TempDir;

static FOLDER: OnceLock<TempDir> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    ops::tensor::set_budget(16 << 20);
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a folder for temporary files");
        fs::write(folder.path().join("w.bin"), [0; 64]).expect("a file");
        folder
    });
    let path = folder.path().join("net.onnx");
    fs::write(&path, bytes).expect("a file");
    let _ = OnnxFile::read(&path);
    let _ = OnnxFile::confined(&path);
});
