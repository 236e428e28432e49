//! `host doctor`

use std::path::Path;

use ops::Device;
use serde_json::json;

use super::outcome::Outcome;
use crate::{
    data::{self, SetLocation},
    error::Result,
    onnx, run,
};

/// Prints what this machine offers.
pub fn run(onnxruntime: Option<&Path>, data: Option<&Path>, json: bool) -> Result<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let gpu = Device::gpu_name();
    let runtime = onnx::Runtime::get(onnxruntime);
    let is_there = |place: &SetLocation| !matches!(place, SetLocation::Missing { .. });
    let sets = data::list(&data::folders(data)).into_iter();
    let sets: Vec<_> =
        sets.filter(|set| set.locations.iter().any(is_there)).map(|set| set.name.to_owned()).collect();
    if json {
        let (path, problem) = match &runtime {
            Ok(runtime) => (Some(runtime.path()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let facts = json!({
            "host": env!("CARGO_PKG_VERSION"),
            "threads": threads,
            "gpu": gpu,
            "onnxruntime": { "path": path, "problem": problem },
            "data": sets,
            "versions": run::versions(None),
        });
        out!("{facts}");
        return Ok(Outcome::Done);
    }
    out!("host           {}", env!("CARGO_PKG_VERSION"));
    out!("cpu            {threads} threads");
    out!("gpu            {}", gpu.unwrap_or_else(|| "none found".into()));
    match runtime {
        Ok(runtime) => out!("onnx runtime   {}", runtime.path().display()),
        Err(error) => out!("onnx runtime   not usable: {error}"),
    }
    out!("data           {}", sets.join(", "));
    for (name, version) in run::versions(None) {
        out!("{name:14} {}", version.as_str().unwrap_or_default());
    }
    Ok(Outcome::Done)
}
