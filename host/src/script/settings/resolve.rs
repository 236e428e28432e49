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
    rules::SettingRules,
    value::SettingValue,
};
use crate::{
    error::{Error, Result},
    files::reading::Checksum,
    run::FileRecord,
    script::{
        finding::{Finding, position_at},
        library,
        nearest::did_you_mean,
    },
};

/// What a user gave, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct SettingSources {
    /// `key=value`, split at the first `=`; of two values for one key the later counts.
    pub command_line: Vec<(String, String)>,
    /// `--config FILE.toml`.
    pub config: Option<PathBuf>,
    /// `plugins/PLUGIN.NAME.toml`, of `--preset NAME`.
    pub preset: Option<PathBuf>,
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
        declaration
            .settings
            .iter()
            .map(choice)
            .collect::<Result<_>>()
            .map(|choices| Self { choices, files: Vec::new() })
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
    let mut resolver = Resolution {
        settings: &declaration.settings,
        choices: declaration.settings.iter().map(default).collect(),
        files: Vec::new(),
    };
    if let Some(run) = &sources.like {
        resolver.like(run)?;
    }
    if let Some(path) = &sources.preset {
        resolver.file(path, ValueOrigin::Preset(path.clone()))?;
    }
    if let Some(path) = &sources.config {
        resolver.file(path, ValueOrigin::Config(path.clone()))?;
    }
    for (key, text) in &sources.command_line {
        resolver.argument(key, text)?;
    }
    Ok(ResolvedSettings { choices: resolver.choices, files: resolver.files })
}

struct Resolution<'a> {
    settings: &'a [Setting],
    choices: Vec<ChosenValue>,
    files: Vec<FileRecord>,
}

/// What is wrong with a key or value, and the way out.
struct Problem {
    message: String,
    help: String,
}

impl Resolution<'_> {
    /// The settings of a run. What has the default now as then is not given.
    fn like(&mut self, run: &LikeRun) -> Result<()> {
        let origin = ValueOrigin::Like(run.folder.clone());
        let error = |problem: Problem| Error::usage(format!("{origin}: {}", problem.message), problem.help);
        for (name, value) in &run.values {
            let is_given = run.given.contains(name);
            let index = match self.index(name) {
                Ok(index) => index,
                Err(_) if !is_given => continue,
                Err(problem) => return Err(error(problem)),
            };
            let setting = &self.settings[index];
            let typed =
                SettingValue::from_json(value.clone()).and_then(|value| value.coerce(&setting.like()));
            let typed = typed.ok_or_else(|| {
                let example = format!("{}={}", setting.name, setting.default);
                error(wrong_type(setting, &format!("`{value}`"), &example))
            })?;
            check(setting, &typed).map_err(error)?;
            if is_given || typed != setting.default {
                self.choose(index, typed, origin.clone());
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, origin: ValueOrigin) -> Result<()> {
        let text = library::read(path)?;
        let name = path.display().to_string();
        self.files.push(FileRecord::new(name.clone(), path, Checksum::of(text.as_bytes()), None));
        let error = |offset: usize, problem: Problem| {
            let position = position_at(&text, offset);
            Finding::new(name.as_str(), position, problem.message, problem.help).into_error(&text)
        };
        for (key, value) in entries(&text).map_err(|(offset, problem)| error(offset, problem))? {
            let (key_start, value_start) = (key.span().start, value.span().start);
            let index = self.index(key.get_ref()).map_err(|problem| error(key_start, problem))?;
            let setting = &self.settings[index];
            let value = SettingValue::try_from(value.into_inner())
                .and_then(|value| {
                    let kind = value.kind();
                    value.coerce(&setting.like()).ok_or(kind)
                })
                .map_err(|kind| {
                    let example = toml::Value::from(&setting.default);
                    let example = format!("{} = {example}", setting.name);
                    error(value_start, wrong_type(setting, &kind, &example))
                })?;
            check(setting, &value).map_err(|problem| error(value_start, problem))?;
            self.choose(index, value, origin.clone());
        }
        Ok(())
    }

    fn argument(&mut self, key: &str, text: &str) -> Result<()> {
        let error =
            |problem: Problem| Error::usage(format!("command line: {}", problem.message), problem.help);
        let index = self.index(key).map_err(error)?;
        let setting = &self.settings[index];
        let value = SettingValue::parse(text, &setting.like()).ok_or_else(|| {
            let example = format!("{}={}", setting.name, setting.default);
            error(wrong_type(setting, &format!("`{text}`"), &example))
        })?;
        check(setting, &value).map_err(error)?;
        self.choose(index, value, ValueOrigin::CommandLine);
        Ok(())
    }

    fn index(&self, key: &str) -> Result<usize, Problem> {
        let found = self.settings.iter().position(|setting| setting.name == key);
        found.ok_or_else(|| {
            let names = || self.settings.iter().map(|setting| setting.name.as_str());
            let all = || match names().collect::<Vec<_>>().join(", ") {
                all if all.is_empty() => "the plugin has no settings".to_string(),
                all => format!("the settings are {all}"),
            };
            Problem {
                message: format!("there is no setting `{key}`"),
                help: did_you_mean(key, names()).unwrap_or_else(all),
            }
        })
    }

    fn choose(&mut self, index: usize, value: SettingValue, origin: ValueOrigin) {
        let choice = &mut self.choices[index];
        (choice.value, choice.origin) = (value, origin);
    }
}

fn wrong_type(setting: &Setting, got: &str, example: &str) -> Problem {
    let kind = setting.kind();
    Problem {
        message: format!("the setting `{}` is of type {kind}, not {got}", setting.name),
        help: format!("write it like its default: {example}"),
    }
}

/// Whether the rules that the setting was declared with take a value.
fn check(setting: &Setting, value: &SettingValue) -> Result<(), Problem> {
    let Some((rule, refused)) = setting.rules.refused(value) else { return Ok(()) };
    let near = did_you_mean(&refused.to_string(), setting.rules.words());
    let value = match value.to_string() {
        empty if empty.is_empty() => "\"\"".to_owned(),
        value => value,
    };
    Err(Problem {
        message: format!("the setting `{}` is {value}, expected {rule}", setting.name),
        help: near.unwrap_or_else(|| format!("its default is {}", setting.default)),
    })
}

/// Sections of a preset that are about many runs, not about the settings of one.
const SECTIONS: [&str; 2] = ["sweep", "table"];

type TomlEntry = (Spanned<String>, Spanned<toml::Value>);

/// The entries of a TOML file in the order of the text. Errors: the byte at which it is not TOML, and why.
fn entries(text: &str) -> Result<Vec<TomlEntry>, (usize, Problem)> {
    let parsed: Result<BTreeMap<Spanned<String>, Spanned<toml::Value>>, _> = toml::from_str(text);
    let parsed = parsed.map_err(|error| {
        let help = "a settings file has lines like `epochs = 3`, `name = \"text\"` and `sizes = [1, 2]`";
        let problem = Problem { message: error.message().replace('\n', ", "), help: help.into() };
        (error.span().map_or(0, |span| span.start), problem)
    })?;
    let is_section =
        |(key, value): &TomlEntry| value.get_ref().is_table() && SECTIONS.contains(&key.get_ref().as_str());
    let mut entries: Vec<TomlEntry> = parsed.into_iter().filter(|entry| !is_section(entry)).collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Ok(entries)
}
