//! The rank-erased tensor: an immutable value with a shape, an element type, a device and, where a
//! gradient may be asked for, a record of how it was computed.

mod array;
mod autodiff;
mod budget;
mod data;
mod device;
mod display;
mod later;
mod spec;
pub mod trace;

use std::sync::Arc;

use burn::backend::{BackendTensor, DispatchTensorKind};

pub use crate::kernels::cpu::Floats;
pub use array::{Array, ArrayView, Data, DataView};
pub(crate) use autodiff::Node;
pub use autodiff::{Gradients, is_grad_enabled, no_grad};
pub(crate) use budget::Charge;
pub use budget::{live_bytes, room, set_budget};
pub(crate) use data::{download, float_dtype, full_primitive, holds, int_dtype, upload};
pub use device::Device;
pub(crate) use later::refuse_where;
pub use later::settle;
pub(crate) use spec::show;
pub use spec::{DType, Spec, broadcast};

use crate::{
    Error, Result, interrupt,
    kernels::sparsity::Compact,
    op::{Op, Operand, Primitive},
    panic_text,
};

/// A tensor. Cloning is cheap: clones share the value and the record of how it was computed.
#[derive(Clone)]
pub struct Tensor(Arc<Inner>);

struct Inner {
    spec: Spec,
    device: Device,
    value: Value,
    node: Option<Arc<Node>>,
}

/// What a tensor holds.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "nearly every value is computed, and lives behind an `Arc`")]
pub(crate) enum Value {
    /// A value in a backend's memory.
    Computed(Primitive, Arc<Charge>),
    /// A value on the CPU that is nearly all zeros.
    Compact(Arc<Compact>, Arc<Charge>),
    /// Nothing: the tensor stands for a value in a trace.
    Symbolic,
    /// Nothing any more: the value was not needed for the gradient.
    Released,
}

impl Tensor {
    /// Bytes of a tensor besides its elements.
    pub(crate) const BYTES: usize = size_of::<Inner>();

    pub(crate) fn new(spec: Spec, device: Device, value: Value, node: Option<Arc<Node>>) -> Self {
        Self(Arc::new(Inner { spec, device, value, node }))
    }

    /// A tensor that stands for a value of that spec in a trace: operations on it check and record
    /// themselves but compute nothing.
    pub fn symbolic(spec: Spec, device: Device) -> Self {
        Self::new(spec, device, Value::Symbolic, None)
    }

    /// [`Tensor::symbolic`], to be found again in what is computed from it.
    pub(crate) fn symbolic_leaf(spec: Spec, device: Device) -> Self {
        Self::new(spec, device, Value::Symbolic, Some(Node::leaf()))
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
        matches!(self.0.value, Value::Symbolic)
    }

    /// Whether two handles share one value: what is true of one is true of the other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether two tensors hold one and the same value, however they are tracked.
    pub fn shares_value(&self, other: &Self) -> bool {
        self.value_id() == other.value_id()
    }

    /// A number that tensors have in common which hold one and the same value, as long as one of them lives.
    pub fn value_id(&self) -> usize {
        match &self.0.value {
            Value::Computed(_, charge) => Arc::as_ptr(charge).addr(),
            Value::Compact(codes, _) => Arc::as_ptr(codes).addr(),
            _ => Arc::as_ptr(&self.0).addr(),
        }
    }

    pub(crate) fn node(&self) -> Option<&Arc<Node>> {
        self.0.node.as_ref()
    }

    /// Whether the value is a matrix on the CPU that stands column by column.
    pub(crate) fn is_turned(&self) -> bool {
        let Value::Computed(primitive, _) = &self.0.value else { return false };
        let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &primitive.kind else { return false };
        matches!(flex.layout().strides(), &[row, column] if row == 1 && column > 1)
    }

    /// The value, to be changed in place; `None` where another handle shares it.
    pub(crate) fn value_mut(&mut self) -> Option<&mut Value> {
        Arc::get_mut(&mut self.0).map(|inner| &mut inner.value)
    }

    /// The backend's tensor.
    pub(crate) fn primitive(&self, op: &'static str) -> Result<Primitive> {
        match &self.0.value {
            Value::Computed(primitive, _) => Ok(primitive.clone()),
            Value::Compact(compact, _) => Ok(compact.dense().clone()),
            Value::Symbolic => Err(Error::Symbolic { op }),
            Value::Released => Err(Error::Spent),
        }
    }

    /// The value as the input of an operation.
    fn operand(&self, op: &'static str, takes_compact: bool) -> Result<Operand<'_>> {
        let spec = self.spec();
        match &self.0.value {
            Value::Compact(compact, _) if takes_compact => {
                Ok(Operand { spec, value: compact.values_primitive().clone(), compact: Some(compact) })
            }
            _ => Ok(Operand { spec, value: self.primitive(op)?, compact: None }),
        }
    }

    /// The same value with another record.
    pub(crate) fn with_node(&self, node: Option<Arc<Node>>) -> Self {
        Self::new(self.0.spec.clone(), self.0.device, self.0.value.clone(), node)
    }

    /// The same record without the value, for gradients that do not need it.
    pub(crate) fn released(&self) -> Self {
        let value = if self.is_symbolic() { Value::Symbolic } else { Value::Released };
        Self::new(self.0.spec.clone(), self.0.device, value, self.0.node.clone())
    }

    /// What a view of this tensor is charged: nothing of its own. But a view of repeated elements that
    /// does not repeat any itself may have to be written out, and is counted as if it were.
    fn charge_of_view(&self, op: &'static str, view: &Spec) -> Result<Arc<Charge>> {
        match &self.0.value {
            Value::Computed(_, charge) | Value::Compact(_, charge)
                if view.bytes() <= charge.bytes() || view.bytes() > self.spec().bytes() =>
            {
                Ok(Charge::view(charge))
            }
            _ => Charge::new(op, view),
        }
    }

    /// Whether it is a view with more elements than the memory that it looks at.
    fn is_repeated(&self) -> bool {
        matches!(&self.0.value, Value::Computed(_, charge) if charge.bytes() < self.spec().bytes())
    }

    /// Takes the bytes of a view of repeated elements from the budget while it is written out.
    fn charge_of_copy(&self, op: &'static str) -> Result<Option<Arc<Charge>>> {
        self.is_repeated().then(|| Charge::new(op, self.spec())).transpose()
    }

    fn into_node(self) -> Option<Arc<Node>> {
        Arc::into_inner(self.0).and_then(|inner| inner.node)
    }
}

/// Checks and carries out one operation, and records it where a gradient or a trace may ask for it.
/// Everything that every operation has in common happens here and nowhere else.
pub(crate) fn apply(op: impl Op, inputs: &[&Tensor]) -> Result<Tensor> {
    interrupt::check()?;
    let name = op.name();
    let device = common_device(name, inputs)?;
    let specs: Vec<&Spec> = inputs.iter().map(|x| x.spec()).collect();
    let spec = op.infer(&specs)?;
    supported(name, &spec, device)?;
    countable(name, &spec)?;
    let (op, value) = if inputs.iter().any(|x| x.is_symbolic()) {
        (op, Value::Symbolic)
    } else if device == Device::Cpu && is_long(inputs, &spec) {
        compute_abandonably(op, inputs, &spec)?
    } else {
        let value = compute(&op, inputs, &spec, device)?;
        (op, value)
    };
    let symbolic = matches!(value, Value::Symbolic);
    let tracked = spec.dtype.is_float()
        && op.differentiable()
        && autodiff::is_grad_enabled()
        && inputs.iter().any(|x| x.node().is_some());
    let node = (tracked || symbolic).then(|| Node::record(Box::new(op), inputs, &value));
    Ok(Tensor::new(spec, device, value, node))
}

/// Numbers of which most operations on the CPU take a tenth of a second or more. Fewer are not worth a thread
/// of their own, whose memory the system gives anew each time.
const LONG: usize = 1 << 26;

/// Whether an operation may take long, in a backend that cannot be asked to stop.
fn is_long(inputs: &[&Tensor], spec: &Spec) -> bool {
    inputs.iter().map(|x| x.len()).fold(spec.len(), usize::saturating_add) > LONG
}

/// [`compute`] where a stop need not wait for it.
fn compute_abandonably<O: Op>(op: O, inputs: &[&Tensor], spec: &Spec) -> Result<(O, Value)> {
    let (inputs, spec): (Vec<Tensor>, _) = (inputs.iter().map(|&x| x.clone()).collect(), spec.clone());
    interrupt::abandonable(move || {
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let value = compute(&op, &inputs, &spec, Device::Cpu)?;
        Ok((op, value))
    })?
}

fn compute(op: &impl Op, inputs: &[&Tensor], spec: &Spec, device: Device) -> Result<Value> {
    let name = op.name();
    let operands = (0..inputs.len())
        .map(|i| inputs[i].operand(name, op.takes_compact(i)))
        .collect::<Result<Vec<_>>>()?;
    let is_view = operands.first().is_some_and(|x| op.is_view(x));
    // A backend may write a view of repeated elements out, for as long as it computes.
    let read = inputs.iter().filter(|_| !is_view);
    let _written_out = read.map(|x| x.charge_of_copy(name)).collect::<Result<Vec<_>>>()?;
    let charge = match inputs {
        [x, ..] if is_view => x.charge_of_view(name, spec)?,
        _ => Charge::new(name, spec)?,
    };
    guarded(name, || match op.compact(&operands, spec) {
        Some(compact) => Value::Compact(Arc::new(compact), charge),
        None => Value::Computed(op.run(&operands, spec, device), charge),
    })
}

/// Turns a backend's panic into an error.
pub(crate) fn guarded<T>(op: &'static str, run: impl FnOnce() -> T) -> Result<T> {
    interrupt::catch(run, |panic| Error::Backend { op, reason: panic_text(panic).to_owned() })
}

fn common_device(op: &'static str, inputs: &[&Tensor]) -> Result<Device> {
    let Some(first) = inputs.first() else {
        return Ok(Device::Cpu);
    };
    if inputs.iter().any(|x| x.device() != first.device()) {
        let devices: Vec<_> = inputs.iter().map(|x| x.device().name()).collect();
        return Err(Error::Device {
            op,
            found: devices.join(" beside "),
            expected: "one device for all tensors (move with `to(device)`)".into(),
        });
    }
    Ok(first.device())
}

/// Refuses more elements than there can be addresses: of what stands for a value, and of views, no budget does.
pub(crate) fn countable(op: &'static str, spec: &Spec) -> Result<()> {
    if spec.bytes() < isize::MAX as usize {
        return Ok(());
    }
    let expected = "fewer elements than memory has addresses".into();
    Err(Error::Shape { op, found: show(&spec.shape), expected })
}

/// Refuses what no backend holds correctly: more than six dimensions, dimensions of size 0, types
/// that a GPU does not compute in.
pub(crate) fn supported(op: &'static str, spec: &Spec, device: Device) -> Result<()> {
    if spec.rank() > Spec::MAX_RANK {
        return Err(Error::Shape {
            op,
            found: show(&spec.shape),
            expected: format!("at most {} dimensions", Spec::MAX_RANK),
        });
    }
    if spec.is_empty() {
        return Err(Error::Shape { op, found: show(&spec.shape), expected: "no dimension of size 0".into() });
    }
    if !DType::ALL.contains(&spec.dtype) {
        let expected = DType::ALL.map(DType::name).join(", ");
        return Err(Error::DType { op, found: spec.dtype.to_string(), expected });
    }
    if device == Device::Gpu && matches!(spec.dtype, DType::F64 | DType::I64) {
        return Err(Error::DType {
            op,
            found: format!("{} on the GPU", spec.dtype),
            expected: "f32, i32 or bool there (convert with `cast`)".into(),
        });
    }
    Ok(())
}
