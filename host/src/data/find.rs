//! Where the files of data sets lie.

use super::known::{IMAGES, SETS, Set};
use super::{Split, glyphs};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

const LABELS: &str = "labels-idx1-ubyte";
const SPLITS: [Split; 2] = [Split::Train, Split::Test];

/// The pictures of a split of `set`, in the first of `folders` that has them.
///
/// # Errors
/// `Usage`, which says where they were looked for, where none has them.
pub fn pictures(set: &Set, split: Split, folders: &[PathBuf]) -> Result<PathBuf> {
    let found = folders.iter().find_map(|folder| inside(folder, set, split));
    found.ok_or_else(|| missing(set, split, folders))
}

/// Looks in the set's homes inside `folder`, then in `folder` itself.
fn inside(folder: &Path, set: &Set, split: Split) -> Option<PathBuf> {
    let name = set.file_name(split);
    let mut homes = set.homes.iter().map(|home| folder.join(home));
    homes.find_map(|home| plain_or_packed(&home.join(&name))).or_else(|| {
        // MNIST's file names do not tell sets apart, but another set's folder does.
        let file = plain_or_packed(&folder.join(&name))?;
        of_file(&file).is_none_or(|of| of.name == set.name).then_some(file)
    })
}

/// The known set that a file of pictures belongs to, by its own name (EMNIST) or its folder's.
pub fn of_file(path: &Path) -> Option<&'static Set> {
    let path = std::path::absolute(path).ok()?;
    let (name, folder) = (path.file_name()?.to_str()?, path.parent()?);
    SETS.iter().find(|set| {
        let of_split = |split| name.starts_with(&set.file_name(split));
        let told = name.starts_with(set.name) || set.homes.iter().any(|home| folder.ends_with(home));
        told && SPLITS.into_iter().any(of_split)
    })
}

/// The pictures of a split of the one set whose files lie in `folder`.
///
/// # Errors
/// `Usage` where there is none or more than one.
pub fn only_pictures_in(folder: &Path, split: Split) -> Result<PathBuf> {
    let file = |set: &Set| plain_or_packed(&folder.join(set.file_name(split)));
    let mut files: Vec<PathBuf> = SETS.iter().filter_map(file).collect();
    // The sets with MNIST's file names, which stand side by side, all give the same file.
    files.dedup();
    match &files[..] {
        [file] => Ok(file.clone()),
        [] => Err(Error::usage(
            format!("{} holds no IDX pictures of the {split} split", folder.display()),
            format!("call them {}[.gz], or give the path of a file", SETS[0].file_name(split)),
        )),
        several => Err(Error::usage(
            format!("{} holds {} sets of IDX files", folder.display(), several.len()),
            format!("give the path of one: {}", shown(several)),
        )),
    }
}

/// The labels of the pictures in `path`: the file beside it whose name says so.
pub fn labels_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(IMAGES)?;
    plain_or_packed(&path.with_file_name(format!("{stem}{LABELS}")))
}

/// The file `path` or `path.gz`, whichever is there.
fn plain_or_packed(path: &Path) -> Option<PathBuf> {
    let mut packed = path.as_os_str().to_owned();
    packed.push(".gz");
    let candidates = [path.to_path_buf(), packed.into()];
    candidates.into_iter().find(|file| file.is_file())
}

fn missing(set: &Set, split: Split, folders: &[PathBuf]) -> Error {
    let (name, home, file) = (set.name, set.homes[0], set.file_name(split));
    Error::usage(
        format!("the {split} split of `{name}` is missing: no {home}/{file}[.gz] in {}", shown(folders)),
        format!(
            "put it there, or name the folder that has it with --data DIR or HOST_DATA=DIR; \
             `{}` is built in",
            glyphs::NAME
        ),
    )
}

/// The error for a `what` that is neither a known set nor a file.
pub fn unknown(what: &str, folders: &[PathBuf]) -> Error {
    let names = || [glyphs::NAME].into_iter().chain(SETS.iter().map(|set| set.name));
    let likeness = |name: &&str| strsim::jaro_winkler(&what.to_lowercase(), name);
    let nearest = names().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    Error::usage(
        format!(
            "no data set or file is called `{what}`; the nearest name is `{}`",
            nearest.unwrap_or(glyphs::NAME)
        ),
        format!(
            "known are {}, and the path of an IDX file or its folder; files are looked for in {}, \
             and first in the folder that --data DIR or HOST_DATA=DIR names",
            names().collect::<Vec<_>>().join(", "),
            shown(folders),
        ),
    )
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

/// A known set and where its splits are.
#[derive(Debug)]
pub struct Found {
    pub name: &'static str,
    pub about: &'static str,
    /// The train and the test split.
    pub places: [Place; 2],
}

/// Where a split is.
#[derive(Debug, PartialEq)]
pub enum Place {
    /// Made by the program itself.
    BuiltIn,
    /// Files on disk; pictures can be there without labels.
    Files { images: PathBuf, labels: Option<PathBuf> },
    /// Nowhere; `wanted` is the file that would have been it, inside a data folder.
    Missing { wanted: String },
}

/// Every known set, the built-in one first, and where `folders` have its splits.
pub fn list(folders: &[PathBuf]) -> Vec<Found> {
    let built_in =
        Found { name: glyphs::NAME, about: glyphs::ABOUT, places: [Place::BuiltIn, Place::BuiltIn] };
    let on_disk = SETS.iter().map(|set| Found {
        name: set.name,
        about: set.about,
        places: SPLITS.map(|split| place(set, split, folders)),
    });
    [built_in].into_iter().chain(on_disk).collect()
}

fn place(set: &Set, split: Split, folders: &[PathBuf]) -> Place {
    match pictures(set, split, folders) {
        Ok(images) => Place::Files { labels: labels_beside(&images), images },
        Err(_) => Place::Missing { wanted: format!("{}/{}[.gz]", set.homes[0], set.file_name(split)) },
    }
}

#[cfg(test)]
mod tests;
