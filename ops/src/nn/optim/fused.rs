//! A step on the CPU in f32: one pass over the parameter, its gradient and its moments, in place
//! where nobody else holds their memory.

use super::{OptimiserStep, Rule};
use crate::{DType, Device, Error, Result, Tensor};

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
    step: OptimiserStep,
    value: &mut Tensor,
    gradient: &Tensor,
    moments: &mut [Tensor],
) -> Result<()> {
    let gradient = gradient.floats()?.ok_or_else(not_on_cpu)?;
    let mut rows = vec![value.floats_mut()?.ok_or_else(not_on_cpu)?];
    for moment in moments {
        rows.push(moment.floats_mut()?.ok_or_else(not_on_cpu)?);
    }
    in_parts(rows, &gradient, &|rows, gradient| rule.fused(step, rows, gradient));
    Ok(())
}

fn not_on_cpu() -> Error {
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
