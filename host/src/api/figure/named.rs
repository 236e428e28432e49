//! What figures show under names: `#{ name: value }` or, in this order, `[[name, value], ...]`.

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use crate::{
    error::{Error, Result},
    kinds,
    script::{FromScript, Refusal},
};

/// Values by their names.
pub struct Named(pub Vec<(String, Dynamic)>);

impl FromScript for Named {
    const NAME: &'static str = "map or array of [name, value]";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(map) = value.read_lock::<Map>() {
            return Ok(Self(map.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()));
        }
        let pairs = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        let pair = |pair: &Dynamic| match pair.read_lock::<Array>().as_deref().map(Vec::as_slice) {
            Some([name, value]) => Ok((name.to_string(), value.clone())),
            _ => Err(Refusal::Value(Error::usage(
                format!("{} among pairs of a name and a value", kinds::a(pair)),
                "give [[\"train\", [3.0, 2.0]], ...] or #{ train: [3.0, 2.0] }",
            ))),
        };
        pairs.iter().map(pair).collect::<Result<_, _>>().map(Self)
    }
}

/// The numbers of an array, or of a tensor of any shape.
///
/// # Errors
/// `what` is neither, or holds anything else.
pub fn numbers(what: &str, value: &Dynamic) -> Result<Vec<f64>> {
    if let Some(tensor) = value.read_lock::<Tensor>() {
        return Ok(tensor.to_f64()?);
    }
    let array = Array::from_script(value)
        .map_err(|_| Error::usage(format!("{what} is {}", kinds::a(value)), "give an array of numbers"))?;
    array.iter().map(|item| number(what, item)).collect()
}

/// A number of `what`.
///
/// # Errors
/// It is none.
pub fn number(what: &str, value: &Dynamic) -> Result<f64> {
    let wrong =
        |_| Error::usage(format!("{} among the numbers of {what}", kinds::a(value)), "give numbers only");
    f64::from_script(value).map_err(wrong)
}

/// The items of an array as strings.
pub fn texts(array: Array) -> Vec<String> {
    array.iter().map(ToString::to_string).collect()
}

/// How far an error reaches down and up: a number for both, or `[below, above]`.
///
/// # Errors
/// Anything else.
pub fn distances(what: &str, item: &Dynamic) -> Result<[f64; 2]> {
    match item.read_lock::<Array>() {
        None => number(what, item).map(|both| [both; 2]),
        Some(sides) => match &sides[..] {
            [below, above] => Ok([number(what, below)?, number(what, above)?]),
            _ => Err(Error::usage(
                format!("{} numbers for one of {what}", sides.len()),
                "give one distance for both sides, or [below, above]",
            )),
        },
    }
}
