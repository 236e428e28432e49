//! The operations that this project exists for.

pub(crate) mod conv;
pub(crate) mod cpu;
pub mod sparsity;
