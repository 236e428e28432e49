//! What a run was started with, in a form of its own: how a command line is written may change.

use serde::{Deserialize, Serialize};

/// The arguments of `host run` besides settings and seed, which the record has by themselves. What it names
/// is not obeyed on `host resume`: see session/access.rs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arguments {
    /// The plugin as it was named: a file, or a name.
    pub plugin: String,
    /// Where tensors are made: `cpu`, `gpu` or `auto`.
    pub device: String,
    pub preset: Option<String>,
    pub config: Option<String>,
    /// Folders of data sets and files that the script may read, relative to the working folder.
    pub data: Option<String>,
    pub allow_read: Vec<String>,
    /// Whether convolutions are plain sums of products.
    pub exact: bool,
    /// The ONNX Runtime library.
    pub onnxruntime: Option<String>,
    /// Seconds until it stops by itself, and the shortest time between checkpoints.
    pub deadline: Option<f64>,
    pub checkpoint_every: f64,
    pub stop_on_nan: bool,
    pub max_operations: u64,
}
