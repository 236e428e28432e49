//! Element-wise functions as layers.

use super::{function, plain, positive};
use crate::{
    DType, Device, Result, Tensor,
    nn::{Module, Parameter},
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

/// `x` above 0, `weight x` below, with one weight, or one for each channel of `[N, C, ..]` (He et al., 2015).
///
/// # Errors
/// [`crate::Error::Argument`] for no weights.
pub fn prelu(count: usize, start: f64) -> Result<Module> {
    positive("prelu", &[("the number of weights", count)])?;
    let weight = Parameter::with_fans(&Tensor::full([count], start, DType::F32, Device::Cpu)?, None)?;
    let layer = function("PReLU", count.to_string(), |module, x| x.prelu(&module.value("weight")?));
    Ok(Module::new(layer, vec![("weight".to_owned(), weight)], vec![]))
}

/// A function without parameters as a module.
pub fn activation(function: Activation) -> Module {
    match function {
        Activation::Relu => plain("Relu", "", Tensor::relu),
        Activation::LeakyRelu(slope) => {
            plain("LeakyRelu", format!("slope {slope}"), move |x| x.leaky_relu(slope))
        }
        Activation::Sigmoid => plain("Sigmoid", "", Tensor::sigmoid),
        Activation::Tanh => plain("Tanh", "", Tensor::tanh),
        Activation::Softmax(dim) => plain("Softmax", format!("dimension {dim}"), move |x| x.softmax(dim)),
        Activation::LogSoftmax(dim) => {
            plain("LogSoftmax", format!("dimension {dim}"), move |x| x.log_softmax(dim))
        }
        Activation::Gelu => plain("Gelu", "", Tensor::gelu),
        Activation::Elu(alpha) => plain("Elu", format!("alpha {alpha}"), move |x| x.elu(alpha)),
        Activation::Silu => plain("Silu", "", Tensor::silu),
        Activation::Softplus => plain("Softplus", "", Tensor::softplus),
        Activation::LogSigmoid => plain("LogSigmoid", "", Tensor::log_sigmoid),
    }
}
