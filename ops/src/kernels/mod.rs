//! The operations that this project exists for.

pub(crate) mod conv;
pub(crate) mod cpu;
#[cfg(feature = "cube")]
pub(crate) mod gpu;
pub mod noise;
pub mod reweight;
pub mod sparsity;
pub(crate) mod widest;
