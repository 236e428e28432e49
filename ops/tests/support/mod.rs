//! What tests share: reading reference values (`golden/*.json`, computed in float64 by PyTorch) and comparing
//! with them; [`kernels`] compares a kernel's forms, [`cases`] lists every operation.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod cases;
pub mod kernels;

use std::io::Write as _;

use ops::{DType, Device, Tensor};
use serde_json::Value;

/// The element types that results are compared in, each with the difference allowed, relative to the
/// largest entry.
pub const PRECISIONS: [(DType, f64); 2] = [(DType::F64, 1e-10), (DType::F32, 1e-5)];

/// Says on the terminal, past the capture of the test harness, that a test did nothing, and why.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// The graphics card or its software stand-in; where there is none, the test is skipped and says so.
pub fn gpu() -> Option<Device> {
    match Device::gpu_name() {
        Some(name) => println!("{name}"),
        None => skipped("no GPU"),
    }
    Device::gpu_name().map(|_| Device::Gpu)
}

/// A file of reference values.
pub fn golden(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The case of that name.
pub fn case<'a>(file: &'a Value, name: &str) -> &'a Value {
    file["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap()
}

/// A reference tensor of floats.
pub fn tensor(value: &Value, dtype: DType) -> Tensor {
    let shape: Vec<usize> = numbers(&value["shape"]).iter().map(|&n| n as usize).collect();
    Tensor::from_data(numbers(&value["data"]), shape, Device::Cpu).unwrap().cast(dtype).unwrap()
}

/// A list of numbers.
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A tensor of f32 on the CPU.
pub fn floats(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

/// Asserts that a tensor is the reference, up to `limit` times the largest entry.
#[track_caller]
pub fn assert_golden(found: &Tensor, expected: &Value, limit: f64) {
    let expected = tensor(expected, DType::F64);
    assert_eq!(found.shape(), expected.shape());
    assert_near(&found.to_f64().unwrap(), &expected.to_f64().unwrap(), limit);
}

/// Asserts that a number is the reference.
#[track_caller]
pub fn assert_number(found: &Tensor, expected: &Value, limit: f64) {
    assert_near(&[found.item().unwrap()], &[expected.as_f64().unwrap()], limit);
}

/// Asserts equality up to `limit` times the largest entry.
#[track_caller]
pub fn assert_near(found: &[f64], expected: &[f64], limit: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0, |m: f64, x| m.max(x.abs())).max(1e-30);
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= limit * largest, "entry {i}: {a}, expected {b}");
    }
}
