//! The rank-erased tensor: an immutable value with a shape, an element type, a device and, where a
//! gradient may be asked for, a record of how it was computed.
//!
//! Reading order: this file (the value), [`spec`] (shape and element type), [`device`], [`data`] (elements in
//! and out), [`budget`]; then what operations are ([`op`]), how they are carried out ([`engine`]) and
//! recorded ([`tape`], [`trace`]), the memory that they work on ([`memory`], `gpu`), and what all that costs
//! ([`traffic`]).

mod array;
mod budget;
mod data;
mod device;
mod display;
mod engine;
mod fitted;
#[cfg(feature = "cube")]
pub(crate) mod gpu;
mod later;
mod memory;
pub mod onnx;
mod op;
mod spec;
mod tape;
pub mod trace;
pub mod traffic;

use std::sync::Arc;

use burn::backend::{BackendTensor, DispatchTensorKind};

pub use array::{Array, ArrayView, Data, DataView};
pub(crate) use budget::Charge;
pub use budget::{heap_bytes, live_bytes, require_room, room, set_budget};
pub(crate) use data::{POLL_EVERY, download, float_dtype, full_primitive, holds, int_dtype, upload};
pub use device::Device;
pub(crate) use engine::{apply, common_device, countable, guarded, supported};
pub use later::settle;
pub(crate) use later::{ask_later, asked_before};
pub use memory::{Elements, Floats};
pub(crate) use memory::{floats_of, on_cpu};
pub(crate) use op::{Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind};
pub(crate) use spec::show;
pub use spec::{DType, Spec, broadcast};
pub(crate) use tape::{Node, recording};
pub use tape::{is_grad_enabled, no_grad};

use crate::{Error, Result};

/// A tensor. Cloning is cheap: clones share the value and the record of how it was computed.
#[derive(Clone)]
pub struct Tensor(Arc<TensorInner>);

struct TensorInner {
    spec: Spec,
    device: Device,
    storage: Storage,
    node: Option<Arc<Node>>,
}

/// What a tensor holds.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "nearly every tensor has a value, and lives behind an `Arc`")]
pub(crate) enum Storage {
    /// A value in a backend's memory.
    Value(Primitive, Arc<Charge>),
    /// Nothing: the tensor stands for a value in a trace.
    Symbolic,
    /// Nothing any more: the gradient does not need the value.
    Released,
}

impl Tensor {
    /// Bytes of a tensor besides its elements.
    pub(crate) const BYTES: usize = size_of::<TensorInner>();

    pub(crate) fn new(spec: Spec, device: Device, storage: Storage, node: Option<Arc<Node>>) -> Self {
        Self(Arc::new(TensorInner { spec, device, storage, node }))
    }

    /// A tensor that stands for a value of that spec in a trace: operations on it check and record
    /// themselves but compute nothing.
    pub fn symbolic(spec: Spec, device: Device) -> Self {
        Self::new(spec, device, Storage::Symbolic, None)
    }

    /// [`Tensor::symbolic`] as a leaf, which can be found in what is computed from it.
    pub(crate) fn symbolic_leaf(spec: Spec, device: Device) -> Self {
        Self::new(spec, device, Storage::Symbolic, Some(Node::leaf()))
    }

    /// Shape and element type.
    pub fn spec(&self) -> &Spec {
        &self.0.spec
    }

    /// The logical shape; `[]` at rank 0.
    pub fn shape(&self) -> &[usize] {
        &self.0.spec.shape
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.spec.rank()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.0.spec.len()
    }

    /// Whether there is no element. Never true: a tensor without elements cannot be made.
    pub fn is_empty(&self) -> bool {
        self.0.spec.is_empty()
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.0.spec.dtype
    }

    /// Where the value lives.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Whether the tensor only stands for a value in a trace.
    pub fn is_symbolic(&self) -> bool {
        matches!(self.0.storage, Storage::Symbolic)
    }

    /// Whether two handles are of one tensor.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether two tensors hold one and the same value, however they are tracked.
    pub fn shares_value(&self, other: &Self) -> bool {
        self.value_id() == other.value_id()
    }

    /// Whether two tensors have the same elements, bit for bit, in one shape and type on one device. One of a
    /// trace is the same as itself alone.
    pub fn has_same_bits(&self, other: &Self) -> bool {
        let bits = |tensor: &Self| tensor.to_data().map(|data| data.to_bytes()).ok();
        self.spec() == other.spec()
            && self.device() == other.device()
            && (self.shares_value(other) || bits(self).is_some_and(|own| Some(own) == bits(other)))
    }

    /// Whether gradients of both are taken at the same place of one graph, or of neither.
    pub fn shares_graph(&self, other: &Self) -> bool {
        match (self.node(), other.node()) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    /// A number that tensors have in common which hold one and the same value, as long as one of them lives.
    pub fn value_id(&self) -> usize {
        match &self.0.storage {
            Storage::Value(_, charge) => Arc::as_ptr(charge).addr(),
            _ => Arc::as_ptr(&self.0).addr(),
        }
    }

    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        self.0.node.as_ref()
    }

    /// Whether the value is a matrix on the CPU that is stored column by column.
    pub(crate) fn is_transposed(&self) -> bool {
        let Storage::Value(primitive, _) = &self.0.storage else { return false };
        let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &primitive.kind else { return false };
        matches!(flex.layout().strides(), &[row, column] if row == 1 && column > 1)
    }

    /// The backend's tensor.
    pub(crate) fn primitive(&self, op: &'static str) -> Result<Primitive> {
        match &self.0.storage {
            Storage::Value(primitive, _) => Ok(primitive.clone()),
            Storage::Symbolic => Err(Error::Symbolic { op }),
            Storage::Released => Err(Error::Spent),
        }
    }

    /// The value as the input of an operation.
    fn operand(&self, op: &'static str) -> Result<Operand<'_>> {
        Ok(Operand { spec: self.spec(), value: self.primitive(op)? })
    }

    /// The same value with another record.
    pub(crate) fn with_node(&self, node: Option<Arc<Node>>) -> Self {
        Self::new(self.0.spec.clone(), self.0.device, self.0.storage.clone(), node)
    }

    /// The same record without the value, for gradients that do not need it.
    pub(crate) fn released(&self) -> Self {
        let storage = if self.is_symbolic() { Storage::Symbolic } else { Storage::Released };
        Self::new(self.0.spec.clone(), self.0.device, storage, self.0.node.clone())
    }

    /// What a view of this tensor is charged: nothing of its own. But a view of repeated elements that
    /// does not repeat any itself may have to be written out, and is counted as if it were.
    fn charge_of_view(&self, op: &'static str, view: &Spec) -> Result<Arc<Charge>> {
        match &self.0.storage {
            Storage::Value(_, charge)
                if view.bytes() <= charge.bytes() || view.bytes() > self.spec().bytes() =>
            {
                Ok(Charge::view(charge))
            }
            _ => Charge::new(op, view, self.0.device),
        }
    }

    /// Takes the bytes of a view of more elements than its memory holds from the budget while it is written
    /// out.
    fn charge_of_copy(&self, op: &'static str) -> Result<Option<Arc<Charge>>> {
        match &self.0.storage {
            Storage::Value(_, held) if held.bytes() < self.spec().bytes() => {
                Charge::new(op, self.spec(), self.0.device).map(Some)
            }
            _ => Ok(None),
        }
    }
}
