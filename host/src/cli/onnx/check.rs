//! `host onnx check`: everything that is not supported, and what the file is good for.

use std::path::Path;

use onnx_net::{OnnxFile, Report};
use ops::Device;
use serde_json::json;

use crate::{
    cli::outcome::Outcome,
    error::Result,
    onnx::{self, Runtime},
};

/// Says `train` of a module whose parameters get gradients, `frozen` of one without, or where only ONNX
/// Runtime can run it.
pub fn run(file: &Path, library: Option<&Path>, json: bool) -> Result<Outcome> {
    let report = onnx_net::check(&OnnxFile::read(file)?);
    if json {
        out!("{}", facts(file, &report, library));
        return Ok(if report.runs { Outcome::Done } else { Outcome::Failed });
    }
    let name = file.display();
    if report.trains() {
        out!("{name}: can train and run frozen ({} parameters)", report.trained.len());
        for parameter in &report.constant {
            out!("  no gradient reaches the parameter `{parameter}`");
        }
        numbers(&report);
        return Ok(Outcome::Done);
    }
    if report.runs {
        out!("{name}: can run frozen; no gradient reaches a parameter");
        numbers(&report);
        return Ok(Outcome::Done);
    }
    refused(file, &report, library);
    Ok(Outcome::Failed)
}

/// The report for programs. Whether ONNX Runtime runs the file is tried where nothing else does; null where
/// it was not tried.
fn facts(file: &Path, report: &Report, library: Option<&Path>) -> serde_json::Value {
    let is_tried = !report.runs && Runtime::get(library).is_ok();
    let finding = |(finding, count): &(_, usize)| json!({ "message": format!("{finding}"), "count": count });
    json!({
        "file": file,
        "trains": report.trains(),
        "runs": report.runs,
        "runs_in_onnxruntime": is_tried.then(|| onnx::Model::open(file, Device::Cpu, library).is_ok()),
        "trained": report.trained,
        "constant": report.constant,
        "numbers": report.numbers,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// Single numbers that training leaves alone.
fn numbers(report: &Report) {
    if !report.numbers.is_empty() {
        out!("  taken for numbers of formulas, not trained: {}", report.numbers.join(", "));
    }
}

/// What `nn::from_onnx` does not take may still run in ONNX Runtime.
fn refused(file: &Path, report: &Report, library: Option<&Path>) {
    out!("{}", report.to_string().trim_end());
    let name = file.display();
    if let Err(error) = Runtime::get(library) {
        out!("{name}: cannot train; whether ONNX Runtime runs it was not tried: {error}");
        return;
    }
    match onnx::Model::open(file, Device::Cpu, library) {
        Ok(_) => out!("{name}: can run frozen, in ONNX Runtime (onnx::model); cannot train"),
        Err(error) => out!("{name}: can neither train nor run frozen ({error})"),
    }
}
