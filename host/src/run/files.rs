//! Files that appear whole or not at all, and names that every file system takes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The longest name that [`safe_name`] gives, in bytes.
const LONGEST_NAME: usize = 100;

/// Writes a file that is there whole or, where that fails, as it was before.
///
/// Errors: the folder is missing, the disk is full, the path is a folder; nothing is left beside it.
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
        // It is the first error that matters; and there may be nothing to remove.
        let _ = fs::remove_file(&beside);
    }
    written.and_then(|()| sync_folder(folder_of(path))).map_err(Error::io(path))
}

/// Removes what a process that was killed in [`write_whole`] left in `folder`.
///
/// Only for a folder that nobody else writes to. Error: the folder cannot be read.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') && name.ends_with(".new") {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Makes the names in a folder durable: a rename may be lost with the power until then.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot, and need not.
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// `text` as a file name that is safe on every file system, at most 100 bytes long.
///
/// A text that is safe already stays as it is; any other gets a hash, so that different texts have
/// different names.
pub fn safe_name(text: &str) -> String {
    let name = cleaned(text, LONGEST_NAME);
    if name == text {
        return name;
    }
    let hash = &sha256(text.as_bytes())[..8];
    format!("{}-{hash}", cleaned(text, LONGEST_NAME - 9))
}

/// `text` without what some file system refuses, cut to `most` bytes. Different texts may become equal.
pub(super) fn cleaned(text: &str, most: usize) -> String {
    const ENDS: [char; 2] = ['.', ' '];
    let refused = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let text = text.replace(refused, "_");
    let text = match text.trim_matches(ENDS) {
        text if text.is_empty() || is_device(text) => format!("_{text}"),
        text => text.to_string(),
    };
    text[..text.floor_char_boundary(most)].trim_end_matches(ENDS).to_string()
}

/// Whether Windows takes the name for a device, whatever its extension: `nul`, `COM1.txt`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    let is_port = matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None));
    is_port || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&&*stem)
}

/// The SHA-256 of `bytes`, as 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The SHA-256 of a file's content. Error: the file cannot be read.
pub fn sha256_of_file(path: &Path) -> Result<String> {
    let mut hash = Hasher::new();
    File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash)).map_err(Error::io(path))?;
    Ok(hash.finish())
}

/// The SHA-256 of what is written to it.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    pub fn new() -> Self {
        Self::default()
    }

    /// 64 hexadecimal digits.
    pub fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name of this process alone, in the same folder: a rename across file systems would be a copy.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    folder_of(path).join(format!(".{}-{count}.new", process::id()))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // Where there is no such device, the error is another one, and the rest holds all the same.
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

    #[test]
    fn safe_names_stay_and_others_get_a_hash() {
        for name in ["iteration-3", "a b,c=[1,2]", "früh", "x.y", "console", "com", "COM10", "-"] {
            assert_eq!(safe_name(name), name);
        }
        // The hash of a text is the start of its `sha256sum`.
        assert_eq!(safe_name("a/b:c*?"), "a_b_c__-968a1deb");
        let odd =
            ["..", ".a", "a.", " a", "a ", "", "CON", "con.txt", "nul .b", "Lpt1", "COM¹", "a\0", "a\n"];
        for (i, text) in odd.iter().enumerate() {
            let name = safe_name(text);
            let stem = name.split('.').next().unwrap();
            assert!(!name.starts_with(['.', ' ']) && !name.chars().any(char::is_control), "{name:?}");
            assert!(!is_device(stem), "{name:?}");
            assert!(odd[..i].iter().all(|other| safe_name(other) != name), "{name:?} is there twice");
            assert_eq!(safe_name(&name), name, "a safe name is safe");
        }
    }

    #[test]
    fn long_names_are_cut_at_a_border_of_characters() {
        let long = "ä".repeat(150);
        let (name, other) = (safe_name(&long), safe_name(&format!("{long}b")));
        assert_eq!(name.len(), 45 * 2 + 9);
        assert!(other.starts_with(&"ä".repeat(45)) && other != name);
        assert_eq!(safe_name(&"a".repeat(100)), "a".repeat(100));
        assert_eq!(safe_name(&"a".repeat(101)).len(), 100);
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
        assert_eq!(sha256_of_file(&path).unwrap(), expected);
    }
}
