//! Running products, extremes and sums of powers along a dimension, by doubling: after k rounds each element
//! stands for the 2^k that end with it (Hillis, Steele, 1986, Data Parallel Algorithms). Each round is an
//! operation like any other, so gradients come right at zeros too, and ONNX needs no operator of its own.

use super::{require_float, require_number};
use crate::{DType, Result, Tensor};

impl Tensor {
    /// `y_i = x_0 x_1 .. x_i` along `dim`; of whole numbers and truth values as [`Tensor::sum_dims`].
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for no such dimension.
    pub fn cumprod(&self, dim: i64) -> Result<Tensor> {
        let d = self.spec().dim("cumprod", dim)?;
        self.countable()?.scan(d, Tensor::mul).map_err(|e| e.named("cumprod"))
    }

    /// The largest of `x_0 .. x_i` along `dim`, and its index (i32), of equal ones the last. What is no
    /// number counts as the largest. The gradient goes to the element that was chosen.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for truth values.
    pub fn cummax(&self, dim: i64) -> Result<(Tensor, Tensor)> {
        self.running("cummax", dim, Tensor::ge)
    }

    /// The smallest of `x_0 .. x_i` along `dim`, and its index (i32); as [`Tensor::cummax`].
    ///
    /// # Errors
    /// As [`Tensor::cummax`].
    pub fn cummin(&self, dim: i64) -> Result<(Tensor, Tensor)> {
        self.running("cummin", dim, Tensor::le)
    }

    /// `y_i = log(e^x_0 + .. + e^x_i)` along `dim`, without overflow.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats.
    pub fn logcumsumexp(&self, dim: i64) -> Result<Tensor> {
        let d = self.spec().dim("logcumsumexp", dim)?;
        require_float("logcumsumexp", self.spec())?;
        self.scan(d, Tensor::logaddexp).map_err(|e| e.named("logcumsumexp"))
    }

    /// `log(e^a + e^b)`, without overflow.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats, [`crate::Error::Shape`] for shapes that do not
    /// broadcast.
    pub fn logaddexp(&self, other: &Tensor) -> Result<Tensor> {
        let sum = || {
            require_float("logaddexp", self.spec())?;
            // As in `logsumexp`: the largest number for an infinite one.
            let bound = if self.dtype() == DType::F64 { f64::MAX } else { f32::MAX.into() };
            let peak = self.detach().maximum(&other.detach())?.clamp(-bound, bound)?;
            let sum = self.sub(&peak)?.exp()?.add(&other.sub(&peak)?.exp()?)?;
            // Of nothing but -infinity: the slope of the logarithm at 0 is not finite.
            let none = sum.eq_scalar(0.0)?;
            sum.masked_fill(&none, 1.0)?.log()?.add(&peak)?.masked_fill(&none, f64::NEG_INFINITY)
        };
        sum().map_err(|e| e.named("logaddexp"))
    }

    /// `y_i = join(.. join(x_0, x_1) .., x_i)` of an associative function of earlier and later elements.
    fn scan(&self, d: usize, join: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
        let (dim, n) = (d as i64, self.shape()[d]);
        let mut y = self.clone();
        let mut step = 1;
        while step < n {
            let joined = join(&y.narrow(dim, 0, n - step)?, &y.narrow(dim, step, n - step)?)?;
            y = Tensor::concat(&[&y.narrow(dim, 0, step)?, &joined], dim)?;
            step *= 2;
        }
        Ok(y)
    }

    /// Running extremes: a later element is taken where `is_better(later, earlier)`.
    fn running(
        &self,
        op: &'static str,
        dim: i64,
        is_better: fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<(Tensor, Tensor)> {
        require_number(op, self.spec())?;
        let d = self.spec().dim(op, dim)?;
        let found = || {
            let index = self.extreme_so_far(d, is_better)?;
            Ok((self.gather_known(d, &index)?, index))
        };
        found().map_err(|e: crate::Error| e.named(op))
    }

    fn extreme_so_far(&self, d: usize, is_better: fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
        let (dim, n) = (d as i64, self.shape()[d]);
        let mut along = vec![1; self.rank()];
        along[d] = n;
        let numbers = Tensor::arange(0.0, n as f64, 1.0, DType::I32, self.device())?;
        let (mut x, mut index) = (self.detach(), numbers.reshape(&along)?.expand(self.shape())?);
        let mut step = 1;
        while step < n {
            let parts = |t: &Tensor| Ok([t.narrow(dim, 0, n - step)?, t.narrow(dim, step, n - step)?]);
            let ([before, here], [index_before, index_here]) = (parts(&x)?, parts(&index)?);
            let taken = is_better(&here, &before)?.logical_or(&here.isnan()?)?;
            let joined = |t: &Tensor, tail: Tensor| Tensor::concat(&[&t.narrow(dim, 0, step)?, &tail], dim);
            x = joined(&x, taken.where_(&here, &before)?)?;
            index = joined(&index, taken.where_(&index_here, &index_before)?)?;
            step *= 2;
        }
        Ok(index)
    }
}
