//! Functions of single numbers as layers.

use ops::nn::{self, Activation};

use super::layers::made;
use crate::{script::Adder, session::Session};

/// Makes of each row a layer without parameters.
macro_rules! plain {
    ($module:expr, $($name:literal $activation:ident, $doc:literal, $x:literal => $y:literal;)*) => {
        $($module.add(
            concat!($name, "()"),
            $doc,
            concat!("nn::", $name, "().forward(tensor(", $x, ")).to_array() => ", $y),
            || nn::activation(Activation::$activation),
        );)*
    };
}

/// Makes of each row a layer with one number, which has a default.
macro_rules! with_number {
    ($module:expr, $($form:literal $activation:ident $default:literal, $doc:literal, $example:literal;)*) => {
        $($module.add($form, $doc, $example, |number: Option<_>| {
            nn::activation(Activation::$activation(number.unwrap_or($default)))
        });)*
    };
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    plain! { module,
        "relu" Relu, "max(x, 0)", "[-1.0, 2.0]" => "[0.0, 2.0]";
        "relu6" Relu6, "min(max(x, 0), 6)", "[-1.0, 7.0]" => "[0.0, 6.0]";
        "sigmoid" Sigmoid, "1 / (1 + e^-x)", "[0.0]" => "[0.5]";
        "tanh" Tanh, "Hyperbolic tangent.", "[0.0]" => "[0.0]";
        "gelu" Gelu, "x times the normal distribution function.", "[0.0]" => "[0.0]";
        "silu" Silu, "x sigmoid(x)", "[0.0]" => "[0.0]";
        "mish" Mish, "x tanh(log(1 + e^x))", "[0.0, 100.0]" => "[0.0, 100.0]";
        "selu" Selu, "1.0507 x where x > 0, 1.7581 (e^x - 1) elsewhere", "[0.0]" => "[0.0]";
        "softplus" Softplus, "log(1 + e^x)", "[100.0]" => "[100.0]";
        "softsign" Softsign, "x / (1 + |x|)", "[-1.0, 3.0]" => "[-0.5, 0.75]";
        "log_sigmoid" LogSigmoid, "log(1 / (1 + e^-x))", "[-100.0]" => "[-100.0]";
        "hardsigmoid" Hardsigmoid, "min(max(x + 3, 0), 6) / 6", "[-3.0, 0.0]" => "[0.0, 0.5]";
        "hardswish" Hardswish, "x min(max(x + 3, 0), 6) / 6", "[0.0, 3.0]" => "[0.0, 3.0]";
        "tanhshrink" Tanhshrink, "x - tanh(x)", "[0.0]" => "[0.0]";
    }
    with_number! { module,
        "leaky_relu(slope)" LeakyRelu 0.01, "x where x > 0, slope x (0.01) elsewhere",
            "nn::leaky_relu(0.5).forward(tensor([-1.0, 2.0])).to_array() => [-0.5, 2.0]";
        "elu(alpha)" Elu 1.0, "x where x > 0, alpha (1) times e^x - 1 elsewhere",
            "nn::elu().forward(tensor([2.0])).to_array() => [2.0]";
        "celu(alpha)" Celu 1.0, "x where x > 0, alpha (e^(x / alpha) - 1) elsewhere, with alpha (1).",
            "nn::celu().forward(tensor([2.0])).to_array() => [2.0]";
        "hardshrink(lambda)" Hardshrink 0.5, "x where |x| > lambda (0.5), 0 elsewhere.",
            "nn::hardshrink().forward(tensor([-2.0, 0.5])).to_array() => [-2.0, 0.0]";
        "softshrink(lambda)" Softshrink 0.5, "x nearer to 0 by lambda (0.5), and 0 where it is as near.",
            "nn::softshrink().forward(tensor([-2.0, 0.5])).to_array() => [-1.5, 0.0]";
        "glu(dim)" Glu -1, "a sigmoid(b) of the halves a and b of a dimension (the last).",
            "nn::glu().forward(tensor([2.0, 0.0])).to_array() => [1.0]";
        "softmax(dim)" Softmax -1, "e^x divided by its sum along a dimension (the last).",
            "nn::softmax(1).forward(zeros([1, 2])).to_array() => [[0.5, 0.5]]";
        "log_softmax(dim)" LogSoftmax -1, "The logarithm of softmax.",
            "nn::log_softmax(1).forward(zeros([1, 1])).to_array() => [[0.0]]";
        "softmin(dim)" Softmin -1, "e^-x divided by its sum along a dimension (the last).",
            "nn::softmin(1).forward(zeros([1, 2])).to_array() => [[0.5, 0.5]]";
    }
    module
        .add(
            "hardtanh(low, high)",
            "min(max(x, low), high), from -1 to 1.",
            "nn::hardtanh().forward(tensor([-2.0, 0.5])).to_array() => [-1.0, 0.5]",
            |low: Option<f64>, high: Option<f64>| {
                nn::activation(Activation::Hardtanh(low.unwrap_or(-1.0), high.unwrap_or(1.0)))
            },
        )
        .add(
            "threshold(threshold, value)",
            "x where x > threshold, value elsewhere.",
            "nn::threshold(1.5, -1).forward(tensor([1.0, 2.0])).to_array() => [-1.0, 2.0]",
            |threshold: f64, value: f64| nn::activation(Activation::Threshold(threshold, value)),
        )
        .add(
            "prelu(count, start)",
            "x where x > 0, weight x elsewhere, with one weight (1), or one for each channel; they start \
             at 0.25.",
            "nn::prelu().forward(tensor([-4.0, 2.0])).to_array() => [-1.0, 2.0]\n\
             nn::prelu(3).parameter_count() => 3\n\
             nn::prelu(1, 0.5).forward(tensor([-4.0])).to_array() => [-2.0]",
            |session: &Session, count: Option<usize>, start: Option<f64>| {
                made(session, nn::prelu(count.unwrap_or(1), start.unwrap_or(0.25)))
            },
        );
}
