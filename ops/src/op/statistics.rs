//! Variance, standard deviation and norm over any dimensions. An empty list of dimensions means all of
//! them; with `keep` the reduced dimensions stay with size 1.

use super::require_float;
use crate::{Error, Result, Tensor, ensure};

impl Tensor {
    /// The variance over `dims`, `sum (x - mean)^2 / (n - correction)` of n elements: 0 gives that of a
    /// whole population, 1 the unbiased estimate from a sample.
    ///
    /// # Errors
    /// [`Error::Argument`] unless the correction is less than n, [`Error::DType`] for anything but floats.
    pub fn var_dims(&self, dims: &[i64], keep: bool, correction: usize) -> Result<Tensor> {
        let (centered, n) = self.centered("var", dims, correction)?;
        centered.square()?.sum_dims(dims, keep)?.div_scalar(n)
    }

    /// The standard deviation over `dims`, the square root of [`Tensor::var_dims`]; the gradient is 0
    /// where it is 0.
    ///
    /// # Errors
    /// As [`Tensor::var_dims`].
    pub fn std_dims(&self, dims: &[i64], keep: bool, correction: usize) -> Result<Tensor> {
        let (centered, n) = self.centered("std", dims, correction)?;
        centered.norm_dims(dims, keep)?.div_scalar(n.sqrt())
    }

    /// The Euclidean norm over `dims`, `sqrt(sum x^2)`; the gradient is 0 where it is 0.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but floats.
    pub fn norm_dims(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        require_float("norm", self.spec())?;
        let reduced = self.spec().dims("norm", dims)?;
        if self.is_symbolic() {
            return self.reduced("ReduceL2", &reduced, keep);
        }
        let squares = self.square()?.sum_dims(dims, keep)?;
        if !squares.is_tracked() {
            return squares.sqrt();
        }
        // The slope of the root is infinite at 0: there the root is taken of a constant 1.
        let zero = squares.eq_scalar(0.0)?;
        squares.masked_fill(&zero, 1.0)?.sqrt()?.masked_fill(&zero, 0.0)
    }

    /// The p-norm over `dims`, `(sum |x|^p)^(1/p)`; of 0 the number of elements that are not 0, of infinity
    /// the largest absolute value, of -infinity the smallest. The gradient is 0 where the norm is.
    ///
    /// # Errors
    /// [`Error::Argument`] for any other p below 0, [`Error::DType`] for anything but floats.
    pub fn norm_of(&self, p: f64, dims: &[i64], keep: bool) -> Result<Tensor> {
        require_float("norm", self.spec())?;
        ensure(p >= 0.0 || p == f64::NEG_INFINITY, || {
            Error::argument("norm", "p", p, "0 or more, or infinity")
        })?;
        self.spec().dims("norm", dims)?;
        if p == 0.0 {
            return self.ne_scalar(0.0)?.cast(self.dtype())?.sum_dims(dims, keep);
        }
        if p == 1.0 {
            return self.abs()?.sum_dims(dims, keep);
        }
        if p == 2.0 {
            return self.norm_dims(dims, keep);
        }
        if p.is_infinite() {
            let size = self.abs()?;
            return if p > 0.0 { size.max_dims(dims, keep) } else { size.min_dims(dims, keep) };
        }
        // The slope of a power may be infinite at 0: there it is taken of a constant.
        let zero = self.eq_scalar(0.0)?;
        let powers = self.abs()?.masked_fill(&zero, 1.0)?.pow_scalar(p)?.masked_fill(&zero, 0.0)?;
        let sum = powers.sum_dims(dims, keep)?;
        let none = sum.eq_scalar(0.0)?;
        sum.masked_fill(&none, 1.0)?.pow_scalar(1.0 / p)?.masked_fill(&none, 0.0)
    }

    /// The sum over `dims` of what is a number; the rest counts as 0.
    ///
    /// # Errors
    /// [`Error::DType`] for truth values.
    pub fn nansum(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        let numbers = || self.masked_fill(&self.isnan()?, 0.0)?.sum_dims(dims, keep);
        numbers().map_err(|e| e.named("nansum"))
    }

    /// The mean over `dims` of what is a number; of nothing it is none.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but floats.
    pub fn nanmean(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        require_float("nanmean", self.spec())?;
        self.spec().dims("nanmean", dims)?;
        let count = self.isnan()?.logical_not()?.cast(self.dtype())?.sum_dims(dims, keep)?;
        self.nansum(dims, keep)?.div(&count)
    }

    /// The tensor less its mean over `dims`, and what its squares are divided by.
    fn centered(&self, op: &'static str, dims: &[i64], correction: usize) -> Result<(Tensor, f64)> {
        require_float(op, self.spec())?;
        let n: usize = self.spec().dims(op, dims)?.iter().map(|&d| self.shape()[d]).product();
        ensure(correction < n, || {
            let expected = format!("less than the {n} elements that are reduced");
            Error::argument(op, "the correction", correction, expected)
        })?;
        Ok((self.sub(&self.mean_dims(dims, true)?)?, (n - correction) as f64))
    }
}
