//! What `host onnx graph` and `host onnx diff` take.

use std::path::PathBuf;

use clap::Args;

/// `host onnx graph`
#[derive(Debug, Args)]
pub struct OnnxGraph {
    /// The ONNX file
    pub file: PathBuf,
    /// FILE.svg, FILE.png or FILE.pdf; - prints SVG [default: NAME.svg, here]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Unfold scopes of this many levels [default: as many as give 120 boxes]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub depth: Option<usize>,
    /// A box for every node
    #[arg(long)]
    pub all: bool,
}

/// `host onnx diff`
#[derive(Debug, Args)]
pub struct OnnxDiff {
    /// An ONNX file
    pub a: PathBuf,
    /// Another ONNX file
    pub b: PathBuf,
    /// Compare what nodes give for FILE.npy, FILE.npz or NAME=FILE.npy
    #[arg(long, value_name = "INPUT")]
    pub numbers: Vec<String>,
    /// How far numbers may be apart, as a part of the largest
    #[arg(long, value_name = "PART", default_value_t = 0.0, requires = "numbers", value_parser = part)]
    pub tolerance: f64,
    /// The ONNX Runtime library
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Print JSON: one object
    #[arg(long)]
    pub json: bool,
}

fn part(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|x: &f64| x.is_finite() && *x >= 0.0);
    part.ok_or_else(|| "a part is a number from 0 on, such as 0.001".to_owned())
}
