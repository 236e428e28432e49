//! Defaults with rules: what the values of a setting have to be, beyond its type.

use rhai::{Array, Dynamic};

use super::{
    rules::{SettingRule, SettingRules},
    value::SettingValue,
};
use crate::{
    error::{Error, Result},
    script::script_type,
};

/// The functions that give a default with a rule.
pub const DECLARING: [&str; 9] =
    ["path", "paths", "one_of", "within", "at_least", "positive", "multiple_of", "not_empty", "shares"];

/// The default of a setting with its rules: what `path`, `one_of`, `within` and so on give.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    default: SettingValue,
    rules: SettingRules,
}

script_type!(by value: Declared => "declared setting");

impl Declared {
    /// A default, which may have rules already, with one more.
    ///
    /// # Errors
    /// [`Error::Usage`]: the default is no value of a setting, or one that its own rule refuses.
    pub fn new(default: Dynamic, rule: SettingRule) -> Result<Self> {
        let (default, mut rules) = Self::of(default);
        let default = SettingValue::try_from(default)
            .map_err(|kind| wrong(format!("the default is a value of type {kind}")))?;
        rules.push(rule);
        match rules.refused(&default) {
            None => Ok(Self { default, rules }),
            Some((rule, _)) => Err(wrong(format!("the default is {default}, expected {rule}"))),
        }
    }

    /// [`Declared::new`] with choices, which take the type of the default.
    ///
    /// # Errors
    /// As [`Declared::new`], and where a choice is no value of a setting.
    pub fn one_of(default: Dynamic, choices: Array) -> Result<Self> {
        let like = match SettingValue::try_from(Self::of(default.clone()).0) {
            Ok(SettingValue::List(items)) => items.into_iter().next(),
            value => value.ok(),
        };
        let choice = |choice: Dynamic| {
            let choice = SettingValue::try_from(choice).map_err(|kind| {
                Error::usage(format!("a choice is a value of type {kind}"), "give numbers or texts")
            })?;
            Ok(like.as_ref().and_then(|like| choice.clone().coerce(like)).unwrap_or(choice))
        };
        Self::new(default, SettingRule::OneOf(choices.into_iter().map(choice).collect::<Result<_>>()?))
    }

    /// [`Declared::new`] for one path, or for an array of them.
    ///
    /// # Errors
    /// As [`Declared::new`], and for an array instead of a string, or the other way round.
    pub fn path(default: Dynamic, is_list: bool) -> Result<Self> {
        let declared = Self::new(default, SettingRule::Path)?;
        if matches!(declared.default, SettingValue::List(_)) == is_list {
            return Ok(declared);
        }
        let expected = if is_list { "an array of strings" } else { "a string" };
        Err(wrong(format!("the default is {}, expected {expected}", declared.default)))
    }

    /// [`Declared::new`] for weights, whole numbers among them.
    ///
    /// # Errors
    /// As [`Declared::new`].
    pub fn shares(default: Dynamic) -> Result<Self> {
        let mut declared = Self::new(default, SettingRule::Shares)?;
        if let Some(floats) =
            declared.default.clone().coerce(&SettingValue::List(vec![SettingValue::Float(0.0)]))
        {
            declared.default = floats;
        }
        Ok(declared)
    }

    /// The default that stands in a `params` map, and its rules.
    pub fn of(value: Dynamic) -> (Dynamic, SettingRules) {
        match value.try_cast_result::<Self>() {
            Ok(declared) => (declared.default.into(), declared.rules),
            Err(value) => (value, SettingRules::default()),
        }
    }

    /// The value of a setting that nobody gave, as a script gets it.
    pub fn plain(value: Dynamic) -> Dynamic {
        match value.try_cast_result::<Self>() {
            Ok(declared) => declared.rules.given(&declared.default).into(),
            Err(value) => value,
        }
    }
}

fn wrong(problem: String) -> Error {
    Error::usage(problem, "the default comes first, then what values have to be")
}

/// A text in a setting that the user gave: it may name a file or folder.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPath {
    /// The setting.
    pub setting: String,
    pub text: String,
    /// Whether it is declared as a path.
    pub is_path: bool,
    /// How it is declared as one: `path: path("x")`.
    pub declaration: String,
}
