//! The operations that this project exists for.

pub mod sparsity;
