//! Inputs for a model that nobody gave any: random ones, of sizes that it runs on.

use std::collections::BTreeMap;

use ops::{Array, random::Key};

use crate::{
    error::{Error, Result},
    onnx::{Axis, Given, Model, ModelPort, Value, Wanted},
};

/// Lengths of axes that are left open: the least one, and those that are common for texts and pictures.
const SIZES: [usize; 12] = [1, 2, 4, 8, 16, 32, 64, 128, 224, 256, 384, 512];

/// One way to make inputs.
#[derive(Clone, Copy)]
struct Attempt {
    /// Samples: the length of each first axis.
    batch: usize,
    /// The length of the other axes that are left open, unless an input that was given says it.
    size: usize,
    /// Whether the channels of pictures, where they are left open, are red, green and blue.
    is_coloured: bool,
    /// What whole numbers are: 0 is in range whatever they count, unless they are sizes.
    whole: f64,
}

/// The inputs that were given, with random ones for the others, and their number of samples: `batch`, or 1,
/// or as many as the file fixes. The axes that are left open have lengths that the model runs on, 1 first.
///
/// # Errors
/// `Usage` where none of them runs, with the axes that are left open.
pub fn drawn(
    model: &Model,
    given: Vec<(String, Value)>,
    batch: Option<u64>,
) -> Result<(Vec<(String, Value)>, u64)> {
    let missing: Vec<&ModelPort> =
        model.inputs().iter().filter(|port| given.iter().all(|(name, _)| *name != port.name)).collect();
    if missing.is_empty() {
        return Ok((given, batch.unwrap_or(1)));
    }
    let known = named(model, &given);
    let batches = match batch {
        Some(batch) => vec![batch as usize],
        None => [Some(1), model.batch()].into_iter().flatten().collect(),
    };
    let mut first = None;
    for attempt in batches.into_iter().flat_map(attempts) {
        ops::interrupt::check()?;
        let others = missing.iter().map(|port| Ok((port.name.clone(), value(port, &known, attempt)?)));
        let others = match others.collect::<Result<Vec<_>>>() {
            Ok(others) => others,
            Err(error) => return Err(first.unwrap_or(error)),
        };
        let inputs = [given.clone(), others].concat();
        let views = inputs.iter().map(|(name, value)| (&**name, Given::Value(value))).collect();
        match model.run_given(views, &Wanted::default()) {
            Ok(_) => return Ok((inputs, attempt.batch as u64)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(without(model, &missing, first))
}

fn attempts(batch: usize) -> impl Iterator<Item = Attempt> {
    let coloured = [false, true].into_iter().flat_map(|is_coloured| SIZES.map(|size| (is_coloured, size)));
    let all = move |(is_coloured, size)| [0.0, 1.0].map(|whole| Attempt { batch, size, is_coloured, whole });
    coloured.flat_map(all)
}

/// The lengths of axes with a name, in the inputs that were given.
fn named(model: &Model, given: &[(String, Value)]) -> BTreeMap<String, usize> {
    let mut lengths = BTreeMap::new();
    for (name, value) in given {
        let (Ok(port), Value::Array(array)) = (model.input(name), value) else { continue };
        let axes = port.axes().unwrap_or_default().into_iter().zip(array.shape());
        lengths.extend(axes.filter_map(|(axis, &length)| match axis {
            Axis::Free(name) if !name.is_empty() => Some((name, length)),
            _ => None,
        }));
    }
    lengths
}

fn value(port: &ModelPort, known: &BTreeMap<String, usize>, attempt: Attempt) -> Result<Value> {
    let Some(axes) = port.axes().filter(|_| port.dtype.is_some() || port.is_text()) else {
        let help = format!("give it: --input '{}=JSON'", port.name);
        return Err(Error::usage(format!("input {port} is no tensor, and cannot be drawn"), help));
    };
    let rank = axes.len();
    let lengths = axes.into_iter().enumerate().map(|(i, axis)| match axis {
        Axis::Fixed(length) => length,
        Axis::Free(_) if i == 1 && rank == 4 && attempt.is_coloured => 3,
        Axis::Free(name) => length(&name, i == 0, known, attempt),
    });
    filled(port, &lengths.collect::<Vec<_>>(), attempt)
}

/// `past + sequence` is the sum of both.
fn length(name: &str, is_first: bool, known: &BTreeMap<String, usize>, attempt: Attempt) -> usize {
    match (known.get(name), name.split_once('+')) {
        (Some(length), _) => *length,
        (None, Some((a, b))) => {
            let part = |text: &str| {
                text.trim().parse().unwrap_or_else(|_| length(text.trim(), false, known, attempt))
            };
            part(a).saturating_add(part(b))
        }
        (None, None) if is_first || name.contains("batch") => attempt.batch,
        (None, None) => attempt.size,
    }
}

/// Numbers between 0 and 1; whole numbers as the attempt has them.
fn filled(port: &ModelPort, shape: &[usize], attempt: Attempt) -> Result<Value> {
    let elements = shape.iter().try_fold(8_usize, |n, &size| n.checked_mul(size));
    if elements.is_none_or(|bytes| bytes > ops::tensor::room()) {
        return Err(Error::usage(
            format!("input {port}: memory does not hold {} of them", attempt.batch),
            "choose a smaller --batch",
        ));
    }
    let Some(dtype) = port.dtype else { return Value::zeros(shape, None) };
    let count: usize = shape.iter().product();
    if dtype.computed().is_float() {
        let floats = Array::new(shape, Key::new(0).draw(0).uniform(count))?;
        return Ok(Value::Array(floats.fitted(dtype)?));
    }
    let data = ops::tensor::Data::from_numbers(std::iter::repeat_n(attempt.whole, count), dtype);
    Ok(Value::Array(Array::new(shape, data)?))
}

/// The error where no sizes run.
fn without(model: &Model, missing: &[&ModelPort], first: Option<Error>) -> Error {
    let axes = |port: &&ModelPort| {
        let axes = port.axes().unwrap_or_default().into_iter().map(|axis| match axis {
            Axis::Fixed(length) => length.to_string(),
            Axis::Free(name) if name.is_empty() => "?".into(),
            Axis::Free(name) => name,
        });
        format!("{} [{}]", port.name, axes.collect::<Vec<_>>().join(", "))
    };
    let inputs: Vec<String> = missing.iter().map(axes).collect();
    let options: Vec<String> =
        missing.iter().map(|port| format!("--input '{}=FILE.npy'", port.name)).collect();
    let why = first.map_or_else(String::new, |error| {
        let text = error.to_string();
        let problem = text.split("\n  help:").next().unwrap_or_default().trim().to_owned();
        format!("; with axes of length 1: {problem}")
    });
    let path = model.path().display();
    Error::usage(
        format!("{path}: no sizes were found that it runs on, for the inputs {}{why}", inputs.join(", ")),
        format!("give them: {}", options.join(" ")),
    )
}
