//! Inputs of a model from the command line: NumPy files, JSON files, or JSON as it is.

use std::path::Path;

use super::json;
use crate::{
    data::numpy,
    error::{Error, Result},
    onnx::{Model, Value},
};

/// A name, and a file or JSON, as typed.
pub type Named = (String, String);

/// The values of the inputs that were named.
///
/// # Errors
/// `Usage` for a name that the model does not have, and for JSON that is not what its input takes; `Format`
/// for a file that is no array.
pub fn read(model: &Model, given: &[Named]) -> Result<Vec<(String, Value)>> {
    given.iter().map(|(name, text)| Ok((name.clone(), value(model, name, text)?))).collect()
}

fn value(model: &Model, name: &str, text: &str) -> Result<Value> {
    let path = Path::new(text);
    let parsed = |text: &str, origin: &str| {
        let json = serde_json::from_str(text).map_err(|error| {
            Error::usage(
                format!("{origin}: {error}"),
                "give JSON, such as [[1, 2], [3, 4]] or [\"a\", \"b\"]",
            )
        })?;
        json::value(&json, model.input(name)?)
    };
    if is_json(text) {
        return parsed(text, &format!("--input {name}"));
    }
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        return parsed(&text, &path.display().to_string());
    }
    let is_archive = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"));
    if let Some(texts) = if is_archive { None } else { numpy::read_texts(path)? } {
        return Ok(Value::Texts(texts));
    }
    Ok(Value::Array(numpy::read_array(path)?.array()?))
}

/// Whether a text is JSON, and no path.
pub fn is_json(text: &str) -> bool {
    text.starts_with(['[', '{', '"'])
}
