//! Many small files: in a folder and the folders below it, or in a zip or tar file.

mod folder;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use files::{Error, Result, reading};

use super::{
    ReadOptions,
    file::FileOrigin,
    left_out::LeftOut,
    tar::{self, Tar, TarEntry, TarKind},
    zip::Zip,
};

/// The largest file that is read: far more than any picture of a data set.
const MAX_BYTES: u64 = 64 << 20;
/// The maximum number of bytes held of a packed tar file, whose content comes in one order only.
const MAX_HELD: u64 = 4 << 30;

/// Files with names like `a/b.png`, sorted by name.
pub struct Store {
    path: PathBuf,
    source: StoreSource,
    files: Vec<Member>,
    left_out: LeftOut,
}

/// A file of a store.
#[derive(Debug)]
pub struct Member {
    /// Its path in the store, separated by `/`.
    pub name: String,
    /// Of an archive's entry.
    index: usize,
}

enum StoreSource {
    Folder,
    Zip(Zip),
    Tar(Vec<Packed>),
}

/// A file in a tar archive.
#[derive(Clone)]
struct Packed {
    offset: u64,
    size: u64,
    /// The content, where the archive is packed and the file not too large.
    held: Option<Vec<u8>>,
}

impl Store {
    /// Lists a folder, a zip or a tar file, the same from each. Hidden files and folders are left out in
    /// silence, and so is what operating systems add to folders.
    ///
    /// # Errors
    /// `Format` for an archive that is not in order; `Usage` for a link that leads to where nothing may be
    /// read, or a packed archive that does not fit into memory; `Io`.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self> {
        options.check(path)?;
        let mut left_out = LeftOut::default();
        let (source, mut files) = if path.is_dir() {
            (StoreSource::Folder, folder::files(path, options, &mut left_out)?)
        } else if is_tar(path) {
            tar_files(path, &mut left_out)?
        } else {
            zip_files(path, &mut left_out)?
        };
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { path: path.to_path_buf(), source, files, left_out })
    }

    /// The files, sorted by name.
    pub fn files(&self) -> &[Member] {
        &self.files
    }

    /// The folder or the archive.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was left out; it is given once.
    pub fn take_left_out(&mut self) -> LeftOut {
        std::mem::take(&mut self.left_out)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// `Format` for one of more than 64 MiB, or that an archive holds damaged; `Io`.
    pub fn read(&self, file: &Member) -> Result<Vec<u8>> {
        match &self.source {
            StoreSource::Folder => reading::member(&self.path, &file.name, MAX_BYTES),
            StoreSource::Zip(zip) => zip.read(&zip.entries()[file.index], MAX_BYTES),
            StoreSource::Tar(entries) => match &entries[file.index] {
                Packed { held: Some(content), .. } => Ok(content.clone()),
                entry if entry.size > MAX_BYTES => {
                    Err(self.fault(file, 0, format!("{} bytes", entry.size), format!("at most {MAX_BYTES}")))
                }
                entry => tar::bytes_at(&self.path, entry.offset, entry.size),
            },
        }
    }

    /// Where the content of a file comes from.
    pub fn origin(&self, file: &Member) -> FileOrigin {
        let offset = match &self.source {
            StoreSource::Folder => return FileOrigin::file(&self.path.join(&file.name)),
            StoreSource::Zip(zip) => zip.entries()[file.index].offset,
            StoreSource::Tar(entries) => entries[file.index].offset,
        };
        FileOrigin { path: self.path.clone(), entry: Some((file.name.clone(), offset)) }
    }

    /// The error for what is wrong about a file, `at` bytes into it.
    pub fn fault(
        &self,
        file: &Member,
        at: usize,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Error {
        self.origin(file).fault(at, found, expected)
    }
}

/// Whether the name of a file is that of an archive of many.
pub fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip")) || is_tar(path)
}

/// Whether the name of a file is that of a tar archive, plain or packed by anything.
fn is_tar(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ends = [".tar", ".tgz", ".tbz2", ".txz"];
    ends.iter().any(|end| name.ends_with(end))
        || name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with(".tar"))
}

fn zip_files(path: &Path, left_out: &mut LeftOut) -> Result<(StoreSource, Vec<Member>)> {
    let zip = Zip::open(path)?;
    let mut listed = Listed::default();
    for (index, entry) in zip.entries().iter().enumerate() {
        let Some(name) = shown(&entry.name) else { continue };
        if entry.is_link {
            left_out.add(LINK, &name);
        } else {
            listed.add(name, index, left_out);
        }
    }
    Ok((StoreSource::Zip(zip), listed.members()))
}

fn tar_files(path: &Path, left_out: &mut LeftOut) -> Result<(StoreSource, Vec<Member>)> {
    let maximum = MAX_HELD.min(ops::tensor::room() as u64);
    let (mut tar, mut entries, mut listed, mut held) = (Tar::open(path)?, Vec::new(), Listed::default(), 0);
    while let Some(entry) = tar.next_entry()? {
        let Some(name) = shown(&entry.name).filter(|_| entry.kind != TarKind::Folder) else { continue };
        let packed = match &entry.kind {
            TarKind::File => Some(packed(&mut tar, &entry)?),
            TarKind::HardLink(target) => listed.index_of(target).map(|index| Packed::clone(&entries[index])),
            _ => None,
        };
        let Some(packed) = packed else {
            left_out.add(LINK, &name);
            continue;
        };
        held += packed.held.as_ref().map_or(0, |content| content.len() as u64);
        if held > maximum {
            return Err(Error::usage(
                format!(
                    "{} holds more than {maximum} bytes, and a packed archive is read whole",
                    path.display()
                ),
                "unpack it and give the folder, or give the archive as a plain .tar or a .zip",
            ));
        }
        listed.add(name, entries.len(), left_out);
        entries.push(packed);
    }
    Ok((StoreSource::Tar(entries), listed.members()))
}

/// A file of an archive, with its content where that can be had in the archive's order only.
fn packed(tar: &mut Tar, entry: &TarEntry) -> Result<Packed> {
    let is_held = tar.is_packed() && entry.size <= MAX_BYTES;
    let held = is_held.then(|| tar.read(entry)).transpose()?;
    Ok(Packed { offset: entry.offset, size: entry.size, held })
}

const LINK: [&str; 2] = ["link", "links"];

/// The files of an archive by name: of several with one name the last one counts, as for all programs
/// that unpack.
#[derive(Default)]
struct Listed {
    indices: HashMap<String, usize>,
}

impl Listed {
    /// The index of the entry with that name, which came before.
    fn index_of(&self, name: &str) -> Option<usize> {
        self.indices.get(&shown(name)?).copied()
    }

    fn add(&mut self, name: String, index: usize, left_out: &mut LeftOut) {
        if self.indices.contains_key(&name) {
            left_out.add(["earlier file of the same name", "earlier files of the same names"], &name);
        }
        self.indices.insert(name, index);
    }

    fn members(self) -> Vec<Member> {
        self.indices.into_iter().map(|(name, index)| Member { name, index }).collect()
    }
}

/// The name of an archive's entry as a folder would have it; none if it is hidden.
fn shown(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.iter().any(|part| is_hidden(part))).then(|| parts.join("/"))
}

/// Whether a file or folder of that name does not belong to a set: hidden ones, and those of macOS, Windows
/// and Synology.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "__MACOSX" | "Thumbs.db" | "desktop.ini" | "@eaDir")
}

#[cfg(test)]
mod tests;
