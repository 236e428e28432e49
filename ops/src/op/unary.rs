//! Element-wise functions of one tensor: `y = f(x)`, any shape.

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

use super::{Op, Operand, Primitive, Saves, Vjp, by_kind, require_float, require_number};
use crate::{Device, Result, Spec, Tensor, tensor::apply};

/// An element-wise function of floats; `Neg`, `Abs` and `Sign` also of integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Unary {
    Neg,
    Abs,
    Sign,
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
    Relu,
    LeakyRelu(f64),
}

impl Op for Unary {
    fn name(&self) -> &'static str {
        match self {
            Self::Neg => "neg",
            Self::Abs => "abs",
            Self::Sign => "sign",
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
            Self::Relu => "relu",
            Self::LeakyRelu(_) => "leaky_relu",
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        match self {
            Self::Neg | Self::Abs | Self::Sign => require_number(self.name(), x[0])?,
            _ => require_float(self.name(), x[0])?,
        }
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let v = x[0].value.clone();
        match *self {
            Self::Neg => by_kind!(y.dtype, float_neg, int_neg, (v)),
            Self::Abs => by_kind!(y.dtype, float_abs, int_abs, (v)),
            Self::Sign => by_kind!(y.dtype, float_sign, int_sign, (v)),
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
            Self::Tanh => dy.mul(&square_complement()?)?,
            // d erf(x) / dx = 2 / sqrt(pi) exp(-x^2)
            Self::Erf => dy.mul(&x.mul(x)?.neg()?.exp()?)?.mul_scalar(std::f64::consts::FRAC_2_SQRT_PI)?,
            Self::Sigmoid => dy.mul(&y.sub(&y.mul(y)?)?)?,
            Self::Relu => apply(Gate { slope: 0.0 }, &[y, dy])?,
            Self::LeakyRelu(slope) => apply(Gate { slope }, &[x, dy])?,
            Self::Sign | Self::Floor | Self::Ceil | Self::Round => return super::not_differentiable(self),
        })])
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

/// `dx = dy` where `gate > 0`, `slope * dy` elsewhere: the gradient of the rectifiers. The gate itself
/// is a constant: rectifiers have no curvature.
#[derive(Debug)]
struct Gate {
    slope: f64,
}

impl Op for Gate {
    fn name(&self) -> &'static str {
        "relu gradient"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[1].clone())
    }

    fn run(&self, x: &[Operand], _: &Spec, device: Device) -> Primitive {
        let (gate, dy) = (x[0].value.clone(), x[1].value.clone());
        if self.slope == 0.0 {
            return Dispatch::relu_backward(gate, dy);
        }
        let closed = Dispatch::float_lower_equal_elem(gate, Scalar::Float(0.0), device.bool_store());
        let scaled = Dispatch::float_mul_scalar(dy.clone(), Scalar::Float(self.slope));
        Dispatch::float_mask_where(dy, closed, scaled)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, at.want(1, || apply(Gate { slope: self.slope }, &[&at.x[0], at.dy]))?])
    }

    fn saves(&self) -> Saves {
        Saves::only(&[0])
    }
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
    /// `y = max(x, 0)`
    relu => Relu;
}

impl Tensor {
    /// `y = x` where x > 0, `slope * x` elsewhere.
    pub fn leaky_relu(&self, slope: f64) -> Result<Tensor> {
        apply(Unary::LeakyRelu(slope), &[self])
    }
}
