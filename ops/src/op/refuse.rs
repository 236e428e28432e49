//! Refusals of values.

use crate::{
    DType, Device, Error, Result, Tensor,
    tensor::{ask_later, asked_before},
};

/// Refuses the truth values that are true: at once on the CPU; on a GPU when a value is next read from it;
/// never in a trace, which has no values.
pub(crate) fn refuse_where(wrong: &Tensor, error: Error) -> Result<()> {
    if wrong.is_symbolic() {
        return Ok(());
    }
    if wrong.device() == Device::Cpu {
        return if wrong.any_dims(&[], false)?.item()? == 0.0 { Ok(()) } else { Err(error) };
    }
    refuse_count(&wrong.cast(DType::F32)?.sum()?, error)
}

/// Refuses where the count (f32, rank 0, on a GPU) is not 0 when a value is next read from there.
pub(crate) fn refuse_count(count: &Tensor, error: Error) -> Result<()> {
    let count = asked_before(&error).map_or(Ok(count.clone()), |before| before.add(count))?;
    ask_later(error, count);
    Ok(())
}
