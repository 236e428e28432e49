//! `run.json`: everything that is to be known about a run, to read it later or to make it again.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{arguments::Arguments, environment::Environment};
use crate::{
    error::{Error, Result},
    files::{reading::Checksum, sha256, write_whole},
};

/// The name of the record in a run's folder.
pub const FILE: &str = "run.json";

/// The versions of everything that this program was built of.
const LOCKED: &str = include_str!("../../../Cargo.lock");

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    #[default]
    Queued,
    Running,
    Completed,
    Interrupted,
    Failed,
}

impl Status {
    /// Whether nothing more happens to the run by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Interrupted | Self::Failed)
    }
}

/// The record of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub plugin: String,
    /// What the plugin says about itself: its first `//!` line, and the others.
    pub title: String,
    pub summary: Vec<String>,
    pub status: Status,
    /// The command line, word by word, for people: `arguments` say what it meant.
    pub command: Vec<String>,
    /// What the run was started with; records of older runs have only the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
    /// The working folder, which paths in the command are relative to.
    pub folder: String,
    /// Every setting with the value that it had, in the order of declaration.
    pub settings: Map<String, serde_json::Value>,
    pub setting_meanings: Map<String, serde_json::Value>,
    /// The settings that the user gave; the others have the plugin's defaults.
    #[serde(default)]
    pub given: Vec<String>,
    /// The value of every setting where none is given, and those of the paper's preset, where there is one.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub defaults: Map<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub paper: Map<String, serde_json::Value>,
    pub seed: u64,
    pub device: String,
    pub versions: Map<String, serde_json::Value>,
    /// On what the processes of the run computed: those that differ, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
    pub scripts: Vec<ScriptText>,
    /// Every file that was read: data, weights, models.
    #[serde(default)]
    pub files: Vec<FileRecord>,
    /// Presets and `--config` files; their values are among the settings, and they are not read again.
    #[serde(default)]
    pub configs: Vec<FileRecord>,
    /// What changed between two processes of the run, which went on with `host resume --changed`.
    #[serde(default)]
    pub changed: Vec<Change>,
    /// Settings that a resume gave another value.
    #[serde(default)]
    pub changed_settings: Vec<SettingChange>,
    /// The data sets that were read: name, and where from or how made.
    pub data: Vec<(String, String)>,
    /// The figures in the order in which they were first drawn, and the models that it wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<LeftFile>,
    /// When the run began and ended, in UTC, as in RFC 3339; empty before.
    pub started: String,
    pub finished: String,
    /// How long it ran, summed over its resumes.
    pub seconds: f64,
    /// How often it was resumed.
    pub resumed: u32,
    /// What ended a run that failed.
    pub error: Option<String>,
}

/// A script of a run, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptText {
    pub path: String,
    pub sha256: String,
    pub text: String,
}

impl ScriptText {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), sha256: sha256(text.as_bytes()), text }
    }
}

/// A file that a run read, or those of one folder together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// As the script asked for it, `DATA/...` in a data folder; of a folder with the split: `pictures
    /// (train)`.
    pub name: String,
    /// Where it was.
    pub path: String,
    /// Of a folder that of the lines `CHECKSUM  NAME` of its files, by name, as sha256sum writes them.
    pub sha256: String,
    pub bytes: u64,
    /// How many files of a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
}

impl FileRecord {
    /// What was read from `path`; of a folder, from how many `files`.
    pub fn new(name: String, path: &Path, sum: Checksum, files: Option<usize>) -> Self {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Self { name, path: real.display().to_string(), sha256: sum.sha256, bytes: sum.bytes, files }
    }
}

/// A file that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftFile {
    /// Its path in the run's folder: `models/net.onnx`.
    pub name: String,
    pub sha256: String,
    pub bytes: u64,
}

/// A script or file that was another one when the run was resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The script's path or the file's name.
    pub name: String,
    /// The checksums before and after; none where there was or is no such thing.
    pub before: Option<String>,
    pub after: Option<String>,
    /// The text of a script before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Which resume of the run it was, from 1.
    pub resumed: u32,
}

/// A setting that had another value from a resume of the run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingChange {
    pub name: String,
    pub before: serde_json::Value,
    pub after: serde_json::Value,
    /// Which resume of the run it was, from 1.
    pub resumed: u32,
}

impl Change {
    /// A file that is another one `now`.
    pub fn of(known: Option<&FileRecord>, now: Option<&FileRecord>) -> Self {
        let file = now.or(known);
        Self {
            name: file.map(|file| file.name.clone()).unwrap_or_default(),
            before: known.map(|known| known.sha256.clone()),
            after: now.map(|now| now.sha256.clone()),
            text: None,
            resumed: 0,
        }
    }
}

/// "d.npz changed", "d.npz is gone".
impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.before, &self.after) {
            (_, None) => write!(f, "{} is gone", self.name),
            (None, _) => write!(f, "{} is new", self.name),
            _ => write!(f, "{} changed", self.name),
        }
    }
}

impl Record {
    /// Reads the record in a run's folder.
    ///
    /// # Errors
    /// There is none, or it is no record.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        serde_json::from_slice(&bytes).map_err(|problem| {
            Error::usage(
                format!("{} is not the record of a run: {problem}", path.display()),
                "give a folder that `host run` made, with its run.json as it was written",
            )
        })
    }

    /// Writes the record, whole, into a run's folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let json = serde_json::to_vec_pretty(self).map_err(|e| Error::io(&path)(e.into()))?;
        Ok(write_whole(&path, &json)?)
    }

    /// Whether the run went on with anything else than it began with.
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty() || !self.changed_settings.is_empty()
    }

    /// Whether it has the checksum of a file that the script called so, or of one in a folder.
    pub fn has_read(&self, name: &str) -> bool {
        let is_it = |file: &FileRecord| {
            let rest = file.name.strip_prefix(name.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(" ("))
        };
        self.files.iter().any(is_it)
    }

    /// Eight hexadecimal digits of the settings alone.
    pub fn settings_hash(&self) -> String {
        sha256(serde_json::json!(self.settings).to_string().as_bytes())[..8].to_string()
    }

    /// Eight hexadecimal digits of what decides a run's results: settings, seed and scripts.
    pub fn fingerprint(&self) -> String {
        let scripts: Vec<&str> = self.scripts.iter().map(|script| &*script.text).collect();
        let all = serde_json::json!([self.settings, self.seed, scripts]).to_string();
        sha256(all.as_bytes())[..8].to_string()
    }
}

/// The versions of `host` and of what it is built on; ONNX Runtime's where it is loaded.
pub fn versions(onnxruntime: Option<&str>) -> Map<String, serde_json::Value> {
    let versions = [
        ("host", Some(env!("CARGO_PKG_VERSION"))),
        ("burn", locked("burn")),
        ("rhai", locked("rhai")),
        ("onnxruntime", onnxruntime),
        ("rustc", option_env!("RUSTC_VERSION")),
    ];
    let known = versions.into_iter().filter_map(|(name, version)| Some((name.into(), version?.into())));
    known.collect()
}

/// The version of a package in `Cargo.lock`.
fn locked(package: &str) -> Option<&'static str> {
    let (_, entry) = LOCKED.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(entry.split_once('"')?.0)
}

/// A time as in RFC 3339, in UTC and whole seconds: `2026-02-03T04:05:06Z`.
pub fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let whole = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(whole).unwrap_or(Timestamp::MAX).to_string()
}

/// The seconds since 1970 of a [`timestamp`]; 0 for what is none.
pub fn seconds_of(timestamp: &str) -> f64 {
    timestamp.parse().map_or(0.0, |time: Timestamp| time.as_second().max(0) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record {
            status: Status::Interrupted,
            seed: u64::MAX,
            settings: Map::from_iter([("z".into(), 1.into()), ("a".into(), 0.1.into())]),
            scripts: vec![ScriptText::new("a.rhai", "print(\"ä\");\n")],
            data: vec![("glyphs".into(), "2000 images".into())],
            seconds: 0.1 + 0.2,
            error: Some("a\nb".into()),
            ..Record::default()
        };
        record.write(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), record);
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text.contains("\"status\": \"INTERRUPTED\""), "{text}");
        assert!(text.find("\"z\"") < text.find("\"a\""), "settings stand in the order of declaration");
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "[]", "{}", "{\"plugin\": \"dtan\"", "\u{0}"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let error = Record::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains("run.json is not the record of a run: "), "{error}");
        }
    }

    #[test]
    fn the_fingerprint_is_of_what_decides_the_results() {
        let record = Record { seed: 1, scripts: vec![ScriptText::new("a", "x")], ..Record::default() };
        let same = Record { device: "gpu".into(), status: Status::Failed, ..record.clone() };
        assert_eq!(record.fingerprint(), same.fingerprint());
        let settings = Map::from_iter([("a".to_string(), 1.into())]);
        let others = [
            Record { seed: 2, ..record.clone() },
            Record { settings, ..record.clone() },
            Record { scripts: vec![ScriptText::new("a", "y")], ..record.clone() },
        ];
        assert!(others.iter().all(|other| other.fingerprint() != record.fingerprint()));
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        // As `date -u -d @SECONDS +%FT%TZ` writes them.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
            assert_eq!(seconds_of(expected), seconds as f64);
        }
        assert_eq!(timestamp(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn versions_are_known() {
        let versions = versions(Some("1.31.1"));
        assert_eq!(versions["burn"], "0.22.1");
        assert_eq!(versions["onnxruntime"], "1.31.1");
        assert!(versions["rhai"].as_str().is_some_and(|version| version.starts_with("1.")));
    }
}
