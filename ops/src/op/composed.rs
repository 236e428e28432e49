//! Element-wise functions that are made of others.

use super::{OnnxAttribute, OnnxOperator, promote::alike, require_float, require_number, require_same};
use crate::{Result, Tensor};

impl Tensor {
    /// `y = log(1 / (1 + e^-x))`, without overflow.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats, as all functions here.
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
            let operator = OnnxOperator::new("Elu", self.spec());
            return operator.with("alpha", OnnxAttribute::Float(alpha)).on(&[self]);
        }
        let below = self.below_zero()?.expm1()?.mul_scalar(alpha)?;
        self.relu()?.add(&below)
    }

    /// The whole part, cut off towards 0. A constant to gradients.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for truth values.
    pub fn trunc(&self) -> Result<Tensor> {
        if self.dtype().is_int() {
            return Ok(self.clone());
        }
        require_float("trunc", self.spec())?;
        let x = self.detach();
        x.lt_scalar(0.0)?.where_(&x.ceil()?, &x.floor()?)
    }

    /// What is behind the point, of the sign of x.
    pub fn frac(&self) -> Result<Tensor> {
        require_float("frac", self.spec())?;
        self.sub(&self.trunc()?)
    }

    /// The rest of a division that is cut off towards 0, which has the sign of a: `a - b trunc(a / b)`,
    /// without a quotient that is rounded.
    ///
    /// # Errors
    /// As [`Tensor::remainder`].
    pub fn fmod(&self, other: &Tensor) -> Result<Tensor> {
        let rest = || {
            let negative = self.detach().lt_scalar(0.0)?;
            let size = negative.where_(&self.neg()?, self)?.remainder(&other.abs()?)?;
            negative.where_(&size.neg()?, &size)
        };
        rest().map_err(|e| e.named("fmod"))
    }

    /// 0 where x < 0, 1 where x > 0, `values` where it is 0.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for two element types.
    pub fn heaviside(&self, values: &Tensor) -> Result<Tensor> {
        require_number("heaviside", self.spec())?;
        require_same("heaviside", self.spec(), values.spec())?;
        let step = || {
            let (x, values) = (self.detach(), values.detach());
            let side = x.gt_scalar(0.0)?.cast(x.dtype())?;
            let side = x.eq_scalar(0.0)?.where_(&values, &side)?;
            x.isnan()?.where_(&x, &side)
        };
        step().map_err(|e: crate::Error| e.named("heaviside"))
    }

    /// `y = log(x / (1 - x))`, of x cut off at eps and 1 - eps where there is one.
    ///
    /// # Errors
    /// As [`Tensor::clamp`].
    pub fn logit(&self, eps: Option<f64>) -> Result<Tensor> {
        let logit = || {
            let x = self.floating()?;
            let x = eps.map_or_else(|| Ok(x.clone()), |eps| x.clamp(eps, 1.0 - eps))?;
            x.log()?.sub(&x.neg()?.log1p()?)
        };
        logit().map_err(|e| e.named("logit"))
    }

    /// `y = x log y`, and 0 where x is, unless y is no number.
    pub fn xlogy(&self, other: &Tensor) -> Result<Tensor> {
        let product = || {
            let [x, y] = alike(self, other)?.map(|x| x.floating());
            let (x, y) = (x?, y?);
            let zero = x.detach().eq_scalar(0.0)?.logical_and(&y.detach().isnan()?.logical_not()?)?;
            let one = Tensor::scalar(1.0, y.dtype(), y.device())?;
            x.mul(&zero.where_(&one, &y)?.log()?)
        };
        product().map_err(|e| e.named("xlogy"))
    }

    /// `y = sqrt(a^2 + b^2)`, without overflow; the gradient at the origin is 0.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats.
    pub fn hypot(&self, other: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(self, other)?;
        require_float("hypot", a.spec())?;
        let length = || {
            let unit = a.detach().abs()?.maximum(&b.detach().abs()?)?;
            let odd = unit.eq_scalar(0.0)?.logical_or(&unit.isinf()?)?;
            let unit = unit.masked_fill(&odd, 1.0)?;
            let squares = a.div(&unit)?.square()?.add(&b.div(&unit)?.square()?)?;
            let zero = squares.detach().eq_scalar(0.0)?;
            squares.masked_fill(&zero, 1.0)?.sqrt()?.masked_fill(&zero, 0.0)?.mul(&unit)
        };
        length().map_err(|e| e.named("hypot"))
    }

    /// `y = a + w (b - a)`, from the end that is nearer, as PyTorch computes it.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] for shapes that do not broadcast.
    pub fn lerp(&self, end: &Tensor, weight: f64) -> Result<Tensor> {
        require_float("lerp", self.spec())?;
        let between = || {
            let way = end.sub(self)?;
            match weight.abs() < 0.5 {
                true => self.add(&way.mul_scalar(weight)?),
                false => end.sub(&way.mul_scalar(1.0 - weight)?),
            }
        };
        between().map_err(|e| e.named("lerp"))
    }

    /// [`Tensor::lerp`] with a weight of its own for each element, or for each of a shape that broadcasts.
    ///
    /// # Errors
    /// As [`Tensor::lerp`].
    pub fn lerp_by(&self, end: &Tensor, weight: &Tensor) -> Result<Tensor> {
        require_float("lerp", self.spec())?;
        let between = || {
            let way = end.sub(self)?;
            let near = self.add(&way.mul(weight)?)?;
            let far = end.sub(&way.mul(&weight.neg()?.add_scalar(1.0)?)?)?;
            weight.abs()?.lt_scalar(0.5)?.where_(&near, &far)
        };
        between().map_err(|e| e.named("lerp"))
    }
}
