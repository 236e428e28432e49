//! A model as scripts run it, compared with ONNX Runtime by itself.

use std::time::Instant;

use ops::{Device, Spec, Tensor};

use super::{clock::Times, drawn::drawn};
use crate::{
    api::onnx::{ModelInput, run_dropped},
    error::Result,
    onnx::{Given, Model, Value},
};

/// The inputs of a model by name, as scripts hold them and as ONNX Runtime takes them.
pub struct Inputs {
    held: Vec<(String, ModelInput)>,
    values: Vec<(String, Value)>,
    /// The number of samples.
    pub batch: u64,
}

impl Inputs {
    /// The inputs that are given, and random ones of `batch` samples for the others; where nobody says how
    /// many, of 1, or of as many as the file fixes.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage) for inputs that memory does not hold, and where no sizes
    /// are found that the model runs on.
    pub fn new(model: &Model, given: Vec<(String, Value)>, batch: Option<u64>) -> Result<Self> {
        let (mut values, batch) = drawn(model, given, batch)?;
        // Both ways take the model's own element types, which a file of another may not have.
        for (name, value) in &mut values {
            let dtype = model.input(name)?.dtype;
            if let (Value::Array(array), Some(dtype)) = (&*value, dtype) {
                *value = Value::Array(array.clone().fitted(dtype)?);
            }
        }
        let held = |(name, value): (String, Value)| Ok((name, as_held(value)?));
        let held = values.clone().into_iter().map(held).collect::<Result<_>>()?;
        Ok(Self { held, values, batch })
    }
}

/// A tensor, where scripts have one.
fn as_held(value: Value) -> Result<ModelInput> {
    match value {
        Value::Array(array) if !array.data().is_empty() && array.shape().len() <= Spec::MAX_RANK => {
            ModelInput::of(&Tensor::from_array(array, Device::Cpu)?)
        }
        other => Ok(ModelInput::Value(other)),
    }
}

/// The times of the model as scripts run it, and those of ONNX Runtime by itself: both ways in turns, so that
/// what else the machine does meets them alike.
///
/// # Errors
/// Those of the model.
pub fn time(model: &Model, inputs: &Inputs, warmup: u32, reps: u32) -> Result<[Times; 2]> {
    let given = inputs.values.iter().map(|(name, value)| (&**name, Given::Value(value))).collect();
    let ready = model.in_order(given)?;
    let ours = || run_dropped(model, &inputs.held);
    let bare = || model.run_bare(&ready);
    let (mut hosts, mut bares) = (vec![], vec![]);
    for round in 0..warmup.saturating_add(reps) {
        // Each goes first every other time.
        let [host, alone] = match round % 2 {
            0 => [seconds(ours)?, seconds(bare)?],
            _ => {
                let alone = seconds(bare)?;
                [seconds(ours)?, alone]
            }
        };
        if round >= warmup {
            hosts.push(host);
            bares.push(alone);
        }
    }
    Ok([Times::new(hosts), Times::new(bares)])
}

fn seconds(f: impl FnOnce() -> Result<()>) -> Result<f64> {
    ops::interrupt::check()?;
    let start = Instant::now();
    f()?;
    Ok(start.elapsed().as_secs_f64())
}
