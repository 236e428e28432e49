//! `host onnx`: what an ONNX file is, what it computes, how fast, what it looks like, and how two differ.

mod bench;
mod check;
mod diff;
mod graph;
mod info;
mod inputs;
mod run;
mod words;

use super::{OnnxCommand, outcome::Outcome};
use crate::error::Result;

/// Runs one of the commands for ONNX files.
pub fn run(command: &OnnxCommand) -> Result<Outcome> {
    match command {
        OnnxCommand::Check { file, onnxruntime, json } => check::run(file, onnxruntime.as_deref(), *json),
        OnnxCommand::Info { file, json } => info::run(file, *json),
        OnnxCommand::Run { file, input, output, onnxruntime, json } => {
            run::run(file, input, output.as_deref(), onnxruntime.as_deref(), *json)
        }
        OnnxCommand::Bench(args) => bench::run(args),
        OnnxCommand::Graph(args) => graph::run(args),
        OnnxCommand::Diff(args) => diff::run(args),
    }
}
