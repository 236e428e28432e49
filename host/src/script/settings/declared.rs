//! Defaults that say more of a setting than its type: what its values have to be.

use std::fmt;

use rhai::{Array, Dynamic};

use super::value::Value;
use crate::error::{Error, Result};
use crate::script::script_type;

/// A rule for the values of a setting; of a list, for every item.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rule {
    #[default]
    Any,
    /// It names files and folders, which the script may then read.
    Path,
    OneOf(Vec<Value>),
    /// Both ends are allowed.
    Within(f64, f64),
    AtLeast(f64),
    Positive,
}

impl Rule {
    pub fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) | (Self::Path, Value::String(_)) => true,
            (_, Value::List(items)) => items.iter().all(|item| self.accepts(item)),
            (Self::OneOf(choices), value) => choices.contains(value),
            (_, Value::Int(n)) => self.accepts_number(*n as f64),
            (_, Value::Float(x)) => self.accepts_number(*x),
            _ => false,
        }
    }

    /// Not a number is within nothing.
    fn accepts_number(&self, x: f64) -> bool {
        match self {
            Self::Within(low, high) => x >= *low && x <= *high,
            Self::AtLeast(least) => x >= *least,
            Self::Positive => x > 0.0,
            Self::Any | Self::OneOf(_) => true,
            Self::Path => false,
        }
    }

    /// The texts among the choices.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let choices = if let Self::OneOf(choices) = self { &choices[..] } else { &[] };
        choices
            .iter()
            .filter_map(|choice| if let Value::String(text) = choice { Some(text.as_str()) } else { None })
    }
}

/// "at least 1"; nothing where everything is allowed.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(choices) => {
                let word = |choice: &Value| match choice {
                    Value::String(text) if text.is_empty() => "\"\"".to_owned(),
                    choice => choice.to_string(),
                };
                write!(f, "one of {}", choices.iter().map(word).collect::<Vec<_>>().join(", "))
            }
            Self::Within(low, high) => write!(f, "from {low} to {high}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::Positive => f.write_str("more than 0"),
            Self::Path => f.write_str("a file or folder"),
        }
    }
}

/// The functions that give a default with a rule.
pub const DECLARING: [&str; 6] = ["path", "paths", "one_of", "within", "at_least", "positive"];

/// The default of a setting with its rule: what `path`, `one_of`, `within` and so on give.
#[derive(Clone, Debug)]
pub struct Declared {
    default: Value,
    rule: Rule,
}

script_type!(Declared => "declared setting");

impl Declared {
    /// Errors: the default is no value of a setting, or one that its own rule refuses.
    pub fn new(default: Dynamic, rule: Rule) -> Result<Self> {
        let wrong =
            |problem: String| Error::usage(problem, "the default comes first, then what values have to be");
        let default = Value::try_from(default)
            .map_err(|kind| wrong(format!("the default is a value of type {kind}")))?;
        match rule.accepts(&default) {
            true => Ok(Self { default, rule }),
            false => Err(wrong(format!("the default is {default}, expected {rule}"))),
        }
    }

    /// [`Declared::new`] with choices, which take the type of the default.
    pub fn one_of(default: Dynamic, choices: Array) -> Result<Self> {
        let like = match Value::try_from(default.clone()) {
            Ok(Value::List(items)) => items.into_iter().next(),
            value => value.ok(),
        };
        let choice = |choice: Dynamic| {
            let choice = Value::try_from(choice).map_err(|kind| {
                Error::usage(format!("a choice is a value of type {kind}"), "give numbers or texts")
            })?;
            Ok(like.as_ref().and_then(|like| choice.clone().coerce(like)).unwrap_or(choice))
        };
        Self::new(default, Rule::OneOf(choices.into_iter().map(choice).collect::<Result<_>>()?))
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
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The setting.
    pub setting: String,
    pub text: String,
    /// Whether it is declared as a path.
    pub is_path: bool,
    /// How it is declared as one: `path: path("x")`.
    pub declaration: String,
}
