//! Operators between tensors, and between tensors and numbers. Shapes broadcast.

use ops::Tensor;

use crate::script::Adder;

macro_rules! operators {
    (
        $global:expr,
        $($sign:literal $method:ident, $doc:literal, $example:literal, $with_number:expr, $of_number:expr;)*
    ) => {
        $($global
            .add(concat!($sign, "(a, b)"), $doc, $example, |a: Tensor, b: Tensor| a.$method(&b))
            .add(concat!($sign, "(a, s)"), $doc, "", $with_number)
            .add(concat!($sign, "(s, a)"), $doc, "", $of_number);)*
    };
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_arithmetic(global);
    add_comparisons(global);
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

fn add_arithmetic(global: &mut Adder) {
    operators! { global,
        "+" add, "a + b", "(tensor([1.0]) + 2).to_array() => [3.0]",
            |a: Tensor, s: f64| a.add_scalar(s), |s: f64, a: Tensor| a.add_scalar(s);
        "-" sub, "a - b", "(1 - tensor([3.0])).to_array() => [-2.0]",
            |a: Tensor, s: f64| a.add_scalar(-s), |s: f64, a: Tensor| a.neg()?.add_scalar(s);
        "*" mul, "a times b, element by element", "(tensor([3.0]) * 2).to_array() => [6.0]",
            |a: Tensor, s: f64| a.mul_scalar(s), |s: f64, a: Tensor| a.mul_scalar(s);
        "/" div, "a divided by b, element by element", "(tensor([3.0]) / 2).to_array() => [1.5]",
            |a: Tensor, s: f64| a.div_scalar(s), |s: f64, a: Tensor| a.recip()?.mul_scalar(s);
        "**" pow, "a to the power of b, element by element", "(tensor([3.0]) ** 2).to_array() => [9.0]",
            |a: Tensor, s: f64| a.pow_scalar(s),
            |s: f64, a: Tensor| Tensor::scalar(s, a.dtype(), a.device())?.pow(&a);
        "%" remainder, "a - b floor(a / b)", "(tensor([-1.0]) % 3).to_array() => [2.0]",
            |a: Tensor, s: f64| a.remainder_scalar(s),
            |s: f64, a: Tensor| a.zeros_like()?.add_scalar(s)?.remainder(&a);
    }
}

fn add_comparisons(global: &mut Adder) {
    operators! { global,
        "==" eq, "Whether both are equal, element by element.",
            "(tensor([1.0, 2.0]) == 2).to_array() => [false, true]",
            |a: Tensor, s: f64| a.eq_scalar(s), |s: f64, a: Tensor| a.eq_scalar(s);
        "!=" ne, "Whether they differ, element by element.",
            "(tensor([1.0, 2.0]) != 2).to_array() => [true, false]",
            |a: Tensor, s: f64| a.ne_scalar(s), |s: f64, a: Tensor| a.ne_scalar(s);
        ">" gt, "Whether a > b, element by element.", "(tensor([1.0, 3.0]) > 2).to_array() => [false, true]",
            |a: Tensor, s: f64| a.gt_scalar(s), |s: f64, a: Tensor| a.lt_scalar(s);
        ">=" ge, "Whether a >= b, element by element.", "(tensor([1.0, 2.0]) >= 2).to_array() => [false, \
         true]",
            |a: Tensor, s: f64| a.ge_scalar(s), |s: f64, a: Tensor| a.le_scalar(s);
        "<" lt, "Whether a < b, element by element.", "(tensor([1.0, 3.0]) < 2).to_array() => [true, false]",
            |a: Tensor, s: f64| a.lt_scalar(s), |s: f64, a: Tensor| a.gt_scalar(s);
        "<=" le, "Whether a <= b, element by element.", "(tensor([2.0, 3.0]) <= 2).to_array() => [true, \
         false]",
            |a: Tensor, s: f64| a.le_scalar(s), |s: f64, a: Tensor| a.ge_scalar(s);
    }
}
