//! Where data sets lie.

use std::path::{Path, PathBuf};

use files::{Error, Result};

use super::{
    Split, glyphs,
    known::{self, BUILT_IN, KnownSet},
    shapes,
};

/// What a split of `set` is read from, in the first of `folders` that has any split of it: all splits come
/// from one folder, so that no two versions of a set are mixed.
///
/// # Errors
/// `Usage`, which says where it was looked for, where none has it, or where only another place does.
pub fn split_of(set: &dyn KnownSet, split: Split, folders: &[PathBuf]) -> Result<PathBuf> {
    let in_folder = |folder: &PathBuf| set.splits().iter().find_map(|split| set.inside(folder, *split));
    let Some((folder, first)) = folders.iter().find_map(|folder| Some((folder, in_folder(folder)?))) else {
        return Err(missing(set, split, folders));
    };
    let elsewhere = folders.iter().find_map(|folder| set.inside(folder, split));
    match set.inside(folder, split) {
        Some(path) if path.parent() == first.parent() => Ok(path),
        other => Err(incomplete(set, split, &first, other.or(elsewhere))),
    }
}

/// The error for a split that is not where the `first` one is.
fn incomplete(set: &dyn KnownSet, split: Split, first: &Path, elsewhere: Option<PathBuf>) -> Error {
    let (name, place) = (set.name(), first.parent().unwrap_or(first).display());
    let Some(elsewhere) = elsewhere else {
        return Error::usage(
            format!("`{name}` in {place} has no {split} split: there is no {}", set.wanted(split)),
            "put the file there, or name a folder that has all of the set with --data DIR or HOST_DATA=DIR",
        );
    };
    Error::usage(
        format!(
            "`{name}` in {place} has no {split} split; that of {} is not taken, as all splits of a set come \
             from one folder",
            elsewhere.display()
        ),
        "put the missing files there, or name the folder that has all of the set with --data DIR",
    )
}

fn missing(set: &dyn KnownSet, split: Split, folders: &[PathBuf]) -> Error {
    let name = set.name();
    let get = if super::get::offers(name) {
        format!("`host data get {name}` brings it; or ")
    } else {
        String::new()
    };
    Error::usage(
        format!("the {split} split of `{name}` is missing: no {} in {}", set.wanted(split), shown(folders)),
        format!(
            "{get}put it there, or name the folder that has it with --data DIR or HOST_DATA=DIR; \
             `{}` (grey) and `{}` (colour) are built in",
            glyphs::SET.name,
            shapes::SET.name
        ),
    )
}

/// The error for a `what` that is neither a known set nor a file.
pub fn unknown(what: &str, folders: &[PathBuf]) -> Error {
    let likeness = |name: &&str| strsim::jaro_winkler(&what.to_lowercase(), name);
    let nearest = known::names().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    Error::usage(
        format!(
            "no data set or file is called `{what}`; the nearest name is `{}`",
            nearest.unwrap_or(glyphs::SET.name)
        ),
        format!(
            "known are {}, and the path of an IDX or NumPy file, or of a folder, zip or tar file of \
             pictures; files are \
             looked for in {}, and first in the folder that --data DIR or HOST_DATA=DIR names",
            known::names().collect::<Vec<_>>().join(", "),
            shown(folders),
        ),
    )
}

/// Paths as a list for a person.
pub fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

/// A known set and where its splits are.
#[derive(Debug)]
pub struct FoundSet {
    pub name: &'static str,
    pub about: &'static str,
    /// The train and the test split.
    pub locations: [SetLocation; 2],
    /// Whether `host data get` can bring it.
    pub offered: bool,
}

/// Where a split is.
#[derive(Debug, PartialEq)]
pub enum SetLocation {
    /// Made by the program itself.
    BuiltIn,
    /// On disk: a file, the first of several, or a folder.
    At(PathBuf),
    /// Nowhere; `wanted` is the file that would have been it, inside a data folder.
    Missing { wanted: String },
}

/// Every known set, the built-in ones first, and where `folders` have its splits.
pub fn list(folders: &[PathBuf]) -> Vec<FoundSet> {
    let built_in = BUILT_IN.iter().map(|set| FoundSet {
        name: set.name,
        about: set.about,
        locations: [SetLocation::BuiltIn, SetLocation::BuiltIn],
        offered: false,
    });
    let on_disk = known::on_disk().map(|set| FoundSet {
        name: set.name(),
        about: set.about(),
        locations: Split::COMMON.map(|split| locate(set, split, folders)),
        offered: super::get::offers(set.name()),
    });
    built_in.chain(on_disk).collect()
}

fn locate(set: &dyn KnownSet, split: Split, folders: &[PathBuf]) -> SetLocation {
    match split_of(set, split, folders) {
        Ok(path) => SetLocation::At(path),
        Err(_) => SetLocation::Missing { wanted: set.wanted(split) },
    }
}

#[cfg(test)]
mod tests;
