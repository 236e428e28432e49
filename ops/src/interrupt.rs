//! The one flag that stops a run between two operations: set by Ctrl-C, by a deadline, by an embedder.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Asks the operations that follow to stop with [`Error::Interrupted`].
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Withdraws a request, for the next run in the same process.
pub fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// Whether a stop was asked for.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Every operation calls this before it starts.
///
/// # Errors
/// [`Error::Interrupted`] when a stop was asked for.
pub fn check() -> Result<()> {
    if requested() { Err(Error::Interrupted) } else { Ok(()) }
}
