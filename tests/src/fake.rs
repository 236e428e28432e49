//! Folders of runs that nobody ran, to be listed and compared.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

/// A run to be written.
#[derive(Clone, Debug)]
pub struct FakeRun {
    pub plugin: &'static str,
    pub status: &'static str,
    pub seed: u64,
    /// A map.
    pub settings: Json,
    /// RFC 3339.
    pub started: String,
    /// Paths of files that it has read.
    pub files: Vec<String>,
    /// Names and values; what is not finite becomes a text.
    pub metrics: Vec<(&'static str, Vec<f64>)>,
}

impl Default for FakeRun {
    fn default() -> Self {
        Self {
            plugin: "dtan",
            status: "COMPLETED",
            seed: 0,
            settings: json!({}),
            started: "2026-01-01T00:00:00Z".into(),
            files: Vec::new(),
            metrics: Vec::new(),
        }
    }
}

impl FakeRun {
    /// Writes `run.json` and `metrics.jsonl` into `folder`, which is made.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join("run.json"), self.record().to_string()).expect("a record");
        fs::write(folder.join("metrics.jsonl"), self.log()).expect("a log");
    }

    fn record(&self) -> Json {
        let file = |path: &String| json!({ "name": path, "path": path, "sha256": "", "bytes": 1 });
        let given: Vec<_> = self.settings.as_object().into_iter().flatten().map(|(name, _)| name).collect();
        json!({
            "plugin": format!("plugins/{}.rhai", self.plugin), "title": "", "summary": [],
            "status": self.status, "command": ["host", "run"], "folder": "/",
            "settings": self.settings, "setting_meanings": {}, "given": given, "seed": self.seed,
            "device": "cpu", "versions": {},
            "scripts": [{ "path": "plugins/a.rhai", "sha256": "", "text": "let x = 1;\n".repeat(500) }],
            "files": self.files.iter().map(file).collect::<Vec<_>>(), "data": [],
            "started": self.started, "finished": self.started, "seconds": 61.5, "resumed": 0, "error": null,
        })
    }

    fn log(&self) -> String {
        let longest = self.metrics.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        let mut log = String::new();
        for step in 0..longest {
            for (name, values) in &self.metrics {
                let Some(value) = values.get(step) else { continue };
                let value =
                    if value.is_finite() { json!(value) } else { json!(value.to_string().to_lowercase()) };
                let line = json!({ "name": name, "value": value, "step": step, "path": "", "time": 0.1 });
                writeln!(log, "{line}").expect("a text takes more");
            }
        }
        log
    }
}

/// Writes six runs into `folder`: two methods with three seeds each, whose last losses differ by 1, 2 and 3.
pub fn fake_methods(folder: &Path) {
    for (method, losses) in [("none", [10.0, 20.0, 30.0]), ("a_mu", [11.0, 22.0, 33.0])] {
        for (seed, loss) in losses.into_iter().enumerate() {
            let run = FakeRun {
                seed: seed as u64,
                settings: json!({ "epochs": 3, "method": method }),
                metrics: vec![("loss", vec![loss + 9.0, loss]), ("accuracy", vec![0.5])],
                ..FakeRun::default()
            };
            run.write(&folder.join(format!("gan,method={method}-{seed:08}")));
        }
    }
}

/// Writes `count` runs into `folder`, of four learning rates and as many seeds as it takes, with `steps`
/// values each.
pub fn fake_runs(folder: &Path, count: usize, steps: usize) {
    for i in 0..count {
        let rate = [0.1, 0.01, 0.001, 0.0001][i % 4];
        let loss = |step: usize| 1.0 / (1.0 + step as f64) + rate + (i / 4) as f64 * 1e-6;
        let settings: serde_json::Map<String, Json> = [("lr".to_owned(), json!(rate))]
            .into_iter()
            .chain((0..30).map(|k| (format!("setting_{k}"), json!(k))))
            .collect();
        let run = FakeRun {
            seed: (i / 4) as u64,
            settings: settings.into(),
            started: format!("2026-01-{:02}T{:02}:{:02}:00Z", 1 + i / 1440 % 28, i / 60 % 24, i % 60),
            metrics: vec![("loss", (0..steps).map(loss).collect()), ("accuracy", vec![0.5, 0.75])],
            ..FakeRun::default()
        };
        run.write(&folder.join(format!("dtan,lr={rate}-{i:08x}")));
    }
}
