//! `slurm.jsonl`: which arrays of a sweep were submitted, a line for each. How they stand only Slurm says.

use std::{fs, io::ErrorKind};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    files::write_whole,
    sweep::Sweep,
};

const FILE: &str = "slurm.jsonl";

/// The folder of what the tasks say, in that of the sweep.
pub const LOGS: &str = "slurm";

/// An array that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Its id.
    pub array: String,
    pub round: String,
    /// The job of index 0.
    pub first: usize,
    /// The indices of its tasks: `0-3,7`.
    pub tasks: String,
    /// What was asked of Slurm, as it was typed.
    pub options: String,
    /// When, in UTC.
    pub submitted: String,
}

/// The arrays of a sweep that were submitted, in their order; none for a sweep that Slurm never had.
///
/// # Errors
/// The file is not as it was written, or cannot be read.
pub fn submitted(sweep: &Sweep) -> Result<Vec<Submitted>> {
    let path = sweep.folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(Error::io(&path))?,
    };
    let damaged = |problem: String| {
        Error::usage(
            format!("{} is not as `host sweep` writes it: {problem}", path.display()),
            "put it back; or, once `squeue` shows no task of the sweep, remove it and resume the sweep",
        )
    };
    let line = |line: &str| {
        let line: Submitted = serde_json::from_str(line).map_err(|error| damaged(error.to_string()))?;
        match !line.array.is_empty() && line.array.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(line),
            false => Err(damaged(format!("`{}` is no id of an array", line.array))),
        }
    };
    text.lines().map(line).collect()
}

/// Notes one more array.
pub fn note(sweep: &Sweep, line: Submitted) -> Result<()> {
    let path = sweep.folder.join(FILE);
    let mut all = submitted(sweep)?;
    all.push(line);
    let line = |line| serde_json::to_string(line).map(|text| text + "\n");
    let lines: String =
        all.iter().map(line).collect::<Result<_, _>>().map_err(|e| Error::io(&path)(e.into()))?;
    Ok(write_whole(&path, lines.as_bytes())?)
}
