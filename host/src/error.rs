//! The one error type of the crate: what came, what was expected, what to do about it.

use std::{any::Any, panic::resume_unwind, path::Path};

use ops::panic_text;

use crate::{files::HELP, terminal::ClosedOutput};

/// What can go wrong in `host`, in the words of the person who meets it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An operation on tensors that cannot be done.
    #[error(transparent)]
    Ops(#[from] ops::Error),
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

impl From<files::Error> for Error {
    fn from(error: files::Error) -> Self {
        match error {
            files::Error::Ops(error) => Self::Ops(error),
            files::Error::Failed(text) => Self::Failed(text),
            error => Self::Files(error),
        }
    }
}

impl Error {
    /// Wraps an input/output error with the path that it happened at.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let wrap = files::Error::io(path);
        move |source| wrap(source).into()
    }

    /// The error that a panic is; but that of a closed output goes on: whoever read it has seen enough.
    pub fn fault(panic: Box<dyn Any + Send>) -> Self {
        if panic.is::<ClosedOutput>() {
            resume_unwind(panic);
        }
        Self::Fault(panic_text(&*panic).to_owned())
    }

    /// A request that cannot be met: `problem` says what came and what was expected, `help` the way out.
    pub fn usage(problem: impl Into<String>, help: impl Into<String>) -> Self {
        files::Error::usage(problem, help).into()
    }
}
