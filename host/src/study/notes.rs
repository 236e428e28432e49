//! What people say of a run: its `notes.json`. Nothing that a run does reads or changes it.

use std::{io::ErrorKind, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    files::{reading, write_whole},
};

/// The name of the file in a run's folder.
pub const FILE: &str = "notes.json";

/// No file of notes is larger, in bytes.
const LARGEST: u64 = 1 << 20;

/// A name, a note, and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Notes {
    /// Those in a run's folder; without the file there are none, nor where it is a link.
    ///
    /// # Errors
    /// It cannot be read, or holds something else.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if path.is_symlink() {
            return Ok(Self::default());
        }
        let bytes = match reading::read(&path, LARGEST) {
            Err(files::Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            bytes => bytes?,
        };
        serde_json::from_slice(&bytes).map_err(|problem| not_notes(&path, &problem))
    }

    /// Changes those in a run's folder.
    ///
    /// # Errors
    /// As [`Notes::read`]; they cannot be written.
    pub fn change(folder: &Path, change: impl FnOnce(&mut Self)) -> Result<()> {
        let mut notes = Self::read(folder)?;
        change(&mut notes);
        let path = folder.join(FILE);
        let json = serde_json::to_vec_pretty(&notes).map_err(|e| Error::io(&path)(e.into()))?;
        Ok(write_whole(&path, &json)?)
    }

    /// Adds tags that are not there yet; one that begins with `-` is removed instead.
    pub fn tag(&mut self, tags: &[String]) {
        for tag in tags {
            let (is_added, tag) = tag.strip_prefix('-').map_or((true, tag.as_str()), |tag| (false, tag));
            self.tags.retain(|known| known != tag);
            if is_added {
                self.tags.push(tag.to_owned());
            }
        }
    }
}

fn not_notes(path: &Path, problem: &serde_json::Error) -> Error {
    Error::usage(
        format!("{} holds no notes: {problem}", path.display()),
        "remove it, and give the notes anew",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Notes::read(folder.path()).unwrap(), Notes::default());
        Notes::change(folder.path(), |notes| notes.name = "the best one".into()).unwrap();
        Notes::change(folder.path(), |notes| notes.tag(&["a".into(), "b".into(), "a".into()])).unwrap();
        Notes::change(folder.path(), |notes| notes.tag(&["-b".into(), "-c".into()])).unwrap();
        let expected = Notes { name: "the best one".into(), tags: vec!["a".into()], ..Notes::default() };
        assert_eq!(Notes::read(folder.path()).unwrap(), expected);
        std::fs::write(folder.path().join(FILE), "[1]").unwrap();
        assert!(Notes::change(folder.path(), |_| {}).is_err());
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), b"[1]");
    }
}
