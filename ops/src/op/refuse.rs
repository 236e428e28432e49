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
    let any = wrong.any_dims(&[], false)?;
    if any.device() == Device::Cpu {
        return if any.item()? == 0.0 { Ok(()) } else { Err(error) };
    }
    let any = any.cast(DType::I32)?;
    let any = asked_before(&error).map_or(Ok(any.clone()), |before| before.maximum(&any))?;
    ask_later(error, any);
    Ok(())
}
