//! The operations that this project exists for.

pub(crate) mod conv;
pub(crate) mod cpu;
#[cfg(feature = "cube")]
pub(crate) mod gpu;
pub mod sparsity;
