//! What is said of a run among others: its record without the texts, its metrics in short, its notes.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{
    metric::{MetricName, MetricSummary},
    notes::Notes,
};
use crate::{
    error::Result,
    run::{LoggedMetrics, Logs, Record, Status},
};

/// The metric log in a run's folder.
pub const METRICS: &str = "metrics.jsonl";

/// A run in short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its folder.
    #[serde(skip)]
    pub path: PathBuf,
    /// The name of its plugin: `dtan`.
    pub plugin: String,
    pub status: Status,
    pub seed: u64,
    pub device: String,
    /// The working folder that relative paths among its settings are below.
    pub folder: String,
    /// All settings, in the order of their declaration.
    pub settings: Map<String, Json>,
    /// In UTC, as in RFC 3339; empty before.
    pub started: String,
    pub finished: String,
    pub seconds: f64,
    pub resumed: u32,
    /// Whether it went on with other settings, scripts or files than it began with.
    pub changed: bool,
    /// What ended it, where it failed.
    pub error: Option<String>,
    /// The last machine that it ran on, and the commit of its plugin.
    pub host: String,
    pub commit: String,
    /// The paths of all files that it read.
    pub files: Vec<PathBuf>,
    pub metrics: Vec<MetricSummary>,
    pub notes: Notes,
}

impl RunSummary {
    /// That of the run in `folder`; the log of one under way is read on.
    ///
    /// # Errors
    /// There is no record, or it is damaged; the metrics cannot be read.
    pub fn read(folder: &Path, logs: &Logs) -> Result<Self> {
        let record = Record::read(folder)?;
        let path = folder.join(METRICS);
        let log = match record.status {
            Status::Running => logs.read(&path)?,
            _ => LoggedMetrics::read(&path)?.into(),
        };
        let changed = record.is_changed();
        let here = record.environments.last().cloned().unwrap_or_default();
        Ok(Self {
            path: folder.to_owned(),
            plugin: stem(&record.plugin),
            status: record.status,
            seed: record.seed,
            device: record.device,
            folder: record.folder,
            settings: record.settings,
            started: record.started,
            finished: record.finished,
            seconds: record.seconds,
            resumed: record.resumed,
            changed,
            error: record.error,
            host: here.host,
            commit: here.commit.unwrap_or_default(),
            files: record.files.into_iter().map(|file| file.path.into()).collect(),
            metrics: log.all.iter().map(MetricSummary::of).collect(),
            // Notes that cannot be read hide no run.
            notes: Notes::read(folder).unwrap_or_default(),
        })
    }

    /// A number of a metric; none where it was not logged.
    ///
    /// # Errors
    /// The metrics have to be read again for it, and cannot be.
    pub fn metric(&self, metric: &MetricName) -> Result<Option<f64>> {
        let Some(known) = self.metrics.iter().find(|known| known.name == metric.name) else {
            return Ok(None);
        };
        if let Some(value) = metric.of_summary(known) {
            return Ok(Some(value));
        }
        let log = LoggedMetrics::read(&self.path.join(METRICS))?;
        Ok(log.all.iter().find(|known| known.name == metric.name).map(|known| metric.of(known)))
    }

    /// For programs: all of it, with the best value of each metric.
    pub fn to_json(&self) -> Json {
        let metric = |metric: &MetricSummary| {
            let mut facts = json!(metric);
            facts["best"] = json_of(metric.best());
            if let Some(facts) = facts.as_object_mut() {
                facts.remove("name");
            }
            (metric.name.clone(), facts)
        };
        let mut json = json!(self);
        json["path"] = self.path.display().to_string().into();
        json["metrics"] = self.metrics.iter().map(metric).collect::<Map<_, _>>().into();
        json
    }
}

/// The name by which a plugin is run, of the path in a record.
pub fn stem(plugin: &str) -> String {
    Path::new(plugin).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A number in JSON, as metrics are logged.
pub fn json_of(value: f64) -> Json {
    match value.is_finite() {
        true => value.into(),
        false => value.to_string().to_lowercase().into(),
    }
}

/// The settings that are not the same in all of these runs, in the order in which they are declared.
pub fn differing<'a>(runs: impl Iterator<Item = &'a RunSummary> + Clone) -> Vec<String> {
    let mut names: Vec<&String> = Vec::new();
    let mut known = HashSet::new();
    for name in runs.clone().flat_map(|run| run.settings.keys()) {
        if known.insert(name) {
            names.push(name);
        }
    }
    let mut others = runs;
    let Some(first) = others.next() else { return Vec::new() };
    let mut differ = HashSet::new();
    for run in others {
        let is_other = |name: &&String| run.settings.get(*name) != first.settings.get(*name);
        differ.extend(names.iter().copied().filter(is_other));
    }
    names.into_iter().filter(|name| differ.contains(name)).cloned().collect()
}
