//! The one function through which every operation goes: [`apply`].

use burn::backend::{
    DType as BurnDType, Dispatch, IntDType, Scalar, TensorMetadata as _,
    ops::{BoolTensorOps as _, IntTensorOps as _},
};

use super::{
    Charge, DType, Device, Node, Op, Primitive, Spec, Storage, Tensor, is_grad_enabled, show,
    traffic::{self, Traffic},
};
use crate::{Error, Result, ensure, interrupt, panic_text};

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
    let (op, storage) = if inputs.iter().any(|x| x.is_symbolic()) {
        (op, Storage::Symbolic)
    } else if device == Device::Cpu && is_long(inputs, &spec) {
        compute_abandonably(op, inputs, &spec)?
    } else {
        let storage = compute(&op, inputs, &spec, device)?;
        (op, storage)
    };
    let symbolic = matches!(storage, Storage::Symbolic);
    let tracked = spec.dtype.is_float()
        && op.info().differentiable
        && is_grad_enabled()
        && inputs.iter().any(|x| x.node().is_some());
    let node = (tracked || symbolic).then(|| Node::record(Box::new(op), inputs, &storage));
    Ok(Tensor::new(spec, device, storage, node))
}

/// Numbers of which most operations on the CPU take a tenth of a second or more. Fewer are not worth a thread
/// of their own, whose memory the system gives anew each time.
const LONG: usize = 1 << 26;

/// Whether an operation may take long, in a backend that cannot be asked to stop.
fn is_long(inputs: &[&Tensor], spec: &Spec) -> bool {
    inputs.iter().map(|x| x.len()).fold(spec.len(), usize::saturating_add) > LONG
}

/// [`compute`] on a thread that a stop does not wait for.
fn compute_abandonably<O: Op>(op: O, inputs: &[&Tensor], spec: &Spec) -> Result<(O, Storage)> {
    let (inputs, spec): (Vec<Tensor>, _) = (inputs.iter().map(|&x| x.clone()).collect(), spec.clone());
    interrupt::abandonable(move || {
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let storage = compute(&op, &inputs, &spec, Device::Cpu)?;
        Ok((op, storage))
    })?
}

fn compute(op: &impl Op, inputs: &[&Tensor], spec: &Spec, device: Device) -> Result<Storage> {
    let name = op.name();
    let operands = inputs.iter().map(|x| x.operand(name)).collect::<Result<Vec<_>>>()?;
    let is_view = operands.first().is_some_and(|x| op.is_view(x));
    if !is_view {
        traffic::add(name, || moved(inputs, spec));
    }
    // A backend may write a view of repeated elements out, for as long as it computes.
    let read = inputs.iter().filter(|_| !is_view);
    let _written_out = read.map(|x| x.charge_of_copy(name)).collect::<Result<Vec<_>>>()?;
    let charge = match inputs {
        [x, ..] if is_view => x.charge_of_view(name, spec)?,
        _ => Charge::new(name, spec, device)?,
    };
    let run = || with_own_bools(op.run(&operands, spec, device), spec, device);
    let value = guarded(name, || traffic::within(name, run))?;
    Ok(Storage::Value(value, charge))
}

/// What an operation moves at least.
fn moved(inputs: &[&Tensor], spec: &Spec) -> Traffic {
    let bytes_read = inputs.iter().map(|x| x.spec().bytes() as u64).sum();
    Traffic { operations: 1, bytes_read, bytes_written: spec.bytes() as u64, ..Traffic::default() }
}

/// Bools as the device stores them. Flex gives those that it selects or gathers as bytes, which its other
/// operations on bools refuse.
fn with_own_bools(value: Primitive, spec: &Spec, device: Device) -> Primitive {
    if spec.dtype != DType::Bool {
        return value;
    }
    let store = device.bool_store();
    if value.dtype() == BurnDType::Bool(store) {
        return value;
    }
    let numbers = Dispatch::bool_into_int(value, IntDType::I32);
    Dispatch::bool_not(Dispatch::int_equal_elem(numbers, Scalar::Int(0), store))
}

/// Makes a backend's panic an error.
pub(crate) fn guarded<T>(op: &'static str, run: impl FnOnce() -> T) -> Result<T> {
    interrupt::catch(run, |panic| Error::Backend { op, reason: panic_text(panic).to_owned() })
}

/// The device of all tensors; an error where they are on several.
pub(crate) fn common_device(op: &'static str, inputs: &[&Tensor]) -> Result<Device> {
    let Some(first) = inputs.first() else {
        return Ok(Device::Cpu);
    };
    if inputs.iter().any(|x| x.device() != first.device()) {
        let devices: Vec<_> = inputs.iter().map(|x| x.device().name()).collect();
        let found = devices.join(" and ");
        return Err(Error::device(op, found, "one device for all tensors (move with `to(device)`)"));
    }
    Ok(first.device())
}

/// Refuses more elements than there can be addresses: the budget does not see symbolic tensors and views.
pub(crate) fn countable(op: &'static str, spec: &Spec) -> Result<()> {
    ensure(spec.bytes() < isize::MAX as usize, || {
        Error::shape(op, show(&spec.shape), "fewer elements than memory has addresses")
    })
}

/// Refuses what no backend holds correctly: more than six dimensions, dimensions of size 0, types
/// that a GPU does not compute in.
pub(crate) fn supported(op: &'static str, spec: &Spec, device: Device) -> Result<()> {
    ensure(spec.rank() <= Spec::MAX_RANK, || {
        Error::shape(op, show(&spec.shape), format!("at most {} dimensions", Spec::MAX_RANK))
    })?;
    ensure(!spec.is_empty(), || {
        let expected =
            "no dimension of size 0 (tensors have elements; how many a mask chooses says `mask.sum()`)";
        Error::shape(op, show(&spec.shape), expected)
    })?;
    ensure(DType::ALL.contains(&spec.dtype), || {
        Error::dtype(op, spec.dtype, DType::ALL.map(DType::name).join(", "))
    })?;
    ensure(!(device == Device::Gpu && matches!(spec.dtype, DType::F64 | DType::I64)), || {
        Error::dtype(op, format!("{} on the GPU", spec.dtype), "f32, i32 or bool there (convert with `cast`)")
    })?;
    Ok(())
}
