//! `host onnx check`: everything that is not supported, and what of the file is trained.

use std::path::Path;

use onnx_net::{FileTensor, OnnxFile, Report};
use ops::Device;
use serde_json::json;

use super::words::printable;
use crate::{
    cli::outcome::Outcome,
    error::Result,
    onnx::{self, Runtime},
};

/// Says `train` of a module whose parameters get gradients, `frozen` of one without, or where only ONNX
/// Runtime can run it.
pub fn run(file: &Path, library: Option<&Path>, json: bool) -> Result<Outcome> {
    let report = onnx_net::check(&OnnxFile::open(file)?);
    if json {
        out!("{}", facts(file, &report, library));
        return Ok(if report.runs { Outcome::Done } else { Outcome::Failed });
    }
    if !report.runs {
        refused(file, &report, library);
        return Ok(Outcome::Failed);
    }
    let (name, trained) = (file.display(), report.trained().count());
    match trained {
        0 => out!("{name}: can run frozen; no gradient reaches a parameter"),
        1 => out!("{name}: can train and run frozen (1 parameter)"),
        _ => out!("{name}: can train and run frozen ({trained} parameters)"),
    }
    report.warnings.iter().for_each(|warning| out!("  warning: {}", printable(warning)));
    listed("trained", report.trained());
    listed("not trained", report.kept());
    shared(&report);
    Ok(Outcome::Done)
}

/// The report for programs. Whether ONNX Runtime runs the file is tried where nothing else does; null where
/// it was not tried.
fn facts(file: &Path, report: &Report, library: Option<&Path>) -> serde_json::Value {
    let is_tried = !report.runs && Runtime::get(library).is_ok();
    let finding = |(finding, count): &(_, usize)| json!({ "message": format!("{finding}"), "count": count });
    let tensor = |tensor: &FileTensor| {
        json!({
            "name": tensor.name,
            "shape": tensor.shape,
            "dtype": tensor.dtype.name(),
            "node": tensor.node,
            "trained": tensor.is_trained,
            "reason": tensor.reason,
        })
    };
    json!({
        "file": file,
        "trains": report.trains(),
        "runs": report.runs,
        "runs_in_onnxruntime": is_tried.then(|| onnx::Model::open(file, Device::Cpu, library).is_ok()),
        "tensors": report.tensors.iter().map(tensor).collect::<Vec<_>>(),
        "shared": report.shared.iter().map(|shared| json!({ "name": shared.name, "nodes": shared.nodes }))
            .collect::<Vec<_>>(),
        "warnings": report.warnings,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// One line a tensor: `  fc.weight  f32 [10, 84]  a weight: Gemm (node `fc`)`.
fn listed<'a>(headline: &str, tensors: impl Iterator<Item = &'a FileTensor>) {
    let rows: Vec<_> = tensors
        .map(|tensor| {
            let node = tensor.node.as_deref().map_or_else(String::new, |node| format!(": {node}"));
            let form = format!("{} {:?}", tensor.dtype, tensor.shape);
            [printable(&tensor.name), form, printable(&format!("{}{node}", tensor.reason))]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let width = |i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    out!("{headline}:");
    for [name, form, reason] in &rows {
        out!("  {name:first$}  {form:second$}  {reason}");
    }
}

/// Equal tensors that were written once, and the way out.
fn shared(report: &Report) {
    if report.shared.is_empty() {
        return;
    }
    out!(
        "shared by several layers because they are equal \
         (`nn::from_onnx(path, #{{ untie: true }})` parts them):"
    );
    for shared in &report.shared {
        out!("  {}: {}", printable(&shared.name), printable(&shared.nodes.join(", ")));
    }
}

/// What `nn::from_onnx` does not take may still run in ONNX Runtime.
fn refused(file: &Path, report: &Report, library: Option<&Path>) {
    out!("{}", printable_lines(report));
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

fn printable_lines(report: &Report) -> String {
    report.to_string().lines().map(printable).collect::<Vec<_>>().join("\n")
}
