//! Element-wise functions of a tensor and a number, and conversions of the element type.

use burn::backend::{
    Dispatch, Scalar as BurnScalar,
    ops::{BoolTensorOps as _, FloatTensorOps as _, IntTensorOps as _},
};

use super::{
    OnnxValue, OnnxWriter, Op, Operand, Primitive, Saves, Vjp, by_kind, require_float, require_number,
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor,
    tensor::{apply, float_dtype, holds, int_dtype},
};

/// `y = f(x, s)`
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum WithScalar {
    Add(f64),
    Mul(f64),
    Div(f64),
    Pow(f64),
    ClampMin(f64),
    ClampMax(f64),
}

/// A number as the element type wants it.
fn number(dtype: DType, value: f64) -> BurnScalar {
    if dtype.is_int() { BurnScalar::Int(value as i64) } else { BurnScalar::Float(value) }
}

/// Refuses truth values, and a number that the element type would change in silence.
fn fits(op: &'static str, x: &Spec, value: f64) -> Result<()> {
    require_number(op, x)?;
    holds(op, x.dtype, value)
}

impl Op for WithScalar {
    fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Mul(_) => "mul",
            Self::Div(_) => "div",
            Self::Pow(_) => "pow",
            Self::ClampMin(_) | Self::ClampMax(_) => "clamp",
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        match *self {
            Self::ClampMin(s) | Self::ClampMax(s) if s.is_nan() => {
                let expected = "a number".into();
                return Err(Error::Argument { op: "clamp", name: "a bound", found: "NaN".into(), expected });
            }
            Self::Div(_) | Self::Pow(_) => require_float(self.name(), x[0])?,
            Self::Add(s) | Self::Mul(s) | Self::ClampMin(s) | Self::ClampMax(s) => {
                fits(self.name(), x[0], s)?
            }
        }
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let v = x[0].primitive();
        let n = |s| number(y.dtype, s);
        match *self {
            Self::Add(s) => by_kind!(y.dtype, float_add_scalar, int_add_scalar, (v, n(s))),
            Self::Mul(s) => by_kind!(y.dtype, float_mul_scalar, int_mul_scalar, (v, n(s))),
            Self::Div(s) => Dispatch::float_div_scalar(v, n(s)),
            // Of a whole number the first form multiplies; of one that no integer holds it would not be sure.
            Self::Pow(s) if s.abs() < f64::from(i32::MAX) => Dispatch::float_powf_scalar(v, n(s)),
            Self::Pow(s) => Dispatch::float_powf_scalar_impl(v, n(s)),
            Self::ClampMin(s) => by_kind!(y.dtype, float_clamp_min, int_clamp_min, (v, n(s))),
            Self::ClampMax(s) => by_kind!(y.dtype, float_clamp_max, int_clamp_max, (v, n(s))),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy) = (&at.x[0], at.dy);
        let where_inside = |inside: Tensor| dy.mul(&inside.cast(dy.dtype())?);
        Ok(vec![Some(match *self {
            Self::Add(_) => dy.clone(),
            Self::Mul(s) => dy.mul_scalar(s)?,
            Self::Div(s) => dy.div_scalar(s)?,
            // x^-1 is not finite at 0, where the gradient of x^0 is 0 as everywhere else.
            Self::Pow(0.0) => dy.zeros_like()?,
            Self::Pow(p) => dy.mul(&x.pow_scalar(p - 1.0)?)?.mul_scalar(p)?,
            Self::ClampMin(s) => where_inside(x.ge_scalar(s)?)?,
            Self::ClampMax(s) => where_inside(x.le_scalar(s)?)?,
        })])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let x = w.x(0);
        Ok(match *self {
            Self::Add(s) => w.node("Add", [x, w.number(s)]),
            Self::Mul(s) => w.node("Mul", [x, w.number(s)]),
            Self::Div(s) => w.node("Div", [x, w.number(s)]),
            Self::Pow(s) => w.node("Pow", [x, w.number(s)]),
            Self::ClampMin(s) => w.node("Clip", [x, w.number(s)]),
            Self::ClampMax(s) => w.node("Clip", [x, OnnxValue::Omitted, w.number(s)]),
        })
    }

    fn saves(&self) -> Saves {
        match self {
            Self::Add(_) | Self::Mul(_) | Self::Div(_) => Saves::NOTHING,
            _ => Saves::INPUTS,
        }
    }
}

/// `y = x ? s` as truth values.
#[derive(Debug, Clone, Copy)]
struct CompareScalar(super::compare::Comparison, f64);

impl Op for CompareScalar {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        fits(self.name(), x[0], self.1)?;
        Ok(x[0].cast(DType::Bool))
    }

    fn run(&self, x: &[Operand], _: &Spec, device: Device) -> Primitive {
        use super::compare::Comparison as C;
        let (dtype, v, store) = (x[0].spec.dtype, x[0].primitive(), device.bool_store());
        let s = number(dtype, self.1);
        match self.0 {
            C::Equal => by_kind!(dtype, float_equal_elem, int_equal_elem, (v, s, store)),
            // As between two tensors.
            C::NotEqual => {
                Dispatch::bool_not(by_kind!(dtype, float_equal_elem, int_equal_elem, (v, s, store)))
            }
            C::Greater => by_kind!(dtype, float_greater_elem, int_greater_elem, (v, s, store)),
            C::GreaterEqual => {
                by_kind!(dtype, float_greater_equal_elem, int_greater_equal_elem, (v, s, store))
            }
            C::Less => by_kind!(dtype, float_lower_elem, int_lower_elem, (v, s, store)),
            C::LessEqual => by_kind!(dtype, float_lower_equal_elem, int_lower_equal_elem, (v, s, store)),
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let number = OnnxValue::Number(self.1, w.spec(0).dtype);
        Ok(self.0.write(w, w.x(0), number))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// Converts the element type: floats to integers towards 0, numbers to truth values as `x != 0`.
#[derive(Debug, Clone, Copy)]
struct Cast {
    from: DType,
    to: DType,
}

impl Op for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].cast(self.to))
    }

    fn run(&self, x: &[Operand], _: &Spec, device: Device) -> Primitive {
        let (v, float, int) = (x[0].primitive(), float_dtype(self.to), int_dtype(self.to));
        let store = device.bool_store();
        match (x[0].spec.dtype, self.to) {
            (DType::F32 | DType::F64, DType::F32 | DType::F64) => Dispatch::float_cast(v, float),
            (DType::F32 | DType::F64, DType::I32 | DType::I64) => Dispatch::float_into_int(v, int),
            (DType::F32 | DType::F64, DType::Bool) => {
                Dispatch::float_not_equal_elem(v, BurnScalar::Float(0.0), store)
            }
            (DType::I32 | DType::I64, DType::F32 | DType::F64) => Dispatch::int_into_float(v, float),
            (DType::I32 | DType::I64, DType::I32 | DType::I64) => Dispatch::int_cast(v, int),
            (DType::I32 | DType::I64, DType::Bool) => {
                Dispatch::int_not_equal_elem(v, BurnScalar::Int(0), store)
            }
            (DType::Bool, DType::F32 | DType::F64) => Dispatch::bool_into_float(v, float),
            (DType::Bool, DType::I32 | DType::I64) => Dispatch::bool_into_int(v, int),
            (DType::Bool, DType::Bool) => v,
            (DType::F16 | DType::U8, _) | (_, DType::F16 | DType::U8) => unreachable!("no tensor has them"),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.cast(self.from)?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.cast(w.x(0), self.to))
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }
}

/// Functions of a tensor and a number. A fraction with an integer tensor is [`Error::DType`].
impl Tensor {
    /// `y = x + s`
    pub fn add_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar::Add(s), &[self])
    }

    /// `y = s x`
    pub fn mul_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar::Mul(s), &[self])
    }

    /// `y = x / s` of floats.
    pub fn div_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar::Div(s), &[self])
    }

    /// `y = x^s` of floats.
    pub fn pow_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar::Pow(s), &[self])
    }

    /// `y = min(max(x, low), high)`; the gradient passes where x is inside, borders included.
    pub fn clamp(&self, low: f64, high: f64) -> Result<Tensor> {
        if low > high || low.is_nan() || high.is_nan() {
            return Err(Error::Argument {
                op: "clamp",
                name: "the range",
                found: format!("{low} to {high}"),
                expected: "a lower bound not above the upper one".into(),
            });
        }
        self.clamp_min(low)?.clamp_max(high)
    }

    /// `y = max(x, low)`
    pub fn clamp_min(&self, low: f64) -> Result<Tensor> {
        apply(WithScalar::ClampMin(low), &[self])
    }

    /// `y = min(x, high)`
    pub fn clamp_max(&self, high: f64) -> Result<Tensor> {
        apply(WithScalar::ClampMax(high), &[self])
    }

    /// Whether x = s.
    pub fn eq_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::Equal, s), &[self])
    }

    /// Whether x and s differ.
    pub fn ne_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::NotEqual, s), &[self])
    }

    /// Whether x > s.
    pub fn gt_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::Greater, s), &[self])
    }

    /// Whether x >= s.
    pub fn ge_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::GreaterEqual, s), &[self])
    }

    /// Whether x < s.
    pub fn lt_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::Less, s), &[self])
    }

    /// Whether x <= s.
    pub fn le_scalar(&self, s: f64) -> Result<Tensor> {
        apply(CompareScalar(super::compare::Comparison::LessEqual, s), &[self])
    }

    /// Another element type: floats to integers towards 0, numbers to truth values as `x != 0`.
    pub fn cast(&self, dtype: DType) -> Result<Tensor> {
        if dtype == self.dtype() {
            return Ok(self.clone());
        }
        apply(Cast { from: self.dtype(), to: dtype }, &[self])
    }
}
