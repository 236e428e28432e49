//! A setting's value, and how it is written on a command line, in TOML and in a script.

use std::{fmt, path::Path};

use rhai::{Dynamic, Map};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::kinds;

/// What a setting can hold.
#[derive(Clone, Debug)]
pub enum SettingValue {
    Int(i64),
    Float(f64),
    Bool(bool),
    String(String),
    List(Vec<SettingValue>),
}

impl SettingValue {
    /// The value that a record holds.
    pub fn from_json(json: serde_json::Value) -> Option<Self> {
        Some(match json {
            serde_json::Value::Bool(b) => Self::Bool(b),
            serde_json::Value::String(s) => Self::String(s),
            serde_json::Value::Number(n) => {
                n.as_i64().map(Self::Int).or_else(|| n.as_f64().map(Self::Float))?
            }
            // A float that JSON has no number for, by its bits.
            serde_json::Value::Object(tagged) => Self::Float(f64::from_bits(tagged.get("float")?.as_u64()?)),
            serde_json::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::from_json).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// The word for its type: "integer", "array of float".
    pub fn kind(&self) -> String {
        match self {
            Self::Int(_) => "integer".into(),
            Self::Float(_) => "float".into(),
            Self::Bool(_) => "bool".into(),
            Self::String(_) => "string".into(),
            Self::List(items) => match element(items) {
                Some(item) => format!("array of {}", item.kind()),
                None => "array".into(),
            },
        }
    }

    /// The value as the type of `like`: a whole number becomes a float, a list goes item by item
    /// (an empty list in `like` takes any items). `None` where the types differ.
    pub fn coerce(self, like: &Self) -> Option<Self> {
        match (self, like) {
            (Self::Int(n), Self::Float(_)) => Some(Self::Float(n as f64)),
            (Self::List(items), Self::List(likes)) => match element(likes) {
                None => Some(Self::List(items)),
                Some(like) => {
                    let items = items.into_iter().map(|item| item.coerce(like));
                    items.collect::<Option<_>>().map(Self::List)
                }
            },
            (value, like) => {
                let same = std::mem::discriminant(&value) == std::mem::discriminant(like);
                same.then_some(value)
            }
        }
    }

    /// A text from the command line as the type of `like`: `1e-3`, `60_000`, `true`, `a name`, `[32, 64]` or
    /// `32,64`. The path of a file or folder that exists is one item, since folders of runs have commas in
    /// their names. `None` where the text is not of that type.
    pub fn parse(text: &str, like: &Self) -> Option<Self> {
        let number = || text.trim().replace('_', "");
        match like {
            Self::Int(_) => number().parse().ok().map(Self::Int),
            Self::Float(_) => number().parse().ok().map(Self::Float),
            Self::Bool(_) => text.trim().parse().ok().map(Self::Bool),
            Self::String(_) => Some(Self::String(text.into())),
            Self::List(likes) => {
                let items = if Path::new(text).exists() { vec![text.to_owned()] } else { split(text) };
                let items = items.into_iter().map(|item| match element(likes) {
                    Some(like) => Self::parse(&item, like),
                    None => Some(Self::guess(&item)),
                });
                items.collect::<Option<_>>().map(Self::List)
            }
        }
    }

    /// The texts in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::String(text) => vec![text],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            _ => Vec::new(),
        }
    }

    /// The value with other texts in it.
    pub fn with_texts(self, change: &impl Fn(String) -> String) -> Self {
        match self {
            Self::String(text) => Self::String(change(text)),
            Self::List(items) => Self::List(items.into_iter().map(|item| item.with_texts(change)).collect()),
            value => value,
        }
    }

    /// As it is shown to people: an empty text in quotes.
    pub fn shown(&self) -> String {
        match self {
            Self::String(text) if text.is_empty() => "\"\"".into(),
            value => value.to_string(),
        }
    }

    /// As it is written in a script.
    pub fn written(&self) -> String {
        match self {
            Self::String(text) => format!("{text:?}"),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::written).collect();
                format!("[{}]", items.join(", "))
            }
            value => value.to_string(),
        }
    }

    /// The text as an integer, float, bool or string: the first of them that it can be read as.
    fn guess(text: &str) -> Self {
        [Self::Int(0), Self::Float(0.0), Self::Bool(false)]
            .iter()
            .find_map(|like| Self::parse(text, like))
            .unwrap_or_else(|| Self::String(text.into()))
    }
}

/// The very same value: floats have the same bits, or are both NaN.
impl PartialEq for SettingValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            _ => false,
        }
    }
}

/// As plain JSON or TOML. A float that is not finite is written as its bits and its text, so that it can be
/// read.
impl Serialize for SettingValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(n) => serializer.serialize_i64(*n),
            Self::Float(x) if x.is_finite() => serializer.serialize_f64(*x),
            Self::Float(x) => {
                let mut tagged = serializer.serialize_map(Some(2))?;
                tagged.serialize_entry("float", &x.to_bits())?;
                tagged.serialize_entry("text", &self.to_string())?;
                tagged.end()
            }
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::String(s) => serializer.serialize_str(s),
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}

/// The item whose type is that of all items: a float where integers and floats are mixed.
pub(super) fn element(items: &[SettingValue]) -> Option<&SettingValue> {
    let float = items.iter().find(|item| matches!(item, SettingValue::Float(_)));
    float.or(items.first())
}

/// The items of `[a, b]` or `a,b`.
fn split(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    split_items(inner.unwrap_or(text))
}

/// The items of `a,b`, split at commas outside brackets and quotes, without the quotes.
pub fn split_items(text: &str) -> Vec<String> {
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut depth, mut quoted) = (0, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth -= 1,
            _ => {}
        }
        match c {
            ',' if !quoted && depth == 0 => items.push(std::mem::take(&mut item)),
            _ => item.push(c),
        }
    }
    if !item.trim().is_empty() || !items.is_empty() {
        items.push(item);
    }
    items.iter().map(|item| unquote(item.trim())).collect()
}

fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(text).into()
}

/// As it is written on a command line, so that [`SettingValue::parse`] reads the same value back.
impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(x) if x.is_nan() => f.write_str("nan"),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::String(s) => f.write_str(s),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(written_in_list).collect();
                write!(f, "[{}]", items.join(","))
            }
        }
    }
}

fn written_in_list(item: &SettingValue) -> String {
    match item {
        SettingValue::String(s) if s.is_empty() || s.contains([',', '[', ']', ' ']) => format!("\"{s}\""),
        item => item.to_string(),
    }
}

impl From<SettingValue> for Dynamic {
    fn from(value: SettingValue) -> Self {
        match value {
            SettingValue::Int(n) => n.into(),
            SettingValue::Float(x) => x.into(),
            SettingValue::Bool(b) => b.into(),
            SettingValue::String(s) => s.into(),
            SettingValue::List(items) => Self::from_array(items.into_iter().map(Into::into).collect()),
        }
    }
}

/// Errors: the word for a type that a setting cannot have.
impl TryFrom<Dynamic> for SettingValue {
    type Error = String;

    fn try_from(value: Dynamic) -> Result<Self, String> {
        if let Ok(n) = value.as_int() {
            return Ok(Self::Int(n));
        }
        if let Ok(x) = value.as_float() {
            return Ok(Self::Float(x));
        }
        if let Ok(b) = value.as_bool() {
            return Ok(Self::Bool(b));
        }
        if value.is_string() {
            return Ok(Self::String(value.to_string()));
        }
        let kind = match value.is::<Map>() {
            true => "map".into(),
            false => kinds::word(value.type_name()),
        };
        let items = value.into_array().map_err(|_| kind)?;
        items.into_iter().map(Self::try_from).collect::<Result<_, _>>().map(Self::List)
    }
}

impl From<&SettingValue> for toml::Value {
    fn from(value: &SettingValue) -> Self {
        match value {
            SettingValue::Int(n) => (*n).into(),
            SettingValue::Float(x) => (*x).into(),
            SettingValue::Bool(b) => (*b).into(),
            SettingValue::String(s) => s.as_str().into(),
            SettingValue::List(items) => Self::Array(items.iter().map(Self::from).collect()),
        }
    }
}

/// Errors: the word for a type that a setting cannot have.
impl TryFrom<toml::Value> for SettingValue {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Integer(n) => Ok(Self::Int(n)),
            toml::Value::Float(x) => Ok(Self::Float(x)),
            toml::Value::Boolean(b) => Ok(Self::Bool(b)),
            toml::Value::String(s) => Ok(Self::String(s)),
            toml::Value::Array(items) => {
                let items = items.into_iter().map(Self::try_from);
                items.collect::<Result<_, _>>().map(Self::List)
            }
            toml::Value::Datetime(_) => Err("date".into()),
            toml::Value::Table(_) => Err("table".into()),
        }
    }
}
