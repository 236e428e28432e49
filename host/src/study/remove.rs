//! Removing the folders of runs, but none that anybody still needs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    found::{find, is_run},
    summary::RunSummary,
};
use crate::{
    error::{Error, Result},
    run::{Record, is_held, lock},
};

/// The folder of a run that can go.
#[derive(Debug)]
pub struct Removal {
    pub path: PathBuf,
    pub files: usize,
    pub bytes: u64,
}

/// Looks at what would be removed. Runs that read from these are looked for in `searched` and beside them.
///
/// # Errors
/// `Usage` for what is not the folder of a run, for a run under way, and for one that a run which stays has
/// read from. `Io` where a folder cannot be read.
pub fn look(folders: &[PathBuf], searched: &[PathBuf]) -> Result<Vec<Removal>> {
    folders.iter().try_for_each(|folder| require_run(folder))?;
    let beside = folders.iter().filter_map(|folder| folder.parent()).map(Path::to_owned);
    let mut around: Vec<PathBuf> = searched.iter().cloned().chain(beside).collect();
    around.sort();
    around.dedup();
    let goes = |run: &RunSummary| run.path.canonicalize().is_ok_and(|path| folders.contains(&path));
    let mut stay = find(&around)?.runs;
    stay.retain(|run| !goes(run));
    for folder in folders {
        let reads = |run: &&RunSummary| run.files.iter().any(|file| file.starts_with(folder));
        let readers: Vec<_> = stay.iter().filter(reads).map(|run| run.path.display().to_string()).collect();
        if !readers.is_empty() {
            let problem = format!("{} has files that others read: {}", folder.display(), readers.join(", "));
            return Err(Error::usage(problem, "remove those first, or together with it"));
        }
    }
    folders.iter().map(|folder| measured(folder)).collect()
}

impl Removal {
    /// Removes the folder. Killed in the middle, it leaves a hidden one, which is no run any more.
    ///
    /// # Errors
    /// The run went on meanwhile; the folder cannot be removed.
    pub fn carry_out(&self) -> Result<()> {
        let _lock = lock(&self.path)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let aside = self.path.with_file_name(format!(".{name}.removed"));
        // What an earlier removal left, which was killed.
        let _ = fs::remove_dir_all(&aside);
        fs::rename(&self.path, &aside).map_err(Error::io(&self.path))?;
        fs::remove_dir_all(&aside).map_err(Error::io(&aside))
    }
}

/// # Errors
/// `Usage`: it is none, or is under way.
fn require_run(folder: &Path) -> Result<()> {
    if !is_run(folder) {
        let problem = format!("{} is not the folder of a run: it has no run.json", folder.display());
        return Err(Error::usage(problem, "give folders that `host runs` lists"));
    }
    Record::read(folder)?;
    match is_held(folder)? {
        false => Ok(()),
        true => {
            let problem = format!("{} is still running", folder.display());
            Err(Error::usage(problem, "wait for it, or stop it with Ctrl-C"))
        }
    }
}

fn measured(folder: &Path) -> Result<Removal> {
    let mut removal = Removal { path: folder.to_owned(), files: 0, bytes: 0 };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let facts = entry.metadata().map_err(Error::io(entry.path()))?; // of a link itself
            if facts.is_dir() {
                folders.push(entry.path());
            } else {
                removal.files += 1;
                removal.bytes += facts.len();
            }
        }
    }
    Ok(removal)
}
