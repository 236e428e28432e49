//! The operations that this project exists for.

pub mod augment;
pub(crate) mod batch_norm;
pub(crate) mod conv;
pub(crate) mod cpu;
pub(crate) mod fused;
#[cfg(feature = "cube")]
pub(crate) mod gpu;
pub(crate) mod maths;
pub mod noise;
pub(crate) mod product;
pub mod reweight;
pub mod sparsity;
pub mod sphere;
pub(crate) mod sum;
