//! Element-wise functions that are made of others.

use super::{OnnxAttribute, OnnxOperator, require_float};
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
        let below = self.clamp_max(0.0)?.exp()?.add_scalar(-1.0)?.mul_scalar(alpha)?;
        self.relu()?.add(&below)
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
