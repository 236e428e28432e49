//! What modules take and give: tensors, alone or in lists and maps.

use crate::{Error, Result, Spec, Tensor};

/// A tensor (or what stands for one, `T`), a number, or a list or map of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<T = Tensor> {
    Tensor(T),
    Bool(bool),
    Int(i64),
    Float(f64),
    List(Vec<Value<T>>),
    /// By name, in any order.
    Map(Vec<(String, Value<T>)>),
}

impl From<Tensor> for Value {
    fn from(x: Tensor) -> Self {
        Self::Tensor(x)
    }
}

impl From<&Tensor> for Value {
    fn from(x: &Tensor) -> Self {
        Self::Tensor(x.clone())
    }
}

impl<T> Value<T> {
    /// A map.
    pub fn map(items: impl IntoIterator<Item = (&'static str, impl Into<Self>)>) -> Self {
        Self::Map(items.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    /// All tensors, in order.
    pub fn tensors(&self) -> Vec<&T> {
        self.named("").into_iter().map(|(_, tensor)| tensor).collect()
    }

    /// All tensors, each with the name that it has in its map, or `name` outside of maps.
    pub fn named<'a>(&'a self, name: &'a str) -> Vec<(&'a str, &'a T)> {
        match self {
            Self::Tensor(tensor) => vec![(name, tensor)],
            Self::List(items) => items.iter().flat_map(|item| item.named(name)).collect(),
            Self::Map(items) => items.iter().flat_map(|(name, item)| item.named(name)).collect(),
            _ => vec![],
        }
    }

    /// The same with other tensors.
    ///
    /// # Errors
    /// Those of `f`.
    pub fn each<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Value<U>, E> {
        Ok(match self {
            Self::Tensor(tensor) => Value::Tensor(f(tensor)?),
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(i) => Value::Int(*i),
            Self::Float(x) => Value::Float(*x),
            Self::List(items) => {
                Value::List(items.iter().map(|item| item.each(f)).collect::<Result<_, E>>()?)
            }
            Self::Map(items) => {
                let items = items.iter().map(|(name, item)| Ok((name.clone(), item.each(f)?)));
                Value::Map(items.collect::<Result<_, E>>()?)
            }
        })
    }

    /// What it is, for messages.
    pub fn kind(&self) -> String {
        match self {
            Self::Tensor(_) => "a tensor".into(),
            Self::Bool(_) => "a bool".into(),
            Self::Int(_) | Self::Float(_) => "a number".into(),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Map(items) => {
                let names: Vec<_> = items.iter().map(|(name, _)| name.as_str()).collect();
                format!("a map of {}", names.join(", "))
            }
        }
    }
}

impl Value {
    /// The tensor that it is; `what` names it in the error.
    ///
    /// # Errors
    /// [`Error::Layer`] for anything else.
    pub fn tensor(self, layer: &str, what: &str) -> Result<Tensor> {
        match self {
            Self::Tensor(tensor) => Ok(tensor),
            other => refuse(layer, format!("{what} {}, expected a tensor", other.kind())),
        }
    }

    /// The shapes and element types.
    pub fn specs(&self) -> Value<Spec> {
        let specs = self.each(&mut |x: &Tensor| Ok::<_, Error>(x.spec().clone()));
        specs.unwrap_or(Value::List(vec![]))
    }
}

/// The one tensor that a layer takes.
///
/// # Errors
/// [`Error::Layer`] for other inputs.
pub fn one<'a>(layer: &str, inputs: &'a [Value]) -> Result<&'a Tensor> {
    match inputs {
        [Value::Tensor(x)] => Ok(x),
        _ => refuse(layer, format!("it takes one input, a tensor, and got {}", kinds(inputs))),
    }
}

/// What inputs are, for messages.
pub fn kinds(inputs: &[Value]) -> String {
    match inputs {
        [] => "nothing".into(),
        inputs => inputs.iter().map(Value::kind).collect::<Vec<_>>().join(" and "),
    }
}

/// The refusal of inputs.
pub(crate) fn refuse<T>(layer: &str, reason: impl Into<String>) -> Result<T> {
    Err(Error::Layer { layer: layer.to_owned(), reason: reason.into() })
}

/// The options that a map among the inputs holds, each asked for once.
pub(crate) struct InputOptions<'a> {
    layer: &'static str,
    items: &'a [(String, Value)],
    known: Vec<&'static str>,
}

impl<'a> InputOptions<'a> {
    /// Those of the last input, where it is a map, and the inputs before it.
    pub fn of(layer: &'static str, inputs: &'a [Value]) -> (&'a [Value], Self) {
        let (inputs, items) = match inputs.split_last() {
            Some((Value::Map(items), rest)) => (rest, items.as_slice()),
            _ => (inputs, [].as_slice()),
        };
        (inputs, Self { layer, items, known: vec![] })
    }

    fn find(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.items.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A tensor that may be left out.
    ///
    /// # Errors
    /// [`Error::Layer`] for anything else.
    pub fn tensor(&mut self, name: &'static str) -> Result<Option<&'a Tensor>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Tensor(x)) => Ok(Some(x)),
            Some(other) => refuse(self.layer, format!("`{name}` is {}, expected a tensor", other.kind())),
        }
    }

    /// A truth value, false where it is left out.
    ///
    /// # Errors
    /// [`Error::Layer`] for anything else.
    pub fn flag(&mut self, name: &'static str) -> Result<bool> {
        match self.find(name) {
            None => Ok(false),
            Some(Value::Bool(b)) => Ok(*b),
            Some(other) => refuse(self.layer, format!("`{name}` is {}, expected a bool", other.kind())),
        }
    }

    /// Refuses what was not asked for.
    ///
    /// # Errors
    /// [`Error::Layer`]
    pub fn end(self) -> Result<()> {
        match self.items.iter().find(|(name, _)| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                refuse(self.layer, format!("it takes {}, and got `{name}`", self.known.join(", ")))
            }
        }
    }
}
