//! The files that a script reads: what it may read, and what is noted of it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    Recorder, Session,
    access::{Grants, Permission},
};
use crate::{
    error::{Error, Result},
    files::reading::{self, Checksum, Reads},
    run::{Change, FileRecord, Record},
};

/// What names of files in data folders begin with, in the record of a run.
pub const DATA: &str = "DATA/";

impl Session {
    /// What `read` makes of a file or folder that a script asks for. It is given where the path leads, and
    /// opens that through [`reading`], so that what it read has its checksum in the run's record; `part`
    /// names the part of a folder that it reads.
    ///
    /// # Errors
    /// `Usage` for what the script may not read (see [`access`](super::access)), for a pipe or a device, and
    /// for what changed since the run began; `Io` when there is no such file; those of `read`.
    pub fn read<T, E>(&self, asked: &Path, part: &str, read: impl FnOnce(&Path) -> Result<T, E>) -> Result<T>
    where
        Error: From<E>,
    {
        let (real, permission) = self.permitted(asked)?;
        let (value, reads) = reading::watched(Some((asked, &real)), || read(&real));
        let value = value?;
        self.note(reads, part, permission)?;
        Ok(value)
    }

    /// [`Session::read`] of a data set by its name, from the data folders.
    pub fn read_known<T>(&self, part: &str, read: impl FnOnce() -> crate::files::Result<T>) -> Result<T> {
        let (value, reads) = reading::watched(None, read);
        let value = value?;
        self.note(reads, part, Permission::Granted)?;
        Ok(value)
    }

    /// Whether a script may read a path.
    ///
    /// # Errors
    /// Those of [`Session::read`].
    pub fn readable(&self, path: &Path) -> crate::files::Result<()> {
        self.permitted(path).map(drop)
    }

    /// Where a path leads that a script may read, and how.
    fn permitted(&self, asked: &Path) -> crate::files::Result<(PathBuf, Permission)> {
        if asked.as_os_str().is_empty() {
            return Err(crate::files::Error::usage("the path is empty", "give the path of a file or folder"));
        }
        let real = reading::resolve(asked)?;
        let is_within = |root: &PathBuf| root.canonicalize().is_ok_and(|root| real.starts_with(root));
        if self.options.data.iter().chain(&self.options.readable).any(is_within) {
            return Ok((real, Permission::Granted));
        }
        let none = Grants::default();
        let grants = self.settings.get().map_or(&none, |(_, grants)| grants);
        let recorded = || {
            let recorder = self.recorder().filter(|recorder| !recorder.accepts_changes);
            recorder.is_some_and(|recorder| recorder.run.view(|record| record.has_read(&self.name_of(asked))))
        };
        let permission = grants.check(asked, &real, recorded)?;
        Ok((real, permission))
    }

    /// A file or folder as the record calls it: the same one where the data folder is another.
    fn name_of(&self, path: &Path) -> String {
        let inside = self.options.data.iter().find_map(|folder| path.strip_prefix(folder).ok());
        inside.map_or_else(|| path.display().to_string(), |inside| format!("{DATA}{}", inside.display()))
    }

    fn note(&self, reads: Reads, part: &str, permission: Permission) -> Result<()> {
        let Some(recorder) = self.recorder() else { return Ok(()) };
        let files = reads.files.into_iter();
        let files = files.map(|(path, sum)| FileRecord::new(self.name_of(&path), &path, sum, None));
        let folders = reads.folders.into_iter().map(|(path, files)| {
            let name = format!("{} ({part})", self.name_of(&path));
            FileRecord::new(name, &path, Checksum::of_all(&files), Some(files.len()))
        });
        recorder.note_files(files.chain(folders).collect(), permission)
    }
}

impl Recorder {
    /// Notes in the record which files were read.
    ///
    /// # Errors
    /// `Usage` for a file that is another than the run has read under this name, unless changes are
    /// accepted; and for one that is not in the record, where it may be read for that alone.
    fn note_files(&self, files: Vec<FileRecord>, permission: Permission) -> Result<()> {
        let own = self.run.path().canonicalize().map_err(Error::io(self.run.path()))?;
        // What the run wrote itself is in its folder.
        let mut files = files;
        files.retain(|file| !Path::new(&file.path).starts_with(&own));
        let (new, changes) = self.run.view(|record| compared(files, record, permission));
        let accepts = self.accepts_changes && permission == Permission::Granted;
        if !changes.is_empty() && !accepts {
            return Err(changed(&changes, self.run.path()));
        }
        if new.is_empty() {
            return Ok(());
        }
        // Thousands of files may be read; what came of them is worth something once there is a checkpoint.
        self.run.amend(|record| {
            let replaced: HashSet<&str> = changes.iter().map(|change| change.name.as_str()).collect();
            record.files.retain(|known| !replaced.contains(&*known.name));
            record.files.extend(new);
            record.changed.extend(changes);
        });
        Ok(())
    }
}

/// The files that the record has not, or has with another content; and what changed of the latter.
fn compared(
    files: Vec<FileRecord>,
    record: &Record,
    permission: Permission,
) -> (Vec<FileRecord>, Vec<Change>) {
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for file in files {
        match record.files.iter().find(|known| known.name == file.name) {
            Some(known) if known.sha256 == file.sha256 => continue,
            None if permission == Permission::Granted => {}
            known => changes.push(Change { resumed: record.resumed, ..Change::of(known, Some(&file)) }),
        }
        new.push(file);
    }
    (new, changes)
}

/// The error for scripts and files that are others than the run began with.
pub fn changed(changes: &[Change], run: &Path) -> Error {
    let what: Vec<_> = changes.iter().map(|change| format!("{change} since the run began")).collect();
    let has_text = changes.iter().any(|change| change.text.is_some());
    let back = if has_text { "put it back (run.json has its text)" } else { "put it back" };
    let go_on = format!("go on anyway with `host resume {} --changed`", run.display());
    Error::usage(what.join(", "), format!("{back}, {go_on}, or start a new run"))
}
