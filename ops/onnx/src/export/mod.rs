//! Modules as ONNX files.
//!
//! What was read from a file is that file with other values ([`original()`]). Every other module is traced
//! over symbolic tensors at two batch sizes, and each trace is a [`Draft`]: the nodes of an ONNX graph with
//! the sizes that they had. Where both drafts agree, that is the file; sizes that differ follow the batch,
//! and are computed from it when the file runs ([`merge`]). Anything else that differs cannot be written: a
//! branch, or a constant.
//!
//! Reading order: `original` (a file with other values), `batch` (sizes that follow the batch), `merge` (two
//! drafts as one graph), `messages` (the parts of a file), `names` (each name once).

mod batch;
mod merge;
mod messages;
mod names;
mod original;

use prost::Message as _;

use ops::{
    Error, Result, Spec,
    nn::{Draft, Module, Value},
};

use crate::file::proto::ModelProto;
pub use original::original;
pub(crate) use original::{Original, bare};

/// The operator set that files are written in: the first whose GroupNormalization scales each channel
/// (ONNX 1.16).
pub const OPSET: i64 = 21;

/// What the files say that they are made by.
pub(crate) const PRODUCER: &str = "host";

/// The batch sizes of the two traces. Far apart, so that what does not grow evenly with the batch is
/// unlikely to look as if it did; and not 1, which would broadcast.
const BATCHES: [usize; 2] = [3, 67];

/// What a file says about itself, by key.
pub type Metadata = Vec<(String, String)>;

/// A module as an ONNX model that takes `input` as its input `input`, `[batch, ..]` with any number of
/// samples, and gives `output`, as the module does in evaluation. `sample` is one sample of the input,
/// without the batch.
///
/// Parameters and buffers have the names of [`Module::state`]; buffers say so in their `doc_string`.
/// Nodes are named by the module's path, as `encoder/0/Conv`.
///
/// # Errors
/// Those of the module's forward pass; [`Error::NotExportable`] for an operation that ONNX does not have,
/// and for what differs between two batch sizes without following them.
pub fn export(module: &Module, sample: &Spec, metadata: Metadata) -> Result<ModelProto> {
    let of = |batch| vec![Value::Tensor(sample.reshaped([&[batch], sample.shape.as_slice()].concat()))];
    export_at(module, of, metadata)
}

/// [`export`] of a module that takes several inputs, or lists and maps: `example` are inputs for one batch.
/// The size of the batch is the first one of the first tensor; in each other tensor the first dimension of
/// that size is taken for the batch, if there is one. Inputs are called `input`, `input_2` and so on, outputs
/// `output`, and those in maps as they are there.
///
/// # Errors
/// As [`export`].
pub fn export_like(module: &Module, example: &[Value<Spec>], metadata: Metadata) -> Result<ModelProto> {
    let first = example.iter().flat_map(Value::tensors).next();
    let size = first.and_then(|spec| spec.shape.first().copied());
    let at = |batch: usize| {
        let spec = &mut |spec: &Spec| {
            let mut shape = spec.shape.clone();
            if let Some(n) = shape.iter_mut().find(|n| Some(**n) == size) {
                *n = batch;
            }
            Ok::<_, Error>(spec.reshaped(shape))
        };
        example.iter().filter_map(|input| input.each(spec).ok()).collect()
    };
    export_at(module, at, metadata)
}

fn export_at(
    module: &Module,
    inputs: impl Fn(usize) -> Vec<Value<Spec>>,
    metadata: Metadata,
) -> Result<ModelProto> {
    let [small, large] = BATCHES.map(|batch| Draft::trace(module, &inputs(batch)));
    merge::merge(module, &small?, &large?, metadata)
}

/// A model as the bytes of a file.
pub fn to_bytes(model: &ModelProto) -> Vec<u8> {
    model.encode_to_vec()
}

fn refuse<T>(reason: impl Into<String>, position: Option<ops::ScriptPosition>) -> Result<T> {
    Err(Error::NotExportable { reason: reason.into(), position })
}
