//! Weights for real samples by how far generated ones are from them: Algorithm 1 of the paper on boosting
//! the synthesis of generative networks. [`distances`], then [`weights`] for each class, then a
//! [`Sampler`].

mod cpu;
mod distances;
#[cfg(feature = "cube")]
mod gpu;
mod sampler;
mod weights;

pub use distances::{distances, distances_by_class};
pub use sampler::Sampler;
pub use weights::{Method, Range, weights};
