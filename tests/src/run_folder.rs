//! The folder of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// The folder of a run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `run.json`
    pub fn record(&self) -> Json {
        let path = self.path.join("run.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    pub fn status(&self) -> String {
        self.record()["status"].as_str().unwrap_or_default().to_owned()
    }

    /// The lines of `metrics.jsonl` without their times. Each line has to be whole.
    pub fn metrics(&self) -> Vec<Json> {
        let path = self.path.join("metrics.jsonl");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = |line: &str| {
            let mut line: Json =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display()));
            line.as_object_mut().and_then(|line| line.remove("time")).expect("a line has a time");
            line
        };
        text.lines().map(line).collect()
    }

    /// The values of one metric.
    pub fn metric(&self, name: &str) -> Vec<f64> {
        let lines = self.metrics().into_iter().filter(|line| line["name"] == name);
        lines.map(|line| number(&line["value"])).collect()
    }

    /// A table's rows as they stand in its file.
    pub fn table(&self, name: &str) -> String {
        fs::read_to_string(self.path.join("tables").join(name).with_extension("csv")).expect("a table")
    }

    /// Files below a part of the folder, by name.
    pub fn files(&self, part: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path.join(part)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.path).unwrap_or(&path).display().to_string();
                    files.insert(name, fs::read(&path).unwrap_or_default());
                }
            }
        }
        files
    }

    /// Whether a checkpoint was written.
    pub fn has_checkpoint(&self) -> bool {
        self.files("checkpoints").keys().any(|name| name.ends_with(".json"))
    }

    /// Asserts that this run came to what another one came to: weights, figures, tables, metrics, bit for
    /// bit.
    #[track_caller]
    pub fn assert_same_results(&self, other: &Self) {
        assert_eq!([self.status(), other.status()], ["COMPLETED"; 2]);
        for part in ["models", "figures", "tables"] {
            let (ours, theirs) = (self.files(part), other.files(part));
            assert!(ours.keys().eq(theirs.keys()), "{:?} here, {:?} there", ours.keys(), theirs.keys());
            for (name, bytes) in &ours {
                assert!(*bytes == theirs[name], "{name} differs");
            }
        }
        let (ours, theirs) = (self.metrics(), other.metrics());
        for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(a, b, "line {} of metrics.jsonl", i + 1);
        }
        assert_eq!(ours.len(), theirs.len(), "lines of metrics.jsonl");
    }

    /// Asserts that no half-written file is left.
    #[track_caller]
    pub fn assert_tidy(&self) {
        let litter: Vec<_> = self.files("").into_keys().filter(|name| name.ends_with(".new")).collect();
        assert!(litter.is_empty(), "left behind: {litter:?}");
    }
}

/// A number of the log: infinite ones and NaN are texts.
fn number(value: &Json) -> f64 {
    let text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_f64().or_else(text).expect("a value is a number")
}
