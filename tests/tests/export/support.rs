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
    let spec = Spec::new(sample, DType::F32);
    let model = export::export(module, &spec, vec![]).unwrap_or_else(|e| panic!("{name}: {e}"));
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    let operators = nodes.map(|node| node.op_type.clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, export::to_bytes(&model)).unwrap();
    check(name, &path);
    let Some(frozen) = open(&path).unwrap_or_else(|e| panic!("{name}: {e}")) else { return operators };
    assert_eq!(frozen.inputs()[0].shape[0], None, "{name}: the batch is free");
    for batch in BATCHES {
        let x = random::normal(&[&[batch], sample].concat(), Device::Cpu).unwrap();
        compare(module, &frozen, &x).unwrap_or_else(|e| panic!("{name} at batch {batch}: {e}"));
    }
    operators
}

/// The same for one input, and the problem as words.
pub fn agree_on(name: &str, module: &Module, x: &Tensor) -> Result<(), String> {
    let told = |e: String| format!("{name}: {e}");
    let model = export::export(module, &Spec::new(&x.shape()[1..], DType::F32), vec![]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, export::to_bytes(&model.map_err(|e| told(e.to_string()))?)).unwrap();
    let Some(frozen) = open(&path).map_err(told)? else { return Ok(()) };
    compare(module, &frozen, x).map_err(told)
}

fn open(path: &Path) -> Result<Option<onnx::Model>, String> {
    let Some(library) = onnxruntime() else {
        tests::skipped("there is no ONNX Runtime");
        return Ok(None);
    };
    onnx::Model::open(path, onnx::Device::Cpu, Some(&library)).map(Some).map_err(|e| e.to_string())
}

fn compare(module: &Module, frozen: &onnx::Model, x: &Tensor) -> Result<(), String> {
    let ours = no_grad(|| module.forward(x)).unwrap();
    let input = ArrayD::from_shape_vec(x.shape(), x.to_f32().unwrap()).unwrap();
    let outputs = frozen.run(vec![("input".into(), input.into())]).map_err(|e| e.to_string())?;
    let Some((_, Array::F32(theirs))) = outputs.into_iter().find(|(name, _)| name == "output") else {
        return Err("there is no output of floats".into());
    };
    if ours.shape() != theirs.shape() {
        return Err(format!("the shape is {:?} here, {:?} in ONNX Runtime", ours.shape(), theirs.shape()));
    }
    let ours = ours.to_f32().unwrap();
    let largest = ours.iter().fold(0f32, |most, x| most.max(x.abs()));
    // A NaN is near to nothing.
    let far = |(a, b): &(&f32, &f32)| (*a - *b).is_nan() || (*a - *b).abs() > ALLOWED * largest;
    match ours.iter().zip(&theirs).find(far) {
        None => Ok(()),
        Some((a, b)) => Err(format!("an element is {a} here, {b} in ONNX Runtime")),
    }
}

/// Holds a file against `onnx.checker`, where Python has it.
fn check(name: &str, path: &Path) {
    const SCRIPT: &str = "import sys\ntry:\n  import onnx\nexcept ImportError:\n  sys.exit(7)\n\
                          onnx.checker.check_model(sys.argv[1], full_check=True)";
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    match Command::new(python).args(["-c", SCRIPT]).arg(path).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(7) => {
            panic!("{name}: onnx.checker: {}", String::from_utf8_lossy(&output.stderr))
        }
        _ => tests::skipped("Python has no package onnx"),
    }
}
