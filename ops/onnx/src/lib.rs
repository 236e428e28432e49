//! ONNX networks: read from a file as a module that can be trained, and written to a file again.
//!
//! Reading order:
//!
//! 1. [`file`]: what a file holds. `proto` (the messages), `bounds` (a look at a file before it is decoded),
//!    `visit` (a walk through all tensors and nodes), `elements` (the numbers of a tensor), `stored` (those
//!    of types that tensors here do not have), `external` (numbers in other files), `onnx_file`
//!    ([`OnnxFile`]: a file, read within bounds).
//! 2. `value` ([`GraphValue`]: what an edge of a graph carries), `node` (an operator with its attributes),
//!    `call` (an operator with its inputs), `operators` (what each operator computes). Its families:
//!    `arithmetic`, `activation`, `compare`, `reduce`, `shape`, `join`, `choose`, `scatter`, `order`, `pad`,
//!    `create`, `matrix`, `conv`, `pool`, `spread`, `normalise`, `resize`, `grid`, `attention`, `recurrent`,
//!    `einsum`, `loss`, `sequence`, `control`, `quantised`, and those of ONNX Runtime, `microsoft`; what they
//!    share: `numbers` (whole numbers, on the processor), `window` (kernels, strides, padding), `taps`
//!    (weights of a resized dimension), `cell` (one step of a recurrent layer).
//! 3. [`network`]: what is run. `port` ([`Port`]: an input or output), `plan` (nodes in order, edges as
//!    numbered slots), `graph` ([`Graph`]: the plan as the layer of a module), `trial` (shapes before
//!    anything runs), `rebatch` (more samples than a file's fixed batch).
//! 4. `build`: from a file to a plan. `functions` (a model's own functions, written out), `scope` (the names
//!    of one graph), `uses`, `fixed`, `names` and `choice` (which tensors are parameters, by their uses,
//!    their values, their names and by patterns), `initialisers` (constants, parameters, running averages),
//!    `types` (what tensors here do not have), `quantised` (stored numbers that become parameters), `nodes`
//!    (one step of the plan for each node), `fold` (constants computed once), `reached` (which parameters
//!    gradients reach).
//! 5. `report` ([`Report`]: what a file needs that is not here) and `module` ([`check`] and [`module()`]: all
//!    of the above, one after another).
//! 6. `rows`: whether the samples of a file of a fixed batch are independent, from its operators (`known`).
//! 7. [`export`]: modules as files. `original` (a file with other values), `batch` (sizes that follow the
//!    batch), `merge` (two traces as one graph), `messages` (the parts of a file), `names` (each name once).

mod build;
mod call;
pub mod export;
pub mod file;
mod module;
pub mod network;
mod node;
mod operators;
mod report;
mod rows;
mod value;

pub use build::{Choice, Untie, matches};
pub use call::GraphMode;
pub use file::{
    OnnxFile,
    elements::{dtype, tensor as read_tensor},
    proto,
};
pub use module::{check, module, module_with};
pub use network::{Graph, Port, alike};
pub use report::{FileTensor, OnnxFinding, Report, SharedTensor};
pub use rows::mixed_samples;
pub use value::GraphValue;

use ops::{Error, Result};

/// The newest operator set that is known here.
pub const NEWEST_OPSET: i64 = 28;

/// The description of an initialiser that is a buffer, in the files that [`export`] writes.
const BUFFER: &str = "buffer";

/// Whether a word is one of a list of words.
fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// An error of a model's file, in words.
fn broken<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Graph(text.into()))
}
