//! Layers that arrange the same elements differently. The first dimension, that of the samples, stays.

use crate::{
    Error, Result, Tensor,
    nn::{Layer, Module},
};

struct Flatten;

struct ReshapeLayer {
    shape: Vec<i64>,
}

/// Each sample in one dimension: `[N, ..] -> [N, K]`.
pub fn flatten() -> Module {
    Module::new(Flatten, vec![], vec![])
}

/// Each sample in that shape: `[N, ..] -> [N, shape]`. One size may be -1, which stands for what is
/// left.
pub fn reshape(shape: &[i64]) -> Module {
    Module::new(ReshapeLayer { shape: shape.to_vec() }, vec![], vec![])
}

/// The number of samples.
fn samples(op: &'static str, x: &Tensor) -> Result<i64> {
    x.shape().first().map(|&n| n as i64).ok_or_else(|| Error::Shape {
        op,
        found: "[]".into(),
        expected: "[N, ..]".into(),
    })
}

impl Layer for Flatten {
    fn name(&self) -> &str {
        "Flatten"
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn forward(&self, _: &Module, x: &Tensor) -> Result<Tensor> {
        x.reshape_infer(&[samples("flatten", x)?, -1])
    }
}

impl Layer for ReshapeLayer {
    fn name(&self) -> &str {
        "Reshape"
    }

    fn describe(&self) -> String {
        format!("{:?}", self.shape)
    }

    fn forward(&self, _: &Module, x: &Tensor) -> Result<Tensor> {
        x.reshape_infer(&[&[samples("reshape", x)?], self.shape.as_slice()].concat())
    }
}
