//! `host doctor`

use std::path::Path;

use ops::Device;

use super::outcome::Outcome;
use crate::{
    data::{self, SetLocation},
    error::Result,
    onnx,
};

/// Prints what this machine offers.
pub fn run(onnxruntime: Option<&Path>, data: Option<&Path>) -> Result<Outcome> {
    out!("host           {}", env!("CARGO_PKG_VERSION"));
    out!("cpu            {} threads", std::thread::available_parallelism().map_or(1, usize::from));
    out!("gpu            {}", Device::gpu_name().unwrap_or_else(|| "none found".into()));
    match onnx::Runtime::get(onnxruntime) {
        Ok(runtime) => out!("onnx runtime   {}", runtime.path().display()),
        Err(error) => out!("onnx runtime   not usable: {error}"),
    }
    let folders = data::folders(data);
    let there = data::list(&folders)
        .into_iter()
        .filter(|f| f.locations.iter().any(|p| !matches!(p, SetLocation::Missing { .. })));
    out!("data           {}", there.map(|f| f.name.to_string()).collect::<Vec<_>>().join(", "));
    for (name, version) in crate::run::versions(None) {
        out!("{name:14} {}", version.as_str().unwrap_or_default());
    }
    Ok(Outcome::Done)
}
