//! Threads that run scripts: their stack has room for values that are nested deeper than they may be, until
//! that is seen (`script::nesting`).

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
    thread::{self, Builder},
};

use ops::panic_text;

use crate::error::{Error, Result};

/// Bytes of a script's stack, the first that the system gives. They are taken where they are used.
const STACKS: [usize; 3] = [1 << 30, 256 << 20, 32 << 20];

/// Bytes of the stack of a thread that a script starts.
const STACK: usize = 64 << 20;

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::None) };
}

/// What a thread is to scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    None,
    /// It runs a script from its beginning to its end.
    Main,
    /// A script started it, to run one of its functions meanwhile.
    Worker,
}

/// Whether a script started this thread, so that nothing that happens here has an order.
pub fn is_worker() -> bool {
    ROLE.get() == Role::Worker
}

/// Runs what runs scripts, on a thread that has the stack for what they nest.
///
/// # Errors
/// [`Error::Failed`] for a panic, `Usage` when the system gives no thread.
pub fn on_script_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T> {
    if ROLE.get() != Role::None {
        return Ok(run());
    }
    let run = Mutex::new(Some(run));
    let body = || {
        ROLE.set(Role::Main);
        let run = run.lock().unwrap_or_else(PoisonError::into_inner).take();
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
        thread
            .map_err(no_thread)?
            .join()
            .map_err(|panic| Error::Failed(format!("a fault inside the host: {}", panic_text(&*panic))))
    })
}

/// Starts a thread that runs functions of scripts.
///
/// # Errors
/// `Usage` when the system gives no more threads.
pub fn spawn(body: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>> {
    let body = move || {
        ROLE.set(Role::Worker);
        body();
    };
    builder(STACK).spawn(body).map_err(no_thread)
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
    let body = move || {
        ROLE.set(Role::Worker);
        body();
    };
    builder(STACK).spawn_scoped(scope, body).map_err(no_thread)
}

/// What to say where there is no thread to be had.
fn no_thread(error: std::io::Error) -> Error {
    Error::usage(format!("the system gives no thread: {error}"), "use fewer stages, or end other programs")
}
