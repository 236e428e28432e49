//! `host bench`: how long things take, one JSON line each. `tests/peer` has the same in PyTorch.

pub(super) mod clock;
mod kernels;
mod steps;

use ops::Device;
use serde_json::{Map, Value as Json, json};

use super::{
    args::{Bench, BenchTiming},
    outcome::Outcome,
};
use crate::{
    error::{Error, Result},
    script::did_you_mean,
};

/// Times what was named.
pub fn run(what: &Bench) -> Result<Outcome> {
    match what {
        Bench::Steps { words, timing } => steps::run(words, &Conditions::new(timing)?),
        Bench::Kernels { names, backward, timing } => {
            kernels::run(names, *backward, &Conditions::new(timing)?)
        }
    }
}

/// What all benches of one command share.
pub(super) struct Conditions<'a> {
    timing: &'a BenchTiming,
    device: Device,
}

impl<'a> Conditions<'a> {
    fn new(timing: &'a BenchTiming) -> Result<Self> {
        let threads = timing.threads.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|e| Error::Failed(format!("{threads} threads cannot be had: {e}")))?;
        Ok(Self { timing, device: timing.device.device()? })
    }

    /// The part of a line that says under which conditions it was measured.
    fn tell(&self) -> Json {
        let device = match self.device {
            Device::Cpu => "cpu".into(),
            Device::Gpu => Device::gpu_name().unwrap_or_else(|| "gpu".into()),
        };
        json!({
            "reps": self.timing.reps,
            "threads": rayon::current_num_threads(),
            "device": device,
            "load1": load(),
            "host": env!("CARGO_PKG_VERSION"),
        })
    }
}

/// Prints the parts of a line, maps all, as one.
pub(super) fn print(parts: &[Json]) {
    let entries = parts.iter().filter_map(Json::as_object).flatten();
    let line: Map<_, _> = entries.map(|(name, value)| (name.clone(), value.clone())).collect();
    out!("{}", Json::Object(line));
}

/// The names that were typed, or all; an unknown one is an error with the nearest.
fn choose<'a>(typed: &[&str], known: &[&'a str]) -> Result<Vec<&'a str>> {
    if typed.is_empty() {
        return Ok(known.to_vec());
    }
    let find = |name: &&str| {
        known.iter().find(|known| *known == name).copied().ok_or_else(|| {
            let near = did_you_mean(name, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("{near} "));
            Error::usage(
                format!("there is no bench `{name}`"),
                format!("{near}there are {}", known.join(", ")),
            )
        })
    };
    typed.iter().map(find).collect()
}

/// Processes that ran or waited for the processor in the last minute, on average; no number where the
/// system does not tell.
pub(super) fn load() -> Option<f64> {
    let mut averages = [0.0];
    // SAFETY: writes one number into an array of one.
    let written = unsafe { libc::getloadavg(averages.as_mut_ptr(), 1) };
    (written == 1).then_some(averages[0])
}
