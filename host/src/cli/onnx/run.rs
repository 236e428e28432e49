//! `host onnx run`: a model on values from files or the command line, in ONNX Runtime.

use std::path::{Path, PathBuf};

use ops::{Array, Device};

use serde_json::{Value as Json, json};

use super::{
    inputs, json as values,
    words::{number, printable},
};
use crate::{
    cli::{OnnxRun, outcome::Outcome},
    data::numpy,
    error::{Error, Result},
    files::{safe_name, write_whole},
    onnx::{Given, Model, Value, Wanted},
};

/// Prints shape and range of every output, or the output itself where it is no array of numbers, and writes
/// them into the folder `output` where there is one.
pub fn run(args: &OnnxRun) -> Result<Outcome> {
    let model = Model::open(&args.file, Device::Cpu, args.onnxruntime.as_deref())?;
    let inputs = inputs::read(&model, &args.input)?;
    let given = inputs.iter().map(|(name, value)| (&**name, Given::Value(value))).collect();
    let wanted = Wanted { outputs: args.outputs.clone(), ..Wanted::default() };
    let outputs = model.run_given(given, &wanted)?;
    for warning in model.warnings() {
        err!("warning: {warning}");
    }
    for (name, value) in outputs {
        let path = args.output.as_deref().map(|folder| write(folder, &name, &value)).transpose()?;
        if args.json {
            out!("{}", facts(&name, &value, path.as_deref()));
            continue;
        }
        out!("{}: {}", printable(&name), described(&value));
        if let Some(path) = path {
            out!("  {}", path.display());
        }
    }
    Ok(Outcome::Done)
}

/// Writes an output, as NumPy's array or as JSON, and gives the file.
fn write(folder: &Path, name: &str, value: &Value) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let (end, bytes) = match value {
        Value::Array(array) => ("npy", numpy::to_bytes(array)),
        Value::Texts(texts) => ("npy", texts.to_bytes()),
        other => ("json", values::written(other).to_string().into_bytes()),
    };
    let path = folder.join(format!("{}.{end}", safe_name(name)));
    write_whole(&path, &bytes)?;
    Ok(path)
}

/// An output for programs: of an array the range of its finite numbers, else the value itself.
fn facts(name: &str, value: &Value, file: Option<&Path>) -> Json {
    match value {
        Value::Array(array) => array_facts(name, array, file),
        Value::Texts(texts) => json!({
            "name": name,
            "dtype": "text",
            "shape": texts.shape(),
            "value": values::written(value),
            "file": file,
        }),
        other => json!({ "name": name, "value": values::written(other), "file": file }),
    }
}

fn array_facts(name: &str, array: &Array, file: Option<&Path>) -> Json {
    let range = Range::of(array);
    json!({
        "name": name,
        "dtype": array.dtype().to_string(),
        "shape": array.shape(),
        "min": range.as_ref().map(|range| range.min),
        "max": range.as_ref().map(|range| range.max),
        "mean": range.as_ref().map(|range| range.mean),
        "file": file,
    })
}

/// Of the finite numbers of an array.
struct Range {
    min: f64,
    max: f64,
    mean: f64,
}

impl Range {
    /// None where no number is finite.
    fn of(array: &Array) -> Option<Self> {
        let numbers = array.data().to_f64();
        let finite: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
        let (min, max) =
            finite.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        (!finite.is_empty()).then_some(Self { min, max, mean })
    }
}

/// `f32 [2, 10], -1.5 to 3.25, mean 0.5`, `text [1] ["cat"]`, `[{"0": 0.25}]`
fn described(value: &Value) -> String {
    let json = || printable(&values::written(value).to_string());
    match value {
        Value::Array(array) => range_of(array),
        Value::Texts(texts) => format!("text {:?} {}", texts.shape(), json()),
        _ => json(),
    }
}

fn range_of(array: &Array) -> String {
    let text = format!("{} {:?}", array.dtype(), array.shape());
    let others = match array.data().to_f64().iter().filter(|x| !x.is_finite()).count() {
        0 => String::new(),
        n => format!(", {n} not finite"),
    };
    match Range::of(array) {
        Some(Range { min, max, mean }) => {
            format!("{text}, {} to {}, mean {}{others}", number(min), number(max), number(mean))
        }
        None => format!("{text}{others}"),
    }
}
