//! What was read of runs before, so that thousands are listed at once. It is only a cache, in the folder that
//! was searched: without it, or where a file has another size or time than it says, the run is read again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    found::is_run,
    notes,
    summary::{METRICS, RunSummary},
};
use crate::{
    error::Error,
    files::write_whole,
    run::{Logs, RECORD},
};

const FILE: &str = ".index.json";

/// Changes with what a summary holds or means.
const FORMAT: u32 = 1;

/// The runs in and below a folder, as they were read last.
pub struct Index {
    folder: PathBuf,
    runs: Runs,
    /// Whether it is on the disk. That is done once: whoever looks again and again, at runs under way, would
    /// write all the time.
    is_stored: bool,
}

/// By the paths of their folders below the one that was searched.
type Runs = BTreeMap<PathBuf, IndexedRun>;

#[derive(Deserialize)]
struct StoredIndex {
    format: u32,
    runs: Runs,
}

/// [`StoredIndex`], to be written.
#[derive(Serialize)]
struct IndexToStore<'a> {
    format: u32,
    runs: &'a Runs,
}

#[derive(Clone, Serialize, Deserialize)]
struct IndexedRun {
    stamps: Stamps,
    run: RunSummary,
}

/// Size, and nanoseconds since 1970 of the last change, of the files that a summary is made of.
type Stamps = [Option<(u64, u64)>; 3];

/// Runs, and those that cannot be read.
type RunsRead = (Vec<RunSummary>, Vec<(PathBuf, Error)>);

impl Index {
    /// The index of a folder, as it was stored. That of a single run has none: its folder is left as it is.
    pub fn open(folder: &Path) -> Self {
        let is_stored = is_run(folder);
        let runs = if is_stored { Runs::new() } else { load(&folder.join(FILE)) };
        Self { folder: folder.to_owned(), runs, is_stored }
    }

    /// The runs with these paths.
    pub fn read(&mut self, paths: Vec<PathBuf>, logs: &Logs) -> RunsRead {
        let read = paths.into_par_iter().map(|path| {
            let stamps = stamps(&path);
            match self.runs.get(self.inside(&path)) {
                Some(known) if known.stamps == stamps => {
                    let run = RunSummary { path, ..known.run.clone() };
                    Ok((false, IndexedRun { stamps, run }))
                }
                _ => match RunSummary::read(&path, logs) {
                    Ok(run) => Ok((true, IndexedRun { stamps, run })),
                    Err(error) => Err(Box::new((path, error))),
                },
            }
        });
        let (mut runs, mut damaged, mut now, mut is_new) = (Vec::new(), Vec::new(), Runs::new(), false);
        for read in read.collect::<Vec<_>>() {
            match read {
                Ok((new, run)) => {
                    is_new |= new;
                    runs.push(run.run.clone());
                    now.insert(self.inside(&run.run.path).to_owned(), run);
                }
                Err(error) => damaged.push(*error),
            }
        }
        is_new |= now.len() != self.runs.len();
        self.runs = now;
        if is_new && !self.is_stored {
            self.store();
        }
        self.is_stored = true;
        (runs, damaged)
    }

    fn inside<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }

    fn store(&self) {
        let index = IndexToStore { format: FORMAT, runs: &self.runs };
        // A folder that cannot be written to has no index.
        let _ = serde_json::to_vec(&index).map(|json| write_whole(&self.folder.join(FILE), &json));
    }
}

/// One that cannot be read, or is of another format, is empty.
fn load(file: &Path) -> Runs {
    let index: Option<StoredIndex> =
        fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    index.filter(|index| index.format == FORMAT).map(|index| index.runs).unwrap_or_default()
}

/// The stamps come before the reading: what changes in between has others the next time.
fn stamps(run: &Path) -> Stamps {
    [RECORD, METRICS, notes::FILE].map(|name| {
        let facts = run.join(name).symlink_metadata().ok().filter(|facts| facts.is_file())?;
        let changed = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((facts.len(), u64::try_from(changed.as_nanos()).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::{Record, Status},
        study::notes::Notes,
    };

    fn runs(folder: &Path) -> Vec<RunSummary> {
        let paths = ["a", "b"].map(|name| folder.join(name)).into_iter().filter(|path| is_run(path));
        Index::open(folder).read(paths.collect(), &Logs::default()).0
    }

    fn make(folder: &Path, name: &str, seed: u64) {
        fs::create_dir_all(folder.join(name)).unwrap();
        Record { seed, status: Status::Completed, ..Record::default() }.write(&folder.join(name)).unwrap();
    }

    #[test]
    fn an_index_says_what_the_folders_say() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        make(folder, "a", 1);
        make(folder, "b", 2);
        let first = runs(folder);
        assert!(folder.join(FILE).exists());
        assert_eq!(runs(folder), first, "from the index");
        fs::write(folder.join("a/metrics.jsonl"), "{\"name\":\"x\",\"value\":1,\"step\":0}\n").unwrap();
        Notes::change(&folder.join("b"), |notes| notes.name = "second".into()).unwrap();
        let second = runs(folder);
        assert_eq!((second[0].metrics.len(), second[1].notes.name.as_str()), (1, "second"));
        make(folder, "a", 10);
        fs::remove_dir_all(folder.join("b")).unwrap();
        assert_eq!(runs(folder).iter().map(|run| run.seed).collect::<Vec<_>>(), [10]);
        for damaged in ["", "{", "{\"format\":0,\"runs\":{}}", "{\"format\":1,\"runs\":{\"a\":{}}}"] {
            fs::write(folder.join(FILE), damaged).unwrap();
            assert_eq!(runs(folder)[0].seed, 10, "{damaged}");
        }
        fs::remove_file(folder.join(FILE)).unwrap();
        assert_eq!(runs(folder)[0].seed, 10);
    }

    #[test]
    fn an_index_that_is_kept_sees_what_changes_and_writes_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        make(folder, "a", 1);
        let mut index = Index::open(folder);
        let mut seed = || index.read(vec![folder.join("a")], &Logs::default()).0[0].seed;
        assert_eq!(seed(), 1);
        let stored = fs::read(folder.join(FILE)).unwrap();
        make(folder, "a", 22);
        assert_eq!(seed(), 22);
        assert_eq!(fs::read(folder.join(FILE)).unwrap(), stored);
        assert_eq!(runs(folder)[0].seed, 22);
    }
}
