//! What is no number, and what is infinite.

use super::require_number;
use crate::{DType, Result, Tensor};

impl Tensor {
    /// Whether an element is no number.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for truth values, as all functions here.
    pub fn isnan(&self) -> Result<Tensor> {
        require_number("isnan", self.spec())?;
        self.ne(self)
    }

    /// Whether an element is infinite.
    pub fn isinf(&self) -> Result<Tensor> {
        require_number("isinf", self.spec())?;
        if self.dtype().is_float() { self.abs()?.gt_scalar(self.largest()) } else { self.ne(self) }
    }

    /// Whether an element is a number and not infinite.
    pub fn isfinite(&self) -> Result<Tensor> {
        require_number("isfinite", self.spec())?;
        if self.dtype().is_float() { self.abs()?.le_scalar(self.largest()) } else { self.eq(self) }
    }

    /// `nan` for what is no number, `posinf` and `neginf` (the largest and the smallest float where none are
    /// given) for what is infinite. There the gradient is 0.
    pub fn nan_to_num(&self, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Result<Tensor> {
        require_number("nan_to_num", self.spec())?;
        if !self.dtype().is_float() {
            return Ok(self.clone());
        }
        let bound = self.largest();
        let filled = || {
            let y = self.masked_fill(&self.isnan()?, nan)?;
            let y = y.masked_fill(&self.gt_scalar(bound)?, posinf.unwrap_or(bound))?;
            y.masked_fill(&self.lt_scalar(-bound)?, neginf.unwrap_or(-bound))
        };
        filled().map_err(|e| e.named("nan_to_num"))
    }

    /// The largest number of a float type.
    fn largest(&self) -> f64 {
        if self.dtype() == DType::F64 { f64::MAX } else { f32::MAX.into() }
    }
}
