//! Operators of the domain `com.microsoft`, into which ONNX Runtime's optimiser and quantiser join others,
//! and what they write into ONNX's own domain. Semantics: ONNX Runtime 1.31,
//! <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>, and what its CPU kernels
//! compute.

mod attention;
mod embed;
mod fused;
mod skip;

use super::Operator;

/// The name of the domain.
pub(crate) const DOMAIN: &str = "com.microsoft";

pub(super) const FAMILIES: &[&[Operator]] =
    &[fused::OPERATORS, skip::OPERATORS, embed::OPERATORS, attention::OPERATORS];
