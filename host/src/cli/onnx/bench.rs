//! `host onnx bench`: a model as scripts run it, compared with ONNX Runtime by itself.

use ops::Device;
use serde_json::{Value as Json, json};

use super::inputs;
use crate::{
    cli::{OnnxBench, bench::joined, outcome::Outcome},
    error::Result,
    laboratory::{load, models},
    onnx::Model,
};

/// Times both ways and prints one line. The overhead is that of the median, as a share of ONNX Runtime's own
/// time.
pub fn run(args: &OnnxBench) -> Result<Outcome> {
    let model = Model::open(&args.file, Device::Cpu, args.onnxruntime.as_deref())?;
    let inputs = models::Inputs::new(&model, inputs::read(&model, &args.input)?, args.batch)?;
    let [hosts, bares] = models::time(&model, &inputs, args.warmup, args.reps)?;
    let line = joined(&[
        json!({ "name": args.file.file_stem().unwrap_or_default().to_string_lossy(), "batch": inputs.batch }),
        json!({ "p50_s": hosts.within(0.5), "p90_s": hosts.within(0.9), "p99_s": hosts.within(0.99) }),
        json!({ "items_per_s": inputs.batch as f64 / hosts.mean() }),
        json!({ "onnxruntime_p50_s": bares.within(0.5), "overhead": hosts.median() / bares.median() - 1.0 }),
        json!({ "reps": args.reps, "load1": load(), "host": env!("CARGO_PKG_VERSION") }),
    ]);
    out!("{}", Json::Object(line));
    Ok(Outcome::Done)
}
