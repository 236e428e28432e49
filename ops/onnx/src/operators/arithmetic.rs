//! Element-wise arithmetic.

use ops::{DType, Result, Tensor};

use super::{Operator, ResolvedNode, each, elementwise, numbers, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("Add", 7, |_| pair(Tensor::add)),
    op("Sub", 7, |_| pair(Tensor::sub)),
    op("Mul", 7, |_| pair(Tensor::mul)),
    op("Div", 7, |_| elementwise(divide)),
    op("Pow", 7, |_| elementwise(power)).settings(&[1]),
    op("Mod", 10, modulo),
    op("Sum", 6, |_| fold(Tensor::add)),
    op("Mean", 6, |_| elementwise(mean)),
    op("Max", 6, |_| fold(Tensor::maximum)),
    op("Min", 6, |_| fold(Tensor::minimum)),
    op("Neg", 6, |_| each(Tensor::neg)),
    op("Abs", 6, |_| each(Tensor::abs)),
    op("Sign", 9, |_| each(Tensor::sign)).steps(),
    op("Reciprocal", 6, |_| each(Tensor::recip)),
    op("Sqrt", 6, |_| each(Tensor::sqrt)),
    op("Exp", 6, |_| each(Tensor::exp)),
    op("Log", 6, |_| each(Tensor::log)),
    op("Floor", 6, |_| each(Tensor::floor)).steps(),
    op("Ceil", 6, |_| each(Tensor::ceil)).steps(),
    op("Round", 11, |_| each(Tensor::round)).steps(),
    op("Sin", 7, |_| each(Tensor::sin)),
    op("Cos", 7, |_| each(Tensor::cos)),
    op("Tan", 7, |_| each(Tensor::tan)),
    op("Asin", 7, |_| each(Tensor::asin)),
    op("Acos", 7, |_| each(Tensor::acos)),
    op("Atan", 7, |_| each(Tensor::atan)),
    op("Sinh", 9, |_| each(Tensor::sinh)),
    op("Cosh", 9, |_| each(Tensor::cosh)),
    op("Asinh", 9, |_| each(asinh)),
    op("Acosh", 9, |_| each(acosh)),
    op("Atanh", 9, |_| each(atanh)),
    op("Erf", 9, |_| each(Tensor::erf)),
    op("Clip", 6, clip).settings(&[1, 2]),
];

/// A function of two tensors.
pub(super) fn pair(f: fn(&Tensor, &Tensor) -> Result<Tensor>) -> ResolvedNode {
    elementwise(move |call| {
        let [a, b] = alike(call.pair()?)?;
        f(&a, &b)
    })
}

/// Two tensors of one type. Sums of quantised numbers travel as floats, and meet whole numbers that do not.
fn alike([a, b]: [Tensor; 2]) -> Result<[Tensor; 2]> {
    match [a.dtype(), b.dtype()] {
        [x, y] if x == y || !(x.is_float() || y.is_float()) => Ok([a, b]),
        both => {
            let wide = if both.contains(&DType::F64) { DType::F64 } else { DType::F32 };
            Ok([a.cast(wide)?, b.cast(wide)?])
        }
    }
}

/// A function of two tensors, over all inputs from left to right.
fn fold(f: fn(&Tensor, &Tensor) -> Result<Tensor>) -> ResolvedNode {
    elementwise(move |call| {
        let all = call.together(0..call.inputs.len())?;
        let mut rest = all.iter();
        let first = rest.next().ok_or_else(|| call.wrong("the inputs", "none", "at least one"))?;
        rest.try_fold(first.clone(), |total, x| f(&total, x))
    })
}

fn mean(call: &NodeCall) -> Result<Tensor> {
    let all = call.together(0..call.inputs.len())?;
    let (first, rest) = all.split_first().ok_or_else(|| call.wrong("the inputs", "none", "at least one"))?;
    rest.iter().try_fold(first.clone(), |total, x| total.add(x))?.div_scalar(all.len() as f64)
}

/// Whole numbers are cut off towards 0.
fn divide(call: &NodeCall) -> Result<Tensor> {
    let [a, b] = call.pair()?;
    if a.dtype().is_float() {
        return a.div(&b);
    }
    numbers::zip(call.op, &a, &b, |x, y| x.checked_div(y))
}

/// Base and exponent may be of different types; the base's is the result's.
fn power(call: &NodeCall) -> Result<Tensor> {
    let [a, b] = call.pair()?;
    if a.dtype().is_int() && b.dtype().is_int() {
        let power = |x: i64, n: i64| u32::try_from(n).ok().map(|n| x.wrapping_pow(n));
        return numbers::zip(call.op, &a, &b, power);
    }
    if a.dtype().is_int() {
        return a.cast(b.dtype())?.pow(&b)?.cast(a.dtype());
    }
    match constant_exponent(&b)? {
        Some(2.0) => a.square(),
        Some(p) => a.pow_scalar(p),
        None => a.pow(&b.cast(a.dtype())?),
    }
}

/// A number that is an exponent on the processor, where reading it costs nothing.
fn constant_exponent(b: &Tensor) -> Result<Option<f64>> {
    let plain = b.rank() == 0 && !b.is_symbolic() && !b.is_tracked() && b.device() == ops::Device::Cpu;
    if plain { b.item().map(Some) } else { Ok(None) }
}

/// With the sign of the divisor, or (`fmod`) of the dividend.
fn modulo(node: &NodeReader) -> ResolvedNode {
    let fmod = node.flag("fmod", false)?;
    elementwise(move |call| {
        let [a, b] = call.pair()?;
        match (a.dtype().is_float(), fmod) {
            (false, true) => numbers::zip(call.op, &a, &b, |x, y| x.checked_rem(y)),
            (_, false) => a.remainder(&b),
            (true, true) => {
                let quotient = a.div(&b)?;
                a.sub(&quotient.sign()?.mul(&quotient.abs()?.floor()?)?.mul(&b)?)
            }
        }
    })
}

/// From here on `x^2` and `x^2 + 1` are the same in every element type, and the square is a number in each.
const FAR: f64 = 1e9;

/// `sign(x) log(|x| + sqrt(x^2 + 1))`, accurate near 0.
fn asinh(x: &Tensor) -> Result<Tensor> {
    // A constant to gradients, and never 0: the slope at 0 is 1.
    let sign = x.lt_scalar(0.0)?.cast(x.dtype())?.mul_scalar(-2.0)?.add_scalar(1.0)?;
    let near = |x: &Tensor| {
        let square = x.square()?;
        let root = square.add_scalar(1.0)?.sqrt()?.add_scalar(1.0)?;
        x.add(&square.div(&root)?)?.log1p()
    };
    sign.mul(&as_log_afar(&x.mul(&sign)?, near)?)
}

/// `log(x + sqrt(x^2 - 1))`, accurate near 1.
fn acosh(x: &Tensor) -> Result<Tensor> {
    as_log_afar(x, |x| {
        let above = x.add_scalar(-1.0)?;
        above.add(&above.mul(&above.add_scalar(2.0)?)?.sqrt()?)?.log1p()
    })
}

/// A function that grows as `log x` from [`FAR`] on.
fn as_log_afar(x: &Tensor, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    f(&x.clamp_max(FAR)?)?.add(&x.clamp_min(FAR)?.div_scalar(FAR)?.log()?)
}

/// `log((1 + x) / (1 - x)) / 2`
fn atanh(x: &Tensor) -> Result<Tensor> {
    x.log1p()?.sub(&x.neg()?.log1p()?)?.mul_scalar(0.5)
}

/// Bounds are attributes before opset 11, then inputs; either may be left out. Where the lower one is
/// above the upper one, the upper one holds.
fn clip(node: &NodeReader) -> ResolvedNode {
    let attributes =
        if node.opset < 11 { [node.maybe_float("min")?, node.maybe_float("max")?] } else { [None; 2] };
    elementwise(move |call| {
        let x = call.tensor(0)?;
        let [low, high] = attributes;
        let (low, high) = (low.or(call.number(1)?), high.or(call.number(2)?));
        let x = low.map_or(Ok(x.clone()), |low| x.clamp_min(within(low, x.dtype())))?;
        high.map_or(Ok(x.clone()), |high| x.clamp_max(within(high, x.dtype())))
    })
}

/// A bound as the element type can hold it.
fn within(bound: f64, dtype: DType) -> f64 {
    match dtype {
        DType::I32 => bound.clamp(i32::MIN.into(), i32::MAX.into()),
        _ => bound,
    }
}
