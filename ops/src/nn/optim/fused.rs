//! A step on the CPU in f32: one pass over the parameter, its gradient and its moments, in place
//! where nobody else holds their memory.

use burn::backend::{BackendTensor, DispatchTensorKind, flex::FlexTensor};

use super::{Rule, Step};
use crate::{
    DType, Device, Result, Tensor,
    op::Primitive,
    tensor::Value,
};

/// Parts of so many elements are worth a thread of their own. Elements do not depend on each other,
/// so the split does not show in the result.
const PART: usize = 1 << 15;

/// Whether a parameter with this gradient can be moved here.
pub(super) fn applies(gradient: &Tensor) -> bool {
    gradient.device() == Device::Cpu && gradient.dtype() == DType::F32 && !gradient.is_symbolic()
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
