//! Many small files: in a folder and the folders below it, or in a zip file.

use super::fault;
use super::zip::Zip;
use crate::error::{Error, Result};
use crate::reading;
use std::fs;
use std::path::{Path, PathBuf};

/// The largest file that is read: far more than any picture of a data set.
const MOST_BYTES: u64 = 64 << 20;
/// Folders below each other.
const MOST_DEPTH: usize = 8;

/// Files with names like `a/b.png`, sorted by name.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    zip: Option<Zip>,
    files: Vec<Member>,
}

/// A file of a store.
#[derive(Debug)]
pub struct Member {
    /// Its place in the store, parted by `/`.
    pub name: String,
    /// Of a zip file's entry.
    index: usize,
}

impl Store {
    /// Lists a folder or a zip file. Hidden files, and what macOS adds to zip files, are left out.
    ///
    /// # Errors
    /// `Format` for a zip file that is not in order; `Io`.
    pub fn open(path: &Path) -> Result<Self> {
        let (zip, mut files) = if path.is_dir() {
            let mut files = Vec::new();
            walk(path, "", MOST_DEPTH, &mut files)?;
            (None, files)
        } else {
            let zip = Zip::open(path)?;
            let member = |(index, name): (usize, &str)| Member { name: name.to_owned(), index };
            let names = zip.entries().iter().map(|entry| &*entry.name).enumerate();
            let files = names.filter(|(_, name)| !is_hidden(name)).map(member).collect();
            (Some(zip), files)
        };
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { path: path.to_path_buf(), zip, files })
    }

    /// The files, sorted by name.
    pub fn files(&self) -> &[Member] {
        &self.files
    }

    /// The folder or the zip file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file.
    ///
    /// # Errors
    /// `Format` for one of more than 64 MiB, or that a zip file holds damaged; `Io`.
    pub fn read(&self, file: &Member) -> Result<Vec<u8>> {
        if let Some(zip) = &self.zip {
            return zip.read(&zip.entries()[file.index], MOST_BYTES);
        }
        reading::member(&self.path, &file.name, MOST_BYTES)
    }

    /// The error for what is wrong about a file, `at` bytes into it where it stands by itself.
    pub fn fault(
        &self,
        file: &Member,
        at: u64,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Error {
        match &self.zip {
            Some(zip) => {
                let found = format!("`{}`: {}", file.name, found.into());
                fault(&self.path, zip.entries()[file.index].offset, found, expected)
            }
            None => fault(&self.path.join(&file.name), at, found, expected),
        }
    }
}

/// Adds the files of `folder` and of those below it, at most `depth` deep.
fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<Member>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        // A name that is no text cannot be asked for, nor be a class.
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{prefix}{name}");
        if is_hidden(&name) {
            continue;
        }
        if path.is_file() {
            files.push(Member { name, index: 0 });
        } else if path.is_dir() && depth > 0 {
            walk(&path, &format!("{name}/"), depth - 1, files)?;
        }
    }
    Ok(())
}

fn is_hidden(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|last| last.starts_with('.'))
}
