//! `host onnx bench`: a model as scripts run it, beside ONNX Runtime by itself.

use std::time::Instant;

use ndarray::{ArrayD, ShapeError};
use ops::{Tensor, random::Key};
use serde_json::json;

use super::inputs;
use crate::{
    api::onnx::{run_tensors, to_tensor},
    cli::{
        OnnxBench,
        bench::{clock::Times, load, print},
        outcome::Outcome,
    },
    error::{Error, Result},
    onnx::{Array, Device, Dtype, Model, Value},
};

/// Times both ways in turns, so that what else the machine does meets them alike, and prints one line.
/// The overhead is that of the median, as a share of ONNX Runtime's own time.
pub fn run(args: &OnnxBench) -> Result<Outcome> {
    let model = Model::open(&args.file, Device::Cpu, args.onnxruntime.as_deref())?;
    let (tensors, arrays) = prepared(&model, args)?;
    let views = model.in_order(arrays.iter().map(|(name, array)| (&**name, array.view())).collect())?;
    let ours = || run_tensors(&model, &tensors).map(drop);
    let bare = || model.run_bare(&views);
    let (mut hosts, mut bares) = (vec![], vec![]);
    for round in 0..args.warmup.saturating_add(args.reps) {
        // Each goes first every other time.
        let [host, alone] = match round % 2 {
            0 => [seconds(ours)?, seconds(bare)?],
            _ => {
                let alone = seconds(bare)?;
                [seconds(ours)?, alone]
            }
        };
        if round >= args.warmup {
            hosts.push(host);
            bares.push(alone);
        }
    }
    let (hosts, bares) = (Times::new(hosts), Times::new(bares));
    print(&[
        json!({ "name": args.file.file_stem().unwrap_or_default().to_string_lossy(), "batch": args.batch }),
        json!({ "p50_s": hosts.within(0.5), "p90_s": hosts.within(0.9), "p99_s": hosts.within(0.99) }),
        json!({ "items_per_s": args.batch as f64 / hosts.mean() }),
        json!({ "onnxruntime_p50_s": bares.within(0.5), "overhead": hosts.median() / bares.median() - 1.0 }),
        json!({ "reps": args.reps, "load1": load(), "host": env!("CARGO_PKG_VERSION") }),
    ]);
    Ok(Outcome::Done)
}

fn seconds(f: impl FnOnce() -> Result<()>) -> Result<f64> {
    ops::interrupt::check()?;
    let start = Instant::now();
    f()?;
    Ok(start.elapsed().as_secs_f64())
}

/// By the names of inputs.
type Named<T> = Vec<(String, T)>;

/// The inputs, as scripts hold them and as ONNX Runtime takes them.
fn prepared(model: &Model, args: &OnnxBench) -> Result<(Named<Tensor>, Named<Array>)> {
    let given = inputs::read(&args.input)?.into_iter().map(|(name, array)| (name, array.row_major()));
    let mut given: Named<Array> = given.collect();
    for value in model.inputs() {
        if given.iter().all(|(name, _)| *name != value.name) {
            given.push((value.name.clone(), drawn(value, args.batch as usize)?));
        }
    }
    if given.iter().any(|(_, array)| array.dtype() == Dtype::U8) {
        return Err(Error::usage(
            format!("{}: an input is of type u8, which scripts have no tensors of", args.file.display()),
            "time a network of f32, f64, i32, i64 or bool",
        ));
    }
    let tensor = |(name, array)| Ok((name, to_tensor(array, ops::Device::Cpu)?));
    let tensors = given.clone().into_iter().map(tensor).collect::<Result<_>>()?;
    Ok((tensors, given))
}

/// Numbers between 0 and 1; zeros where they are whole, which are in range whatever they count.
fn drawn(value: &Value, batch: usize) -> Result<Array> {
    let size = |(axis, size): (usize, &Option<usize>)| size.unwrap_or(if axis == 0 { batch } else { 1 });
    let shape: Vec<usize> = value.shape.iter().enumerate().map(size).collect();
    let elements = shape.iter().try_fold(8_usize, |n, &size| n.checked_mul(size));
    if elements.is_none_or(|bytes| bytes > ops::tensor::room()) {
        return Err(Error::usage(
            format!("input {value}: memory does not hold {batch} of them"),
            "choose a smaller --batch",
        ));
    }
    let uniform = || Key::new(0).draw(0).uniform(shape.iter().product()).into_iter();
    let misshapen = |e: ShapeError| Error::Failed(format!("input {value}: {e}"));
    Ok(match value.dtype {
        Dtype::F32 => ArrayD::from_shape_vec(shape.clone(), uniform().collect()).map_err(misshapen)?.into(),
        Dtype::F64 => ArrayD::from_shape_vec(shape.clone(), uniform().map(f64::from).collect())
            .map_err(misshapen)?
            .into(),
        Dtype::I32 => ArrayD::<i32>::zeros(shape).into(),
        Dtype::I64 => ArrayD::<i64>::zeros(shape).into(),
        Dtype::U8 => ArrayD::<u8>::zeros(shape).into(),
        Dtype::Bool => ArrayD::from_elem(shape, false).into(),
    })
}
