//! The one error type of the crate: what came, what was expected, what to do about it.

use std::path::Path;

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
    /// The run has to end, whatever the script does about errors.
    #[error("{0}")]
    Stopped(String),
    /// A file that cannot be read or written or is not in order, or a request that cannot be met.
    #[error(transparent)]
    Files(files::Error),
}

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

    /// A request that cannot be met: `problem` says what came and what was expected, `help` the way out.
    pub fn usage(problem: impl Into<String>, help: impl Into<String>) -> Self {
        files::Error::usage(problem, help).into()
    }
}
