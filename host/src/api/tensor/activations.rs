//! Functions that networks use between their layers.

use ops::Tensor;

use crate::script::Adder;

/// Makes of each row a method without parameters.
macro_rules! plain {
    ($global:expr, $($name:ident, $doc:literal, $x:literal => $y:literal;)*) => {
        $($global.add(
            concat!(stringify!($name), "(x)"),
            $doc,
            concat!("tensor(", $x, ").", stringify!($name), "().to_array() => ", $y),
            |x: Tensor| x.$name(),
        );)*
    };
}
pub(super) use plain;

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    plain! { global,
        log_sigmoid, "log(1 / (1 + e^-x))", "[-100.0]" => "[-100.0]";
        silu, "x sigmoid(x)", "[0.0]" => "[0.0]";
        mish, "x tanh(log(1 + e^x)) (Misra, 2019)", "[0.0, 100.0]" => "[0.0, 100.0]";
        selu, "1.0507 x where x > 0, 1.7581 (e^x - 1) elsewhere (Klambauer et al., 2017)", "[0.0]" => "[0.0]";
        relu6, "min(max(x, 0), 6); the gradient is 0 at both bounds.", "[-1.0, 7.0]" => "[0.0, 6.0]";
        hardsigmoid, "min(max(x + 3, 0), 6) / 6", "[-3.0, 0.0, 4.0]" => "[0.0, 0.5, 1.0]";
        hardswish, "x min(max(x + 3, 0), 6) / 6 (Howard et al., 2019)", "[0.0, 3.0]" => "[0.0, 3.0]";
        softsign, "x / (1 + |x|)", "[-1.0, 3.0]" => "[-0.5, 0.75]";
        tanhshrink, "x - tanh(x)", "[0.0]" => "[0.0]";
    }
    global
        .add(
            "leaky_relu(x, slope)",
            "x where x > 0, slope x (0.01) elsewhere",
            "tensor([-1.0]).leaky_relu(0.5).to_array() => [-0.5]",
            |x: Tensor, slope: Option<f64>| x.leaky_relu(slope.unwrap_or(0.01)),
        )
        .add(
            "elu(x, alpha)",
            "x where x > 0, alpha (1) times e^x - 1 elsewhere",
            "tensor([2.0]).elu().to_array() => [2.0]",
            |x: Tensor, alpha: Option<f64>| x.elu(alpha.unwrap_or(1.0)),
        )
        .add(
            "celu(x, alpha)",
            "x where x > 0, alpha (e^(x / alpha) - 1) elsewhere, with alpha (1).",
            "tensor([2.0, 0.0]).celu(2).to_array() => [2.0, 0.0]",
            |x: Tensor, alpha: Option<f64>| x.celu(alpha.unwrap_or(1.0)),
        )
        .add(
            "hardtanh(x, low, high)",
            "min(max(x, low), high), from -1 to 1; the gradient is 0 at both bounds.",
            "tensor([-2.0, 0.5]).hardtanh().to_array() => [-1.0, 0.5]",
            |x: Tensor, low: Option<f64>, high: Option<f64>| {
                x.hardtanh(low.unwrap_or(-1.0), high.unwrap_or(1.0))
            },
        )
        .add(
            "hardshrink(x, lambda)",
            "x where |x| > lambda (0.5), 0 elsewhere.",
            "tensor([-2.0, 0.5]).hardshrink().to_array() => [-2.0, 0.0]",
            |x: Tensor, lambda: Option<f64>| x.hardshrink(lambda.unwrap_or(0.5)),
        )
        .add(
            "softshrink(x, lambda)",
            "x nearer to 0 by lambda (0.5), and 0 where it is as near.",
            "tensor([-2.0, 0.5]).softshrink().to_array() => [-1.5, 0.0]",
            |x: Tensor, lambda: Option<f64>| x.softshrink(lambda.unwrap_or(0.5)),
        )
        .add(
            "threshold(x, threshold, value)",
            "x where x > threshold, value elsewhere.",
            "tensor([1.0, 2.0]).threshold(1.5, -1).to_array() => [-1.0, 2.0]",
            |x: Tensor, threshold: f64, value: f64| x.threshold(threshold, value),
        )
        .add(
            "glu(x, dim)",
            "a sigmoid(b) of the halves a and b of a dimension (the last) (Dauphin et al., 2017).",
            "tensor([2.0, 0.0]).glu().to_array() => [1.0]",
            |x: Tensor, dim: Option<i64>| x.glu(dim.unwrap_or(-1)),
        )
        .add(
            "softmin(x, dim)",
            "e^-x divided by its sum along a dimension.",
            "zeros([2]).softmin(0).to_array() => [0.5, 0.5]",
            |x: Tensor, dim: i64| x.softmin(dim),
        );
}
