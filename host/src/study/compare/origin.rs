//! What a file in a setting is, where another run made it: a sweep's classifier of seed 3 reads the generator
//! of seed 3, and is the same experiment as that of seed 4.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use crate::{
    run::Record,
    script::settings::SettingValue,
    study::{
        found::is_run,
        summary::{RunSummary, stem},
    },
};

/// How far files are followed, from run to run.
const DEEPEST: usize = 8;

/// Folders of runs that were looked at, and what made them.
#[derive(Default)]
pub struct Origins {
    known: HashMap<PathBuf, Option<String>>,
    /// No file outside of this folder is looked at.
    below: Option<PathBuf>,
}

impl Origins {
    pub fn below(folder: Option<PathBuf>) -> Self {
        Self { below: folder, ..Self::default() }
    }

    /// The settings of a run as they are typed; a file in a run's folder is `@PLUGIN,setting=value/FILE`,
    /// with the settings that were given to that run.
    pub fn settings(&mut self, run: &RunSummary) -> BTreeMap<String, String> {
        let folder = Path::new(&run.folder);
        let settings = run.settings.iter();
        settings.map(|(name, value)| (name.clone(), self.text(value, folder, DEEPEST))).collect()
    }

    fn text(&mut self, value: &serde_json::Value, folder: &Path, depth: usize) -> String {
        let Some(value) = SettingValue::from_json(value.clone()) else { return value.to_string() };
        self.made_anew(value, folder, depth).to_string()
    }

    fn made_anew(&mut self, value: SettingValue, folder: &Path, depth: usize) -> SettingValue {
        match value {
            SettingValue::String(text) => {
                let origin = self.origin(&text, folder, depth);
                SettingValue::String(origin.unwrap_or(text))
            }
            SettingValue::List(items) => SettingValue::List(
                items.into_iter().map(|item| self.made_anew(item, folder, depth)).collect(),
            ),
            value => value,
        }
    }

    /// What made the file of this path, where it lies in the folder of a run.
    fn origin(&mut self, text: &str, folder: &Path, depth: usize) -> Option<String> {
        if depth == 0 || !text.contains('/') {
            return None;
        }
        let path = folder.join(text);
        let is_below = |folder: &PathBuf| path.canonicalize().is_ok_and(|real| real.starts_with(folder));
        if !self.below.as_ref().is_none_or(is_below) {
            return None;
        }
        let run =
            path.ancestors().skip(1).find(|around| self.known.contains_key(*around) || is_run(around))?;
        let inside = path.strip_prefix(run).ok()?.display().to_string();
        let maker = match self.known.get(run) {
            Some(maker) => maker.clone(),
            None => {
                let maker = Record::read(run).ok().map(|record| self.maker(&record, depth));
                self.known.insert(run.to_owned(), maker.clone());
                maker
            }
        };
        Some(format!("@{}/{inside}", maker?))
    }

    fn maker(&mut self, record: &Record, depth: usize) -> String {
        let folder = Path::new(&record.folder);
        let given = record.given.iter().filter_map(|name| Some((name, record.settings.get(name)?)));
        let given: String =
            given.map(|(name, value)| format!(",{name}={}", self.text(value, folder, depth - 1))).collect();
        format!("{}{given}", stem(&record.plugin))
    }
}
