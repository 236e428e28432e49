//! `host onnx`: what an ONNX file is, what it computes, how fast, what it looks like, and how two differ.

mod bench;
mod check;
mod diff;
mod graph;
mod info;
mod inputs;
mod json;
mod run;
mod words;

pub use inputs::is_json;

use super::{OnnxCommand, outcome::Outcome};
use crate::error::Result;

/// Runs one of the commands for ONNX files.
pub fn run(command: &OnnxCommand) -> Result<Outcome> {
    match command {
        OnnxCommand::Check { file, onnxruntime, json } => check::run(file, onnxruntime.as_deref(), *json),
        OnnxCommand::Info { file, json } => info::run(file, *json),
        OnnxCommand::Run(args) => run::run(args),
        OnnxCommand::Bench(args) => bench::run(args),
        OnnxCommand::Graph(args) => graph::run(args),
        OnnxCommand::Diff(args) => diff::run(args),
    }
}
