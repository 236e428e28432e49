//! Every operation refuses what it is not defined for: with an error that names it, on both devices,
//! and never with a panic or an answer. In a process of its own: it sets the budget of bytes, and waits for
//! the GPU before the process ends.

#[path = "../support/mod.rs"]
mod support;
mod wrong;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ops::{DType, Device, Error, Result, Tensor};
use support::cases::{self, tensor};
use wrong::Calls;

/// Operations that take all tensors of a device.
const NEVER_WRONG: [&str; 28] = [
    "cast",
    "copied_along",
    "exp",
    "log",
    "log1p",
    "expm1",
    "exp2",
    "log2",
    "log10",
    "rsqrt",
    "asinh",
    "acosh",
    "atanh",
    "sqrt",
    "recip",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "erf",
    "sigmoid",
    "div_scalar",
    "sum",
];

/// The name that an operation has in messages, where it is not that of the method.
fn message_name(method: &str) -> &str {
    match method {
        "where_" => "where",
        "slices_at" => "index_select",
        "at" | "with_at" | "with_number_at" => "index",
        "gather_known" => "gather",
        "reshape_infer" => "reshape",
        "interpolate_by" => "interpolate",
        "clamp_min" | "clamp_max" => "clamp",
        "lerp_by" => "lerp",
        "first_max_dims" => "max",
        "norm_of" => "norm",
        "max_pool2d_dilated" => "max_pool2d",
        "im2col" => "unfold",
        "col2im" => "fold",
        "prod_dims" | "any_dims" | "all_dims" => method.trim_end_matches("_dims"),
        _ => method.trim_end_matches("_dims").trim_end_matches("_scalar"),
    }
}

/// What is not an error of that operation.
fn complaint<T: std::fmt::Debug>(name: &str, call: impl FnOnce() -> Result<T>) -> Option<String> {
    // A GPU refuses values when one is next read from it.
    let settled = || call().and_then(|answer| ops::tensor::settle().map(|()| answer));
    match catch_unwind(AssertUnwindSafe(settled)) {
        Err(_) => Some(format!("{name} panics")),
        Ok(Ok(answer)) => Some(format!("{name} answers {answer:?}")),
        Ok(Err(Error::Backend { reason, .. })) => Some(format!("{name} was not checked: {reason}")),
        Ok(Err(e)) if e.to_string().starts_with(&format!("{}: ", message_name(name))) => None,
        Ok(Err(e)) => Some(format!("{name} is not named: {e}")),
    }
}

fn assert_none(complaints: impl Iterator<Item = String>) {
    let complaints: Vec<_> = complaints.collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_operation_has_a_wrong_call() {
    let table = wrong::calls();
    cases::assert_complete(table.iter().map(|(name, _)| *name).chain(NEVER_WRONG));
}

#[test]
fn wrong_calls_are_errors_that_name_the_operation() {
    ops::tensor::set_budget(1 << 30);
    let of = |at: Device, (name, calls): &(&'static str, Calls)| -> Vec<String> {
        let numbered = calls.iter().enumerate();
        let described = |(i, call): (usize, &wrong::Call)| {
            complaint(name, || call(at)).map(|text| format!("{at}, call {i}: {text}"))
        };
        numbered.filter_map(described).collect()
    };
    let table = wrong::calls();
    let all = cases::devices().into_iter().flat_map(|at| table.iter().flat_map(move |row| of(at, row)));
    assert_none(all);
}

#[test]
fn tensors_of_two_devices_are_an_error() {
    if !cases::devices().contains(&Device::Gpu) {
        return;
    }
    let moved = |case: &cases::Case, i: usize| {
        let mut inputs = case.tensors(DType::F32, Device::Cpu);
        inputs[i] = inputs[i].to_device(Device::Gpu).expect("the GPU is there");
        complaint(case.name, || (case.run)(&inputs))
    };
    let several = cases::all().into_iter().filter(|case| case.inputs.len() > 1);
    assert_none(
        several.flat_map(|case| (0..case.inputs.len()).filter_map(|i| moved(&case, i)).collect::<Vec<_>>()),
    );
    settled();
}

/// Waits for the GPU: a driver that is still at work when the process ends can crash it.
fn settled() {
    let last = tensor(&[1.0], &[1], DType::F32, Device::Gpu).exp().expect("the GPU computes");
    assert!(last.item().is_ok());
}

#[test]
fn the_gpu_refuses_types_that_it_does_not_compute_in() {
    if !cases::devices().contains(&Device::Gpu) {
        return;
    }
    let x = tensor(&[1.0, 2.0], &[2], DType::F32, Device::Gpu);
    for dtype in [DType::F64, DType::I64] {
        assert_eq!(complaint("cast", || x.cast(dtype)), None);
        assert_eq!(complaint("full", || Tensor::full([2], 1.0, dtype, Device::Gpu)), None);
    }
    let floats = tensor(&[1.0, 2.0], &[2], DType::F64, Device::Cpu);
    assert_eq!(complaint("tensor", || floats.to_device(Device::Gpu)), None);
    let whole = |number: f64| tensor(&[number], &[1], DType::I64, Device::Cpu).to_device(Device::Gpu);
    assert_eq!(whole(7.0).unwrap().dtype(), DType::I32);
    assert_eq!(complaint("cast", || whole(3e9)), None);
    settled();
}

#[test]
fn tensors_without_elements_or_with_too_many_are_errors() {
    ops::tensor::set_budget(1 << 30);
    for at in cases::devices() {
        let full =
            |shape: &[usize], value, dtype| complaint("full", || Tensor::full(shape, value, dtype, at));
        assert_eq!(full(&[2, 0], 1.0, DType::F32), None);
        assert_eq!(full(&[1; 7], 1.0, DType::F32), None);
        assert_eq!(full(&[usize::MAX, 2], 1.0, DType::F32), None);
        assert_eq!(full(&[1 << 20, 1 << 20], 1.0, DType::F32), None);
        assert_eq!(full(&[2], 0.5, DType::I32), None);
        assert_eq!(full(&[2], 1e10, DType::I32), None);
        assert_eq!(full(&[2], f64::NAN, DType::I32), None);
        assert_eq!(complaint("tensor", || Tensor::from_data(vec![1.0f32; 3], [2], at)), None);
        assert_eq!(complaint("item", || tensor(&[1.0, 2.0], &[2], DType::F32, at).item()), None);
    }
    assert!(matches!(Device::parse("tpu"), Err(Error::Device { .. })));
}
