//! What the values of a setting have to be, beyond the type of its default.

use std::fmt;

use super::value::SettingValue;

/// A rule for the values of a setting. In a list it holds for every item, unless it says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingRule {
    /// It names files and folders, which the script may then read.
    Path,
    OneOf(Vec<SettingValue>),
    /// Both ends are allowed.
    Within(f64, f64),
    AtLeast(f64),
    Positive,
    MultipleOf(i64),
    /// Of the list or text as a whole.
    NotEmpty,
    /// Of the list as a whole: weights, which the script gets divided by their sum. What an empty list means
    /// is for the script to say.
    Shares,
}

impl SettingRule {
    /// The value that the rule refuses, or the first such item of a list.
    fn refused<'a>(&self, value: &'a SettingValue) -> Option<&'a SettingValue> {
        match (self, value) {
            (Self::Shares, _) => (!is_shares(value)).then_some(value),
            (Self::NotEmpty, SettingValue::List(items)) => items.is_empty().then_some(value),
            (Self::NotEmpty, SettingValue::String(text)) => text.is_empty().then_some(value),
            (_, SettingValue::List(items)) => items.iter().find_map(|item| self.refused(item)),
            (_, item) => (!self.accepts(item)).then_some(item),
        }
    }

    /// Whether it takes a value that is not a list. NaN is in no range.
    fn accepts(&self, item: &SettingValue) -> bool {
        match (self, item) {
            (Self::Path, item) => matches!(item, SettingValue::String(_)),
            (Self::OneOf(choices), item) => choices.contains(item),
            (Self::MultipleOf(n), SettingValue::Int(value)) => value.checked_rem(*n) == Some(0),
            (Self::Within(low, high), SettingValue::Int(_) | SettingValue::Float(_)) => {
                number(item).is_some_and(|x| x >= *low && x <= *high)
            }
            (Self::AtLeast(low), item) => number(item).is_some_and(|x| x >= *low),
            (Self::Positive, item) => number(item).is_some_and(|x| x > 0.0),
            _ => false,
        }
    }
}

/// "at least 1"
impl fmt::Display for SettingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(choices) => {
                let words: Vec<_> = choices.iter().map(SettingValue::shown).collect();
                write!(f, "one of {}", words.join(", "))
            }
            Self::Within(low, high) => write!(f, "from {low} to {high}"),
            Self::AtLeast(low) => write!(f, "at least {low}"),
            Self::Positive => f.write_str("more than 0"),
            Self::MultipleOf(n) => write!(f, "a multiple of {n}"),
            Self::NotEmpty => f.write_str("not empty"),
            Self::Shares => f.write_str("weights, none below 0 and not all 0"),
            Self::Path => f.write_str("a file or folder"),
        }
    }
}

fn number(value: &SettingValue) -> Option<f64> {
    match value {
        SettingValue::Int(n) => Some(*n as f64),
        SettingValue::Float(x) => Some(*x),
        _ => None,
    }
}

fn is_shares(value: &SettingValue) -> bool {
    let SettingValue::List(items) = value else { return false };
    let weights: Option<Vec<f64>> = items.iter().map(number).collect();
    weights.is_some_and(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.iter().all(|weight| *weight >= 0.0) && (items.is_empty() || sum > 0.0 && sum.is_finite())
    })
}

/// The rules of a setting, all of which hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingRules(Vec<SettingRule>);

impl SettingRules {
    pub fn push(&mut self, rule: SettingRule) {
        self.0.push(rule);
    }

    /// Whether the setting names files and folders, which the script may then read.
    pub fn is_path(&self) -> bool {
        self.0.contains(&SettingRule::Path)
    }

    pub fn is_shares(&self) -> bool {
        self.0.contains(&SettingRule::Shares)
    }

    /// The first rule that refuses a value, with that value or the item of a list that is refused.
    pub fn refused<'a>(&self, value: &'a SettingValue) -> Option<(&SettingRule, &'a SettingValue)> {
        self.0.iter().find_map(|rule| Some((rule, rule.refused(value)?)))
    }

    /// The values to choose from, where there is a choice.
    pub fn choices(&self) -> impl Iterator<Item = &SettingValue> {
        let choices = self.0.iter().filter_map(|rule| match rule {
            SettingRule::OneOf(choices) => Some(choices),
            _ => None,
        });
        choices.flatten()
    }

    /// The texts among the choices.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.choices().flat_map(SettingValue::texts)
    }

    /// An accepted value as the script gets it: shares add up to 1.
    pub fn given(&self, value: &SettingValue) -> SettingValue {
        match value {
            SettingValue::List(items) if self.is_shares() => {
                let weights: Vec<f64> = items.iter().filter_map(number).collect();
                let sum: f64 = weights.iter().sum();
                SettingValue::List(weights.iter().map(|weight| SettingValue::Float(weight / sum)).collect())
            }
            value => value.clone(),
        }
    }
}

/// "at least 1; a multiple of 4". Paths are left out: the word for the type says that.
impl fmt::Display for SettingRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().filter(|rule| **rule != SettingRule::Path).map(SettingRule::to_string);
        f.write_str(&shown.collect::<Vec<_>>().join("; "))
    }
}
