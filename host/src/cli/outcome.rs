//! How a command ended, as an exit code.

use std::process::ExitCode;

use crate::error::Error;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All went well: 0.
    Done,
    /// The script or the run failed: 1.
    Failed,
    /// The command was used wrongly: 2.
    Usage,
    /// Somebody or a deadline stopped it: 130.
    Interrupted,
}

impl Outcome {
    /// The outcome of an error before anything was run.
    pub fn of(error: &Error) -> Self {
        match error {
            _ if ops::interrupt::requested() => Self::Interrupted,
            Error::Files(files::Error::Usage { .. }) => Self::Usage,
            _ => Self::Failed,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Usage => 2,
            Outcome::Interrupted => 130,
        })
    }
}
