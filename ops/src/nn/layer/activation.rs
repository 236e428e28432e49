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
    /// `min(max(x, low), high)`
    Hardtanh(f64, f64),
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `min(max(x + 3, 0), 6) / 6`
    Hardsigmoid,
    /// `x min(max(x + 3, 0), 6) / 6`
    Hardswish,
    /// `x tanh(log(1 + e^x))`
    Mish,
    /// `1.0507 x` above 0, `1.7581 (e^x - 1)` below.
    Selu,
    /// `x` above 0, `alpha (e^(x / alpha) - 1)` below.
    Celu(f64),
    /// `x / (1 + |x|)`
    Softsign,
    /// `x - tanh x`
    Tanhshrink,
    /// `x` where |x| > lambda, 0 elsewhere.
    Hardshrink(f64),
    /// `x` nearer to 0 by lambda, and 0 where it is as near.
    Softshrink(f64),
    /// `x` above the threshold, the value elsewhere.
    Threshold(f64, f64),
    /// `a sigmoid(b)` of the halves of a dimension.
    Glu(i64),
    /// `e^-x_i / sum_j e^-x_j` along a dimension.
    Softmin(i64),
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
        Activation::Sigmoid => plain("Sigmoid", "", Tensor::sigmoid),
        Activation::Tanh => plain("Tanh", "", Tensor::tanh),
        Activation::Gelu => plain("Gelu", "", Tensor::gelu),
        Activation::Silu => plain("Silu", "", Tensor::silu),
        Activation::Softplus => plain("Softplus", "", Tensor::softplus),
        Activation::LogSigmoid => plain("LogSigmoid", "", Tensor::log_sigmoid),
        Activation::Relu6 => plain("Relu6", "", Tensor::relu6),
        Activation::Hardsigmoid => plain("Hardsigmoid", "", Tensor::hardsigmoid),
        Activation::Hardswish => plain("Hardswish", "", Tensor::hardswish),
        Activation::Mish => plain("Mish", "", Tensor::mish),
        Activation::Selu => plain("Selu", "", Tensor::selu),
        Activation::Softsign => plain("Softsign", "", Tensor::softsign),
        Activation::Tanhshrink => plain("Tanhshrink", "", Tensor::tanhshrink),
        bent => with_numbers(bent),
    }
}

fn with_numbers(function: Activation) -> Module {
    let along = |dim: i64| format!("dimension {dim}");
    match function {
        Activation::Softmax(dim) => plain("Softmax", along(dim), move |x| x.softmax(dim)),
        Activation::LogSoftmax(dim) => plain("LogSoftmax", along(dim), move |x| x.log_softmax(dim)),
        Activation::Softmin(dim) => plain("Softmin", along(dim), move |x| x.softmin(dim)),
        Activation::Glu(dim) => plain("Glu", along(dim), move |x| x.glu(dim)),
        Activation::LeakyRelu(slope) => {
            plain("LeakyRelu", format!("slope {slope}"), move |x| x.leaky_relu(slope))
        }
        Activation::Elu(alpha) => plain("Elu", format!("alpha {alpha}"), move |x| x.elu(alpha)),
        Activation::Celu(alpha) => plain("Celu", format!("alpha {alpha}"), move |x| x.celu(alpha)),
        Activation::Hardtanh(low, high) => {
            plain("Hardtanh", format!("{low} to {high}"), move |x| x.hardtanh(low, high))
        }
        Activation::Hardshrink(l) => plain("Hardshrink", format!("lambda {l}"), move |x| x.hardshrink(l)),
        Activation::Softshrink(l) => plain("Softshrink", format!("lambda {l}"), move |x| x.softshrink(l)),
        Activation::Threshold(threshold, value) => {
            let settings = format!("{value} up to {threshold}");
            plain("Threshold", settings, move |x| x.threshold(threshold, value))
        }
        // The others are without numbers.
        other => activation(other),
    }
}
