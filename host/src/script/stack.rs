//! Threads that run scripts. Their stacks have room for values that are nested more deeply than allowed,
//! until the next check finds them (`script::nesting`).

use std::{
    cell::Cell,
    sync::Mutex,
    thread::{self, Builder},
};

use crate::error::{Error, Result, locked};

/// Sizes of a script's stack in bytes, tried in this order. The system maps only the pages that are used.
const STACKS: [usize; 3] = [1 << 30, 256 << 20, 32 << 20];

/// Bytes of the stack of a thread that a script starts.
const STACK: usize = 64 << 20;

thread_local! {
    static ROLE: Cell<ThreadRole> = const { Cell::new(ThreadRole::None) };
}

/// What a thread is to scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ThreadRole {
    None,
    /// It runs a script from its beginning to its end.
    Main,
    /// A script started it, to run one of its functions meanwhile.
    Worker,
}

/// Whether a script started this thread, so that nothing that happens here has an order.
pub fn is_worker() -> bool {
    ROLE.get() == ThreadRole::Worker
}

/// Runs `run` on a thread whose stack is large enough for scripts.
///
/// # Errors
/// [`Error::Fault`] for a panic, `Usage` when the system gives no thread.
pub fn on_script_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T> {
    if ROLE.get() != ThreadRole::None {
        return Ok(run());
    }
    let run = Mutex::new(Some(run));
    let body = || {
        ROLE.set(ThreadRole::Main);
        let run = locked(&run).take();
        run.expect("one thread runs it")()
    };
    thread::scope(|scope| {
        let mut thread = Err(std::io::ErrorKind::OutOfMemory.into());
        for stack in STACKS {
            thread = builder(stack).spawn_scoped(scope, body);
            if thread.is_ok() {
                break;
            }
        }
        thread.map_err(no_thread)?.join().map_err(Error::fault)
    })
}

/// Runs `run` here, as if on a script's thread.
#[cfg(test)]
pub fn as_script_thread<T>(run: impl FnOnce() -> T) -> T {
    ROLE.set(ThreadRole::Main);
    run()
}

/// Starts a thread that runs functions of scripts.
///
/// # Errors
/// `Usage` when the system gives no more threads.
pub fn spawn(body: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>> {
    builder(STACK).spawn(working(body)).map_err(no_thread)
}

fn builder(stack: usize) -> Builder {
    Builder::new().name("script".into()).stack_size(stack)
}

/// Starts a thread that runs functions of scripts, for no longer than `scope`.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_scoped<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    body: impl FnOnce() + Send + 'scope,
) -> Result<thread::ScopedJoinHandle<'scope, ()>> {
    builder(STACK).spawn_scoped(scope, working(body)).map_err(no_thread)
}

fn working<F: FnOnce() + Send>(body: F) -> impl FnOnce() + Send {
    move || {
        ROLE.set(ThreadRole::Worker);
        body();
    }
}

/// The error where the system gives no thread.
fn no_thread(error: std::io::Error) -> Error {
    Error::usage(format!("the system gives no thread: {error}"), "use fewer stages, or end other programs")
}
