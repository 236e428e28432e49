//! Operators between tensors, and between tensors and numbers. Shapes broadcast.

use ops::Tensor;

use crate::script::Adder;

macro_rules! operators {
    ($global:expr, $($sign:literal $method:ident, $scalar:expr, $flipped:expr, $doc:literal, $example:literal;)*) => {
        $($global
            .add(concat!($sign, "(a, b)"), $doc, $example, |a: Tensor, b: Tensor| a.$method(&b))
            .add(concat!($sign, "(a, s)"), $doc, "", $scalar)
            .add(concat!($sign, "(s, a)"), $doc, "", $flipped);)*
    };
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    operators! { global,
        "+" add, |a: Tensor, s: f64| a.add_scalar(s), |s: f64, a: Tensor| a.add_scalar(s),
            "a + b", "(tensor([1.0]) + 2).to_array() => [3.0]";
        "-" sub, |a: Tensor, s: f64| a.add_scalar(-s), |s: f64, a: Tensor| a.neg()?.add_scalar(s),
            "a - b", "(1 - tensor([3.0])).to_array() => [-2.0]";
        "*" mul, |a: Tensor, s: f64| a.mul_scalar(s), |s: f64, a: Tensor| a.mul_scalar(s),
            "a times b, element by element", "(tensor([3.0]) * 2).to_array() => [6.0]";
        "/" div, |a: Tensor, s: f64| a.div_scalar(s), |s: f64, a: Tensor| a.recip()?.mul_scalar(s),
            "a divided by b, element by element", "(tensor([3.0]) / 2).to_array() => [1.5]";
        "**" pow, |a: Tensor, s: f64| a.pow_scalar(s), |s: f64, a: Tensor| Tensor::scalar(s, a.dtype(), a.device())?.pow(&a),
            "a to the power of b, element by element", "(tensor([3.0]) ** 2).to_array() => [9.0]";
        "%" remainder, |a: Tensor, s: f64| a.remainder_scalar(s), |s: f64, a: Tensor| a.zeros_like()?.add_scalar(s)?.remainder(&a),
            "a - b floor(a / b)", "(tensor([-1.0]) % 3).to_array() => [2.0]";
        "==" eq, |a: Tensor, s: f64| a.eq_scalar(s), |s: f64, a: Tensor| a.eq_scalar(s),
            "Whether both are equal, element by element.", "(tensor([1.0, 2.0]) == 2).to_array() => [false, true]";
        "!=" ne, |a: Tensor, s: f64| a.ne_scalar(s), |s: f64, a: Tensor| a.ne_scalar(s),
            "Whether they differ, element by element.", "(tensor([1.0, 2.0]) != 2).to_array() => [true, false]";
        ">" gt, |a: Tensor, s: f64| a.gt_scalar(s), |s: f64, a: Tensor| a.lt_scalar(s),
            "Whether a > b, element by element.", "(tensor([1.0, 3.0]) > 2).to_array() => [false, true]";
        ">=" ge, |a: Tensor, s: f64| a.ge_scalar(s), |s: f64, a: Tensor| a.le_scalar(s),
            "Whether a >= b, element by element.", "(tensor([1.0, 2.0]) >= 2).to_array() => [false, true]";
        "<" lt, |a: Tensor, s: f64| a.lt_scalar(s), |s: f64, a: Tensor| a.gt_scalar(s),
            "Whether a < b, element by element.", "(tensor([1.0, 3.0]) < 2).to_array() => [true, false]";
        "<=" le, |a: Tensor, s: f64| a.le_scalar(s), |s: f64, a: Tensor| a.ge_scalar(s),
            "Whether a <= b, element by element.", "(tensor([2.0, 3.0]) <= 2).to_array() => [true, false]";
    }
    global
        .add("-(a)", "The negative.", "(-tensor([1.0])).to_array() => [-1.0]", |a: Tensor| a.neg())
        .add("!(a)", "Whether it is false.", "(!tensor([true])).to_array() => [false]", |a: Tensor| {
            a.logical_not()
        })
        .add(
            "&(a, b)",
            "Whether both are true.",
            "(tensor([true]) & tensor([false])).to_array() => [false]",
            |a: Tensor, b: Tensor| a.logical_and(&b),
        )
        .add("|(a, b)", "Whether one is true.", "(tensor([true]) | tensor([false])).to_array() => [true]", {
            |a: Tensor, b: Tensor| a.logical_or(&b)
        });
}
