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
