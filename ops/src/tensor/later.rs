//! Refusals of values that only a GPU knows. To read such a value at once would wait for all work queued
//! before it, in each step of a training; so it is read together with the next value that is read anyway.

use std::cell::RefCell;

use super::Tensor;
use crate::{Error, Result};

thread_local! {
    /// For each refusal of this thread, how many values so far are refused (f32, rank 0).
    static ASKED: RefCell<Vec<(Error, Tensor)>> = const { RefCell::new(Vec::new()) };
}

/// Refuses with that error when a value is next read from the GPU, if `count` (f32, rank 0) is not 0 then.
pub(crate) fn ask_later(error: Error, count: Tensor) {
    ASKED.with_borrow_mut(|asked| asked.push((error, count)));
}

/// Takes back what [`ask_later`] was given with that error.
pub(crate) fn asked_before(error: &Error) -> Option<Tensor> {
    ASKED.with_borrow_mut(|asked| {
        let index = asked.iter().position(|(known, _)| known == error)?;
        Some(asked.swap_remove(index).1)
    })
}

/// Reads whether a value was refused, which waits for the GPU, and forgets all refusals. A thread that hands
/// its values to another one calls this first.
///
/// # Errors
/// The first refusal.
pub fn settle() -> Result<()> {
    for (error, count) in ASKED.take() {
        if count.item()? > 0.0 {
            return Err(error);
        }
    }
    Ok(())
}
