//! How sessions of ONNX Runtime compute.

use ops::Device;
use ort::{
    ep::{self, ExecutionProvider},
    session::{
        Session,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
};

use super::runtime::{Runtime, guarded};
use crate::error::{Error, Result};

/// Whether the library computes on `device` at all.
pub(super) fn serves(runtime: &Runtime, device: Device) -> Result<()> {
    if device == Device::Cpu || guarded(ep::CUDA::is_available) == Ok(true) {
        return Ok(());
    }
    Err(Error::usage(
        format!("the ONNX Runtime library {} does not compute with CUDA", runtime.path().display()),
        "use the device cpu, or name a library built for CUDA (Python's onnxruntime-gpu has one) \
         with --onnxruntime",
    ))
}

/// What every session has in common.
pub(super) fn builder(runtime: &Runtime, device: Device) -> ort::Result<SessionBuilder> {
    let mut builder = Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_deterministic_compute(true)?
        // Threads that spin between calls would take the cores from everything else.
        .with_intra_op_spinning(false)?;
    let threads = rayon::current_num_threads();
    if threads < std::thread::available_parallelism().map_or(1, usize::from) {
        // A job of a sweep has its share of the processor here, too. The numbers do not depend on it.
        builder = builder.with_intra_threads(threads)?;
    }
    if device == Device::Gpu {
        let cuda = ep::CUDA::default()
            .with_device_id(0)
            // The processor's numbers, not their first ten bits; and no choice of algorithm by stopwatch.
            .with_tf32(false)
            .with_conv_algorithm_search(ep::cuda::ConvAlgorithmSearch::Heuristic);
        // Without `error_on_failure` a card that is not there silently becomes the processor.
        builder = builder.with_execution_providers([cuda.build().error_on_failure()])?;
    }
    Ok(builder)
}
