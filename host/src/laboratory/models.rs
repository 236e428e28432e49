//! A model as scripts run it, beside ONNX Runtime by itself.

use std::time::Instant;

use onnx_net::Port;
use ops::{Array, DType, Device, Tensor, random::Key};

use super::clock::Times;
use crate::{
    api::onnx::run_tensors,
    error::{Error, Result},
    onnx::Model,
};

/// The inputs of a model by name, as scripts hold them and as ONNX Runtime takes them.
pub struct Inputs {
    tensors: Vec<(String, Tensor)>,
    arrays: Vec<(String, Array)>,
}

impl Inputs {
    /// The inputs that are given, and random ones of `batch` samples for the others.
    ///
    /// # Errors
    /// [`Error::Usage`] for elements of u8, which scripts have no tensors of, and for inputs that memory does
    /// not hold.
    pub fn new(model: &Model, given: Vec<(String, Array)>, batch: u64) -> Result<Self> {
        let mut arrays = given;
        for port in model.inputs() {
            if arrays.iter().all(|(name, _)| *name != port.name) {
                arrays.push((port.name.clone(), drawn(port, batch as usize)?));
            }
        }
        if arrays.iter().any(|(_, array)| array.dtype() == DType::U8) {
            return Err(Error::usage(
                format!(
                    "{}: an input is of type u8, which scripts have no tensors of",
                    model.path().display()
                ),
                "time a network of f32, f64, i32, i64 or bool",
            ));
        }
        let tensor = |(name, array)| Ok((name, Tensor::from_array(array, Device::Cpu)?));
        let tensors = arrays.clone().into_iter().map(tensor).collect::<Result<_>>()?;
        Ok(Self { tensors, arrays })
    }
}

/// The times of the model as scripts run it, and those of ONNX Runtime by itself: both ways in turns, so that
/// what else the machine does meets them alike.
///
/// # Errors
/// Those of the model.
pub fn time(model: &Model, inputs: &Inputs, warmup: u32, reps: u32) -> Result<[Times; 2]> {
    let views = inputs.arrays.iter().map(|(name, array)| (&**name, array.view())).collect();
    let views = model.in_order(views)?;
    let ours = || run_tensors(model, &inputs.tensors).map(drop);
    let bare = || model.run_bare(&views);
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

/// Numbers between 0 and 1; zeros where they are whole, which are in range whatever they count.
fn drawn(port: &Port, batch: usize) -> Result<Array> {
    let size = |(axis, size): (usize, &Option<usize>)| size.unwrap_or(if axis == 0 { batch } else { 1 });
    let shape: Vec<usize> = port.shape.iter().flatten().enumerate().map(size).collect();
    let elements = shape.iter().try_fold(8_usize, |n, &size| n.checked_mul(size));
    if elements.is_none_or(|bytes| bytes > ops::tensor::room()) {
        return Err(Error::usage(
            format!("input {port}: memory does not hold {batch} of them"),
            "choose a smaller --batch",
        ));
    }
    let uniform = || Key::new(0).draw(0).uniform(shape.iter().product());
    Ok(match port.dtype.unwrap_or(DType::F32) {
        DType::F32 => Array::new(&*shape, uniform())?,
        DType::F64 => Array::new(&*shape, uniform().into_iter().map(f64::from).collect::<Vec<_>>())?,
        dtype => Array::zeros(&shape, dtype),
    })
}
