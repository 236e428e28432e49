//! A state as JSON and files.

use ops::{
    DType, Spec, Tensor,
    nn::{Mode, Optimiser, OptimiserState, Role, SchedulerState, Snapshot, Value},
};
use rhai::{Dynamic, ImmutableString};
use serde_json::{Value as Json, json};

use super::Saved;
use crate::{
    error::{Error, Result},
    run::blobs::Blobs,
};

impl Saved {
    /// Writes the tensors as files and gives the JSON that names them.
    pub fn to_json(&self, blobs: &mut Blobs) -> Result<Json> {
        Ok(match self {
            Self::Plain(value) => plain_to_json(value),
            Self::Array(items) => {
                json!({"array": items.iter().map(|v| v.to_json(blobs)).collect::<Result<Vec<_>>>()?})
            }
            Self::Map(items) => {
                let items = items.iter().map(|(k, v)| Ok((k.clone(), v.to_json(blobs)?)));
                json!({"map": items.collect::<Result<serde_json::Map<_, _>>>()?})
            }
            Self::Tensor(tensor, tracked) => json!({"tensor": blobs.put_tensor(tensor)?, "tracked": tracked}),
            Self::Dataset(dataset) => json!({"dataset": blobs.put_dataset(dataset)?}),
            Self::Module(_, snapshot) => json!({
                "module": put_named(&snapshot.tensors, blobs)?,
                "roles": snapshot.roles.iter().map(|r| (r.buffer, r.frozen)).collect::<Vec<_>>(),
                "modes": snapshot.modules.iter().map(mode_to_json).collect::<Vec<_>>(),
            }),
            Self::Optimiser(handle, state) => json!({
                "optimiser": put_named(&state.tensors, blobs)?, "steps": state.steps, "moved": state.moved,
                "accumulated": put_named(&state.accumulated, blobs)?,
                "learning_rates": bits(&state.learning_rates),
                "initial_learning_rates": bits(&handle.initial_learning_rates()),
            }),
            Self::Scheduler(_, state) => json!({
                "scheduler": state.steps, "best": state.best.to_bits(), "bad": state.bad,
                "cooldown": state.cooldown,
            }),
            Self::Content(_) => plain_to_json(&Dynamic::UNIT),
            Self::Buffers(_, buffers) => json!({"buffers": put_named(buffers, blobs)?}),
        })
    }

    /// Reads a state back. Handles are those that `like` holds at the same paths.
    ///
    /// # Errors
    /// `Usage` when the JSON and `like` do not fit: the script changed, or the file is damaged.
    pub fn from_json(json: &Json, like: Option<&Self>, blobs: &mut Blobs) -> Result<Self> {
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
            Some(Self::Module(handle, _)) if !json["module"].is_null() => {
                Ok(Self::Module(handle.clone(), snapshot(json, blobs)?))
            }
            Some(Self::Module(handle, _)) if !json["buffers"].is_null() => {
                Ok(Self::Buffers(handle.clone(), named(&json["buffers"], blobs)?))
            }
            Some(Self::Optimiser(handle, ..)) if !json["optimiser"].is_null() => {
                Ok(Self::Optimiser(handle.clone(), optimiser(json, handle, blobs)?))
            }
            Some(Self::Scheduler(handle, _)) if !json["scheduler"].is_null() => {
                Ok(Self::Scheduler(handle.clone(), scheduler(json)?))
            }
            _ if !json["tensor"].is_null() => {
                Ok(Self::Tensor(blobs.tensor(&json["tensor"])?, json["tracked"] == json!(true)))
            }
            _ if !json["dataset"].is_null() => Ok(Self::Dataset(blobs.dataset(&json["dataset"])?)),
            _ => plain_from_json(json).map(Self::Plain).ok_or_else(mismatch),
        }
    }
}

fn mismatch() -> Error {
    Error::usage("the checkpoint does not fit the script", "start a new run")
}

fn put_named(values: &[(String, Tensor)], blobs: &mut Blobs) -> Result<Json> {
    values.iter().map(|(name, tensor)| Ok(json!([name, blobs.put_tensor(tensor)?]))).collect()
}

fn named(json: &Json, blobs: &mut Blobs) -> Result<Vec<(String, Tensor)>> {
    let pair = |pair: &Json| {
        let name = pair[0].as_str().ok_or_else(mismatch)?;
        Ok((name.to_owned(), blobs.tensor(&pair[1])?))
    };
    json.as_array().ok_or_else(mismatch)?.iter().map(pair).collect()
}

fn parsed<T: serde::de::DeserializeOwned>(json: &Json) -> Result<T> {
    serde_json::from_value(json.clone()).map_err(|_| mismatch())
}

fn snapshot(json: &Json, blobs: &mut Blobs) -> Result<Snapshot> {
    let roles: Vec<(bool, bool)> = parsed(&json["roles"])?;
    Ok(Snapshot {
        tensors: named(&json["module"], blobs)?,
        roles: roles.into_iter().map(|(buffer, frozen)| Role { buffer, frozen }).collect(),
        modules: json["modes"].as_array().ok_or_else(mismatch)?.iter().map(mode).collect::<Result<_>>()?,
    })
}

/// Numbers as their bits.
fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The state of an optimiser. A group that kept the learning rate it was made with has the one that `handle`
/// is made with, which is another where the run was resumed with another setting.
fn optimiser(json: &Json, handle: &Optimiser, blobs: &mut Blobs) -> Result<OptimiserState> {
    let [kept, initial]: [Vec<u64>; 2] =
        [parsed(&json["learning_rates"])?, parsed(&json["initial_learning_rates"])?];
    let now = handle.initial_learning_rates();
    if kept.len() != now.len() || initial.len() != now.len() {
        return Err(mismatch());
    }
    let rates = kept.iter().zip(&initial).zip(now);
    Ok(OptimiserState {
        steps: parsed(&json["steps"])?,
        learning_rates: rates.map(|((k, i), now)| if k == i { now } else { f64::from_bits(*k) }).collect(),
        moved: parsed(&json["moved"])?,
        tensors: named(&json["optimiser"], blobs)?,
        accumulated: named(&json["accumulated"], blobs)?,
    })
}

fn scheduler(json: &Json) -> Result<SchedulerState> {
    Ok(SchedulerState {
        steps: parsed(&json["scheduler"])?,
        best: f64::from_bits(parsed(&json["best"])?),
        bad: parsed(&json["bad"])?,
        cooldown: parsed(&json["cooldown"])?,
    })
}

fn mode_to_json(mode: &Mode) -> Json {
    let seen = mode.seen.as_ref().map(|inputs| inputs.iter().map(input_to_json).collect::<Vec<_>>());
    json!([mode.training, seen])
}

/// An input of a module without its elements: a tensor as `[shape, type]`.
fn input_to_json(input: &Value<Spec>) -> Json {
    match input {
        Value::Tensor(spec) => json!([spec.shape, spec.dtype.name()]),
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Float(x) => json!({"float": x.to_bits()}),
        Value::List(items) => json!({"list": items.iter().map(input_to_json).collect::<Vec<_>>()}),
        Value::Map(items) => {
            json!({"map": items.iter().map(|(name, item)| (name, input_to_json(item))).collect::<Vec<_>>()})
        }
    }
}

fn input(json: &Json) -> Result<Value<Spec>> {
    if json.is_array() {
        let (shape, dtype): (Vec<usize>, String) = parsed(json)?;
        return Ok(Value::Tensor(Spec::new(shape, DType::parse(&dtype)?)));
    }
    if let Some(items) = json["list"].as_array() {
        return items.iter().map(input).collect::<Result<_>>().map(Value::List);
    }
    if let Some(items) = json["map"].as_array() {
        let pair = |pair: &Json| Ok((pair[0].as_str().ok_or_else(mismatch)?.to_owned(), input(&pair[1])?));
        return items.iter().map(pair).collect::<Result<_>>().map(Value::Map);
    }
    let number = json.as_bool().map(Value::Bool).or_else(|| json.as_i64().map(Value::Int));
    number.or_else(|| json["float"].as_u64().map(f64::from_bits).map(Value::Float)).ok_or_else(mismatch)
}

fn mode(json: &Json) -> Result<Mode> {
    let (training, seen): (bool, Option<Vec<Json>>) = parsed(json)?;
    let inputs = |seen: Vec<Json>| seen.iter().map(input).collect::<Result<_>>();
    Ok(Mode { training, seen: seen.map(inputs).transpose()? })
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
