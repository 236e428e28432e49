//! Element-wise functions of one tensor: `y = f(x)`, any shape.

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

use super::{
    OnnxAttribute, OnnxOperator, OnnxValue, OnnxWriter, Op, Operand, Primitive, Saves, Vjp, by_kind,
    require_float, require_number,
    slope::{Gate, Slope},
};
use crate::{
    Device, Result, Spec, Tensor,
    cpu::{self, maths},
    tensor::{apply, on_cpu},
};

/// An element-wise function of floats; `Neg`, `Abs`, `Sign` and `Square` also of
/// integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Unary {
    Neg,
    Abs,
    Sign,
    Square,
    Exp,
    Log,
    Log1p,
    Sqrt,
    Recip,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Erf,
    Floor,
    Ceil,
    Round,
    Sigmoid,
    Softplus,
    Gelu,
    Relu,
    LeakyRelu(f64),
}

impl Op for Unary {
    fn name(&self) -> &'static str {
        match self {
            Self::Neg => "neg",
            Self::Abs => "abs",
            Self::Sign => "sign",
            Self::Square => "square",
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Log1p => "log1p",
            Self::Sqrt => "sqrt",
            Self::Recip => "recip",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Asin => "asin",
            Self::Acos => "acos",
            Self::Atan => "atan",
            Self::Sinh => "sinh",
            Self::Cosh => "cosh",
            Self::Tanh => "tanh",
            Self::Erf => "erf",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Round => "round",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
            Self::Gelu => "gelu",
            Self::Relu => "relu",
            Self::LeakyRelu(_) => "leaky_relu",
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        match self {
            Self::Neg | Self::Abs | Self::Sign | Self::Square => require_number(self.name(), x[0])?,
            _ => require_float(self.name(), x[0])?,
        }
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let Some(values) = x[0].floats().and_then(|x| self.on_cpu(&x)) {
            return on_cpu(values, y);
        }
        let v = x[0].primitive();
        match *self {
            // Shaders' own inverse sine and cosine are right to three digits on some drivers.
            Self::Asin if device == Device::Gpu => Dispatch::float_atan2(v.clone(), other_leg(v)),
            Self::Acos if device == Device::Gpu => Dispatch::float_atan2(other_leg(v.clone()), v),
            Self::Neg => by_kind!(y.dtype, float_neg, int_neg, (v)),
            Self::Abs => by_kind!(y.dtype, float_abs, int_abs, (v)),
            Self::Sign => by_kind!(y.dtype, float_sign, int_sign, (v)),
            Self::Square => by_kind!(y.dtype, float_mul, int_mul, (v.clone(), v)),
            Self::Exp => Dispatch::float_exp(v),
            Self::Log => Dispatch::float_log(v),
            Self::Log1p => Dispatch::float_log1p(v),
            Self::Sqrt => Dispatch::float_sqrt(v),
            Self::Recip => Dispatch::float_recip(v),
            Self::Sin => Dispatch::float_sin(v),
            Self::Cos => Dispatch::float_cos(v),
            Self::Tan => Dispatch::float_tan(v),
            Self::Asin => Dispatch::float_asin(v),
            Self::Acos => Dispatch::float_acos(v),
            Self::Atan => Dispatch::float_atan(v),
            Self::Sinh => Dispatch::float_sinh(v),
            Self::Cosh => Dispatch::float_cosh(v),
            Self::Tanh => Dispatch::float_tanh(v),
            Self::Erf => Dispatch::float_erf(v),
            Self::Floor => Dispatch::float_floor(v),
            Self::Ceil => Dispatch::float_ceil(v),
            Self::Round => Dispatch::float_round(v),
            Self::Sigmoid => Dispatch::sigmoid(v),
            Self::Softplus => softplus(v),
            Self::Gelu => Dispatch::gelu(v),
            Self::Relu => Dispatch::relu(v),
            Self::LeakyRelu(slope) => Dispatch::leaky_relu(v, Scalar::Float(slope)),
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, y, dy) = (&at.x[0], at.y, at.dy);
        let square_complement = || y.mul(y)?.neg()?.add_scalar(1.0);
        Ok(vec![Some(match *self {
            Self::Neg => dy.neg()?,
            Self::Abs => dy.mul(&x.sign()?)?,
            Self::Square => dy.mul(x)?.mul_scalar(2.0)?,
            Self::Exp => dy.mul(y)?,
            Self::Log => dy.div(x)?,
            Self::Log1p => dy.div(&x.add_scalar(1.0)?)?,
            Self::Sqrt => dy.div(&y.mul_scalar(2.0)?)?,
            Self::Recip => dy.mul(&y.mul(y)?)?.neg()?,
            Self::Sin => dy.mul(&x.cos()?)?,
            Self::Cos => dy.mul(&x.sin()?)?.neg()?,
            Self::Tan => dy.mul(&y.mul(y)?.add_scalar(1.0)?)?,
            Self::Asin => dy.div(&x.mul(x)?.neg()?.add_scalar(1.0)?.sqrt()?)?,
            Self::Acos => dy.div(&x.mul(x)?.neg()?.add_scalar(1.0)?.sqrt()?)?.neg()?,
            Self::Atan => dy.div(&x.mul(x)?.add_scalar(1.0)?)?,
            Self::Sinh => dy.mul(&x.cosh()?)?,
            Self::Cosh => dy.mul(&x.sinh()?)?,
            Self::Tanh | Self::Sigmoid | Self::Softplus if Slope::applies(x, y, dy) => {
                apply(Slope(*self), &[if *self == Self::Softplus { x } else { y }, dy])?
            }
            Self::Tanh => dy.mul(&square_complement()?)?,
            // d erf(x) / dx = 2 / sqrt(pi) exp(-x^2)
            Self::Erf => dy.mul(&x.mul(x)?.neg()?.exp()?)?.mul_scalar(std::f64::consts::FRAC_2_SQRT_PI)?,
            Self::Sigmoid => dy.mul(&y.sub(&y.mul(y)?)?)?,
            Self::Softplus => dy.mul(&x.sigmoid()?)?,
            Self::Gelu => dy.mul(&gelu_slope(x)?)?,
            Self::Relu => apply(Gate { slope: 0.0 }, &[y, dy])?,
            Self::LeakyRelu(slope) => apply(Gate { slope }, &[x, dy])?,
            Self::Sign | Self::Floor | Self::Ceil | Self::Round => return super::not_differentiable(self),
        })])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let x = w.x(0);
        let op_type = match *self {
            Self::Square => return Ok(w.node("Mul", [x.clone(), x])),
            Self::Log1p => {
                let sum = w.node("Add", [x, w.number(1.0)]);
                return Ok(w.node("Log", [sum]));
            }
            Self::LeakyRelu(slope) => {
                return Ok(w.node_with("LeakyRelu", [x], [("alpha", OnnxAttribute::Float(slope))]));
            }
            Self::Neg => "Neg",
            Self::Abs => "Abs",
            Self::Sign => "Sign",
            Self::Exp => "Exp",
            Self::Log => "Log",
            Self::Sqrt => "Sqrt",
            Self::Recip => "Reciprocal",
            Self::Sin => "Sin",
            Self::Cos => "Cos",
            Self::Tan => "Tan",
            Self::Asin => "Asin",
            Self::Acos => "Acos",
            Self::Atan => "Atan",
            Self::Sinh => "Sinh",
            Self::Cosh => "Cosh",
            Self::Tanh => "Tanh",
            Self::Erf => "Erf",
            Self::Floor => "Floor",
            Self::Ceil => "Ceil",
            Self::Round => "Round",
            Self::Sigmoid => "Sigmoid",
            Self::Softplus => "Softplus",
            Self::Gelu => "Gelu",
            Self::Relu => "Relu",
        };
        Ok(w.node(op_type, [x]))
    }

    fn saves(&self) -> Saves {
        match self {
            Self::Neg => Saves::NOTHING,
            Self::Exp | Self::Sqrt | Self::Recip | Self::Tan | Self::Tanh | Self::Sigmoid | Self::Relu => {
                Saves::OUTPUT
            }
            _ => Saves::INPUTS,
        }
    }

    fn differentiable(&self) -> bool {
        !matches!(self, Self::Sign | Self::Floor | Self::Ceil | Self::Round)
    }
}

impl Unary {
    /// The functions that are written for vectors of f32.
    fn on_cpu(&self, x: &[f32]) -> Option<Vec<f32>> {
        macro_rules! each {
            (|$x:ident| $y:expr) => {
                cpu::map(
                    x,
                    #[inline(always)]
                    |$x| $y,
                )
            };
        }
        Some(match *self {
            Self::Neg => each!(|x| -x),
            Self::Abs => each!(|x| x.abs()),
            Self::Square => each!(|x| x * x),
            Self::Sqrt => each!(|x| x.sqrt()),
            Self::Recip => each!(|x| 1.0 / x),
            Self::Exp => each!(|x| maths::exp(x)),
            Self::Tanh => each!(|x| maths::tanh(x)),
            Self::Sigmoid => each!(|x| maths::sigmoid(x)),
            Self::Softplus => each!(|x| maths::softplus(x)),
            Self::Relu => each!(|x| if x <= 0.0 { 0.0 } else { x }),
            Self::LeakyRelu(slope) => {
                let slope = slope as f32;
                each!(|x| if x <= 0.0 { slope * x } else { x })
            }
            _ => return None,
        })
    }
}

/// `sqrt(1 - x^2)`, accurate near 1.
fn other_leg(x: Primitive) -> Primitive {
    let one = Scalar::Float(1.0);
    let below = Dispatch::float_add_scalar(Dispatch::float_neg(x.clone()), one);
    Dispatch::float_sqrt(Dispatch::float_mul(below, Dispatch::float_add_scalar(x, one)))
}

/// `max(x, 0) + log(1 + e^-|x|)`, which overflows nowhere.
fn softplus(x: Primitive) -> Primitive {
    let decay = Dispatch::float_exp(Dispatch::float_neg(Dispatch::float_abs(x.clone())));
    Dispatch::float_add(Dispatch::relu(x), Dispatch::float_log1p(decay))
}

/// `d/dx x P(x) = P(x) + x p(x)`, with the distribution function P and the density p of the normal
/// distribution.
fn gelu_slope(x: &Tensor) -> Result<Tensor> {
    use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
    let below = x.mul_scalar(FRAC_1_SQRT_2)?.erf()?.add_scalar(1.0)?.mul_scalar(0.5)?;
    let density = x.square()?.mul_scalar(-0.5)?.exp()?.mul_scalar(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2)?;
    below.add(&x.mul(&density)?)
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        /// Element-wise functions. All keep the shape, and refuse element types that they are not
        /// defined for with [`crate::Error::DType`].
        impl Tensor {
            $($(#[$doc])* pub fn $name(&self) -> Result<Tensor> {
                apply(Unary::$op, &[self])
            })*
        }
    };
}

unary! {
    /// `y = -x`
    neg => Neg;
    /// `y = |x|`; the gradient at 0 is 0.
    abs => Abs;
    /// -1, 0 or 1. A constant to gradients.
    sign => Sign;
    /// `y = x^2`
    square => Square;
    /// `y = e^x`
    exp => Exp;
    /// Natural logarithm.
    log => Log;
    /// `y = log(1 + x)`, accurate near 0.
    log1p => Log1p;
    /// Square root.
    sqrt => Sqrt;
    /// `y = 1 / x`
    recip => Recip;
    /// Sine, radians.
    sin => Sin;
    /// Cosine, radians.
    cos => Cos;
    /// Tangent, radians.
    tan => Tan;
    /// Inverse sine.
    asin => Asin;
    /// Inverse cosine.
    acos => Acos;
    /// Inverse tangent.
    atan => Atan;
    /// Hyperbolic sine.
    sinh => Sinh;
    /// Hyperbolic cosine.
    cosh => Cosh;
    /// Hyperbolic tangent.
    tanh => Tanh;
    /// Error function.
    erf => Erf;
    /// The largest whole number not above x. A constant to gradients.
    floor => Floor;
    /// The smallest whole number not below x. A constant to gradients.
    ceil => Ceil;
    /// The nearest whole number, halves to even. A constant to gradients.
    round => Round;
    /// `y = 1 / (1 + e^-x)`
    sigmoid => Sigmoid;
    /// `y = log(1 + e^x)`, without overflow.
    softplus => Softplus;
    /// `y = x P(X < x)` for a standard normal X (Hendrycks and Gimpel, 2016), by the error function.
    gelu => Gelu;
    /// `y = max(x, 0)`; the gradient at 0 is 0.
    relu => Relu;
}

impl Tensor {
    /// `y = x` where x > 0, `slope * x` elsewhere.
    pub fn leaky_relu(&self, slope: f64) -> Result<Tensor> {
        apply(Unary::LeakyRelu(slope), &[self])
    }

    /// `y = log(1 / (1 + e^-x))`, without overflow.
    pub fn log_sigmoid(&self) -> Result<Tensor> {
        self.neg().and_then(|x| x.softplus()?.neg()).map_err(|e| e.named("log_sigmoid"))
    }

    /// `y = x sigmoid(x)`
    pub fn silu(&self) -> Result<Tensor> {
        require_float("silu", self.spec())?;
        self.mul(&self.sigmoid()?)
    }

    /// `y = x` where x > 0, `alpha (e^x - 1)` elsewhere.
    pub fn elu(&self, alpha: f64) -> Result<Tensor> {
        require_float("elu", self.spec())?;
        if self.is_symbolic() {
            return OnnxOperator::new("Elu", self.spec())
                .with("alpha", OnnxAttribute::Float(alpha))
                .on(&[self]);
        }
        let below = self.clamp_max(0.0)?.exp()?.add_scalar(-1.0)?.mul_scalar(alpha)?;
        self.relu()?.add(&below)
    }
}
