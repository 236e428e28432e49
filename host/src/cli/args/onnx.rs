//! What can be typed about running ONNX files.

use std::path::PathBuf;

use clap::Args;

use crate::cli::onnx::is_json;

/// `host onnx run`
#[derive(Debug, Args)]
pub struct OnnxRun {
    /// The ONNX file
    pub file: PathBuf,
    /// An input: an array of NumPy, a .json file, or JSON such as x=[[1,2]]
    #[arg(long, value_name = "NAME=FILE.npy", value_parser = named_input)]
    pub input: Vec<(String, String)>,
    /// The outputs to compute, instead of all
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub outputs: Option<Vec<String>>,
    /// Write each output into this folder, as NAME.npy or NAME.json
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// The ONNX Runtime library
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Print JSON: one object a line, for each output
    #[arg(long)]
    pub json: bool,
}

/// `host onnx bench`
#[derive(Debug, Args)]
pub struct OnnxBench {
    /// The ONNX file
    pub file: PathBuf,
    /// Samples at a time [default: 1, or as many as the file fixes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// An input, instead of random numbers: NumPy's, a .json file, or JSON
    #[arg(long, value_name = "NAME=FILE.npy", value_parser = named_input)]
    pub input: Vec<(String, String)>,
    /// Times that are measured, of each of both ways
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub reps: u32,
    /// Times before, that are not
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub warmup: u32,
    /// The ONNX Runtime library
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
}

fn named_input(text: &str) -> Result<(String, String), String> {
    // A name may hold `=`, a path rarely does; JSON may.
    let inline = text.match_indices('=').find(|(i, _)| is_json(&text[i + 1..]));
    let parts = inline.map(|(i, _)| (&text[..i], &text[i + 1..])).or_else(|| text.rsplit_once('='));
    let (name, value) = parts.ok_or("an input is written NAME=FILE.npy, or NAME=JSON")?;
    Ok((name.to_owned(), value.to_owned()))
}
