//! Numbers: rank-erased tensors with automatic differentiation, networks, optimisers, random numbers.
//!
//! The crate knows no scripts, no ONNX Runtime and no files but the ones it is handed. Burn's backends
//! (Flex on the CPU, Cube on a GPU) do the arithmetic; this crate checks every request before they see
//! it, because neither protects itself, and keeps the graph that gradients are computed from.
//!
//! Reading order: [`tensor`], [`op`] (one family of operations a file), [`nn`], [`random`].

mod cpu;
mod error;
pub mod interrupt;
pub mod kernels;
pub mod metrics;
pub mod nn;
pub mod op;
pub mod random;
pub mod tensor;

pub use cpu::conv::set_exact;
pub use error::{CallerError, Error, Result, ScriptPosition, ensure, panic_text};
pub use op::{Gradients, Number};
pub use tensor::{Array, ArrayView, DType, Device, Spec, Tensor, no_grad};
