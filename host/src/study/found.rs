//! Where runs are: their folders below others.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use super::{index::Index, summary::RunSummary};
use crate::{
    error::{Error, Result},
    run::{Logs, RECORD, Status, status_on_disk},
};

/// Where runs are unless somebody says otherwise: those of `host run`, and those of sweeps, which lie in
/// `sweeps/NAME/runs`.
pub const RUNS: &str = "runs";
pub const SWEEPS: &str = "sweeps";

/// How deep runs are looked for below a folder: `./sweeps/NAME/runs/RUN` is found from `.`.
const DEEPEST: usize = 4;

/// Runs, and what is damaged.
#[derive(Debug, Default)]
pub struct Found {
    pub runs: Vec<RunSummary>,
    /// Folders of runs whose record cannot be read, and why.
    pub damaged: Vec<(PathBuf, Error)>,
    /// The folders in which runs were looked for: that of a sweep is among them.
    pub around: Vec<PathBuf>,
}

/// Finds runs again and again: of those that have not changed nothing is read again.
#[derive(Default)]
pub struct Finder {
    indices: HashMap<PathBuf, Index>,
    logs: Arc<Logs>,
}

/// The folders in which runs are looked for where none is named.
pub fn default_folders() -> Vec<PathBuf> {
    [RUNS, SWEEPS].map(PathBuf::from).into_iter().filter(|folder| folder.is_dir()).collect()
}

/// The runs in and below these folders, by path; a folder may be that of a run itself. One that says RUNNING
/// although no process holds it is INTERRUPTED.
///
/// # Errors
/// There is no such folder, or it cannot be read.
pub fn find(folders: &[PathBuf]) -> Result<Found> {
    Finder::default().find(folders)
}

impl Finder {
    /// One that reads the logs of runs under way on.
    pub fn new(logs: Arc<Logs>) -> Self {
        Self { logs, ..Self::default() }
    }

    /// [`find`]
    ///
    /// # Errors
    /// As there.
    pub fn find(&mut self, folders: &[PathBuf]) -> Result<Found> {
        let mut found = Found::default();
        let mut seen = HashSet::new();
        for folder in folders {
            let real = folder.canonicalize().map_err(Error::io(folder))?;
            let mut paths = Vec::new();
            if is_run(folder) {
                paths.push(folder.clone());
            } else {
                walk(folder, DEEPEST, &mut paths, &mut found.around).map_err(Error::io(folder))?;
            }
            paths.sort();
            // Of folders within each other each has its runs once.
            paths.retain(|path| {
                seen.insert(path.strip_prefix(folder).map_or(path.clone(), |path| real.join(path)))
            });
            let index = self.indices.entry(folder.clone()).or_insert_with(|| Index::open(folder));
            let (runs, damaged) = index.read(paths, &self.logs);
            found.runs.extend(runs);
            found.damaged.extend(damaged);
        }
        found.runs.par_iter_mut().filter(|run| run.status == Status::Running).for_each(|run| {
            // A file system without locks cannot say whether it still runs.
            run.status = status_on_disk(&run.path).unwrap_or(Status::Running);
        });
        Ok(found)
    }
}

/// Whether a folder is that of a run.
pub fn is_run(folder: &Path) -> bool {
    folder.join(RECORD).symlink_metadata().is_ok_and(|facts| facts.is_file())
}

/// The folders of runs below a folder, and those around them. Links are not followed; hidden folders are
/// left out, and so are those below the first that cannot be read.
fn walk(folder: &Path, depth: usize, runs: &mut Vec<PathBuf>, around: &mut Vec<PathBuf>) -> io::Result<()> {
    around.push(folder.to_owned());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_hidden || !entry.file_type()?.is_dir() {
            continue;
        }
        let path = entry.path();
        if is_run(&path) {
            runs.push(path);
        } else if depth > 1 {
            let _ = walk(&path, depth - 1, runs, around);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_once_and_not_through_links() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for run in ["runs/a", "sweeps/s/runs/b", "runs/a/models", "runs/.hidden", "one/two/three/four/deep"] {
            fs::create_dir_all(root.join(run)).unwrap();
        }
        for run in ["runs/a", "sweeps/s/runs/b", "runs/a/models", "runs/.hidden", "one/two/three/four/deep"] {
            crate::run::Record::default().write(&root.join(run)).unwrap();
        }
        std::os::unix::fs::symlink(root.join("runs"), root.join("linked")).unwrap();
        fs::create_dir(root.join("runs/broken")).unwrap();
        fs::write(root.join("runs/broken/run.json"), "{").unwrap();
        let found = find(&[root.to_owned(), root.join("runs"), root.join("runs/a")]).unwrap();
        let paths: Vec<_> = found.runs.iter().map(|run| run.path.strip_prefix(root).unwrap()).collect();
        assert_eq!(paths, [Path::new("runs/a"), Path::new("sweeps/s/runs/b")]);
        assert_eq!(found.damaged.len(), 1);
        let alone = find(&[root.join("runs/a")]).unwrap();
        assert_eq!(alone.runs.len(), 1);
        assert!(!root.join("runs/a/.index.json").exists(), "a run's folder is left as it is");
        assert!(find(&[root.join("nowhere")]).is_err());
    }
}
