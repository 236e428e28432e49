//! Runs that exist already: one that equals a job is that job's, and nothing is computed twice.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};

use super::{JobState, job::RUNS, state::of_run};
use crate::run::{Record, ScriptText};

/// Completed runs, by settings and seed.
#[derive(Default)]
pub struct Existing(BTreeMap<String, PathBuf>);

impl Existing {
    /// The runs in `runs` and in the sweeps in `sweeps` that have these scripts, device and versions, went on
    /// with nothing changed, and whose files are what they were, as `is_same` says.
    pub fn find(
        runs: &Path,
        sweeps: &Path,
        scripts: &[ScriptText],
        device: &str,
        is_same: impl Fn(&Record) -> bool,
    ) -> Self {
        let versions = crate::run::versions(None);
        let is_version =
            |record: &Record| versions.iter().all(|(name, v)| record.versions.get(name) == Some(v));
        let has_scripts = |record: &Record| {
            scripts.iter().all(|script| record.scripts.iter().any(|other| other.sha256 == script.sha256))
        };
        let mut found = BTreeMap::new();
        for folder in folders(runs).chain(folders(sweeps).flat_map(|sweep| folders(&sweep.join(RUNS)))) {
            let Ok(record) = Record::read(&folder) else { continue };
            let is_equal = record.device == device
                && !record.is_changed()
                && is_version(&record)
                && has_scripts(&record)
                && is_same(&record);
            if is_equal && of_run(&folder).state == JobState::Completed {
                found.entry(key(&record.settings, record.seed)).or_insert(folder);
            }
        }
        Self(found)
    }

    /// The run with these settings, all of them, and this seed.
    pub fn get(&self, settings: impl FnOnce() -> Map<String, Json>, seed: u64) -> Option<&Path> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key(&settings(), seed)).map(PathBuf::as_path)
    }
}

fn key(settings: &Map<String, Json>, seed: u64) -> String {
    let sorted: BTreeMap<_, _> = settings.iter().collect();
    json!([sorted, seed]).to_string()
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found.into_iter()
}
