//! Exporting a module and running both on fresh inputs.

use std::{path::Path, process::Command};

use host::onnx::{self, Array};
use ndarray::ArrayD;
use ops::{
    DType, Device, Spec, Tensor,
    nn::{Module, graph::export},
    no_grad, random,
};
use tests::onnxruntime;

/// Batch sizes that files are run at; none is one that they were traced at but 3.
const BATCHES: [usize; 3] = [1, 3, 10];

/// The largest difference allowed, relative to the largest entry.
const ALLOWED: f32 = 1e-4;

/// Exports a module, holds the file against `onnx.checker`, runs it in ONNX Runtime at several batch
/// sizes on fresh numbers, and compares with the module in evaluation. Gives the operators of the file.
pub fn agree(name: &str, module: &Module, sample: &[usize]) -> Vec<String> {
    module.training(false);
    let model = export::export(module, &Spec::new(sample, DType::F32), vec![])
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let operators =
        model.graph.iter().flat_map(|graph| &graph.node).map(|node| node.op_type.clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, export::to_bytes(&model)).unwrap();
    check(name, &path);
    let Some(library) = onnxruntime() else {
        tests::skipped("there is no ONNX Runtime");
        return operators;
    };
    let frozen =
        onnx::Model::open(&path, onnx::Device::Cpu, Some(&library)).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(frozen.inputs()[0].shape[0], None, "{name}: the batch is free");
    for batch in BATCHES {
        let x = random::normal(&[&[batch], sample].concat(), Device::Cpu).unwrap();
        let ours = no_grad(|| module.forward(&x)).unwrap();
        let outputs = frozen
            .run(vec![("input".into(), array(&x))])
            .unwrap_or_else(|e| panic!("{name} at batch {batch}: {e}"));
        let theirs = outputs.into_iter().find(|(name, _)| name == "output").unwrap().1;
        compare(&format!("{name} at batch {batch}"), &ours, theirs);
    }
    operators
}

pub fn array(x: &Tensor) -> Array {
    ArrayD::from_shape_vec(x.shape(), x.to_f32().unwrap()).unwrap().into()
}

pub fn compare(what: &str, ours: &Tensor, theirs: Array) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}");
    let theirs: Vec<f32> = match theirs {
        Array::F32(a) => a.into_iter().collect(),
        Array::I32(a) => a.into_iter().map(|x| x as f32).collect(),
        Array::Bool(a) => a.into_iter().map(|x| f32::from(u8::from(x))).collect(),
        other => panic!("{what}: {:?}", other.dtype()),
    };
    let ours = ours.to_f32().unwrap();
    let largest = ours.iter().fold(0f32, |most, x| most.max(x.abs()));
    for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        assert!((a - b).abs() <= ALLOWED * largest, "{what}: element {i} is {a} here, {b} in ONNX Runtime");
    }
}

/// Holds a file against `onnx.checker`, where Python has it.
fn check(name: &str, path: &Path) {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let script = "import sys\ntry:\n  import onnx\nexcept ImportError:\n  sys.exit(7)\nonnx.checker.check_model(sys.argv[1], full_check=True)";
    match Command::new(python).args(["-c", script]).arg(path).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(7) => {
            panic!("{name}: onnx.checker: {}", String::from_utf8_lossy(&output.stderr))
        }
        _ => tests::skipped("Python has no package onnx"),
    }
}
