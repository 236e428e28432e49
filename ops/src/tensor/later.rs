//! Refusals of values that only a GPU knows. To ask it at once would wait for all that it was told to do
//! before, at each step of a training; so it is asked when something is read from it anyway.

use std::sync::{Mutex, PoisonError};

use super::Tensor;
use crate::{DType, Device, Error, Result};

/// For each refusal, whether a value deserved it so far (i32, rank 0).
static ASKED: Mutex<Vec<(Error, Tensor)>> = Mutex::new(Vec::new());

/// Refuses the truth values that are true: now on the CPU; on a GPU when a value is next read from it,
/// whichever that is.
pub(crate) fn refuse_where(wrong: &Tensor, error: Error) -> Result<()> {
    let any = wrong.any_dims(&[], false)?;
    if any.device() == Device::Cpu {
        return if any.item()? == 0.0 { Ok(()) } else { Err(error) };
    }
    let any = any.cast(DType::I32)?;
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    match asked.iter_mut().find(|(known, _)| *known == error) {
        Some((_, before)) => *before = before.maximum(&any)?,
        None => asked.push((error, any)),
    }
    Ok(())
}

/// The refusal that is due, now that the GPU is waited for. Nothing is left behind.
pub(super) fn settle() -> Result<()> {
    let asked = std::mem::take(&mut *ASKED.lock().unwrap_or_else(PoisonError::into_inner));
    for (error, any) in asked {
        if any.item()? > 0.0 {
            return Err(error);
        }
    }
    Ok(())
}
