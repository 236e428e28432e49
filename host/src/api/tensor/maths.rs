//! Element-wise functions, matrix products, activations.

use ops::{Number, Tensor, op::Elementwise};

use rhai::{Dynamic, Map};

use crate::{
    api::options::{Amount, CallOptions},
    error::{Error, Result},
    script::{Adder, FromScript, Refusal},
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    // An operator stands for those without an example.
    let is_whole = |function: &&&Elementwise| !function.example.is_empty() && function.form != "round(x)";
    for function in Elementwise::ALL.iter().filter(is_whole) {
        global.add(function.form, function.doc, function.example, |x: Tensor| function.of(&x));
    }
    global
        .add(
            "round(x, decimals)",
            "The nearest whole number, halves to even; with `decimals` the nearest with so many of them: \
             round(x 10^d) / 10^d. A constant to gradients.",
            "tensor([2.5, -1.126]).round().to_array() => [2.0, -1.0]\n\
             tensor([0.25]).round(1).item() - 0.2 < 1e-7 => true",
            |x: Tensor, decimals: Option<i64>| round(&x, decimals.unwrap_or(0)),
        )
        .add(
            "clamp(x, low, high)",
            "min(max(x, low), high): numbers or tensors, of which `high` may be left out, and `low` be \
             `()`; or \
             #{ min, max }. The gradient is 0 at both bounds.",
            "tensor([-1.0, 2.0]).clamp(0, 1).to_array() => [0.0, 1.0]\n\
             tensor([-1.0, 2.0]).clamp(0).to_array() => [0.0, 2.0]\n\
             tensor([-1.0, 2.0]).clamp((), 1).to_array() => [-1.0, 1.0]\n\
             tensor([-1.0, 2.0]).clamp(#{ max: 1 }).to_array() => [-1.0, 1.0]",
            |x: Tensor, bounds: Bounds, high: Option<Bound>| bounds.cut(&x, high),
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
            "logaddexp(a, b)",
            "log(e^a + e^b), without overflow.",
            "tensor([1000.0]).logaddexp(tensor([-1000.0])).to_array() => [1000.0]",
            |a: Tensor, b: Tensor| a.logaddexp(&b),
        )
        .add(
            "lerp(a, b, weight)",
            "a + weight (b - a), for a number or a tensor.",
            "tensor([1.0]).lerp(tensor([3.0]), 0.25).to_array() => [1.5]\n\
             tensor([1.0]).lerp(tensor([3.0]), tensor([0.5])).to_array() => [2.0]",
            |a: Tensor, b: Tensor, weight: Amount| match &weight {
                Amount::One(weight) => a.lerp(&b, *weight),
                Amount::Each(weight) => a.lerp_by(&b, weight),
            },
        )
        .add(
            "isnan(x)",
            "Whether it is no number.",
            "tensor([0.0, 1.0]).log().isnan().to_array() \
             => [false, false]",
            |x: Tensor| x.isnan(),
        )
        .add(
            "isinf(x)",
            "Whether it is infinite.",
            "tensor([0.0, 1.0]).log().isinf().to_array() \
             => [true, false]",
            |x: Tensor| x.isinf(),
        )
        .add(
            "isfinite(x)",
            "Whether it is a number and not infinite.",
            "tensor([0.0, 1.0]).log().isfinite().to_array() => [false, true]",
            |x: Tensor| x.isfinite(),
        )
        .add(
            "isposinf(x)",
            "Whether it is infinity.",
            "tensor([0.0, 1.0]).log().isposinf().to_array() => [false, false]",
            |x: Tensor| x.isinf()?.logical_and(&x.gt_scalar(0.0)?),
        )
        .add(
            "isneginf(x)",
            "Whether it is -infinity.",
            "tensor([0.0, 1.0]).log().isneginf().to_array() => [true, false]",
            |x: Tensor| x.isinf()?.logical_and(&x.lt_scalar(0.0)?),
        )
        .add(
            "nan_to_num(x, nan, posinf, neginf)",
            "`nan` (0) for what is no number, `posinf` and `neginf` (the largest and the smallest float) for \
             what is infinite.",
            "tensor([0.0, 1.0]).log().nan_to_num(0.0, 1.0, -9.0).to_array() => [-9.0, 0.0]",
            |x: Tensor, nan: Option<f64>, posinf: Option<f64>, neginf: Option<f64>| {
                x.nan_to_num(nan.unwrap_or(0.0), posinf, neginf)
            },
        )
        .add(
            "matmul(a, b)",
            "The matrix product [.., M, K] x [.., K, N] -> [.., M, N]; a vector is a row on the left and a \
             column \
             on the right, so that two give a number.",
            "tensor([[1.0, 2.0]]).matmul(tensor([[3.0], [4.0]])).to_array() => [[11.0]]\n\
             tensor([[1.0, 2.0]]).matmul(tensor([3.0, 4.0])).to_array() => [11.0]\n\
             tensor([1.0, 2.0]).matmul(tensor([3.0, 4.0])).item() => 11.0",
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

/// As PyTorch rounds: a tensor that is multiplied, rounded and divided again.
fn round(x: &Tensor, decimals: i64) -> Result<Tensor> {
    let Ok(power) = i32::try_from(decimals) else {
        let problem = format!("round: {decimals} decimals");
        return Err(Error::usage(problem, "give a number such as 3, or below zero for tens and hundreds"));
    };
    let unit = 10f64.powi(power.abs().min(300));
    Ok(match power.signum() {
        0 => x.round()?,
        1 => x.mul_scalar(unit)?.round()?.div_scalar(unit)?,
        _ => x.div_scalar(unit)?.round()?.mul_scalar(unit)?,
    })
}

/// A bound of a clamp: a number, a tensor that broadcasts, or none.
enum Bound {
    None,
    Number(Number),
    Each(Tensor),
}

impl FromScript for Bound {
    const NAME: &'static str = "number or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_unit() {
            return Ok(Self::None);
        }
        Number::from_script(value).map(Self::Number).or_else(|_| Tensor::from_script(value).map(Self::Each))
    }
}

/// The lower bound, or both as `#{ min, max }`.
struct Bounds(Bound, Option<Bound>);

impl FromScript for Bounds {
    const NAME: &'static str = "number, Tensor or map";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Some(map) = value.read_lock::<Map>() else {
            return Bound::from_script(value).map(|low| Self(low, None));
        };
        let read = CallOptions::read("clamp", map.clone(), |options| {
            Ok(Self(options.find("min")?.unwrap_or(Bound::None), options.find("max")?))
        });
        read.map_err(Refusal::Value)
    }
}

impl Bounds {
    fn cut(self, x: &Tensor, high: Option<Bound>) -> Result<Tensor> {
        let high = high.or(self.1).unwrap_or(Bound::None);
        if let (Bound::None, Bound::None) = (&self.0, &high) {
            return Err(Error::usage("clamp: there is no bound", "give a lower one, an upper one, or both"));
        }
        if let (Bound::Number(low), Bound::Number(high)) = (&self.0, &high) {
            return Ok(x.beside(*low)?.beside(*high)?.clamp(low.value(), high.value())?);
        }
        let x = match &self.0 {
            Bound::None => x.clone(),
            Bound::Number(low) => x.clamp_min_number(*low)?,
            Bound::Each(low) => x.maximum(low)?,
        };
        Ok(match &high {
            Bound::None => x,
            Bound::Number(high) => x.clamp_max_number(*high)?,
            Bound::Each(high) => x.minimum(high)?,
        })
    }
}
