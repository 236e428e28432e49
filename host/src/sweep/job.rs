//! A job: one run of a sweep, and the command that starts or resumes it.

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    run::{Arguments, RECORD},
    script::settings::SettingValue,
    session::access::is_own,
};

/// The folder of runs in that of a sweep.
pub const RUNS: &str = "runs";

/// The variable that says how many threads a process computes with.
pub const THREADS: &str = "RAYON_NUM_THREADS";

/// A line of `jobs.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// From 1.
    pub job: usize,
    pub round: String,
    /// The settings that its run is given.
    pub settings: Map<String, Json>,
    pub seed: u64,
    /// The files of other jobs that its settings name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The folder of its run, in that of the sweep; or that of a run which was there before.
    pub run: PathBuf,
}

/// A file that another job leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Need {
    pub job: usize,
    /// In the folder of that job's run.
    pub file: PathBuf,
}

/// What all jobs of a sweep are started with, as whoever started or resumed it gave it.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    pub plugin: PathBuf,
    pub device: String,
    pub exact: bool,
    pub data: Option<PathBuf>,
    pub allow_read: Vec<PathBuf>,
    pub onnxruntime: Option<PathBuf>,
    /// Seconds between checkpoints.
    pub checkpoint_every: f64,
    pub stop_on_nan: bool,
    pub max_operations: u64,
}

impl Launch {
    /// What a sweep was planned with. Where it is resumed, paths are given anew instead.
    pub fn planned(arguments: &Arguments, plugin: PathBuf) -> Self {
        Self {
            plugin,
            device: arguments.device.clone(),
            exact: arguments.exact,
            data: arguments.data.as_ref().map(PathBuf::from),
            allow_read: arguments.allow_read.iter().map(PathBuf::from).collect(),
            onnxruntime: arguments.onnxruntime.as_ref().map(PathBuf::from),
            checkpoint_every: arguments.checkpoint_every,
            stop_on_nan: arguments.stop_on_nan,
            max_operations: arguments.max_operations,
        }
    }

    /// The words of the command that brings a job to its end.
    pub fn words(&self, job: &Job, folder: &Path) -> Vec<OsString> {
        match folder.join(RECORD).exists() {
            true => self.resume(job, folder),
            false => self.run(job, folder),
        }
    }

    /// The words of `host run` for a job whose run has no folder yet.
    fn run(&self, job: &Job, folder: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["run".into(), "--folder".into(), folder.into()];
        words.extend(["--seed", &job.seed.to_string(), "--device", &self.device].map(OsString::from));
        if self.exact {
            words.push("--exact".into());
        }
        words.extend(self.allowed(&self.allow_read));
        words.extend(self.shared());
        // No name of a setting is taken for an option.
        words.extend(["--".into(), self.plugin.clone().into()]);
        words.extend(job.settings.iter().map(|(name, value)| format!("{name}={}", typed(value)).into()));
        words
    }

    /// The words of `host resume` for a job whose run was begun. What its settings name outside of the
    /// working folder is given anew, as that command wants it.
    fn resume(&self, job: &Job, folder: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["resume".into(), folder.into()];
        words.extend(["--plugin".into(), self.plugin.clone().into()]);
        let named = job.settings.values().filter_map(|value| SettingValue::from_json(value.clone()));
        let named: Vec<PathBuf> = named.flat_map(|value| paths(&value)).collect();
        words.extend(self.allowed(self.allow_read.iter().chain(&named)));
        words.extend(self.shared());
        words
    }

    fn allowed<'a>(&self, paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<OsString> {
        paths.into_iter().flat_map(|path| ["--allow-read".into(), path.clone().into()]).collect()
    }

    fn shared(&self) -> Vec<OsString> {
        let path = |word: &str, path: &Option<PathBuf>| {
            path.iter().flat_map(|path| [word.into(), path.clone().into()]).collect::<Vec<OsString>>()
        };
        let mut words = [path("--data", &self.data), path("--onnxruntime", &self.onnxruntime)].concat();
        words.extend(["--checkpoint-every".into(), format!("{}s", self.checkpoint_every).into()]);
        words.extend(["--max-operations".into(), self.max_operations.to_string().into()]);
        if self.stop_on_nan {
            words.push("--stop-on-nan".into());
        }
        words.push("--quiet".into());
        words
    }
}

impl Job {
    /// Whether its run is the sweep's own, to be started and resumed; another is one that was there before.
    pub fn is_own(&self) -> bool {
        let parts: Vec<Component> = self.run.components().collect();
        matches!(&parts[..], [Component::Normal(runs), Component::Normal(_)] if *runs == RUNS)
    }

    /// What tells it from the other jobs of its round: `method=b seed=1`.
    pub fn label(&self, varying: &[String]) -> String {
        let seed = Json::from(self.seed);
        let value = |name: &String| match name.as_str() {
            super::SEED => Some(&seed),
            name => self.settings.get(name),
        };
        let word = |name: &String| Some(format!("{name}={}", typed(value(name)?)));
        varying.iter().filter_map(word).collect::<Vec<_>>().join(" ")
    }
}

/// A recorded value as it is typed.
fn typed(value: &Json) -> String {
    SettingValue::from_json(value.clone()).map(|value| value.to_string()).unwrap_or_default()
}

/// The texts in a value that are paths of what exists outside of the working folder.
fn paths(value: &SettingValue) -> Vec<PathBuf> {
    let home = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let is_foreign = |path: &PathBuf| path.canonicalize().is_ok_and(|real| !is_own(&real, &home));
    value.texts().into_iter().map(PathBuf::from).filter(is_foreign).collect()
}
