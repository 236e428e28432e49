//! Many small files: in a folder and the folders below it, or in a zip or tar file.

mod folder;

use super::Options;
use super::file::Origin;
use super::left_out::LeftOut;
use super::tar::{self, Kind, Tar};
use super::zip::Zip;
use files::reading;
use files::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The largest file that is read: far more than any picture of a data set.
const MOST_BYTES: u64 = 64 << 20;
/// The most that is held of a packed tar file, whose content comes in one order only.
const MOST_HELD: u64 = 4 << 30;

/// Files with names like `a/b.png`, sorted by name.
pub struct Store {
    path: PathBuf,
    source: Source,
    files: Vec<Member>,
    left_out: LeftOut,
}

/// A file of a store.
#[derive(Debug)]
pub struct Member {
    /// Its place in the store, parted by `/`.
    pub name: String,
    /// Of an archive's entry.
    index: usize,
}

enum Source {
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
    /// silence, and so is what systems put beside one's own files.
    ///
    /// # Errors
    /// `Format` for an archive that is not in order; `Usage` for a link that leads to where nothing may be
    /// read, or a packed archive that does not fit into memory; `Io`.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        options.check(path)?;
        let mut left_out = LeftOut::default();
        let (source, mut files) = if path.is_dir() {
            (Source::Folder, folder::files(path, options, &mut left_out)?)
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
            Source::Folder => reading::member(&self.path, &file.name, MOST_BYTES),
            Source::Zip(zip) => zip.read(&zip.entries()[file.index], MOST_BYTES),
            Source::Tar(entries) => match &entries[file.index] {
                Packed { held: Some(content), .. } => Ok(content.clone()),
                entry if entry.size > MOST_BYTES => {
                    Err(self.fault(file, 0, format!("{} bytes", entry.size), format!("at most {MOST_BYTES}")))
                }
                entry => tar::bytes_at(&self.path, entry.offset, entry.size),
            },
        }
    }

    /// Where the content of a file comes from.
    pub fn origin(&self, file: &Member) -> Origin {
        let offset = match &self.source {
            Source::Folder => return Origin::file(&self.path.join(&file.name)),
            Source::Zip(zip) => zip.entries()[file.index].offset,
            Source::Tar(entries) => entries[file.index].offset,
        };
        Origin { path: self.path.clone(), entry: Some((file.name.clone(), offset)) }
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

fn zip_files(path: &Path, left_out: &mut LeftOut) -> Result<(Source, Vec<Member>)> {
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
    Ok((Source::Zip(zip), listed.members()))
}

fn tar_files(path: &Path, left_out: &mut LeftOut) -> Result<(Source, Vec<Member>)> {
    let most = MOST_HELD.min(ops::tensor::room() as u64);
    let (mut tar, mut entries, mut listed, mut held) = (Tar::open(path)?, Vec::new(), Listed::default(), 0);
    while let Some(entry) = tar.next_entry()? {
        let Some(name) = shown(&entry.name).filter(|_| entry.kind != Kind::Folder) else { continue };
        let mut packed = Packed { offset: entry.offset, size: entry.size, held: None };
        match &entry.kind {
            Kind::HardLink(target) => {
                match shown(target).and_then(|target| listed.places.get(&target).copied()) {
                    Some(place) => packed = Packed::clone(&entries[place]),
                    None => {
                        left_out.add(LINK, &name);
                        continue;
                    }
                }
            }
            Kind::File if tar.is_packed() && entry.size <= MOST_BYTES => {
                let mut content = Vec::new();
                tar.content(&entry, |bytes| {
                    content.extend(bytes);
                    Ok(())
                })?;
                packed.held = Some(content);
            }
            Kind::File => {}
            _ => {
                left_out.add(LINK, &name);
                continue;
            }
        }
        held += packed.held.as_ref().map_or(0, |content| content.len() as u64);
        if held > most {
            return Err(Error::usage(
                format!(
                    "{} holds more than {most} bytes, and a packed archive is read whole",
                    path.display()
                ),
                "unpack it and give the folder, or give the archive as a plain .tar or a .zip",
            ));
        }
        listed.add(name, entries.len(), left_out);
        entries.push(packed);
    }
    Ok((Source::Tar(entries), listed.members()))
}

const LINK: [&str; 2] = ["link", "links"];

/// The files of an archive by name: where one comes twice, the last one counts, as for everything that
/// unpacks.
#[derive(Default)]
struct Listed {
    places: HashMap<String, usize>,
}

impl Listed {
    fn add(&mut self, name: String, index: usize, left_out: &mut LeftOut) {
        if self.places.contains_key(&name) {
            left_out.add(["earlier file of the same name", "earlier files of the same names"], &name);
        }
        self.places.insert(name, index);
    }

    fn members(self) -> Vec<Member> {
        self.places.into_iter().map(|(name, index)| Member { name, index }).collect()
    }
}

/// The name of an archive's entry as a folder would have it; none if it is hidden.
fn shown(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.iter().any(|part| is_hidden(part))).then(|| parts.join("/"))
}

/// Whether a file or folder of that name is none of the set's own: hidden ones, and those of macOS, Windows
/// and Synology.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "__MACOSX" | "Thumbs.db" | "desktop.ini" | "@eaDir")
}

#[cfg(test)]
mod tests;
