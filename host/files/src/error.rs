//! The error of all rooms that read files: what came, what was expected, what to do about it.

use std::path::{Path, PathBuf};

/// What stands between a problem and the way out, where they are shown as one text.
pub const HELP: &str = "\n  help: ";

/// What can go wrong with files and their content, in the words of the person who meets it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An operation on tensors that cannot be done.
    #[error(transparent)]
    Ops(#[from] ops::Error),
    /// What did not come about, though nothing was wrong about the request; and the way out.
    #[error("{problem}{HELP}{help}")]
    Failed { problem: String, help: String },
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file whose content is not what its format promises.
    #[error("{}: at byte {offset}: found {found}, expected {expected}", path.display())]
    Format { path: PathBuf, offset: u64, found: String, expected: String },
    /// A request that cannot be met, and the way out.
    #[error("{problem}{HELP}{help}")]
    Usage { problem: String, help: String },
}

/// The result of everything that reads or writes files.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps an input/output error with the path that it happened at.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { path, source }
    }

    /// A request that cannot be met: `problem` says what came and what was expected, `help` the way out.
    pub fn usage(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { problem: problem.into(), help: help.into() }
    }

    /// [`Error::Failed`], in the words of [`Error::usage`].
    pub fn failed(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Failed { problem: problem.into(), help: help.into() }
    }
}
