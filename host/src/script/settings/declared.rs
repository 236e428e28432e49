//! Defaults that say more of a setting than its type.

use rhai::Dynamic;

use super::value::Value;

/// What a setting is for, where its declaration says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    #[default]
    Any,
    /// It names a file or a folder, which the script may then read.
    Path,
}

/// The default of a setting with its rule: what `path("")` and `paths([])` give.
#[derive(Clone, Debug)]
pub struct Declared {
    default: Value,
    rule: Rule,
}

impl Declared {
    /// `path(default)`
    pub fn path(default: String) -> Self {
        Self { default: Value::String(default), rule: Rule::Path }
    }

    /// `paths(defaults)`
    pub fn paths(defaults: Vec<String>) -> Self {
        Self { default: Value::List(defaults.into_iter().map(Value::String).collect()), rule: Rule::Path }
    }

    /// The default that stands in a `params` map, and its rule.
    pub fn of(value: Dynamic) -> (Dynamic, Rule) {
        match value.try_cast_result::<Self>() {
            Ok(declared) => (declared.default.into(), declared.rule),
            Err(value) => (value, Rule::Any),
        }
    }
}

/// What a setting that the user gave names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The setting.
    pub setting: String,
    pub text: String,
    pub rule: Rule,
    /// How it has to be declared for a folder: `path: path("x")`.
    pub declaration: String,
}
