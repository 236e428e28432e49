//! Files that others name are opened here: where a path leads is looked at once, and only regular files and
//! folders are read. A pipe or a device may have no end; `/proc` and `/sys` are the system's own state.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::{Error, Result};

/// Folders whose files are no data.
const SYSTEM: [&str; 2] = ["/proc", "/sys"];

/// The regular file or folder that a path leads to, without links.
///
/// # Errors
/// [`Error::Io`] where there is none; [`Error::Usage`] for a pipe, a device, and what the system shows of itself.
pub fn resolve(path: &Path) -> Result<PathBuf> {
    let real = path.canonicalize().map_err(Error::io(path))?;
    let facts = fs::metadata(&real).map_err(Error::io(path))?;
    let is_data = facts.is_file() || facts.is_dir();
    if is_data && !SYSTEM.iter().any(|folder| real.starts_with(folder)) {
        return Ok(real);
    }
    let problem =
        format!("{} leads to {}, which is no regular file or folder", path.display(), real.display());
    Err(Error::usage(problem, "copy what is to be read into a file"))
}
