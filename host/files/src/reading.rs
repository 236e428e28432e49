//! The one place where files that others name are opened. Where a path leads is looked at once, and what was
//! looked at is opened; only regular files are read: a pipe or a device may have no end, and `/proc` and
//! `/sys` are the system's own state. What is opened while a thread watches gets a checksum, of the very file
//! that is then read.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Seek as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, Result},
    hash::{sha256, sha256_of},
};

/// Folders whose files are no data.
const SYSTEM: [&str; 2] = ["/proc", "/sys"];

/// The regular file or folder that a path leads to, without links.
///
/// # Errors
/// [`Error::Io`] where there is none; [`Error::Usage`] for a pipe, a device, and what the system shows of
/// itself.
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

/// Opens a regular file, at its beginning, and gives its length.
///
/// # Errors
/// Those of [`resolve`]; [`Error::Usage`] for a folder.
pub fn open(path: &Path) -> Result<(File, u64)> {
    let (mut file, length) = reopen(path)?;
    if is_watched() {
        let sum = Checksum::of_rest(&mut file, length).map_err(Error::io(path))?;
        file.rewind().map_err(Error::io(path))?;
        note(|reads, named| reads.files.insert(named(path), sum));
    }
    Ok((file, length))
}

/// The content of a regular file of at most `maximum` bytes.
///
/// # Errors
/// As [`open`]; [`Error::Format`] for a larger one.
pub fn read(path: &Path, maximum: u64) -> Result<Vec<u8>> {
    let bytes = content(path, maximum)?;
    note(|reads, named| reads.files.insert(named(path), Checksum::of(&bytes)));
    Ok(bytes)
}

/// [`read`] for one of many files of a folder, which have one checksum together.
///
/// # Errors
/// As [`read`].
pub fn member(folder: &Path, name: &str, maximum: u64) -> Result<Vec<u8>> {
    let bytes = content(&folder.join(name), maximum)?;
    note(|reads, named| {
        reads.folders.entry(named(folder)).or_default().insert(name.to_owned(), Checksum::of(&bytes))
    });
    Ok(bytes)
}

/// Notes the checksums of a model that others read: of its file `real`, which `asked` led to, and of the
/// files with elements of its tensors, which are in or below the same folder.
///
/// # Errors
/// As [`open`].
pub fn model<'a>(asked: &Path, real: &Path, elements: impl Iterator<Item = &'a Path>) -> Result<()> {
    open(asked)?;
    let folder = |path: &'a Path| path.strip_prefix(real.parent()?).ok();
    let here = asked.parent().unwrap_or(Path::new(""));
    elements.filter_map(folder).try_for_each(|inside| open(&here.join(inside)).map(drop))
}

/// Opens a file that was opened before: it has its checksum already.
///
/// # Errors
/// As [`open`].
pub fn reopen(path: &Path) -> Result<(File, u64)> {
    let real = resolve(&led(path))?;
    let file = File::open(&real).map_err(Error::io(path))?;
    let facts = file.metadata().map_err(Error::io(path))?;
    match facts.is_file() {
        true => Ok((file, facts.len())),
        false => Err(Error::usage(format!("{} is no regular file", path.display()), "give a file")),
    }
}

fn content(path: &Path, maximum: u64) -> Result<Vec<u8>> {
    let (file, length) = reopen(path)?;
    let mut bytes = Vec::with_capacity(length.min(maximum) as usize);
    file.take(maximum.saturating_add(1)).read_to_end(&mut bytes).map_err(Error::io(path))?;
    match bytes.len() as u64 <= maximum {
        true => Ok(bytes),
        false => Err(Error::Format {
            path: path.to_owned(),
            offset: 0,
            found: format!("more than {maximum} bytes"),
            expected: format!("at most {maximum}"),
        }),
    }
}

/// The checksum of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    pub sha256: String,
    pub bytes: u64,
}

impl Checksum {
    /// That of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: sha256(bytes), bytes: bytes.len() as u64 }
    }

    /// That of a file, which is not watched.
    ///
    /// # Errors
    /// As [`open`].
    pub fn of_file(path: &Path) -> Result<Self> {
        let (mut file, bytes) = reopen(path)?;
        Self::of_rest(&mut file, bytes).map_err(Error::io(path))
    }

    /// That of a file of that length, which is read from where it is.
    fn of_rest(file: &mut File, bytes: u64) -> io::Result<Self> {
        Ok(Self { sha256: sha256_of(file)?, bytes })
    }

    /// That of files together: of lines `CHECKSUM  NAME` by name, as sha256sum writes them.
    pub fn of_all(files: &BTreeMap<String, Self>) -> Self {
        let mut hash = Sha256::new();
        files.iter().for_each(|(name, sum)| hash.update(format!("{}  {name}\n", sum.sha256)));
        let bytes = files.values().map(|sum| sum.bytes).sum();
        Self { sha256: format!("{:x}", hash.finalize()), bytes }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reads {
    pub files: BTreeMap<PathBuf, Checksum>,
    /// Files of a folder, by their names in it.
    pub folders: BTreeMap<PathBuf, BTreeMap<String, Checksum>>,
}

struct ReadWatch {
    /// Paths as they were asked for, and where they led when that was looked at.
    led: Vec<(PathBuf, PathBuf)>,
    reads: Reads,
}

thread_local! {
    static WATCH: RefCell<Option<ReadWatch>> = const { RefCell::new(None) };
}

/// What `call` gives, and what it read on this thread. A path in one that was `asked` for, here or around
/// this call, leads to where it `led`, whatever lies there now.
pub fn watched<T>(led: Option<(&Path, &Path)>, call: impl FnOnce() -> T) -> (T, Reads) {
    let outer = Outer(WATCH.take());
    let before = outer.0.iter().flat_map(|watch| watch.led.iter().cloned());
    let led = led.map(|(asked, real)| (asked.to_owned(), real.to_owned()));
    let led = led.into_iter().chain(before).collect();
    WATCH.set(Some(ReadWatch { led, reads: Reads::default() }));
    let value = call();
    let inner = WATCH.take();
    (value, inner.map(|watch| watch.reads).unwrap_or_default())
}

/// The watch around another one, which goes on after it, however that ended.
struct Outer(Option<ReadWatch>);

impl Drop for Outer {
    fn drop(&mut self) {
        WATCH.set(self.0.take());
    }
}

fn is_watched() -> bool {
    WATCH.with_borrow(Option::is_some)
}

/// Adds to what was read, under the names that were asked for.
fn note<T>(add: impl FnOnce(&mut Reads, &dyn Fn(&Path) -> PathBuf) -> T) {
    WATCH.with_borrow_mut(|watch| {
        let ReadWatch { led, reads } = watch.as_mut()?;
        let named = |path: &Path| {
            let found = led.iter().find_map(|(asked, real)| moved(path, real, asked));
            found.unwrap_or_else(|| path.to_owned())
        };
        Some(add(reads, &named))
    });
}

/// Where a path led when it was looked at.
fn led(path: &Path) -> PathBuf {
    let found = WATCH.with_borrow(|watch| {
        watch.iter().flat_map(|watch| &watch.led).find_map(|(asked, real)| moved(path, asked, real))
    });
    found.unwrap_or_else(|| path.to_owned())
}

/// A path below `from`, as the same one below `to`.
fn moved(path: &Path, from: &Path, to: &Path) -> Option<PathBuf> {
    let inside = path.strip_prefix(from).ok()?;
    Some(if inside == Path::new("") { to.to_owned() } else { to.join(inside) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_its_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, content) in [("a", "abc"), ("b", ""), ("c", "abc")] {
            fs::write(at(name), content).unwrap();
        }
        assert_eq!(read(&at("a"), 3).unwrap(), b"abc", "unwatched");
        let ((), reads) = watched(Some((&at("a"), &at("b"))), || {
            let mut text = String::new();
            open(&at("c")).unwrap().0.read_to_string(&mut text).unwrap();
            assert_eq!(text, "abc", "it begins at its beginning");
            assert_eq!(read(&at("a"), 9).unwrap(), b"", "it is read where it led");
            assert_eq!(read(&at("b"), 9).unwrap(), b"", "and is called as it was asked for");
            member(folder.path(), "c", 3).unwrap();
            member(folder.path(), "b", 3).unwrap();
            assert!(member(folder.path(), "c", 2).unwrap_err().to_string().contains("more than 2 bytes"));
        });
        // As sha256sum gives them.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let shas: Vec<_> = reads.files.values().map(|sum| (&*sum.sha256, sum.bytes)).collect();
        assert_eq!(shas, [(empty, 0), (abc, 3)]);
        assert_eq!(reads.files.keys().collect::<Vec<_>>(), [&at("a"), &at("c")]);
        let members = &reads.folders[folder.path()];
        assert_eq!(members.keys().collect::<Vec<_>>(), ["b", "c"]);
        let together = sha256(format!("{empty}  b\n{abc}  c\n").as_bytes());
        assert_eq!(Checksum::of_all(members), Checksum { sha256: together, bytes: 3 });
        assert!(!is_watched());
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&link, Path::new("/dev/zero"), Path::new("/proc/self/status")] {
            let error = read(path, 10).unwrap_err().to_string();
            assert!(error.contains("is no regular file or folder"), "{error}");
        }
        assert!(read(folder.path(), 10).unwrap_err().to_string().contains("is no regular file"));
    }
}
