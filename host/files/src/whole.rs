//! Files that appear whole or not at all.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::error::{Error, Result};

/// Writes a file that is there whole or, where that fails, as it was before.
///
/// # Errors
/// The folder is missing, the disk is full, the path is a folder; nothing is left beside it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_whole_with(path, |file| file.write_all(bytes))
}

/// [`write_whole`] for content that is too large to be held at once: `fill` writes it.
pub fn write_whole_with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let beside = beside(path);
    let written = File::create(&beside)
        .and_then(|mut file| {
            fill(&mut file)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one that matters, and there may be nothing to remove.
        let _ = fs::remove_file(&beside);
    }
    written.and_then(|()| sync_folder(folder_of(path))).map_err(Error::io(path))
}

/// Removes what a process that was killed in [`write_whole`] left in `folder`.
///
/// Only for a folder that nobody else writes to.
///
/// # Errors
/// The folder cannot be read.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if is_leftover(&path.file_name().unwrap_or_default().to_string_lossy()) {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Whether a file of that name is what a process that was killed in [`write_whole`] left.
pub fn is_leftover(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".new")
}

/// Makes the names in a folder durable: a rename may be lost with the power until then.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot, and need not.
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// A name of this process alone, in the same folder: a rename across file systems would be a copy.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    folder_of(path).join(format!(".{}-{count}.new", process::id()))
}

/// The folder that a path is in: the current one of a mere name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mere_name_is_in_the_current_folder() {
        for (path, folder) in [("r", "."), ("./r", "."), ("a/r", "a"), ("/r", "/")] {
            assert_eq!(folder_of(Path::new(path)), Path::new(folder), "{path}");
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two, which is longer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two, which is longer");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"old").unwrap();
        let full = |file: &mut File| {
            file.write_all(b"half of the n")?;
            Err(ErrorKind::StorageFull.into())
        };
        let error = write_whole_with(&path, full).unwrap_err().to_string();
        assert_eq!(error, format!("{}: no storage space", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.txt"]);

        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write_whole(&taken, b"a folder stands here").is_err());
        assert!(write_whole(&folder.path().join("none/a.txt"), b"no such folder").is_err());
        assert!(write_whole(Path::new("/"), b"no name").is_err());
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn a_real_full_disk_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let full = |_: &mut File| File::options().write(true).open("/dev/full")?.write_all(b"x");
        let Err(Error::Io { source, .. }) = write_whole_with(&path, full) else { panic!("it was written") };
        // Where there is no such device, the error is another one; the rest holds.
        assert!(matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::NotFound));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_a_killed_process_left_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".17-0.new", ".hidden", "a.new"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path()).unwrap();
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".hidden", "a.new"]);
    }
}
