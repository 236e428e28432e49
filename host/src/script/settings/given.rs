//! A value that a user gave, held against the declaration of its setting.

use super::{declare::Setting, value::SettingValue};
use crate::script::{Problem, nearest::did_you_mean};

/// The index of a setting.
///
/// # Errors
/// There is none of that name; with the nearest one.
pub fn index(settings: &[Setting], key: &str) -> Result<usize, Problem> {
    let found = settings.iter().position(|setting| setting.name == key);
    found.ok_or_else(|| {
        let names = || settings.iter().map(|setting| setting.name.as_str());
        let all = || match names().collect::<Vec<_>>().join(", ") {
            all if all.is_empty() => "the plugin has no settings".to_string(),
            all => format!("the settings are {all}"),
        };
        let help = did_you_mean(key, names()).unwrap_or_else(all);
        Problem::new(format!("there is no setting `{key}`"), help)
    })
}

/// A value as it is typed on a command line.
///
/// # Errors
/// It is of another type, or a rule refuses it.
pub fn from_text(setting: &Setting, text: &str) -> Result<SettingValue, Problem> {
    let value = SettingValue::parse(text, &setting.like()).ok_or_else(|| {
        let example = format!("{}={}", setting.name, setting.default);
        wrong_type(setting, &format!("`{text}`"), &example)
    })?;
    check(setting, value)
}

/// A value of a settings file.
///
/// # Errors
/// As [`from_text`].
pub fn from_toml(setting: &Setting, value: toml::Value) -> Result<SettingValue, Problem> {
    let typed = SettingValue::try_from(value).and_then(|value| {
        let kind = value.kind();
        value.coerce(&setting.like()).ok_or(kind)
    });
    let value = typed.map_err(|kind| {
        let example = toml::Value::from(&setting.default);
        wrong_type(setting, &kind, &format!("{} = {example}", setting.name))
    })?;
    check(setting, value)
}

/// A value of the record of a run.
///
/// # Errors
/// As [`from_text`].
pub fn from_json(setting: &Setting, value: &serde_json::Value) -> Result<SettingValue, Problem> {
    let typed = SettingValue::from_json(value.clone()).and_then(|value| value.coerce(&setting.like()));
    let value = typed.ok_or_else(|| {
        let example = format!("{}={}", setting.name, setting.default);
        wrong_type(setting, &format!("`{value}`"), &example)
    })?;
    check(setting, value)
}

/// The value, where the rules that the setting was declared with take it.
///
/// # Errors
/// A rule refuses it.
pub fn check(setting: &Setting, value: SettingValue) -> Result<SettingValue, Problem> {
    let Some((rule, refused)) = setting.rules.refused(&value) else { return Ok(value) };
    let near = did_you_mean(&refused.to_string(), setting.rules.words());
    let shown = value.shown();
    Err(Problem::new(
        format!("the setting `{}` is {shown}, expected {rule}", setting.name),
        near.unwrap_or_else(|| format!("its default is {}", setting.default)),
    ))
}

fn wrong_type(setting: &Setting, got: &str, example: &str) -> Problem {
    let kind = setting.kind();
    Problem::new(
        format!("the setting `{}` is of type {kind}, not {got}", setting.name),
        format!("write it like its default: {example}"),
    )
}
