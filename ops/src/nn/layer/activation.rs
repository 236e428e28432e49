//! Element-wise functions as layers.

use crate::{
    Result, Tensor,
    nn::{Layer, Module},
};

/// A function without parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `x` above 0, `slope x` below.
    LeakyRelu(f64),
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// `tanh x`
    Tanh,
    /// `e^x_i / sum_j e^x_j` along a dimension.
    Softmax(i64),
    /// `x_i - log sum_j e^x_j` along a dimension.
    LogSoftmax(i64),
    /// `x P(X <= x)` for a standard normal X.
    Gelu,
    /// `x` above 0, `alpha (e^x - 1)` below.
    Elu(f64),
    /// `x / (1 + e^-x)`
    Silu,
    /// `log(1 + e^x)`
    Softplus,
    /// `-log(1 + e^-x)`
    LogSigmoid,
}

/// A function without parameters as a module.
pub fn activation(function: Activation) -> Module {
    Module::new(function, vec![], vec![])
}

impl Layer for Activation {
    fn name(&self) -> &str {
        match self {
            Self::Relu => "Relu",
            Self::LeakyRelu(_) => "LeakyRelu",
            Self::Sigmoid => "Sigmoid",
            Self::Tanh => "Tanh",
            Self::Softmax(_) => "Softmax",
            Self::LogSoftmax(_) => "LogSoftmax",
            Self::Gelu => "Gelu",
            Self::Elu(_) => "Elu",
            Self::Silu => "Silu",
            Self::Softplus => "Softplus",
            Self::LogSigmoid => "LogSigmoid",
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::LeakyRelu(slope) => format!("slope {slope}"),
            Self::Elu(alpha) => format!("alpha {alpha}"),
            Self::Softmax(dim) | Self::LogSoftmax(dim) => format!("dimension {dim}"),
            _ => String::new(),
        }
    }

    fn forward(&self, _: &Module, x: &Tensor) -> Result<Tensor> {
        match *self {
            Self::Relu => x.relu(),
            Self::LeakyRelu(slope) => x.leaky_relu(slope),
            Self::Sigmoid => x.sigmoid(),
            Self::Tanh => x.tanh(),
            Self::Softmax(dim) => x.softmax(dim),
            Self::LogSoftmax(dim) => x.log_softmax(dim),
            Self::Gelu => x.gelu(),
            Self::Elu(alpha) => x.elu(alpha),
            Self::Silu => x.silu(),
            Self::Softplus => x.softplus(),
            Self::LogSigmoid => x.log_sigmoid(),
        }
    }
}
