//! The state of a durable loop: what it holds, how it is put back in place, how it becomes JSON and
//! files.

use std::collections::BTreeMap;

use ops::{
    Tensor,
    nn::{Module, Optimiser, optim::OptimiserState},
};
use rhai::{Array, Dynamic, ImmutableString, Map};
use serde_json::{Value as Json, json};

use super::blobs::Blobs;
use crate::{
    data::Dataset,
    error::{Error, Result},
};

/// A state as it was at one moment. Tensors are immutable, so keeping them costs no copy.
#[derive(Clone)]
pub enum Saved {
    Plain(Dynamic),
    Array(Vec<Saved>),
    Map(BTreeMap<String, Saved>),
    Tensor(Tensor),
    Dataset(Dataset),
    /// A handle with the values of its tensors.
    Module(Module, Vec<(String, Tensor)>),
    /// A handle with all that changes in it.
    Optimiser(Optimiser, OptimiserState),
}

impl Saved {
    /// What a script value is now. `place` names it in errors: `s.net`.
    ///
    /// # Errors
    /// [`Error::Usage`] for values that cannot be saved, functions for example.
    pub fn capture(value: &Dynamic, place: &str) -> Result<Self> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return Ok(Self::Tensor(tensor.detach()));
        }
        if let Some(module) = value.read_lock::<Module>() {
            let values = module.state().into_iter().map(|(name, p)| (name, p.get().detach()));
            return Ok(Self::Module(module.clone(), values.collect()));
        }
        if let Some(optimiser) = value.read_lock::<Optimiser>() {
            return Ok(Self::Optimiser(optimiser.clone(), optimiser.state()?));
        }
        if let Some(dataset) = value.read_lock::<Dataset>() {
            return Ok(Self::Dataset(dataset.clone()));
        }
        if let Some(array) = value.read_lock::<Array>() {
            let items = array.iter().enumerate().map(|(i, v)| Self::capture(v, &format!("{place}[{i}]")));
            return Ok(Self::Array(items.collect::<Result<_>>()?));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let items =
                map.iter().map(|(k, v)| Ok((k.to_string(), Self::capture(v, &format!("{place}.{k}"))?)));
            return Ok(Self::Map(items.collect::<Result<_>>()?));
        }
        let value = value.clone().flatten();
        if value.is_unit() || value.is_bool() || value.is_int() || value.is_float() || value.is_string() {
            return Ok(Self::Plain(value));
        }
        Err(Error::usage(
            format!("{place} is a {}, which cannot be saved in a checkpoint", value.type_name()),
            "a state holds tensors, modules, optimisers, data sets, numbers, strings, arrays and maps",
        ))
    }

    /// Puts the values of all handles back, and gives the script value.
    pub fn restore(&self) -> Result<Dynamic> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::restore).collect::<Result<Array>>()?.into(),
            Self::Map(items) => {
                let restored = items.iter().map(|(k, v)| Ok((k.into(), v.restore()?)));
                restored.collect::<Result<Map>>()?.into()
            }
            Self::Tensor(tensor) => Dynamic::from(tensor.clone()),
            Self::Dataset(dataset) => Dynamic::from(dataset.clone()),
            Self::Module(module, values) => {
                module.load_state(values)?;
                Dynamic::from(module.clone())
            }
            Self::Optimiser(optimiser, state) => {
                optimiser.load_state(state)?;
                Dynamic::from(optimiser.clone())
            }
        })
    }

    /// This state with every handle that `first` holds at the same place in the role of whatever
    /// handle is there now: its values are copied into the first one. So a loop's handles are the same
    /// ones from beginning to end, and every other name for them sees what happens to them.
    ///
    /// # Errors
    /// [`Error::Usage`] when a handle appears, disappears or changes its structure.
    pub fn settle(self, first: &Self, place: &str) -> Result<Self> {
        let misplaced = |what: &str| {
            Error::usage(
                format!("{place} {what}"),
                "what is a module or an optimiser in the state has to be one of the same structure from the start",
            )
        };
        Ok(match (self, first) {
            (Self::Module(now, values), Self::Module(handle, _)) => {
                if !now.is_same(handle) {
                    handle
                        .load_state(&values)
                        .map_err(|e| misplaced(&format!("was replaced by another module: {e}")))?;
                }
                Self::Module(handle.clone(), values)
            }
            (Self::Optimiser(now, state), Self::Optimiser(handle, _)) => {
                if !now.is_same(handle) {
                    let (old, new) = (handle.rule().describe(), now.rule().describe());
                    if old != new {
                        return Err(misplaced(&format!("was {old} at the start and is {new} now")));
                    }
                    let replaced = |e| misplaced(&format!("was replaced by another optimiser: {e}"));
                    handle.load_state(&state).map_err(replaced)?;
                }
                Self::Optimiser(handle.clone(), state)
            }
            (Self::Map(now), Self::Map(first)) => {
                let settle = |(k, v): (String, Self)| {
                    let inner = format!("{place}.{k}");
                    let v = match first.get(&k) {
                        Some(f) => v.settle(f, &inner)?,
                        None => v.without_handles(&inner)?,
                    };
                    Ok((k, v))
                };
                Self::Map(now.into_iter().map(settle).collect::<Result<_>>()?)
            }
            (Self::Array(now), Self::Array(first)) => {
                let settle = |(i, v): (usize, Self)| {
                    let inner = format!("{place}[{i}]");
                    first
                        .get(i)
                        .map_or_else(|| v.clone().without_handles(&inner), |f| v.clone().settle(f, &inner))
                };
                Self::Array(now.into_iter().enumerate().map(settle).collect::<Result<_>>()?)
            }
            (now, Self::Module(..) | Self::Optimiser(..)) => {
                return Err(misplaced(&format!("was a handle at the start and is {} now", now.kind())));
            }
            (now, _) => now.without_handles(place)?,
        })
    }

    fn without_handles(self, place: &str) -> Result<Self> {
        match &self {
            Self::Module(..) | Self::Optimiser(..) => Err(Error::usage(
                format!("{place} is {}, which the state did not hold at the start", self.kind()),
                "put it into the state that the loop is given",
            )),
            Self::Array(items) => {
                items.iter().try_for_each(|v| v.clone().without_handles(place).map(drop))?;
                Ok(self)
            }
            Self::Map(items) => {
                items.values().try_for_each(|v| v.clone().without_handles(place).map(drop))?;
                Ok(self)
            }
            _ => Ok(self),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "a plain value",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Tensor(_) => "a Tensor",
            Self::Dataset(_) => "a Dataset",
            Self::Module(..) => "a Module",
            Self::Optimiser(..) => "an Optimiser",
        }
    }

    /// Whether nothing changed between two moments. A handle in `excused` may have.
    pub fn is_unchanged(&self, before: &Self, excused: &Self) -> bool {
        let same = |a: &[(String, Tensor)], b: &[(String, Tensor)]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.1.shares_value(&b.1))
        };
        match (self, before) {
            (Self::Plain(a), Self::Plain(b)) => a.to_string() == b.to_string() && a.type_id() == b.type_id(),
            (Self::Tensor(a), Self::Tensor(b)) => a.shares_value(b),
            (Self::Dataset(a), Self::Dataset(b)) => a.is_same(b),
            (Self::Module(a, x), Self::Module(b, y)) => {
                a.is_same(b) && (same(x, y) || excused.holds_module(a))
            }
            (Self::Optimiser(a, x), Self::Optimiser(b, y)) => {
                a.is_same(b)
                    && (x.steps == y.steps && same(&x.tensors, &y.tensors) || excused.holds_optimiser(a))
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_unchanged(b, excused))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.is_unchanged(b.1, excused))
            }
            _ => false,
        }
    }

    /// Whether all weights are finite numbers.
    pub fn is_finite(&self) -> Result<bool> {
        Ok(match self {
            Self::Module(_, values) => {
                for (_, tensor) in values {
                    if !tensor.to_f32()?.iter().all(|x| x.is_finite()) {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Array(items) => {
                items.iter().map(Self::is_finite).collect::<Result<Vec<_>>>()?.into_iter().all(|f| f)
            }
            Self::Map(items) => {
                items.values().map(Self::is_finite).collect::<Result<Vec<_>>>()?.into_iter().all(|f| f)
            }
            _ => true,
        })
    }

    fn any(&self, found: &impl Fn(&Self) -> bool) -> bool {
        found(self)
            || match self {
                Self::Array(items) => items.iter().any(|v| v.any(found)),
                Self::Map(items) => items.values().any(|v| v.any(found)),
                _ => false,
            }
    }

    /// Whether a module, or one that it is a part of, is in the state.
    fn holds_module(&self, module: &Module) -> bool {
        self.any(&|v| matches!(v, Self::Module(m, _) if holds(m, module)))
    }

    fn holds_optimiser(&self, optimiser: &Optimiser) -> bool {
        self.any(&|v| matches!(v, Self::Optimiser(o, _) if o.is_same(optimiser)))
    }

    /// Whether both hold the same module, or a part of it, or the same optimiser.
    pub fn meets(&self, other: &Self) -> bool {
        self.any(&|v| match v {
            Self::Module(module, _) => {
                let holds_mine = |v: &Self| matches!(v, Self::Module(m, _) if holds(module, m));
                other.holds_module(module) || other.any(&holds_mine)
            }
            Self::Optimiser(optimiser, _) => other.holds_optimiser(optimiser),
            _ => false,
        })
    }

    /// Writes the tensors as files and gives the JSON that names them.
    pub fn to_json(&self, blobs: &mut Blobs) -> Result<Json> {
        let named = |values: &[(String, Tensor)], blobs: &mut Blobs| -> Result<Json> {
            values.iter().map(|(name, tensor)| Ok(json!([name, blobs.put_tensor(tensor)?]))).collect()
        };
        Ok(match self {
            Self::Plain(value) => plain_to_json(value),
            Self::Array(items) => {
                json!({"array": items.iter().map(|v| v.to_json(blobs)).collect::<Result<Vec<_>>>()?})
            }
            Self::Map(items) => {
                let items = items.iter().map(|(k, v)| Ok((k.clone(), v.to_json(blobs)?)));
                json!({"map": items.collect::<Result<serde_json::Map<_, _>>>()?})
            }
            Self::Tensor(tensor) => json!({"tensor": blobs.put_tensor(tensor)?}),
            Self::Dataset(dataset) => json!({"dataset": blobs.put_dataset(dataset)?}),
            Self::Module(_, values) => json!({"module": named(values, blobs)?}),
            Self::Optimiser(_, state) => json!({
                "optimiser": named(&state.tensors, blobs)?, "steps": state.steps,
                "learning_rate": state.learning_rate.to_bits(),
            }),
        })
    }

    /// Reads a state back. Handles are those that `like` holds at the same places.
    ///
    /// # Errors
    /// [`Error::Usage`] when the JSON and `like` do not fit: the script changed, or the file is damaged.
    pub fn from_json(json: &Json, like: Option<&Self>, blobs: &mut Blobs) -> Result<Self> {
        let damaged = || Error::usage("the checkpoint does not fit the script", "start a new run");
        let named = |json: &Json, blobs: &mut Blobs| -> Result<Vec<(String, Tensor)>> {
            let pair = |pair: &Json| {
                let name = pair[0].as_str().ok_or_else(damaged)?;
                Ok((name.to_owned(), blobs.tensor(&pair[1])?))
            };
            json.as_array().ok_or_else(damaged)?.iter().map(pair).collect()
        };
        if let Some(items) = json["array"].as_array() {
            let like = |i: usize| if let Some(Self::Array(v)) = like { v.get(i) } else { None };
            let items = items.iter().enumerate().map(|(i, v)| Self::from_json(v, like(i), blobs));
            return Ok(Self::Array(items.collect::<Result<_>>()?));
        }
        if let Some(items) = json["map"].as_object() {
            let like = |k: &str| if let Some(Self::Map(v)) = like { v.get(k) } else { None };
            let items = items.iter().map(|(k, v)| Ok((k.clone(), Self::from_json(v, like(k), blobs)?)));
            return Ok(Self::Map(items.collect::<Result<_>>()?));
        }
        match like {
            Some(Self::Module(handle, _)) => Ok(Self::Module(handle.clone(), named(&json["module"], blobs)?)),
            Some(Self::Optimiser(handle, ..)) => {
                let state = OptimiserState {
                    steps: json["steps"].as_u64().ok_or_else(damaged)?,
                    learning_rate: json["learning_rate"].as_u64().map(f64::from_bits).ok_or_else(damaged)?,
                    tensors: named(&json["optimiser"], blobs)?,
                };
                Ok(Self::Optimiser(handle.clone(), state))
            }
            _ if !json["tensor"].is_null() => Ok(Self::Tensor(blobs.tensor(&json["tensor"])?)),
            _ if !json["dataset"].is_null() => Ok(Self::Dataset(blobs.dataset(&json["dataset"])?)),
            _ => plain_from_json(json).map(Self::Plain).ok_or_else(damaged),
        }
    }
}

/// Whether a module is another one, or a part of it.
fn holds(whole: &Module, part: &Module) -> bool {
    whole.is_same(part) || whole.children().iter().any(|(_, child)| holds(child, part))
}

/// Numbers are written as their bits: a resumed run goes on with the very same ones.
fn plain_to_json(value: &Dynamic) -> Json {
    if let Ok(i) = value.as_int() {
        json!({"int": i})
    } else if let Ok(x) = value.as_float() {
        json!({"float": x.to_bits(), "text": x.to_string()})
    } else if let Ok(b) = value.as_bool() {
        json!({"bool": b})
    } else if let Ok(text) = value.as_immutable_string_ref() {
        json!({"string": text.as_str()})
    } else {
        json!({"unit": true})
    }
}

fn plain_from_json(json: &Json) -> Option<Dynamic> {
    let object = json.as_object()?;
    Some(match object.iter().next()? {
        (kind, v) if kind == "int" => v.as_i64()?.into(),
        (kind, v) if kind == "float" => f64::from_bits(v.as_u64()?).into(),
        (kind, v) if kind == "bool" => v.as_bool()?.into(),
        (kind, v) if kind == "string" => Dynamic::from(ImmutableString::from(v.as_str()?)),
        (kind, _) if kind == "unit" => Dynamic::UNIT,
        _ => return None,
    })
}
