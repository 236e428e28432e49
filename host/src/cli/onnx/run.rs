//! `host onnx run`: a model on arrays from files, in ONNX Runtime.

use std::path::Path;

use ops::{Array, Device};

use serde_json::{Value as Json, json};

use super::{
    inputs::{self, Named},
    words::{number, printable},
};
use crate::{
    cli::outcome::Outcome,
    data::numpy,
    error::{Error, Result},
    files::{safe_name, write_whole},
    onnx::Model,
};

/// Prints shape and range of every output, and writes them into the folder `output` where there is one.
pub fn run(
    file: &Path,
    given: &[Named],
    output: Option<&Path>,
    library: Option<&Path>,
    json: bool,
) -> Result<Outcome> {
    let model = Model::open(file, Device::Cpu, library)?;
    let outputs = model.run(inputs::read(given)?)?;
    if let Some(folder) = output {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    for (name, array) in outputs {
        let path = output.map(|folder| folder.join(format!("{}.npy", safe_name(&name))));
        if let Some(path) = &path {
            write_whole(path, &numpy::to_bytes(&array))?;
        }
        if json {
            out!("{}", facts(&name, &array, path.as_deref()));
            continue;
        }
        out!("{}: {}", printable(&name), described(&array));
        if let Some(path) = path {
            out!("  {}", path.display());
        }
    }
    Ok(Outcome::Done)
}

/// An output for programs; the range is that of its finite numbers.
fn facts(name: &str, array: &Array, file: Option<&Path>) -> Json {
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

/// `f32 [2, 10], -1.5 to 3.25, mean 0.5`
fn described(array: &Array) -> String {
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
