//! The one error type of the crate: what came, what was expected, what to do about it.

use std::{
    any::Any,
    fmt,
    panic::resume_unwind,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ops::panic_text;

use crate::{files::HELP, terminal::LostOutput};

/// What can go wrong in `host`, in the words of the person who meets it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An operation on tensors that cannot be done.
    #[error(transparent)]
    Ops(ops::Error),
    /// An error inside a script, with its position and call chain.
    #[error("{0}")]
    Script(Box<rhai::EvalAltResult>),
    /// An error that is in words already: file, line, column, help.
    #[error("{0}")]
    Failed(String),
    /// A panic inside the host.
    #[error("{FAULT}: {0}{HELP}{REPORT}")]
    Fault(String),
    /// A file that cannot be read or written or is not in order, or a request that cannot be met.
    #[error(transparent)]
    Files(files::Error),
}

/// What a panic is called.
pub const FAULT: &str = "a fault inside the host";

/// What to do about one.
pub const REPORT: &str = "set HOST_BACKTRACE=1 to see where, and report it";

/// The result of everything in `host` that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Box<rhai::EvalAltResult>> for Error {
    fn from(error: Box<rhai::EvalAltResult>) -> Self {
        Self::Script(error)
    }
}

impl From<ops::Error> for Error {
    fn from(error: ops::Error) -> Self {
        match ScriptFailure::taken(&error) {
            Some(error) => Self::Script(error),
            None => Self::Ops(error),
        }
    }
}

impl From<files::Error> for Error {
    fn from(error: files::Error) -> Self {
        match error {
            files::Error::Ops(error) => error.into(),
            error => Self::Files(error),
        }
    }
}

/// What a mutex guards, also after a panic of another holder: none leaves a change half done.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error of a script function that a module called, on its way through the crate of operations.
#[derive(Debug)]
pub struct ScriptFailure(Mutex<Option<Box<rhai::EvalAltResult>>>);

impl ScriptFailure {
    /// The error as one of an operation.
    pub fn wrap(error: Box<rhai::EvalAltResult>) -> ops::Error {
        ops::Error::Caller(ops::CallerError::new(Self(Mutex::new(Some(error)))))
    }

    /// The script's error, if an operation's error is one; only the first call gets it.
    fn taken(error: &ops::Error) -> Option<Box<rhai::EvalAltResult>> {
        let ops::Error::Caller(error) = error else { return None };
        locked(&error.get::<Self>()?.0).take()
    }
}

impl fmt::Display for ScriptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*locked(&self.0) {
            Some(error) => error.fmt(f),
            None => f.write_str("a function of the script failed"),
        }
    }
}

impl std::error::Error for ScriptFailure {}

impl Error {
    /// Wraps an input/output error with the path that it happened at.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let wrap = files::Error::io(path);
        move |source| wrap(source).into()
    }

    /// What `words` makes of an error of an operation; a stop, or an error of a script function that a module
    /// called, stays what it is.
    pub fn reworded(error: ops::Error, words: impl FnOnce(ops::Error) -> Self) -> Self {
        if error.is_whole() { error.into() } else { words(error) }
    }

    /// The error that a panic is; that of an output that takes no more goes on to the end of the command.
    pub fn fault(panic: Box<dyn Any + Send>) -> Self {
        if panic.is::<LostOutput>() {
            resume_unwind(panic);
        }
        Self::Fault(panic_text(&*panic).to_owned())
    }

    /// A request that cannot be met: `problem` says what came and what was expected, `help` the way out.
    pub fn usage(problem: impl Into<String>, help: impl Into<String>) -> Self {
        files::Error::usage(problem, help).into()
    }
}
