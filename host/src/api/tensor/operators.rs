//! Operators between tensors, and between tensors and numbers. Shapes broadcast; element types promote as
//! PyTorch's do.

use ops::{DType, Number, Tensor};

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
    global
        .add(
            "floor_divide(a, b)",
            "floor(a / b), element by element: whole numbers of whole numbers. A constant to gradients.",
            "tensor([7, -7]).floor_divide(tensor([2, 2])).to_array() => [3, -4]",
            |a: Tensor, b: Tensor| a.floor_divide(&b),
        )
        .add(
            "floor_divide(a, s)",
            "floor(a / s), as of two tensors.",
            "tensor([7, -7]).floor_divide(2).to_array() => [3, -4]",
            |a: Tensor, s: Number| a.floor_divide_number(s),
        );
    add_comparisons(global);
    global.add("-(a)", "The negative.", "(-tensor([1.0])).to_array() => [-1.0]", |a: Tensor| a.neg()).add(
        "!(a)",
        "Whether it is false; of whole numbers all bits turned over.",
        "(!tensor([true])).to_array() => [false]\n(!tensor([1])).to_array() => [-2]",
        |a: Tensor| a.bitwise_not(),
    );
    add_logic(global);
}

/// Of truth values, and of the bits of whole numbers.
fn add_logic(global: &mut Adder) {
    operators! { global,
        "&" bitwise_and, "Whether both are true; of whole numbers bit by bit.",
            "(tensor([true]) & tensor([false])).to_array() => [false]\n(tensor([6]) & 3).to_array() => [2]",
            |a: Tensor, s: Number| a.bitwise_and(&a.scalar_beside(s)?),
            |s: Number, a: Tensor| a.bitwise_and(&a.scalar_beside(s)?);
        "|" bitwise_or, "Whether one is true; of whole numbers bit by bit.",
            "(tensor([true]) | tensor([false])).to_array() => [true]\n(tensor([6]) | 3).to_array() => [7]",
            |a: Tensor, s: Number| a.bitwise_or(&a.scalar_beside(s)?),
            |s: Number, a: Tensor| a.bitwise_or(&a.scalar_beside(s)?);
        "^" bitwise_xor, "Whether one of both is true; of whole numbers bit by bit.",
            "(tensor([true]) ^ tensor([false])).to_array() => [true]\n(tensor([6]) ^ 3).to_array() => [5]",
            |a: Tensor, s: Number| a.bitwise_xor(&a.scalar_beside(s)?),
            |s: Number, a: Tensor| a.bitwise_xor(&a.scalar_beside(s)?);
    }
    global
        .add(
            "logical_and(a, b)",
            "Whether both are true; numbers are where they are not 0.",
            "tensor([1.0, 0.0]).logical_and(tensor([2, 2])).to_array() => [true, false]",
            |a: Tensor, b: Tensor| a.cast(DType::Bool)?.logical_and(&b.cast(DType::Bool)?),
        )
        .add(
            "logical_or(a, b)",
            "Whether one is true; numbers are where they are not 0.",
            "tensor([1.0, 0.0]).logical_or(tensor([0, 0])).to_array() => [true, false]",
            |a: Tensor, b: Tensor| a.cast(DType::Bool)?.logical_or(&b.cast(DType::Bool)?),
        )
        .add(
            "logical_xor(a, b)",
            "Whether one of both is true; numbers are where they are not 0.",
            "tensor([1.0, 0.0]).logical_xor(tensor([1, 1])).to_array() => [false, true]",
            |a: Tensor, b: Tensor| a.cast(DType::Bool)?.ne(&b.cast(DType::Bool)?),
        )
        .add(
            "logical_not(a)",
            "Whether it is false, or 0.",
            "tensor([1.0, 0.0]).logical_not().to_array() => [false, true]",
            |a: Tensor| a.cast(DType::Bool)?.logical_not(),
        );
}

fn add_arithmetic(global: &mut Adder) {
    operators! { global,
        "+" add, "a + b", "(tensor([1]) + 2).to_array() => [3]\n(tensor([1]) + 0.5).to_array() => [1.5]",
            |a: Tensor, s: Number| a.add_number(s), |s: Number, a: Tensor| a.add_number(s);
        "-" sub, "a - b", "(1 - tensor([3.0])).to_array() => [-2.0]",
            |a: Tensor, s: Number| a.sub_number(s), |s: Number, a: Tensor| a.sub_of_number(s);
        "*" mul, "a times b, element by element", "(tensor([3.0]) * 2).to_array() => [6.0]",
            |a: Tensor, s: Number| a.mul_number(s), |s: Number, a: Tensor| a.mul_number(s);
        "/" div, "a divided by b, element by element, as floats", "(tensor([3]) / 2).to_array() => [1.5]",
            |a: Tensor, s: Number| a.div_number(s), |s: Number, a: Tensor| a.div_of_number(s);
        "**" pow, "a to the power of b, element by element", "(tensor([3.0]) ** 2).to_array() => [9.0]",
            |a: Tensor, s: Number| a.pow_number(s),
            |s: Number, a: Tensor| a.scalar_beside(s)?.pow(&a);
        "%" remainder, "a - b floor(a / b)", "(tensor([-1.0]) % 3).to_array() => [2.0]",
            |a: Tensor, s: Number| a.remainder_number(s),
            |s: Number, a: Tensor| a.scalar_beside(s)?.remainder(&a);
    }
}

fn add_comparisons(global: &mut Adder) {
    operators! { global,
        "==" eq, "Whether both are equal, element by element.",
            "(tensor([1.0, 2.0]) == 2).to_array() => [false, true]",
            |a: Tensor, s: Number| a.eq_number(s), |s: Number, a: Tensor| a.eq_number(s);
        "!=" ne, "Whether they differ, element by element.",
            "(tensor([1.0, 2.0]) != 2).to_array() => [true, false]",
            |a: Tensor, s: Number| a.ne_number(s), |s: Number, a: Tensor| a.ne_number(s);
        ">" gt, "Whether a > b, element by element.", "(tensor([1.0, 3.0]) > 2).to_array() => [false, true]",
            |a: Tensor, s: Number| a.gt_number(s), |s: Number, a: Tensor| a.lt_number(s);
        ">=" ge, "Whether a >= b, element by element.", "(tensor([1.0, 2.0]) >= 2).to_array() => [false, \
         true]",
            |a: Tensor, s: Number| a.ge_number(s), |s: Number, a: Tensor| a.le_number(s);
        "<" lt, "Whether a < b, element by element.", "(tensor([1.0, 3.0]) < 2).to_array() => [true, false]",
            |a: Tensor, s: Number| a.lt_number(s), |s: Number, a: Tensor| a.gt_number(s);
        "<=" le, "Whether a <= b, element by element.", "(tensor([2.0, 3.0]) <= 2).to_array() => [true, \
         false]",
            |a: Tensor, s: Number| a.le_number(s), |s: Number, a: Tensor| a.ge_number(s);
    }
}
