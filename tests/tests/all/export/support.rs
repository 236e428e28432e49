//! Exporting a module and running both on fresh inputs.

use std::{path::Path, process::Command};

use host::onnx;
use onnx_net::{OnnxFile, export};
use ops::{DType, Device, Spec, Tensor, nn::Module, no_grad, random, tensor::Data};
use tests::onnxruntime;

/// Batch sizes that files are run at; none is one that they were traced at but 3.
const BATCHES: [usize; 3] = [1, 3, 10];

/// The largest difference allowed, relative to the largest entry.
const ALLOWED: f32 = 1e-4;

/// Exports a module, holds the file against `onnx.checker`, reads it back as a module, runs it in ONNX
/// Runtime at several batch sizes on fresh numbers, and compares both with the module in evaluation. Gives
/// the operators of the file.
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
    read_back(name, module, &path, sample);
    let Some(frozen) = open(&path).unwrap_or_else(|e| panic!("{name}: {e}")) else { return operators };
    assert_eq!(frozen.inputs()[0].samples(), None, "{name}: the batch is free");
    for batch in BATCHES {
        let x = random::normal(&[&[batch], sample].concat(), Device::Cpu).unwrap();
        compare(module, &frozen, &x).unwrap_or_else(|e| panic!("{name} at batch {batch}: {e}"));
    }
    operators
}

/// The file as a module computes the same, and tells parameters from buffers.
fn read_back(name: &str, module: &Module, path: &Path, sample: &[usize]) {
    let again = OnnxFile::read(path).and_then(|model| onnx_net::module(&model));
    let again = again.unwrap_or_else(|e| panic!("{name}, read back: {e}"));
    again.training(false);
    let x = random::normal(&[&[4], sample].concat(), Device::Cpu).unwrap();
    let [ours, theirs] = [module, &again].map(|net| no_grad(|| net.forward(&x)).unwrap().to_f32().unwrap());
    near(&theirs, &ours).unwrap_or_else(|e| panic!("{name}, read back: {e}"));
    for (known, parameter) in module.state() {
        if let Some((_, found)) = again.state().iter().find(|(found, _)| *found == known) {
            assert_eq!(found.is_buffer(), parameter.is_buffer(), "{name}, read back: `{known}`");
        }
    }
}

/// The same for one input, and the problem as words.
pub fn agree_on(name: &str, module: &Module, x: &Tensor) -> Result<(), String> {
    let named = |e: String| format!("{name}: {e}");
    let model = export::export(module, &Spec::new(&x.shape()[1..], DType::F32), vec![]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, export::to_bytes(&model.map_err(|e| named(e.to_string()))?)).unwrap();
    let Some(frozen) = open(&path).map_err(named)? else { return Ok(()) };
    compare(module, &frozen, x).map_err(named)
}

fn open(path: &Path) -> Result<Option<onnx::Model>, String> {
    let Some(library) = onnxruntime() else {
        tests::skipped("there is no ONNX Runtime");
        return Ok(None);
    };
    onnx::Model::open(path, Device::Cpu, Some(&library)).map(Some).map_err(|e| e.to_string())
}

fn compare(module: &Module, frozen: &onnx::Model, x: &Tensor) -> Result<(), String> {
    let ours = no_grad(|| module.forward(x)).unwrap();
    let outputs = frozen.run(vec![("input".into(), x.to_array().unwrap())]).map_err(|e| e.to_string())?;
    let output = outputs.into_iter().find(|(name, _)| name == "output");
    let Some((_, array)) = output else { return Err("there is no output".into()) };
    let Data::F32(theirs) = array.data() else { return Err("there is no output of floats".into()) };
    if ours.shape() != array.shape() {
        return Err(format!("the shape is {:?} here, {:?} in ONNX Runtime", ours.shape(), array.shape()));
    }
    near(theirs, &ours.to_f32().unwrap()).map_err(|e| format!("{e}, in ONNX Runtime"))
}

/// Whether numbers of a file are those of its module.
fn near(theirs: &[f32], ours: &[f32]) -> Result<(), String> {
    let largest = ours.iter().fold(0f32, |most, x| most.max(x.abs()));
    // A NaN is near to nothing.
    let far = |(a, b): &(&f32, &f32)| (*a - *b).is_nan() || (*a - *b).abs() > ALLOWED * largest;
    match ours.iter().zip(theirs).find(far) {
        None if ours.len() == theirs.len() => Ok(()),
        None => Err(format!("{} elements here, {} there", ours.len(), theirs.len())),
        Some((a, b)) => Err(format!("an element is {a} here, {b} there")),
    }
}

/// Holds a file against `onnx.checker`, where Python has it or `scripts/onnx-tests.sh` brought it.
fn check(name: &str, path: &Path) {
    const SCRIPT: &str = "import sys\ntry:\n  import onnx\nexcept ImportError:\n  sys.exit(7)\n\
                          onnx.checker.check_model(sys.argv[1], full_check=True)";
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let brought = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.onnx/python");
    match Command::new(python).args(["-c", SCRIPT]).arg(path).env("PYTHONPATH", brought).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(7) => {
            panic!("{name}: onnx.checker: {}", String::from_utf8_lossy(&output.stderr))
        }
        _ => tests::skipped("Python has no package onnx"),
    }
}
