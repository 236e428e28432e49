//! The settings as a table for people.

use serde_json::{Map, Value as Json, json};

use super::{
    declare::{Declaration, Setting},
    value::SettingValue,
};
use crate::terminal::{COLUMNS, entry, printable, wrapped};

/// The column that meanings start in.
const INDENT: usize = 26;

/// One entry for each setting, in 80 columns: `name=default` as it is typed, then the meaning, what its
/// values have to be, and the value in `paper`, the preset of the paper's sizes, if that is another.
pub fn table(declaration: &Declaration, paper: Option<&toml::Table>) -> String {
    let shown = |setting: &Setting| {
        entry(&format!("{}={}", setting.name, setting.default.shown()), INDENT, &meaning(setting, paper))
    };
    declaration.settings.iter().map(shown).collect()
}

/// The settings with their defaults as a TOML file, the meaning of each in a comment above it.
pub fn to_toml(declaration: &Declaration, paper: Option<&toml::Table>) -> String {
    let shown = |setting: &Setting| {
        let lines = wrapped(&meaning(setting, paper), COLUMNS - 2).into_iter();
        let comment: String = lines.map(|line| format!("# {}\n", printable(&line))).collect();
        format!("{comment}{} = {}\n\n", setting.name, toml::Value::from(&setting.default))
    };
    declaration.settings.iter().map(shown).collect()
}

/// The settings for programs; `paper` is null where it is the default.
pub fn to_json(declaration: &Declaration, paper: Option<&toml::Table>) -> Vec<Json> {
    let shown = |setting: &Setting| {
        json!({
            "name": setting.name,
            "type": setting.kind(),
            "default": setting.default,
            "paper": paper.and_then(|paper| paper_value(setting, paper)),
            "rules": setting.rules.to_string(),
            "choices": setting.rules.choices().collect::<Vec<_>>(),
            "meaning": setting.meaning,
        })
    };
    declaration.settings.iter().map(shown).collect()
}

/// What a setting means, what its values have to be, and the value in `paper`, if that is another.
fn meaning(setting: &Setting, paper: Option<&toml::Table>) -> String {
    let paper = paper.and_then(|paper| paper_value(setting, paper)).map(|value| value.to_string());
    // A long list is broken into lines.
    let paper = paper.map(|value| if value.starts_with('[') { value.replace(',', ", ") } else { value });
    let paper = paper.map_or_else(String::new, |value| format!("; paper: {value}"));
    format!("{} [{}{paper}]", setting.meaning, setting.expected())
}

/// The value in the paper's preset, unless it is the default.
fn paper_value(setting: &Setting, paper: &toml::Table) -> Option<SettingValue> {
    let value = paper.get(&setting.name)?;
    let value = typed(setting, value).unwrap_or_else(|| SettingValue::String(value.to_string()));
    (value != setting.default).then_some(value)
}

fn typed(setting: &Setting, value: &toml::Value) -> Option<SettingValue> {
    SettingValue::try_from(value.clone()).ok().and_then(|value| value.coerce(&setting.like()))
}

/// The default of each setting, as a record has values.
pub fn defaults(declaration: &Declaration) -> Map<String, Json> {
    recorded(declaration, |setting| Some(setting.default.clone()))
}

/// The values of `paper`, the preset of the paper's sizes, as a record has values.
pub fn paper_values(declaration: &Declaration, paper: &toml::Table) -> Map<String, Json> {
    recorded(declaration, |setting| typed(setting, paper.get(&setting.name)?))
}

fn recorded(
    declaration: &Declaration,
    value: impl Fn(&Setting) -> Option<SettingValue>,
) -> Map<String, Json> {
    let named = |setting: &Setting| {
        let json = serde_json::to_value(value(setting)?).ok()?;
        Some((setting.name.clone(), json))
    };
    declaration.settings.iter().filter_map(named).collect()
}
