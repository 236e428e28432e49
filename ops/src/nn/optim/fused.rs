//! A step on the CPU in f32: one pass over the parameter, its gradient and its moments, in place
//! where nobody else holds their memory.

use burn::backend::{BackendTensor, DispatchTensorKind, flex::FlexTensor};

use super::{Rule, Step};
use crate::{DType, Device, Error, Result, Tensor, tensor::Value};

/// Parts of so many elements are worth a thread of their own. Elements do not depend on each other,
/// so the split does not show in the result.
const PART: usize = 1 << 15;

/// Whether a parameter can be moved here.
pub(super) fn applies(value: &Tensor) -> bool {
    value.device() == Device::Cpu && value.dtype() == DType::F32 && !value.is_symbolic()
}

/// Moves a parameter and its moments.
pub(super) fn step(
    rule: &dyn Rule,
    step: Step,
    value: &mut Tensor,
    gradient: &Tensor,
    moments: &mut [Tensor],
) -> Result<()> {
    let gradient = contiguous(gradient)?;
    let mut rows = vec![exclusive(value)?];
    for moment in moments {
        rows.push(exclusive(moment)?);
    }
    if let Some(gradient) = gradient.as_slice::<f32>() {
        in_parts(rows, gradient, &|rows, gradient| rule.fused(step, rows, gradient));
    }
    Ok(())
}

/// The elements in order, whatever view of its memory the tensor is.
fn contiguous(tensor: &Tensor) -> Result<FlexTensor> {
    match tensor.primitive("step")?.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(flex)) => Ok(flex.to_contiguous()),
        _ => Err(not_on_flex()),
    }
}

/// The tensor's memory, to be written to; a copy takes its place where others hold it too.
fn exclusive(tensor: &mut Tensor) -> Result<&mut [f32]> {
    if unshared(tensor).is_none() {
        let copy = Tensor::from_data(tensor.to_data()?, tensor.shape(), Device::Cpu)?;
        *tensor = copy.track_as(tensor);
    }
    unshared(tensor).ok_or_else(not_on_flex)
}

fn unshared(tensor: &mut Tensor) -> Option<&mut [f32]> {
    let n = tensor.len();
    let Value::Computed(primitive, _) = tensor.value_mut()? else { return None };
    let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &mut primitive.kind else { return None };
    let whole = flex.layout().contiguous_offsets() == Some((0, n));
    flex.try_storage_mut().filter(|elements: &&mut [f32]| whole && elements.len() == n)
}

fn not_on_flex() -> Error {
    Error::Backend { op: "step", reason: "a tensor on the CPU is not held by its backend".into() }
}

/// Runs `f` on all parts at once.
fn in_parts(mut rows: Vec<&mut [f32]>, gradient: &[f32], f: &(impl Fn(&mut [&mut [f32]], &[f32]) + Sync)) {
    if gradient.len() <= PART {
        return f(&mut rows, gradient);
    }
    let middle = gradient.len() / 2;
    let (left, right) = rows.into_iter().map(|row| row.split_at_mut(middle)).unzip();
    let (gradient_left, gradient_right) = gradient.split_at(middle);
    rayon::join(|| in_parts(left, gradient_left, f), || in_parts(right, gradient_right, f));
}
