//! The laboratory: what `host bench` and `host onnx bench` time, and how. `tests/peer` has the same in
//! PyTorch.
//!
//! Reading order: this file (the conditions), `clock` (repeating and timing), `counted` (what
//! is done in one repetition), `kernels` (single operations),
//! `step` (a training step that a script gives), `models` (a model, compared with ONNX Runtime by itself).

pub mod clock;
mod counted;
mod drawn;
pub mod kernels;
pub mod models;
pub mod step;

use ops::Device;
use serde_json::{Value as Json, json};

/// What all benches of one command share.
pub struct Conditions {
    /// Repetitions before those that are measured.
    pub warmup: u32,
    /// Repetitions that are measured.
    pub reps: u32,
    /// Items at a time, instead of the default of each bench.
    pub batch: Option<u64>,
    /// Whether launches, bytes and round trips of one repetition are counted.
    pub count: bool,
    /// Where tensors are made.
    pub device: Device,
    /// The seed of all random numbers.
    pub seed: u64,
}

impl Conditions {
    /// The part of a line that says under which conditions it was measured.
    pub fn described(&self) -> Json {
        let device = match self.device {
            Device::Cpu => "cpu".into(),
            Device::Gpu => Device::gpu_name().unwrap_or_else(|| "gpu".into()),
        };
        json!({
            "reps": self.reps,
            "threads": rayon::current_num_threads(),
            "device": device,
            "load1": load(),
            "host": env!("CARGO_PKG_VERSION"),
        })
    }
}

/// Processes that ran or waited for the processor in the last minute, on average; none where the system does
/// not say.
pub fn load() -> Option<f64> {
    let mut averages = [0.0];
    // SAFETY: writes one number into an array of one.
    let written = unsafe { libc::getloadavg(averages.as_mut_ptr(), 1) };
    (written == 1).then_some(averages[0])
}
