//! The lock that the process of a run holds on the run's folder.

use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    thread,
    time::Duration,
};

use crate::error::{Error, Result};

pub const LOCK: &str = "lock";

/// Takes the lock of a run's folder, or of a sweep's, which the process holds until the file is dropped.
///
/// # Errors
/// Another process holds it; the file system has no locks.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).append(true).open(&path).map_err(Error::io(&path))?;
    // `is_held` holds the lock for a moment when it looks: wait for that, not for a run.
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(problem)) => return Err(unlockable(&path, &problem)),
        }
    }
    Err(Error::usage(
        format!("{} is still running in another process", folder.display()),
        "wait for it, or stop it with Ctrl-C, before you resume it",
    ))
}

/// Whether a process holds the lock of a run's folder.
///
/// # Errors
/// The file system has no locks.
pub fn is_held(folder: &Path) -> Result<bool> {
    let path = folder.join(LOCK);
    // A pipe, in a folder from anywhere, would be waited for.
    if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
        return Ok(false);
    }
    let file = match File::open(&path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        file => file.map_err(Error::io(&path))?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(problem)) => Err(unlockable(&path, &problem)),
    }
}

fn unlockable(path: &Path, problem: &std::io::Error) -> Error {
    Error::usage(
        format!("{} cannot be locked: {problem}", path.display()),
        "keep runs on a file system with file locks, such as a local disk",
    )
}
