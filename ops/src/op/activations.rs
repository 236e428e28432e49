//! Functions that networks use between their layers, made of others. Slopes at bends are PyTorch's.

use super::require_float;
use crate::{Error, Result, Tensor, ensure};

/// The numbers of SELU (Klambauer et al., 2017), with which sums keep mean 0 and variance 1.
const SELU: [f64; 2] = [1.673_263_242_354_377_2, 1.050_700_987_355_480_5];

/// Functions of floats; [`Error::DType`] for anything else.
impl Tensor {
    /// `y = min(max(x, low), high)`, the gradient 0 at both bounds.
    ///
    /// # Errors
    /// [`Error::Argument`] for a lower bound above the upper one.
    pub fn hardtanh(&self, low: f64, high: f64) -> Result<Tensor> {
        require_float("hardtanh", self.spec())?;
        self.clamp(low, high).map_err(|e| e.named("hardtanh"))
    }

    /// `y = min(max(x, 0), 6)`
    pub fn relu6(&self) -> Result<Tensor> {
        self.hardtanh(0.0, 6.0).map_err(|e| e.named("relu6"))
    }

    /// `y = min(max(x + 3, 0), 6) / 6`
    pub fn hardsigmoid(&self) -> Result<Tensor> {
        require_float("hardsigmoid", self.spec())?;
        self.add_scalar(3.0)?.clamp(0.0, 6.0)?.div_scalar(6.0)
    }

    /// `y = x min(max(x + 3, 0), 6) / 6` (Howard et al., 2019).
    pub fn hardswish(&self) -> Result<Tensor> {
        require_float("hardswish", self.spec())?;
        self.mul(&self.hardsigmoid()?)
    }

    /// `y = x tanh(log(1 + e^x))` (Misra, 2019).
    pub fn mish(&self) -> Result<Tensor> {
        require_float("mish", self.spec())?;
        self.mul(&self.softplus()?.tanh()?)
    }

    /// `y = 1.0507 x` where x > 0, `1.7581 (e^x - 1)` elsewhere (Klambauer et al., 2017).
    pub fn selu(&self) -> Result<Tensor> {
        require_float("selu", self.spec())?;
        self.elu(SELU[0])?.mul_scalar(SELU[1])
    }

    /// `y = x` where x > 0, `alpha (e^(x / alpha) - 1)` elsewhere (Barron, 2017).
    ///
    /// # Errors
    /// [`Error::Argument`] for an alpha of 0.
    pub fn celu(&self, alpha: f64) -> Result<Tensor> {
        require_float("celu", self.spec())?;
        ensure(alpha != 0.0 && alpha.is_finite(), || Error::argument("celu", "alpha", alpha, "not 0"))?;
        let below = self.below_zero()?.div_scalar(alpha)?.expm1()?.mul_scalar(alpha)?;
        self.relu()?.add(&below)
    }

    /// `y = x / (1 + |x|)`
    pub fn softsign(&self) -> Result<Tensor> {
        require_float("softsign", self.spec())?;
        self.div(&self.abs()?.add_scalar(1.0)?)
    }

    /// `y = x - tanh x`
    pub fn tanhshrink(&self) -> Result<Tensor> {
        require_float("tanhshrink", self.spec())?;
        self.sub(&self.tanh()?)
    }

    /// `y = x` where |x| > lambda, 0 elsewhere.
    pub fn hardshrink(&self, lambda: f64) -> Result<Tensor> {
        require_float("hardshrink", self.spec())?;
        self.masked_fill(&self.detach().abs()?.le_scalar(lambda)?, 0.0)
    }

    /// `y = x - lambda` above lambda, `x + lambda` below its negative, 0 between both.
    pub fn softshrink(&self, lambda: f64) -> Result<Tensor> {
        require_float("softshrink", self.spec())?;
        let nearer = self.sub(&self.detach().sign()?.mul_scalar(lambda)?)?;
        nearer.masked_fill(&self.detach().abs()?.le_scalar(lambda)?, 0.0)
    }

    /// `y = x` where x > threshold, `value` elsewhere.
    pub fn threshold(&self, threshold: f64, value: f64) -> Result<Tensor> {
        require_float("threshold", self.spec())?;
        self.masked_fill(&self.detach().le_scalar(threshold)?, value)
    }

    /// `y = a sigmoid(b)` of the halves a and b of a dimension (Dauphin et al., 2017).
    ///
    /// # Errors
    /// [`Error::Shape`] for a dimension of odd size.
    pub fn glu(&self, dim: i64) -> Result<Tensor> {
        require_float("glu", self.spec())?;
        let d = self.spec().dim("glu", dim)?;
        let n = self.shape()[d];
        ensure(n.is_multiple_of(2), || {
            Error::shape("glu", format!("{:?}", self.shape()), format!("an even size of dimension {dim}"))
        })?;
        self.narrow(dim, 0, n / 2)?.mul(&self.narrow(dim, n / 2, n / 2)?.sigmoid()?)
    }

    /// `y_i = e^-x_i / sum_j e^-x_j` along a dimension.
    ///
    /// # Errors
    /// As [`Tensor::softmax`].
    pub fn softmin(&self, dim: i64) -> Result<Tensor> {
        require_float("softmin", self.spec())?;
        self.neg()?.softmax(dim).map_err(|e| e.named("softmin"))
    }
}
