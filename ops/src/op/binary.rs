//! Element-wise functions of two tensors, which broadcast against each other by NumPy's rule.

use burn::backend::{
    Dispatch, Scalar, Shape,
    ops::{BoolTensorOps as _, FloatTensorOps as _, IntTensorOps as _},
};

use super::{
    OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind, compare::Comparison,
    promote::alike, require_float, require_number, require_same,
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor,
    cpu::broadcast,
    tensor::{apply, broadcast as broadcast_shape, on_cpu},
};

/// `y = f(a, b)` of numbers of one type; `Div`, `Pow` and `Atan2` of floats only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Atan2,
    Remainder,
    FloorDivide,
    Maximum,
    Minimum,
}

impl Binary {
    /// Its name in scripts, and its operator in ONNX.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Add => ["add", "Add"],
            Self::Sub => ["sub", "Sub"],
            Self::Mul => ["mul", "Mul"],
            Self::Div => ["div", "Div"],
            Self::Pow => ["pow", "Pow"],
            Self::Atan2 => ["atan2", "Atan"],
            Self::Remainder => ["remainder", "Mod"],
            Self::FloorDivide => ["floor_divide", "Div"],
            Self::Maximum => ["maximum", "Max"],
            Self::Minimum => ["minimum", "Min"],
        }
    }
}

impl Binary {
    /// Of f32 on the CPU: the backend takes one thread for these.
    fn on_all_threads(self, x: &[Operand], y: &Spec) -> Option<Primitive> {
        let (a, b) = (x[0].floats()?, x[1].floats()?);
        let (a, b) = ((&*a, &x[0].spec.shape[..]), (&*b, &x[1].spec.shape[..]));
        let made = match self {
            Self::Add => broadcast::broadcast(
                a,
                b,
                &y.shape,
                #[inline(always)]
                |a, b| a + b,
            ),
            Self::Sub => broadcast::broadcast(
                a,
                b,
                &y.shape,
                #[inline(always)]
                |a, b| a - b,
            ),
            Self::Mul => broadcast::broadcast(
                a,
                b,
                &y.shape,
                #[inline(always)]
                |a, b| a * b,
            ),
            Self::Div => broadcast::broadcast(
                a,
                b,
                &y.shape,
                #[inline(always)]
                |a, b| a / b,
            ),
            _ => return None,
        };
        Some(on_cpu(made, y))
    }
}

impl Op for Binary {
    fn info(&self) -> OpInfo {
        let is_linear = matches!(self, Self::Add | Self::Sub);
        if *self == Self::FloorDivide {
            return OpInfo::new(self.names()[0]).constant();
        }
        OpInfo::new(self.names()[0]).saving(if is_linear { Saves::NOTHING } else { Saves::INPUTS })
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let op = self.name();
        require_same(op, x[0], x[1])?;
        match self {
            Self::Div | Self::Pow | Self::Atan2 => require_float(op, x[0])?,
            _ => require_number(op, x[0])?,
        }
        Ok(x[0].reshaped(broadcast_shape(op, &x[0].shape, &x[1].shape)?))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let Some(done) = self.on_all_threads(x, y) {
            return done;
        }
        let (a, b) = (aligned(&x[0], y), aligned(&x[1], y));
        let select = |compare| select(compare, &x[0], &x[1], y, device);
        match self {
            Self::Add => by_kind!(y.dtype, float_add, int_add, (a, b)),
            Self::Sub => by_kind!(y.dtype, float_sub, int_sub, (a, b)),
            Self::Mul => by_kind!(y.dtype, float_mul, int_mul, (a, b)),
            Self::Div => Dispatch::float_div(a, b),
            Self::Pow => Dispatch::float_powf(a, b),
            Self::Atan2 => Dispatch::float_atan2(a, b),
            Self::Remainder if y.dtype.is_int() => whole_remainder(a, b, device),
            Self::Remainder => Dispatch::float_remainder(a, b),
            Self::FloorDivide if y.dtype.is_int() => {
                let rest = whole_remainder(a.clone(), b.clone(), device);
                Dispatch::int_div(Dispatch::int_sub(a, rest), b)
            }
            Self::FloorDivide => Dispatch::float_floor(Dispatch::float_div(a, b)),
            Self::Maximum => select(Comparison::Greater),
            Self::Minimum => select(Comparison::Less),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (a, b, dy) = (&at.x[0], &at.x[1], at.dy);
        let to_a = |da: Tensor| da.sum_to(a.shape());
        let to_b = |db: Tensor| db.sum_to(b.shape());
        // Where both are equal, the first one counts as the larger or smaller.
        let first = || if *self == Self::Maximum { a.ge(b) } else { a.le(b) };
        let da = at.want(0, || match self {
            Self::Add | Self::Sub | Self::Remainder => to_a(dy.clone()),
            Self::FloorDivide => to_a(dy.zeros_like()?),
            Self::Mul => to_a(dy.mul(b)?),
            Self::Div => to_a(dy.div(b)?),
            Self::Pow => to_a(dy.mul(&b.mul(&a.pow(&less_one(b, a)?)?)?)?),
            Self::Atan2 => to_a(dy.mul(&part_of_square(b, a, b)?)?),
            Self::Maximum | Self::Minimum => to_a(dy.mul(&first()?.cast(dy.dtype())?)?),
        })?;
        let db = at.want(1, || match self {
            Self::Add => to_b(dy.clone()),
            Self::Sub => to_b(dy.neg()?),
            Self::Mul => to_b(dy.mul(a)?),
            // Not by b^2, which may be too small or too large for a float.
            Self::Div => to_b(dy.mul(&a.div(b)?)?.div(b)?.neg()?),
            // d a^b / db = a^b log a, and 0 at a = 0 for b from 0 on, where log a is not finite.
            Self::Pow => {
                let zero = a.eq_scalar(0.0)?.logical_and(&b.ge_scalar(0.0)?)?;
                let base = zero.where_(&Tensor::scalar(1.0, a.dtype(), a.device())?, a)?;
                to_b(dy.mul(&a.pow(b)?.mul(&base.log()?)?)?)
            }
            Self::Atan2 => to_b(dy.mul(&part_of_square(a, a, b)?)?.neg()?),
            Self::Remainder => to_b(dy.mul(&a.div(b)?.floor()?)?.neg()?),
            Self::FloorDivide => to_b(dy.zeros_like()?),
            Self::Maximum | Self::Minimum => to_b(dy.mul(&first()?.logical_not()?.cast(dy.dtype())?)?),
        })?;
        Ok(vec![da, db])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let (a, b) = (w.x(0), w.x(1));
        Ok(match self {
            Self::Atan2 => angle(w),
            Self::Remainder if w.output.dtype.is_float() => {
                let quotient = w.node("Div", [a.clone(), b.clone()]);
                let whole = w.node("Floor", [quotient]);
                let part = w.node("Mul", [b, whole]);
                w.node("Sub", [a, part])
            }
            Self::FloorDivide if w.output.dtype.is_float() => {
                let quotient = w.node("Div", [a, b]);
                w.node("Floor", [quotient])
            }
            // Division of whole numbers cuts off towards 0.
            Self::FloorDivide => {
                let rest = w.node("Mod", [a.clone(), b.clone()]);
                let multiple = w.node("Sub", [a, rest]);
                w.node("Div", [multiple, b])
            }
            _ => w.node(self.names()[1], [a, b]),
        })
    }
}

/// The angle of (x, y) from the slope y / x, which is that of half of the plane: pi is added to it, or taken
/// away, where x is negative. At the origin, which has no slope, it is 0.
fn angle(w: &mut OnnxWriter) -> OnnxValue {
    use std::f64::consts::PI;
    let (y, x, zero) = (w.x(0), w.x(1), w.number(0.0));
    let slope = w.node("Div", [y.clone(), x.clone()]);
    let half = w.node("Atan", [slope]);
    let below = w.node("Less", [y.clone(), zero.clone()]);
    let shift = w.node("Where", [below, w.number(-PI), w.number(PI)]);
    let left = w.node("Less", [x.clone(), zero.clone()]);
    let shift = w.node("Where", [left, shift, zero.clone()]);
    let angle = w.node("Add", [half, shift]);
    let flat = w.node("Equal", [y, zero.clone()]);
    let upright = w.node("Equal", [x, zero.clone()]);
    let origin = w.node("And", [flat, upright]);
    w.node("Where", [origin, zero, angle])
}

/// The exponent b - 1 of the slope `b a^(b - 1)`; at a = 0, b = 0 it is 0, so that the slope is.
fn less_one(b: &Tensor, a: &Tensor) -> Result<Tensor> {
    let zero = Tensor::scalar(0.0, b.dtype(), b.device())?;
    let origin = a.eq_scalar(0.0)?.logical_and(&b.eq_scalar(0.0)?)?;
    origin.where_(&zero, &b.add_scalar(-1.0)?)
}

/// `x / (a^2 + b^2)` for an x that is a or b, and 0 at the origin, as PyTorch has it. In units of the larger
/// of both, whose square may be too small or too large for a float.
fn part_of_square(x: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let unit = a.detach().abs()?.maximum(&b.detach().abs()?)?;
    let unit = unit.masked_fill(&unit.eq_scalar(0.0)?, 1.0)?;
    let square = a.div(&unit)?.square()?.add(&b.div(&unit)?.square()?)?;
    let origin = square.eq_scalar(0.0)?;
    x.div(&unit)?.div(&square.masked_fill(&origin, 1.0)?)?.div(&unit)
}

/// Gives an operand the rank of the output, as backends want it.
fn aligned(x: &Operand, y: &Spec) -> Primitive {
    let stored = x.spec.stored_shape();
    let rank = y.stored_shape().len();
    if stored.len() == rank {
        return x.primitive();
    }
    let mut shape = vec![1; rank - stored.len()];
    shape.extend(stored);
    let shape = Shape::from(shape);
    by_kind!(x.spec.dtype, float_reshape, int_reshape, bool_reshape, (x.primitive(), shape))
}

/// An operand in the shape of the output: backends' comparisons and masks do not broadcast.
pub(super) fn expanded(x: &Operand, y: &Spec) -> Primitive {
    let (value, shape) = (aligned(x, y), Shape::from(y.stored_shape()));
    by_kind!(x.spec.dtype, float_expand, int_expand, bool_expand, (value, shape))
}

/// The remainder of integers by their quotient: what shaders' own one is of negative numbers is not the
/// same on all drivers.
fn whole_remainder(a: Primitive, b: Primitive, device: Device) -> Primitive {
    if device == Device::Cpu {
        return Dispatch::int_remainder(a, b);
    }
    let quotient = Dispatch::int_div(a.clone(), b.clone());
    // Of the sign of a, or 0.
    let rest = Dispatch::int_sub(a, Dispatch::int_mul(quotient, b.clone()));
    let signs = Dispatch::int_mul(Dispatch::int_sign(rest.clone()), Dispatch::int_sign(b.clone()));
    let other_sign = Dispatch::int_lower_elem(signs, Scalar::Int(0), device.bool_store());
    let shifted = Dispatch::int_add(rest.clone(), b);
    Dispatch::int_mask_where(rest, other_sign, shifted)
}

/// `a` where `compare(a, b)` and where it is NaN, `b` elsewhere.
fn select(compare: Comparison, a: &Operand, b: &Operand, y: &Spec, device: Device) -> Primitive {
    let (a, b) = (expanded(a, y), expanded(b, y));
    let mut mask = compare.run_on(y.dtype, a.clone(), b.clone(), device);
    if y.dtype.is_float() {
        let is_nan = Dispatch::float_is_nan(a.clone(), device.bool_store());
        mask = Dispatch::bool_or(mask, is_nan);
    }
    by_kind!(y.dtype, float_mask_where, int_mask_where, (b, mask, a))
}

impl Binary {
    /// Of two tensors of any types, by PyTorch's promotion. Of truth values a sum is true where one is, a
    /// product where both are.
    fn of(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(a, b)?;
        match (self, a.dtype()) {
            (Self::Div | Self::Atan2, _) => apply(self, &[&a.floating()?, &b.floating()?]),
            (Self::Add | Self::Maximum, DType::Bool) => a.logical_or(&b),
            (Self::Mul | Self::Minimum, DType::Bool) => a.logical_and(&b),
            (Self::Pow, dtype) if dtype.is_int() => whole_power(&a, &b),
            (Self::Remainder | Self::FloorDivide, dtype) if dtype.is_int() => {
                self.infer(&[a.spec(), b.spec()])?;
                // One backend panics, one answers anything.
                let zero = Error::argument(self.name(), "the divisor", "0", "anything else for integers");
                refuse_at_once(&b.eq_scalar(0.0)?, zero)?;
                apply(self, &[&a, &b])
            }
            _ => apply(self, &[&a, &b]),
        }
        .map_err(|e| e.named(self.name()))
    }
}

/// Refuses truth values that are true, before anything is computed where they are.
fn refuse_at_once(wrong: &Tensor, error: Error) -> Result<()> {
    let is_wrong = !wrong.is_symbolic() && wrong.any_dims(&[], false)?.item()? != 0.0;
    if is_wrong { Err(error) } else { Ok(()) }
}

/// `y = a^b` of whole numbers, by squaring: exact, and wrapping around as their products do.
fn whole_power(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let negative =
        Error::argument("pow", "an exponent", "negative", "0 or more for integers (or `.float()`)");
    refuse_at_once(&b.lt_scalar(0.0)?, negative)?;
    // In a trace exponents are unknown: those below 64 are right.
    let largest = if b.is_symbolic() { 63 } else { b.max_dims(&[], false)?.item()? as u64 };
    let (mut y, mut square, mut rest) = (a.ones_like()?, a.clone(), b.clone());
    for _ in 0..u64::BITS - largest.leading_zeros() {
        let odd = rest.remainder_scalar(2.0)?.cast(DType::Bool)?;
        y = odd.where_(&y.mul(&square)?, &y)?;
        (square, rest) = (square.square()?, rest.floor_divide_scalar(2.0)?);
    }
    // Exponents broadcast even where all are 0.
    y.add(&b.mul_scalar(0.0)?)
}

/// Element-wise functions of two tensors, by PyTorch's promotion ([`promote`](super::promote)). Shapes
/// broadcast; [`Error::Shape`] names both where they do not, [`Error::DType`] truth values where the function
/// has none.
impl Tensor {
    /// `y = a + b`
    pub fn add(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Add.of(self, other)
    }

    /// `y = a - b`
    pub fn sub(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Sub.of(self, other)
    }

    /// `y = a b`
    pub fn mul(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Mul.of(self, other)
    }

    /// `y = a / b`, floats of whole numbers too.
    pub fn div(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Div.of(self, other)
    }

    /// `y = a^b`; whole numbers of whole numbers.
    ///
    /// # Errors
    /// [`Error::Argument`] for a negative exponent of whole numbers.
    pub fn pow(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Pow.of(self, other)
    }

    /// The angle of the point (x = `other`, y = `self`), radians in (-pi, pi]; at the origin it is 0, and so
    /// are the gradients.
    pub fn atan2(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Atan2.of(self, other)
    }

    /// `y = a - b floor(a / b)`, which has the sign of b.
    ///
    /// # Errors
    /// [`Error::Argument`] for an integer b that is 0 somewhere.
    pub fn remainder(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Remainder.of(self, other)
    }

    /// `y = x - s floor(x / s)`, which has the sign of s.
    ///
    /// # Errors
    /// As [`Tensor::remainder`].
    pub fn remainder_scalar(&self, s: f64) -> Result<Tensor> {
        let divisor = Tensor::scalar(s, self.dtype(), self.device());
        divisor.and_then(|s| self.remainder(&s)).map_err(|e| e.named("remainder"))
    }

    /// `y = floor(a / b)`: whole numbers of whole numbers, rounded down where they are negative, too. A
    /// constant to gradients.
    ///
    /// # Errors
    /// As [`Tensor::remainder`].
    pub fn floor_divide(&self, other: &Tensor) -> Result<Tensor> {
        Binary::FloorDivide.of(self, other)
    }

    /// `y = floor(x / s)`, as [`Tensor::floor_divide`].
    ///
    /// # Errors
    /// As [`Tensor::remainder`].
    pub fn floor_divide_scalar(&self, s: f64) -> Result<Tensor> {
        let divisor = Tensor::scalar(s, self.dtype(), self.device());
        divisor.and_then(|s| self.floor_divide(&s)).map_err(|e| e.named("floor_divide"))
    }

    /// The larger of both; the gradient goes to the first where they are equal.
    pub fn maximum(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Maximum.of(self, other)
    }

    /// The smaller of both; the gradient goes to the first where they are equal.
    pub fn minimum(&self, other: &Tensor) -> Result<Tensor> {
        Binary::Minimum.of(self, other)
    }
}
