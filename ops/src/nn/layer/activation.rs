//! Element-wise functions as layers.

use std::any::Any;

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
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::LeakyRelu(slope) => format!("slope {slope}"),
            _ => String::new(),
        }
    }

    fn forward(&self, _: &Module, x: &Tensor) -> Result<Tensor> {
        match *self {
            Self::Relu => x.relu(),
            Self::LeakyRelu(slope) => x.leaky_relu(slope),
            Self::Sigmoid => x.sigmoid(),
            Self::Tanh => x.tanh(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
