//! Refusals of values that only a GPU knows. To ask it at once would wait for all that it was told to do
//! before, at each step of a training; so it is asked when something is read from it anyway.

use std::cell::RefCell;

use super::Tensor;
use crate::{DType, Device, Error, Result};

thread_local! {
    /// For each refusal that this thread asked for, whether a value deserved it so far (i32, rank 0).
    static ASKED: RefCell<Vec<(Error, Tensor)>> = const { RefCell::new(Vec::new()) };
}

/// Refuses the truth values that are true: now on the CPU; on a GPU when a value is next read from it,
/// whichever that is; never in a trace, which has no values.
pub(crate) fn refuse_where(wrong: &Tensor, error: Error) -> Result<()> {
    if wrong.is_symbolic() {
        return Ok(());
    }
    let any = wrong.any_dims(&[], false)?;
    if any.device() == Device::Cpu {
        return if any.item()? == 0.0 { Ok(()) } else { Err(error) };
    }
    let any = any.cast(DType::I32)?;
    let before = ASKED.with_borrow_mut(|asked| {
        let place = asked.iter().position(|(known, _)| *known == error)?;
        Some(asked.swap_remove(place).1)
    });
    let any = before.map_or(Ok(any.clone()), |before| before.maximum(&any))?;
    ASKED.with_borrow_mut(|asked| asked.push((error, any)));
    Ok(())
}

/// The refusal that is due, now that the GPU is waited for. Nothing is left behind. A thread that gives its
/// values to another one settles what it asked before.
///
/// # Errors
/// The refusal.
pub fn settle() -> Result<()> {
    for (error, any) in ASKED.take() {
        if any.item()? > 0.0 {
            return Err(error);
        }
    }
    Ok(())
}
