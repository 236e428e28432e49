//! Element-wise functions, matrix products, activations.

use ops::Tensor;

use crate::script::Adder;

macro_rules! unary {
    ($global:expr, $($name:ident, $doc:literal, $input:literal, $output:literal;)*) => {
        $($global.add(
            concat!(stringify!($name), "(x)"), $doc,
            concat!("tensor([", $input, "]).", stringify!($name), "().to_array() => [", $output, "]"),
            |x: Tensor| x.$name(),
        );)*
    };
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    unary! { global,
        abs, "The absolute value.", "-2.0", "2.0";
        sign, "-1, 0 or 1.", "-2.0", "-1.0";
        exp, "e^x", "0.0", "1.0";
        log, "Natural logarithm.", "1.0", "0.0";
        log1p, "log(1 + x), accurate near 0.", "0.0", "0.0";
        sqrt, "Square root.", "4.0", "2.0";
        square, "x^2", "3.0", "9.0";
        recip, "1 / x", "4.0", "0.25";
        sin, "Sine, radians.", "0.0", "0.0";
        cos, "Cosine, radians.", "0.0", "1.0";
        tan, "Tangent, radians.", "0.0", "0.0";
        asin, "Inverse sine.", "0.0", "0.0";
        acos, "Inverse cosine.", "1.0", "0.0";
        atan, "Inverse tangent.", "0.0", "0.0";
        sinh, "Hyperbolic sine.", "0.0", "0.0";
        cosh, "Hyperbolic cosine.", "0.0", "1.0";
        tanh, "Hyperbolic tangent.", "0.0", "0.0";
        erf, "Error function.", "0.0", "0.0";
        floor, "The largest whole number not above x.", "1.7", "1.0";
        ceil, "The smallest whole number not below x.", "1.2", "2.0";
        round, "The nearest whole number, halves to even.", "2.5", "2.0";
        sigmoid, "1 / (1 + e^-x)", "0.0", "0.5";
        relu, "max(x, 0)", "-1.0", "0.0";
        softplus, "log(1 + e^x)", "100.0", "100.0";
        log_sigmoid, "log(1 / (1 + e^-x))", "-100.0", "-100.0";
        silu, "x sigmoid(x)", "0.0", "0.0";
        gelu, "x times the normal distribution function.", "0.0", "0.0";
    }
    global
        .add(
            "leaky_relu(x, slope)",
            "x where x > 0, slope x elsewhere",
            "tensor([-1.0]).leaky_relu(0.5).to_array() => [-0.5]",
            |x: Tensor, slope: f64| x.leaky_relu(slope),
        )
        .add(
            "elu(x, alpha)",
            "x where x > 0, alpha (e^x - 1) elsewhere",
            "tensor([2.0]).elu(1).to_array() => [2.0]",
            |x: Tensor, alpha: f64| x.elu(alpha),
        )
        .add(
            "clamp(x, low, high)",
            "min(max(x, low), high)",
            "tensor([-1.0, 2.0]).clamp(0, 1).to_array() => [0.0, 1.0]",
            |x: Tensor, low: f64, high: f64| x.clamp(low, high),
        )
        .add(
            "maximum(a, b)",
            "The larger of both, element by element.",
            "tensor([1.0, 4.0]).maximum(tensor([2.0, 3.0])).to_array() => [2.0, 4.0]",
            |a: Tensor, b: Tensor| a.maximum(&b),
        )
        .add(
            "minimum(a, b)",
            "The smaller of both, element by element.",
            "tensor([1.0, 4.0]).minimum(tensor([2.0, 3.0])).to_array() => [1.0, 3.0]",
            |a: Tensor, b: Tensor| a.minimum(&b),
        )
        .add(
            "atan2(y, x)",
            "The angle of the point (x, y), radians; at the origin it and its gradient are 0.",
            "tensor([0.0]).atan2(tensor([1.0])).to_array() => [0.0]",
            |y: Tensor, x: Tensor| y.atan2(&x),
        )
        .add(
            "matmul(a, b)",
            "The matrix product [.., M, K] x [.., K, N] -> [.., M, N].",
            "tensor([[1, 2]]).matmul(tensor([[3], [4]])).to_array() => [[11.0]]",
            |a: Tensor, b: Tensor| a.matmul(&b),
        )
        .add(
            "softmax(x, dim)",
            "e^x divided by its sum along a dimension.",
            "zeros([2]).softmax(0).to_array() => [0.5, 0.5]",
            |x: Tensor, dim: i64| x.softmax(dim),
        )
        .add(
            "log_softmax(x, dim)",
            "The logarithm of softmax.",
            "zeros([1]).log_softmax(0).to_array() => [0.0]",
            |x: Tensor, dim: i64| x.log_softmax(dim),
        );
}
