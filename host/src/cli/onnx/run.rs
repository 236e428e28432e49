//! `host onnx run`: a model on arrays from files, in ONNX Runtime.

use std::path::Path;

use ops::{Array, Device};

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
pub fn run(file: &Path, given: &[Named], output: Option<&Path>, library: Option<&Path>) -> Result<Outcome> {
    let model = Model::open(file, Device::Cpu, library)?;
    let outputs = model.run(inputs::read(given)?)?;
    if let Some(folder) = output {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    }
    for (name, array) in outputs {
        out!("{}: {}", printable(&name), told(&array));
        if let Some(folder) = output {
            let path = folder.join(format!("{}.npy", safe_name(&name)));
            write_whole(&path, &numpy::to_bytes(&array))?;
            out!("  {}", path.display());
        }
    }
    Ok(Outcome::Done)
}

/// `f32 [2, 10], -1.5 to 3.25, mean 0.5`
fn told(array: &Array) -> String {
    let text = format!("{} {:?}", array.dtype(), array.shape());
    let numbers = array.data().to_f64();
    let finite: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
    let others = match numbers.len() - finite.len() {
        0 => String::new(),
        n => format!(", {n} not finite"),
    };
    if finite.is_empty() {
        return format!("{text}{others}");
    }
    let (low, high) = finite.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    format!("{text}, {} to {}, mean {}{others}", number(low), number(high), number(mean))
}
