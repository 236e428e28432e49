//! What modules take and give, as script values.

use ops::{Tensor, nn::Value};
use rhai::{Array, Dynamic, Map};

use crate::{
    error::{Error, Result},
    kinds,
    script::{FromScript, IntoScript, Refusal},
};

/// How deep the lists and maps are nested that modules take.
pub const DEEPEST: usize = 8;

/// Something that a module takes or gives: a tensor, a number, a bool, or a list or map of these.
#[derive(Clone)]
pub struct ModuleValue(pub Value);

impl FromScript for ModuleValue {
    const NAME: &'static str = "value";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        // A value of another type may be for another overload.
        let is_list = value.is_array() || value.is_map();
        from_script(value, DEEPEST)
            .map(Self)
            .map_err(|e| if is_list { Refusal::Value(e) } else { Refusal::Type })
    }
}

impl IntoScript for ModuleValue {
    const NAME: &'static str = "any";

    fn into_script(self) -> Result<Dynamic> {
        Ok(into_script(self.0))
    }
}

/// The value, where a module can take or give it.
///
/// # Errors
/// `Usage` for a value of another type, and for one that is nested too deep.
pub fn from_script(value: &Dynamic, depth: usize) -> Result<Value> {
    let deeper = |item: &Dynamic| match depth.checked_sub(1) {
        Some(depth) => from_script(item, depth),
        None => {
            Err(Error::usage("the lists are nested too deep", format!("nest them at most {DEEPEST} deep")))
        }
    };
    if let Some(x) = value.read_lock::<Tensor>() {
        Ok(Value::Tensor(x.clone()))
    } else if let Some(items) = value.read_lock::<Array>() {
        items.iter().map(deeper).collect::<Result<_>>().map(Value::List)
    } else if let Some(items) = value.read_lock::<Map>() {
        let items = items.iter().map(|(name, item)| Ok((name.to_string(), deeper(item)?)));
        items.collect::<Result<_>>().map(Value::Map)
    } else {
        let number = value.as_int().map(Value::Int).or_else(|_| value.as_float().map(Value::Float));
        number.or_else(|_| value.as_bool().map(Value::Bool)).map_err(|_| {
            Error::usage(
                format!("there is {} among the tensors", kinds::a(value)),
                "give tensors, numbers, bools, and arrays and maps of them",
            )
        })
    }
}

/// The value as scripts have it.
pub fn into_script(value: Value) -> Dynamic {
    match value {
        Value::Tensor(x) => Dynamic::from(x),
        Value::Bool(b) => b.into(),
        Value::Int(i) => i.into(),
        Value::Float(x) => x.into(),
        Value::List(items) => items.into_iter().map(into_script).collect::<Array>().into(),
        Value::Map(items) => {
            items.into_iter().map(|(name, item)| (name.into(), into_script(item))).collect::<Map>().into()
        }
    }
}
