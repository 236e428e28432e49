//! Refusals of values that only a GPU knows. To ask it at once would wait for all that it was told to do
//! before, at each step of a training; so it is asked when something is read from it anyway.

use std::sync::{Mutex, PoisonError};

use super::Tensor;
use crate::{Device, Error, Result};

/// For each kind of refusal, how many values deserve it so far (i32, rank 0).
static COUNTS: Mutex<Vec<(Error, Tensor)>> = Mutex::new(Vec::new());

/// Refuses the truth values that are true: now on the CPU; on a GPU when a value is next read from it,
/// whichever that is.
pub(crate) fn refuse_where(wrong: &Tensor, error: Error) -> Result<()> {
    if wrong.device() == Device::Cpu {
        return if wrong.any_dims(&[], false)?.item()? == 0.0 { Ok(()) } else { Err(error) };
    }
    let count = wrong.any_dims(&[], false)?.cast(crate::DType::I32)?;
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    match counts.iter_mut().find(|(known, _)| *known == error) {
        Some((_, sum)) => *sum = sum.maximum(&count)?,
        None => counts.push((error, count)),
    }
    Ok(())
}

/// The refusal that is due, now that the GPU is waited for. Nothing is left behind.
pub(super) fn settle() -> Result<()> {
    let counts = std::mem::take(&mut *COUNTS.lock().unwrap_or_else(PoisonError::into_inner));
    for (error, count) in counts {
        if count.item()? > 0.0 {
            return Err(error);
        }
    }
    Ok(())
}
