//! An axis: the values that a setting has in the jobs of a sweep, or a range that they are drawn from.

use std::path::Path;

use super::range::Range;
use crate::script::{
    Problem,
    settings::{Setting, SettingValue, given, split_items},
};

/// The most values that one axis has.
const LONGEST: i64 = 1_000_000;

/// The values of a setting in a round of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    Values(Vec<SettingValue>),
    Range(Range),
}

impl Axis {
    /// An axis as it is typed: `1,2`, `0..4`, `0..=4`, `[0,0.3],[0,0.6]`, `log:1e-4..1e-2`, `lin:0..1`.
    ///
    /// A single value is typed as for `host run`, so the path of something that exists is one value, commas
    /// and all.
    ///
    /// # Errors
    /// It has no values, or one of another type or that a rule of the setting refuses.
    pub fn from_text(setting: &Setting, text: &str) -> Result<Self, Problem> {
        if let Some(range) = Range::from_text(setting, text)? {
            return Ok(Self::Range(range));
        }
        let values = match whole_numbers(setting, text)? {
            Some(numbers) => {
                numbers.map(|n| given::check(setting, SettingValue::Int(n))).collect::<Result<_, _>>()?
            }
            None => texts(setting, text)?
                .iter()
                .map(|text| given::from_text(setting, text))
                .collect::<Result<_, _>>()?,
        };
        Self::of(setting, values)
    }

    /// An axis as it stands in a preset: a value, a list of values, or a text as it is typed where the
    /// setting takes no text. For a setting that is a list, a list of lists is several values.
    ///
    /// # Errors
    /// As [`Axis::from_text`].
    pub fn from_toml(setting: &Setting, value: toml::Value) -> Result<Self, Problem> {
        let is_list = matches!(setting.default, SettingValue::List(_));
        let value = match value {
            toml::Value::String(text) if !matches!(setting.default, SettingValue::String(_)) => {
                return Self::from_text(setting, &text);
            }
            toml::Value::Array(items)
                if !is_list || !items.is_empty() && items.iter().all(toml::Value::is_array) =>
            {
                let values = items.into_iter().map(|item| given::from_toml(setting, item));
                return Self::of(setting, values.collect::<Result<_, _>>()?);
            }
            value => value,
        };
        Ok(Self::Values(vec![given::from_toml(setting, value)?]))
    }

    fn of(setting: &Setting, values: Vec<SettingValue>) -> Result<Self, Problem> {
        match values.is_empty() {
            true => Err(Problem::new(
                format!("the axis `{}` has no values", setting.name),
                format!("write them with commas between: {0}={1},...", setting.name, setting.default),
            )),
            false => Ok(Self::Values(values)),
        }
    }

    /// Whether one of several values is drawn from it.
    pub fn is_drawn(&self) -> bool {
        match self {
            Self::Values(values) => values.len() > 1,
            Self::Range(_) => true,
        }
    }
}

/// The numbers of `0..4` or `0..=4`, for a setting that is a whole number.
fn whole_numbers(
    setting: &Setting,
    text: &str,
) -> Result<Option<impl Iterator<Item = i64> + use<>>, Problem> {
    if !matches!(setting.default, SettingValue::Int(_)) {
        return Ok(None);
    }
    let number = |text: &str| text.trim().replace('_', "").parse::<i64>().ok();
    let ends = text.split_once("..").and_then(|(from, to)| {
        let after = match to.strip_prefix('=') {
            Some(last) => number(last)?.checked_add(1)?,
            None => number(to)?,
        };
        Some((number(from)?, after))
    });
    let Some((from, after)) = ends else { return Ok(None) };
    match after.checked_sub(from) {
        Some(length) if length <= LONGEST => Ok(Some(from..after)),
        _ => Err(Problem::new(
            format!("the axis `{}` has more than {LONGEST} values", setting.name),
            format!("draw from them: {}=lin:{from}..{after} --random N", setting.name),
        )),
    }
}

/// The values in what was typed, as texts that `host run` takes.
fn texts(setting: &Setting, text: &str) -> Result<Vec<String>, Problem> {
    let (is_list, is_text) = match setting.default {
        SettingValue::List(_) => (true, false),
        SettingValue::String(_) => (false, true),
        _ => (false, false),
    };
    if is_text && !text.contains(',') || (is_text || is_list) && Path::new(text).exists() {
        return Ok(vec![text.to_owned()]);
    }
    let items = split_items(text);
    let is_bracketed = |item: &String| item.starts_with('[') && item.ends_with(']');
    if is_list && items.len() > 1 && !items.iter().all(is_bracketed) {
        return Err(Problem::new(
            format!("the setting `{}` is a list, and `{text}` could be one or several", setting.name),
            format!("write each value in brackets: {0}=[{text}] is one", setting.name),
        ));
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::settings::SettingRule;

    fn axis(default: SettingValue, text: &str) -> Result<Vec<String>, String> {
        let setting = Setting::of_host("a", default, SettingRule::NotEmpty, "");
        let setting = Setting { rules: Default::default(), ..setting };
        match Axis::from_text(&setting, text) {
            Ok(Axis::Values(values)) => Ok(values.iter().map(ToString::to_string).collect()),
            Ok(Axis::Range(range)) => Ok(vec![range.to_string()]),
            Err(problem) => Err(problem.message),
        }
    }

    #[test]
    fn values_are_separated_by_commas() {
        let (int, float) = (SettingValue::Int(0), SettingValue::Float(0.0));
        let text = SettingValue::String(String::new());
        let list = SettingValue::List(vec![float.clone()]);
        assert_eq!(axis(int.clone(), "3,1_000").unwrap(), ["3", "1000"]);
        assert_eq!(axis(int.clone(), "0..3").unwrap(), ["0", "1", "2"]);
        assert_eq!(axis(int.clone(), "-1..=1").unwrap(), ["-1", "0", "1"]);
        assert_eq!(axis(float.clone(), "1,1e-3").unwrap(), ["1.0", "0.001"]);
        assert_eq!(axis(text.clone(), "none,a_mu").unwrap(), ["none", "a_mu"]);
        assert_eq!(axis(text.clone(), "\"a,b\",c").unwrap(), ["a,b", "c"]);
        assert_eq!(axis(text.clone(), "0..3").unwrap(), ["0..3"]);
        assert_eq!(axis(text, "").unwrap(), [""]);
        assert_eq!(axis(list.clone(), "[0,0.3],[0,0.6]").unwrap(), ["[0.0,0.3]", "[0.0,0.6]"]);
        assert_eq!(axis(list.clone(), "[0,0.3]").unwrap(), ["[0.0,0.3]"]);
        assert_eq!(axis(list.clone(), "0.3").unwrap(), ["[0.3]"]);
        assert!(axis(list, "0,0.3").unwrap_err().contains("could be one or several"));
        assert_eq!(axis(int.clone(), "3..3").unwrap_err(), "the axis `a` has no values");
        assert_eq!(axis(int.clone(), "").unwrap_err(), "the axis `a` has no values");
        assert!(axis(int.clone(), "0..9000000000000000000").unwrap_err().contains("more than 1000000"));
        assert!(axis(int, "1,x").unwrap_err().contains("is of type integer, not `x`"));
        assert!(axis(float, "0..3").unwrap_err().contains("is of type float, not `0..3`"));
    }

    #[test]
    fn a_preset_has_values_lists_of_values_and_texts() {
        let setting = |default| Setting {
            rules: Default::default(),
            ..Setting::of_host("a", default, SettingRule::NotEmpty, "")
        };
        let read = |default: SettingValue, text: &str| {
            let table: toml::Table = text.parse().unwrap();
            match Axis::from_toml(&setting(default), table["a"].clone()) {
                Ok(Axis::Values(values)) => values.iter().map(ToString::to_string).collect::<Vec<_>>(),
                other => vec![format!("{other:?}")],
            }
        };
        let list = || SettingValue::List(vec![SettingValue::Float(0.0)]);
        assert_eq!(read(SettingValue::Int(0), "a = 3"), ["3"]);
        assert_eq!(read(SettingValue::Int(0), "a = [3, 4]"), ["3", "4"]);
        assert_eq!(read(SettingValue::Int(0), "a = \"0..2\""), ["0", "1"]);
        assert_eq!(read(SettingValue::String(String::new()), "a = \"0..2\""), ["0..2"]);
        assert_eq!(read(list(), "a = [0, 0.5]"), ["[0.0,0.5]"]);
        assert_eq!(read(list(), "a = [[0, 0.5], []]"), ["[0.0,0.5]", "[]"]);
        assert_eq!(read(list(), "a = []"), ["[]"]);
        assert!(read(SettingValue::Int(0), "a = []")[0].contains("has no values"));
    }
}
