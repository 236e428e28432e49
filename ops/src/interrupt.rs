//! The one flag that stops a run: set by Ctrl-C, by a deadline, by an embedder.
//!
//! Operations ask for it before they start ([`check`]), and those that take long while they run, by one of
//! two ways. Kernels of this crate ask once a block of work ([`poll`]). What a library computes, which
//! cannot be asked to stop, is computed on a thread of its own and left to itself ([`abandonable`]).

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use crate::{Error, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// How often a thread that waits for another one asks.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// What [`poll`] unwinds with.
struct Stop;

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

/// Kernels call this once a block of work, on any thread. Where a stop was asked for they are left by
/// unwinding, to where [`catch`] makes it an error.
pub(crate) fn poll() {
    if requested() {
        stop();
    }
}

fn stop() -> ! {
    // Not a panic: nothing is said.
    resume_unwind(Box::new(Stop))
}

/// What `run` gives; its panic as an error that `explain` makes of it.
///
/// # Errors
/// [`Error::Interrupted`] where [`poll`] ended it.
pub(crate) fn catch<T>(
    run: impl FnOnce() -> T,
    explain: impl FnOnce(&(dyn Any + Send)) -> Error,
) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| match panic.is::<Stop>() {
        true => Error::Interrupted,
        false => explain(&*panic),
    })
}

/// [`abandonable`], where an error cannot be given but [`catch`] is near.
pub(crate) fn left_alone<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    abandonable(work).unwrap_or_else(|_| stop())
}

/// What `work` gives, computed on a thread of its own. Where a stop is asked for it is not waited for: it
/// goes on, of no use to anybody, until it is done or the process ends.
///
/// # Errors
/// [`Error::Interrupted`].
///
/// # Panics
/// Where `work` does.
pub(crate) fn abandonable<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    // A thread of the pool that waits would be missing where `work` needs the pool.
    if rayon::current_thread_index().is_some() {
        return Ok(work());
    }
    let (send, receive) = sync_channel(1);
    thread::spawn(move || {
        // Nobody receives what was abandoned.
        let _ = send.send(catch_unwind(AssertUnwindSafe(work)));
    });
    loop {
        match receive.recv_timeout(ASK_EVERY) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) => check()?,
            Err(RecvTimeoutError::Disconnected) => return Err(Error::Interrupted),
        }
    }
}
