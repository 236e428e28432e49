//! Values of models as JSON.

use ops::{
    Array,
    tensor::{Data, DataView},
};
use serde_json::{Map, Value as Json, json};

use crate::{
    data::numpy::Texts,
    error::{Error, Result},
    onnx::{ModelPort, Value, nested},
};

/// A value for an input: lists of numbers or texts for a tensor, a list for a sequence, an object for a map.
///
/// # Errors
/// `Usage` for anything else, and for rows of different lengths.
pub fn value(json: &Json, port: &ModelPort) -> Result<Value> {
    let unlike = || {
        let help = "give lists of numbers or texts, a list for a sequence, an object for a map";
        Error::usage(format!("this JSON is no {}", port.kind()), help)
    };
    if port.is_text() || port.dtype.is_some() {
        let found =
            tensor(json, port.dtype.is_some_and(|d| d.computed().is_float())).ok_or_else(unlike)??;
        return match (found, port.dtype) {
            (Value::Array(array), Some(dtype)) => Ok(Value::Array(array.fitted(dtype)?)),
            (found, _) => Ok(found),
        };
    }
    plain(json).ok_or_else(unlike)
}

/// A tensor of the texts or numbers inside of lists.
fn tensor(json: &Json, is_float: bool) -> Option<Result<Value>> {
    let (shape, leaves) = match nested::leaves(json, &|json: &&Json| Some(json.as_array()?.iter().collect()))
    {
        Ok(found) => found,
        Err(error) => return Some(Err(error)),
    };
    if leaves.iter().any(|leaf| leaf.is_string()) {
        let texts = leaves.iter().map(|leaf| leaf.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
        return Some(Texts::new(shape, texts).map(Value::Texts).map_err(Error::from));
    }
    let data = numbers(&leaves, is_float)?;
    Some(Array::new(shape, data).map(Value::Array).map_err(Error::from))
}

/// Numbers of the widest type of their kind: an input of another is given those that it holds.
fn numbers(leaves: &[&Json], is_float: bool) -> Option<Data> {
    let all = |leaf: &&Json| leaf.as_f64();
    if is_float {
        let floats = leaves.iter().map(all).collect::<Option<Vec<_>>>()?;
        return Some(floats.into());
    }
    let truth = leaves.iter().map(|leaf| leaf.as_bool()).collect::<Option<Vec<_>>>();
    if let Some(truth) = truth.filter(|truth| !truth.is_empty()) {
        return Some(truth.into());
    }
    let signed = leaves.iter().map(|leaf| leaf.as_i64()).collect::<Option<Vec<_>>>();
    let whole = signed.map(Data::from);
    whole.or_else(|| leaves.iter().map(|leaf| leaf.as_u64()).collect::<Option<Vec<_>>>().map(Data::from))
}

/// A sequence, a map, or the tensors inside of them.
fn plain(json: &Json) -> Option<Value> {
    match json {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| Some((key.clone(), plain(value)?)));
            entries.collect::<Option<_>>().map(Value::Map)
        }
        Json::Array(items) => {
            let is_row = |item: &Json| !item.is_object() && !item.is_string();
            let item = |item: &Json| match is_row(item) {
                true => tensor(item, has_fraction(item))?.ok(),
                false => plain(item),
            };
            items.iter().map(item).collect::<Option<_>>().map(Value::Sequence)
        }
        single => tensor(single, has_fraction(single))?.ok(),
    }
}

fn has_fraction(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().any(has_fraction),
        single => single.is_f64(),
    }
}

/// An output as JSON: arrays are lists inside of lists, NaN and infinite numbers are null.
pub fn written(value: &Value) -> Json {
    match value {
        Value::Array(array) => {
            let mut leaves = leaves(array.data().view()).into_iter();
            nested::nest(array.shape(), &mut leaves, &Json::from).unwrap_or_default()
        }
        Value::Texts(texts) => {
            let mut leaves = texts.values().iter().map(|text| json!(text));
            nested::nest(texts.shape(), &mut leaves, &Json::from).unwrap_or_default()
        }
        Value::Sequence(items) => items.iter().map(written).collect(),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), written(value)));
            Json::from(entries.collect::<Map<_, _>>())
        }
        Value::Held(held) => json!(held.kind()),
    }
}

fn leaves(data: DataView) -> Vec<Json> {
    match data {
        DataView::I64(numbers) => numbers.iter().map(|n| json!(n)).collect(),
        DataView::U64(numbers) => numbers.iter().map(|n| json!(n)).collect(),
        DataView::Bool(truth) => truth.iter().map(|b| json!(b)).collect(),
        // Seven digits say a float of 32 bits as well as the sixteen of its neighbour of 64 bits.
        DataView::F32(floats) => floats.iter().map(|x| json!(x)).collect(),
        floats if floats.dtype().computed().is_float() => {
            floats.to_f64().into_iter().map(|x| json!(x)).collect()
        }
        whole => whole.to_f64().into_iter().map(|x| json!(x as i64)).collect(),
    }
}
