//! Where each setting's value comes from: command line, config file, preset, default.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use rhai::Map;
use serde::ser::{Serialize, SerializeMap, Serializer};
use toml::Spanned;

use super::{
    declare::{Declaration, Setting},
    declared::NamedPath,
    given,
    rules::SettingRules,
    value::SettingValue,
};
use crate::{
    error::{Error, Result},
    files::reading::Checksum,
    run::FileRecord,
    script::{
        Problem,
        finding::{Finding, position_at},
        library,
    },
};

/// The sections of a preset that describe a sweep.
pub const SWEEP: &str = "sweep";
pub const ROUND: &str = "round";
/// The section of a preset that says which table its runs make.
pub const TABLE: &str = "table";

/// What a user gave, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct SettingSources {
    /// `key=value`, split at the first `=`; of two values for one key the later counts.
    pub command_line: Vec<(String, String)>,
    /// `--config FILE.toml`.
    pub config: Option<PathBuf>,
    /// `plugins/PLUGIN.NAME.toml`, of `--preset NAME`.
    pub preset: Option<PathBuf>,
    /// Whether sections of a sweep in the preset are left to others, instead of refused.
    pub skips_sections: bool,
    /// The run of `--like RUN`.
    pub like: Option<LikeRun>,
}

/// What a run was started with, for another one.
#[derive(Clone, Debug, Default)]
pub struct LikeRun {
    pub folder: PathBuf,
    /// All settings, as the record has them.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Those that were given to it; the others had their defaults.
    pub given: Vec<String>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueOrigin {
    Default,
    Preset(PathBuf),
    Config(PathBuf),
    CommandLine,
    /// The record of the run that is resumed: it was given to that run.
    Record,
    /// The record of a run that the user named.
    Like(PathBuf),
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(path) => write!(f, "preset {}", path.display()),
            Self::Config(path) => write!(f, "config {}", path.display()),
            Self::CommandLine => f.write_str("command line"),
            Self::Record => f.write_str("the run"),
            Self::Like(run) => write!(f, "the run {}", run.display()),
        }
    }
}

/// A setting's value in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenValue {
    pub name: String,
    pub value: SettingValue,
    pub origin: ValueOrigin,
    rules: SettingRules,
}

impl ChosenValue {
    fn new(setting: &Setting, value: SettingValue, origin: ValueOrigin) -> Self {
        Self { name: setting.name.clone(), value, origin, rules: setting.rules.clone() }
    }
}

/// All settings of a run, in the order of their declaration. Serialized, it is a map of values.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedSettings {
    pub choices: Vec<ChosenValue>,
    /// The files that values came from.
    pub files: Vec<FileRecord>,
}

impl ResolvedSettings {
    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&SettingValue> {
        let choice = self.choices.iter().find(|choice| choice.name == name)?;
        Some(&choice.value)
    }

    /// The settings of a run that is resumed, as its record has them, and which of them were `given`.
    ///
    /// If the plugin may have changed, a setting that is new has its default.
    ///
    /// # Errors
    /// `Usage` when the record does not fit the declaration.
    pub fn recorded(
        declaration: &Declaration,
        record: &serde_json::Map<String, serde_json::Value>,
        given: &[String],
        changed: bool,
    ) -> Result<Self> {
        let choice = |setting: &Setting| {
            let value = match record.get(&setting.name) {
                None if changed => Some(setting.default.clone()),
                value => value.cloned().and_then(SettingValue::from_json),
            };
            let value = value.and_then(|value| value.coerce(&setting.like()));
            let value = value.filter(|value| setting.rules.refused(value).is_none());
            let origin =
                if given.contains(&setting.name) { ValueOrigin::Record } else { ValueOrigin::Default };
            let missing = || {
                let problem = format!("the record of the run has no usable value for `{}`", setting.name);
                Error::usage(problem, "start a new run with `host run`")
            };
            Ok(ChosenValue::new(setting, value.ok_or_else(missing)?, origin))
        };
        let choices = declaration.settings.iter().map(choice).collect::<Result<_>>()?;
        Ok(Self { choices, files: Vec::new() })
    }

    /// These, but for those that the command line gives another value.
    ///
    /// # Errors
    /// Those of [`resolve`].
    pub fn with(self, declaration: &Declaration, command_line: &[(String, String)]) -> Result<Self> {
        let mut resolution =
            Resolution { settings: &declaration.settings, resolved: self, skips_sections: false };
        command_line.iter().try_for_each(|(key, text)| resolution.argument(key, text))?;
        Ok(resolution.resolved)
    }

    /// The settings that differ from the declared defaults, as they are written on a command line.
    pub fn changed(&self, declaration: &Declaration) -> Vec<(String, String)> {
        let pairs = self.choices.iter().zip(&declaration.settings);
        let changed = pairs.filter(|(choice, setting)| choice.value != setting.default);
        changed.map(|(choice, _)| (choice.name.clone(), choice.value.to_string())).collect()
    }

    /// The texts among the values that the user gave. Defaults are not among them: they are the script's.
    pub fn named(&self, declaration: &Declaration) -> Vec<NamedPath> {
        let given = self.choices.iter().zip(&declaration.settings);
        let given = given.filter(|(choice, _)| choice.origin != ValueOrigin::Default);
        let named = given.flat_map(|(choice, setting)| {
            choice.value.texts().into_iter().map(|text| NamedPath {
                setting: setting.name.clone(),
                text: text.to_owned(),
                is_path: setting.is_path(),
                declaration: setting.as_path(),
            })
        });
        named.collect()
    }

    /// The settings that the user gave, by name.
    pub fn given(&self) -> Vec<String> {
        let given = self.choices.iter().filter(|choice| choice.origin != ValueOrigin::Default);
        given.map(|choice| choice.name.clone()).collect()
    }

    /// The map that `params` gives to the script.
    pub fn to_map(&self) -> Map {
        let entry =
            |choice: &ChosenValue| (choice.name.as_str().into(), choice.rules.given(&choice.value).into());
        self.choices.iter().map(entry).collect()
    }
}

impl Serialize for ResolvedSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.choices.len()))?;
        for choice in &self.choices {
            map.serialize_entry(&choice.name, &choice.value)?;
        }
        map.end()
    }
}

/// The value of every setting: from the command line, else the config file, else the preset, else the run
/// that it shall be like, else the default.
///
/// # Errors
/// They name the source (for a file with line and caret): a file that cannot be read or parsed, an unknown
/// key (with the nearest one), a value of another type than the default's, or one that a rule refuses.
pub fn resolve(declaration: &Declaration, sources: &SettingSources) -> Result<ResolvedSettings> {
    let default =
        |setting: &Setting| ChosenValue::new(setting, setting.default.clone(), ValueOrigin::Default);
    let choices = declaration.settings.iter().map(default).collect();
    let resolved = ResolvedSettings { choices, files: Vec::new() };
    let mut resolution =
        Resolution { settings: &declaration.settings, resolved, skips_sections: sources.skips_sections };
    if let Some(run) = &sources.like {
        resolution.like(run)?;
    }
    if let Some(path) = &sources.preset {
        resolution.file(path, ValueOrigin::Preset(path.clone()))?;
    }
    if let Some(path) = &sources.config {
        resolution.file(path, ValueOrigin::Config(path.clone()))?;
    }
    for (key, text) in &sources.command_line {
        resolution.argument(key, text)?;
    }
    Ok(resolution.resolved)
}

struct Resolution<'a> {
    settings: &'a [Setting],
    resolved: ResolvedSettings,
    skips_sections: bool,
}

impl Resolution<'_> {
    /// The settings of a run. What has the default now as then is not given.
    fn like(&mut self, run: &LikeRun) -> Result<()> {
        let origin = ValueOrigin::Like(run.folder.clone());
        let error = |problem: Problem| Error::usage(format!("{origin}: {}", problem.message), problem.help);
        for (name, value) in &run.values {
            let is_given = run.given.contains(name);
            let index = match given::index(self.settings, name) {
                Ok(index) => index,
                Err(_) if !is_given => continue,
                Err(problem) => return Err(error(problem)),
            };
            let setting = &self.settings[index];
            let typed = given::from_json(setting, value).map_err(error)?;
            if is_given || typed != setting.default {
                self.choose(index, typed, origin.clone());
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, origin: ValueOrigin) -> Result<()> {
        let text = library::read(path)?;
        let name = path.display().to_string();
        self.resolved.files.push(FileRecord::new(name.clone(), path, Checksum::of(text.as_bytes()), None));
        let error = |offset: usize, problem: Problem| {
            Finding::new(name.as_str(), position_at(&text, offset), problem).into_error(&text)
        };
        for (key, value) in entries(&text).map_err(|(offset, problem)| error(offset, problem))? {
            let (key_start, value_start) = (key.span().start, value.span().start);
            let (key, value) = (key.into_inner(), value.into_inner());
            if key == TABLE && value.is_table() {
                continue;
            }
            if is_section(&key, &value) {
                match &origin {
                    ValueOrigin::Preset(_) if self.skips_sections => continue,
                    _ => return Err(error(key_start, sweeping(path))),
                }
            }
            let index = given::index(self.settings, &key).map_err(|problem| error(key_start, problem))?;
            let value = given::from_toml(&self.settings[index], value);
            self.choose(index, value.map_err(|problem| error(value_start, problem))?, origin.clone());
        }
        Ok(())
    }

    fn argument(&mut self, key: &str, text: &str) -> Result<()> {
        let error =
            |problem: Problem| Error::usage(format!("command line: {}", problem.message), problem.help);
        let index = given::index(self.settings, key).map_err(error)?;
        let value = given::from_text(&self.settings[index], text).map_err(error)?;
        self.choose(index, value, ValueOrigin::CommandLine);
        Ok(())
    }

    fn choose(&mut self, index: usize, value: SettingValue, origin: ValueOrigin) {
        let choice = &mut self.resolved.choices[index];
        (choice.value, choice.origin) = (value, origin);
    }
}

/// Whether an entry of a preset describes a sweep: `[sweep]` or `[[round]]`. No setting has such a value.
fn is_section(key: &str, value: &toml::Value) -> bool {
    match value {
        toml::Value::Table(_) => key == SWEEP,
        toml::Value::Array(items) => {
            key == ROUND && items.first().is_some_and(|item| matches!(item, toml::Value::Table(_)))
        }
        _ => false,
    }
}

fn sweeping(path: &Path) -> Problem {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let (plugin, preset) = name.split_once('.').unwrap_or((&name, "NAME"));
    let help = format!("start all of them: host sweep {plugin} --preset {preset}");
    Problem::new("this describes a sweep, which is many runs", help)
}

type TomlEntry = (Spanned<String>, Spanned<toml::Value>);

/// The entries of a TOML file in the order of the text. Errors: the byte at which it is not TOML, and why.
fn entries(text: &str) -> Result<Vec<TomlEntry>, (usize, Problem)> {
    let parsed: Result<BTreeMap<Spanned<String>, Spanned<toml::Value>>, _> = toml::from_str(text);
    let parsed = parsed.map_err(|error| {
        let help = "a settings file has lines like `epochs = 3`, `name = \"text\"` and `sizes = [1, 2]`";
        let problem = Problem::new(error.message().replace('\n', ", "), help);
        (error.span().map_or(0, |span| span.start), problem)
    })?;
    let mut entries: Vec<TomlEntry> = parsed.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Ok(entries)
}
