//! Networks as ONNX graphs.
//!
//! Reading order: [`proto`] (the messages of a file), [`Model`] (a file, read within bounds), `node`
//! (one operator with its attributes), `operators` (what each operator computes, one family a file),
//! `build` (a graph resolved once into a `plan`: its `initialisers`, its nodes in `resolve`, constants in
//! `fold`), [`Graph`] (the plan as the layer of a module), [`Report`] (what a file needs that is not here).

mod bounds;
mod build;
mod call;
mod elements;
pub mod export;
mod external;
mod fold;
mod function;
mod infer;
mod initialisers;
mod layer;
mod names;
mod node;
mod operators;
mod plan;
mod port;
pub mod proto;
mod read;
mod rebatch;
mod report;
mod resolve;
mod roles;
mod scope;
mod training;
mod value;
mod visit;

pub use call::Mode;
pub use elements::{dtype, tensor as read_tensor};
pub use layer::Graph;
pub use port::Port;
pub use read::Model;
pub use rebatch::alike;
pub use report::{Finding, Report, check, module};
pub use value::Value;

use crate::{Error, Result};

/// The newest operator set that is known here.
pub const NEWEST_OPSET: i64 = 28;

/// The description of an initialiser that is a buffer, in the files that [`export`] writes.
const BUFFER: &str = "buffer";

/// An error of a model's file, in words.
fn broken<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::Graph(text.into()))
}
