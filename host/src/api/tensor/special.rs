//! Functions of numbers that come up now and then: rests, steps, and those of analysis.

use ops::Tensor;

use super::activations::plain;
use crate::{api::options::Amount, script::Adder};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    plain! { global,
        trunc, "The whole part, cut off towards 0. A constant to gradients.", "[1.7, -1.7]" => "[1.0, -1.0]";
        frac, "What is behind the point, of the sign of x.", "[1.5, -1.5]" => "[0.5, -0.5]";
        lgamma, "log |gamma(x)|. Computed on the CPU.", "[1.0, 2.0]" => "[0.0, 0.0]";
        digamma, "The slope of lgamma. Computed on the CPU.", "[0.0]" => "[-inf]";
        erfinv, "What erf makes x of; infinite at 1. Computed on the CPU.", "[0.0]" => "[0.0]";
        erfc, "1 - erf(x), accurate for large x, too. Computed on the CPU.", "[0.0]" => "[1.0]";
    }
    global
        .add(
            "polygamma(n, x)",
            "The n-th slope of digamma. Computed on the CPU.",
            "(polygamma(1, tensor([1.0])).item() * 6).sqrt() - 3.14159265 < 1e-6 => true",
            |n: usize, x: Tensor| x.polygamma(u32::try_from(n).unwrap_or(u32::MAX)),
        )
        .add(
            "mvlgamma(x, p)",
            "p (p - 1) / 4 log(pi) + the sum of lgamma(x - j / 2) over j < p. Computed on the CPU.",
            "tensor([2.0]).mvlgamma(1).to_array() => [0.0]",
            |x: Tensor, p: usize| x.mvlgamma(u32::try_from(p).unwrap_or(u32::MAX)),
        )
        .add(
            "logit(x, eps)",
            "log(x / (1 - x)), of x cut off at eps and 1 - eps where there is one.",
            "tensor([0.5]).logit().to_array() => [0.0]",
            |x: Tensor, eps: Option<f64>| x.logit(eps),
        )
        .add(
            "fmod(a, b)",
            "a - b trunc(a / b), which has the sign of a (that of `%` is b's).",
            "tensor([-7.0, 7.0]).fmod(3).to_array() => [-1.0, 1.0]",
            |a: Tensor, b: Amount| a.fmod(&b.on(&a)?),
        )
        .add(
            "heaviside(x, values)",
            "0 where x < 0, 1 where x > 0, the value where it is 0.",
            "tensor([-2.0, 0.0, 2.0]).heaviside(0.5).to_array() => [0.0, 0.5, 1.0]",
            |x: Tensor, values: Amount| x.heaviside(&values.on(&x)?),
        )
        .add(
            "xlogy(x, y)",
            "x log(y), and 0 where x is 0.",
            "tensor([0.0, 2.0]).xlogy(tensor([0.0, 1.0])).to_array() => [0.0, 0.0]",
            |x: Tensor, y: Amount| x.xlogy(&y.on(&x)?),
        )
        .add(
            "hypot(a, b)",
            "sqrt(a^2 + b^2), without overflow.",
            "tensor([3.0]).hypot(tensor([4.0])).to_array() => [5.0]",
            |a: Tensor, b: Tensor| a.hypot(&b),
        );
}
