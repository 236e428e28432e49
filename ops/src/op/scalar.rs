//! Element-wise functions of a tensor and a number, and conversions of the element type.

use burn::backend::{
    Dispatch, Scalar as BurnScalar,
    ops::{BoolTensorOps as _, FloatTensorOps as _, IntTensorOps as _},
};

use super::{
    OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind, require_float, require_number,
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, cpu, ensure,
    tensor::{apply, float_dtype, holds, int_dtype, on_cpu},
};

/// A function of an element and a number.
#[derive(Clone, Copy, PartialEq)]
enum ScalarFunction {
    Add,
    Mul,
    Div,
    Pow,
    ClampMin,
    ClampMax,
}

/// `y = f(x, s)`
#[derive(Clone, Copy)]
struct WithScalar(ScalarFunction, f64);

use ScalarFunction::{Add, ClampMax, ClampMin, Div, Mul, Pow};

impl ScalarFunction {
    /// Its name in scripts, and its operator in ONNX.
    fn names(self) -> [&'static str; 2] {
        match self {
            Add => ["add", "Add"],
            Mul => ["mul", "Mul"],
            Div => ["div", "Div"],
            Pow => ["pow", "Pow"],
            ClampMin | ClampMax => ["clamp", "Clip"],
        }
    }
}

/// A number as the element type wants it.
pub(super) fn number(dtype: DType, value: f64) -> BurnScalar {
    if dtype.is_int() { BurnScalar::Int(value as i64) } else { BurnScalar::Float(value) }
}

/// Refuses truth values, and a number that the element type would change in silence.
pub(super) fn fits(op: &'static str, x: &Spec, value: f64) -> Result<()> {
    require_number(op, x)?;
    holds(op, x.dtype, value)
}

impl WithScalar {
    /// Of f32 on the CPU: the backend takes one thread for these.
    fn on_all_threads(&self, x: &Operand, y: &Spec) -> Option<Primitive> {
        let (x, s) = (x.floats()?, self.1 as f32);
        let made = match self.0 {
            Add => cpu::map(
                &x,
                #[inline(always)]
                |x| x + s,
            ),
            Mul => cpu::map(
                &x,
                #[inline(always)]
                |x| x * s,
            ),
            Div => cpu::map(
                &x,
                #[inline(always)]
                |x| x / s,
            ),
            _ => return None,
        };
        Some(on_cpu(made, y))
    }
}

impl Op for WithScalar {
    fn info(&self) -> OpInfo {
        let is_linear = matches!(self.0, Add | Mul | Div);
        OpInfo::new(self.0.names()[0]).saving(if is_linear { Saves::NOTHING } else { Saves::INPUTS })
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        match self.0 {
            ClampMin | ClampMax if self.1.is_nan() => {
                return Err(Error::argument("clamp", "a bound", "NaN", "a number"));
            }
            Div | Pow => require_float(self.name(), x[0])?,
            Add | Mul | ClampMin | ClampMax => fits(self.name(), x[0], self.1)?,
        }
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        if let Some(done) = self.on_all_threads(&x[0], y) {
            return done;
        }
        let (v, s) = (x[0].primitive(), number(y.dtype, self.1));
        match self.0 {
            Add => by_kind!(y.dtype, float_add_scalar, int_add_scalar, (v, s)),
            Mul => by_kind!(y.dtype, float_mul_scalar, int_mul_scalar, (v, s)),
            Div => Dispatch::float_div_scalar(v, s),
            // Of a whole number the first form multiplies; of one that no integer holds it would not be sure.
            Pow if self.1.abs() < f64::from(i32::MAX) => Dispatch::float_powf_scalar(v, s),
            Pow => Dispatch::float_powf_scalar_impl(v, s),
            ClampMin => by_kind!(y.dtype, float_clamp_min, int_clamp_min, (v, s)),
            ClampMax => by_kind!(y.dtype, float_clamp_max, int_clamp_max, (v, s)),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy, s) = (&at.x[0], at.dy, self.1);
        let where_inside = |inside: Tensor| dy.mul(&inside.cast(dy.dtype())?);
        Ok(vec![Some(match self.0 {
            Add => dy.clone(),
            Mul => dy.mul_scalar(s)?,
            Div => dy.div_scalar(s)?,
            // x^-1 is not finite at 0, where the gradient of x^0 is 0 as everywhere else.
            Pow if s == 0.0 => dy.zeros_like()?,
            Pow => dy.mul(&x.pow_scalar(s - 1.0)?)?.mul_scalar(s)?,
            ClampMin => where_inside(x.ge_scalar(s)?)?,
            ClampMax => where_inside(x.le_scalar(s)?)?,
        })])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let (x, s) = (w.x(0), w.number(self.1));
        let inputs = if self.0 == ClampMax { vec![x, OnnxValue::Omitted, s] } else { vec![x, s] };
        Ok(w.node(self.0.names()[1], inputs))
    }
}

/// Converts the element type: floats to integers towards 0, numbers to truth values as `x != 0`.
struct Cast {
    from: DType,
    to: DType,
}

impl Op for Cast {
    fn info(&self) -> OpInfo {
        OpInfo::new("cast").saving(Saves::NOTHING)
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
            _ => unreachable!("no tensor has them"),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.cast(self.from)?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.cast(w.x(0), self.to))
    }
}

/// Functions of a tensor and a number of its own type: a fraction with an integer tensor is [`Error::DType`].
/// Those that promote are [`Tensor::add_number`] and the like.
impl Tensor {
    /// `y = x + s`
    pub fn add_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar(Add, s), &[self])
    }

    /// `y = x - s`
    pub fn sub_scalar(&self, s: f64) -> Result<Tensor> {
        self.add_scalar(-s).map_err(|e| e.named("sub"))
    }

    /// `y = s x`
    pub fn mul_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar(Mul, s), &[self])
    }

    /// `y = x / s`, floats of whole numbers too.
    pub fn div_scalar(&self, s: f64) -> Result<Tensor> {
        apply(WithScalar(Div, s), &[&self.floating()?])
    }

    /// `y = x^s`; whole numbers of whole numbers.
    pub fn pow_scalar(&self, s: f64) -> Result<Tensor> {
        if self.dtype().is_int() {
            let exponent = Tensor::scalar(s, self.dtype(), self.device());
            return exponent.and_then(|s| self.pow(&s)).map_err(|e| e.named("pow"));
        }
        apply(WithScalar(Pow, s), &[self])
    }

    /// `y = min(max(x, low), high)`; the gradient passes where x is inside, borders included.
    pub fn clamp(&self, low: f64, high: f64) -> Result<Tensor> {
        ensure(low <= high, || {
            let found = format!("{low} to {high}");
            Error::argument("clamp", "the range", found, "a lower bound not above the upper one")
        })?;
        self.clamp_min(low)?.clamp_max(high)
    }

    /// `y = max(x, low)`
    pub fn clamp_min(&self, low: f64) -> Result<Tensor> {
        apply(WithScalar(ClampMin, low), &[self])
    }

    /// `y = min(x, high)`
    pub fn clamp_max(&self, high: f64) -> Result<Tensor> {
        apply(WithScalar(ClampMax, high), &[self])
    }

    /// Another element type: floats to integers towards 0, numbers to truth values as `x != 0`.
    pub fn cast(&self, dtype: DType) -> Result<Tensor> {
        if dtype == self.dtype() {
            return Ok(self.clone());
        }
        apply(Cast { from: self.dtype(), to: dtype }, &[self])
    }
}
