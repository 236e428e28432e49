//! `host onnx`: what an ONNX file is, what it computes, how fast, and how two differ.

mod bench;
mod check;
mod diff;
mod info;
mod inputs;
mod run;
mod words;

use super::{OnnxCommand, outcome::Outcome};
use crate::error::Result;

/// Runs one of the commands for ONNX files.
pub fn run(command: &OnnxCommand) -> Result<Outcome> {
    match command {
        OnnxCommand::Check { file, onnxruntime } => check::run(file, onnxruntime.as_deref()),
        OnnxCommand::Info { file } => info::run(file),
        OnnxCommand::Run { file, input, output, onnxruntime } => {
            run::run(file, input, output.as_deref(), onnxruntime.as_deref())
        }
        OnnxCommand::Bench(args) => bench::run(args),
        OnnxCommand::Diff { a, b } => diff::run(a, b),
    }
}
