//! Comparisons, logic, bits and choices by them.

use ops::{Result, Tensor};

use super::{Operator, ResolvedNode, arithmetic::pair, each, elementwise, numbers, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("Equal", 7, |_| pair(Tensor::eq)).steps(),
    op("Greater", 7, |_| pair(Tensor::gt)).steps(),
    op("GreaterOrEqual", 12, |_| pair(Tensor::ge)).steps(),
    op("Less", 7, |_| pair(Tensor::lt)).steps(),
    op("LessOrEqual", 12, |_| pair(Tensor::le)).steps(),
    op("And", 7, |_| pair(Tensor::logical_and)).steps(),
    op("Or", 7, |_| pair(Tensor::logical_or)).steps(),
    op("Xor", 7, |_| pair(Tensor::ne)).steps(),
    op("Not", 1, |_| each(Tensor::logical_not)).steps(),
    op("IsNaN", 9, |_| each(|x| x.ne(x))).steps(),
    op("IsInf", 10, is_infinite).steps(),
    op("Where", 9, |_| elementwise(choose)).settings(&[0]),
    op("BitShift", 11, shift).steps(),
    op("BitwiseAnd", 18, |_| bits(|a, b| a & b)).steps(),
    op("BitwiseOr", 18, |_| bits(|a, b| a | b)).steps(),
    op("BitwiseXor", 18, |_| bits(|a, b| a ^ b)).steps(),
    op("BitwiseNot", 18, |_| each(|x| numbers::zip("BitwiseNot", x, x, |a, _| Some(!a)))).steps(),
];

fn bits(f: fn(i64, i64) -> i64) -> ResolvedNode {
    elementwise(move |call| {
        let [a, b] = call.pair()?;
        numbers::zip(call.op, &a, &b, |x, y| Some(f(x, y)))
    })
}

/// By 64 bits or more nothing is left.
fn shift(node: &NodeReader) -> ResolvedNode {
    let left = node.choice("direction", &[("LEFT", true), ("RIGHT", false)])?;
    elementwise(move |call| {
        let [a, b] = call.pair()?;
        numbers::zip(call.op, &a, &b, |x, n| {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            Some(if left { x.checked_shl(n) } else { x.checked_shr(n) }.unwrap_or(0))
        })
    })
}

fn is_infinite(node: &NodeReader) -> ResolvedNode {
    let (negative, positive) = (node.flag("detect_negative", true)?, node.flag("detect_positive", true)?);
    each(move |x| match (negative, positive) {
        (true, true) => x.abs()?.eq_scalar(f64::INFINITY),
        (true, false) => x.eq_scalar(f64::NEG_INFINITY),
        (false, true) => x.eq_scalar(f64::INFINITY),
        (false, false) => x.ne(x)?.logical_and(&x.eq(x)?),
    })
}

fn choose(call: &NodeCall) -> Result<Tensor> {
    let all = call.together(0..3)?;
    all[0].where_(&all[1], &all[2])
}
