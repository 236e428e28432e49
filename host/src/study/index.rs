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
use crate::{error::Error, files::write_whole, run::RECORD};

const FILE: &str = ".index.json";

/// Changes with what a summary holds or means.
const FORMAT: u32 = 1;

#[derive(Default, Deserialize)]
struct Index {
    format: u32,
    /// By the paths of their folders below the one that was searched.
    runs: BTreeMap<PathBuf, IndexedRun>,
}

/// [`Index`], to be written.
#[derive(Serialize)]
struct IndexToWrite<'a> {
    format: u32,
    runs: BTreeMap<&'a Path, &'a IndexedRun>,
}

#[derive(Serialize, Deserialize)]
struct IndexedRun {
    stamps: Stamps,
    run: RunSummary,
}

/// Size, and nanoseconds since 1970 of the last change, of the files that a summary is made of.
type Stamps = [Option<(u64, u64)>; 3];

/// Runs, and those that cannot be read.
type RunsRead = (Vec<RunSummary>, Vec<(PathBuf, Error)>);

/// The runs with these paths, in and below `folder`.
pub fn read(folder: &Path, paths: Vec<PathBuf>) -> RunsRead {
    let file = folder.join(FILE);
    let known = match is_run(folder) {
        true => Index::default(),
        false => load(&file),
    };
    let inside = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_owned();
    let read = paths.into_par_iter().map(|path| {
        let stamps = stamps(&path);
        match known.runs.get(&inside(&path)) {
            Some(run) if run.stamps == stamps => {
                let run = RunSummary { path: path.clone(), ..run.run.clone() };
                Ok((false, IndexedRun { stamps, run }))
            }
            _ => match RunSummary::read(&path) {
                Ok(run) => Ok((true, IndexedRun { stamps, run })),
                Err(error) => Err(Box::new((path, error))),
            },
        }
    });
    let (mut runs, mut damaged, mut is_new) = (Vec::new(), Vec::new(), false);
    for read in read.collect::<Vec<_>>() {
        match read {
            Ok((new, run)) => {
                is_new |= new;
                runs.push(run);
            }
            Err(error) => damaged.push(*error),
        }
    }
    if (is_new || runs.len() != known.runs.len()) && !is_run(folder) {
        store(&file, folder, &runs);
    }
    (runs.into_iter().map(|run| run.run).collect(), damaged)
}

/// One that cannot be read, or is of another format, is none.
fn load(file: &Path) -> Index {
    let index: Option<Index> = fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    index.filter(|index| index.format == FORMAT).unwrap_or_default()
}

fn store(file: &Path, folder: &Path, runs: &[IndexedRun]) {
    let runs = runs.iter().map(|run| (run.run.path.strip_prefix(folder).unwrap_or(&run.run.path), run));
    let index = IndexToWrite { format: FORMAT, runs: runs.collect() };
    // A folder that cannot be written to has no index.
    let _ = serde_json::to_vec(&index).map(|json| write_whole(file, &json));
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
        read(folder, paths.collect()).0
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
}
