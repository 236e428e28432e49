//! `host onnx`

use std::path::Path;

use ops::nn::graph::{self, Model, Report};

use super::{OnnxCommand, outcome::Outcome};
use crate::{
    error::Result,
    onnx::{self, Device},
};

/// Runs one of the commands for ONNX files.
pub fn run(command: &OnnxCommand) -> Result<Outcome> {
    match command {
        OnnxCommand::Check { file } => check(file),
    }
}

/// Prints everything that is not supported, and what the file is good for: `train` for a module whose
/// parameters get gradients, `frozen` for one without, or where only ONNX Runtime can run it.
fn check(file: &Path) -> Result<Outcome> {
    let report = graph::check(&Model::read(file)?);
    let name = file.display();
    if report.trains() {
        println!("{name}: can train and run frozen ({} parameters)", report.trained.len());
        for parameter in &report.constant {
            println!("  no gradient reaches the parameter `{parameter}`");
        }
        return Ok(Outcome::Done);
    }
    if report.runs {
        println!("{name}: can run frozen; no gradient reaches a parameter");
        return Ok(Outcome::Done);
    }
    Ok(refused(file, &report))
}

/// What `nn::from_onnx` does not take may still run in ONNX Runtime.
fn refused(file: &Path, report: &Report) -> Outcome {
    print!("{report}");
    match onnx::Model::open(file, Device::Cpu, None) {
        Ok(_) => {
            println!("{}: can run frozen, in ONNX Runtime (onnx::model); cannot train", file.display());
        }
        Err(error) => {
            println!("{}: can neither train nor run frozen ({error})", file.display());
        }
    }
    Outcome::Failed
}
