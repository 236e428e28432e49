//! What `host onnx graph` takes.

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
