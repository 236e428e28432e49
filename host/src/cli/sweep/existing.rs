//! Runs that were there before a sweep, and whether what they read is what it was.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    cli::{plugin::Plugin, resume::located},
    files::reading::Checksum,
    run::{FileRecord, Record, ScriptText},
    script::library,
    sweep::Existing,
};

/// Where runs are, unless --out of `host run` says otherwise.
const RUNS: &str = "runs";

/// The runs of a plugin that a job may be: in `runs/` and in the sweeps in `sweeps`.
pub fn runs(sweeps: &Path, plugin: &Plugin) -> Existing {
    let options = &plugin.host.session.options;
    let now = Now { data: &options.data, scripts: plugin.host.scripts.record(), sums: RefCell::default() };
    let device = options.device.name();
    Existing::find(Path::new(RUNS), sweeps, &now.scripts, device, |record| now.has_same_files(record))
}

/// Scripts and files as they are now.
struct Now<'a> {
    data: &'a [PathBuf],
    scripts: Vec<ScriptText>,
    /// Checksums of files, each computed once.
    sums: RefCell<BTreeMap<PathBuf, Option<String>>>,
}

impl Now<'_> {
    /// Whether scripts that the run found only as it went, and all files that it read, are what they were.
    /// The record does not list the files of a folder: such a run is never the same.
    fn has_same_files(&self, record: &Record) -> bool {
        let is_script = |script: &ScriptText| {
            self.scripts.iter().any(|own| own.sha256 == script.sha256)
                || library::read(Path::new(&script.path)).is_ok_and(|text| text == script.text)
        };
        let is_file = |file: &FileRecord| {
            file.files.is_none()
                && located(file, self.data).and_then(|path| self.sum(path)).as_ref() == Some(&file.sha256)
        };
        record.scripts.iter().all(is_script) && record.files.iter().all(is_file)
    }

    fn sum(&self, path: PathBuf) -> Option<String> {
        let of_file = |path: &PathBuf| Checksum::of_file(path).ok().map(|sum| sum.sha256);
        let mut sums = self.sums.borrow_mut();
        sums.entry(path.clone()).or_insert_with(|| of_file(&path)).clone()
    }
}
