//! Elements beside their neighbours: moved around, subtracted from each other, in windows.

use super::{require_number, require_step};
use crate::{Error, Result, Tensor, ensure};

impl Tensor {
    /// The elements moved by `shifts[i]` places along `dims[i]`; those that leave come in again at the other
    /// end. Without dimensions: all elements as one row, moved by one shift.
    ///
    /// # Errors
    /// [`Error::Argument`] unless there is a shift for each dimension.
    pub fn roll(&self, shifts: &[i64], dims: &[i64]) -> Result<Tensor> {
        let is_flat = dims.is_empty() && shifts.len() == 1;
        ensure(is_flat || (!dims.is_empty() && shifts.len() == dims.len()), || {
            let found = format!("{shifts:?} for the dimensions {dims:?}");
            Error::argument("roll", "the list of shifts", found, "one for each dimension")
        })?;
        let rolled = || {
            if is_flat {
                return self.reshape(&[self.len()])?.rolled(shifts[0], 0)?.reshape(self.shape());
            }
            shifts.iter().zip(dims).try_fold(self.clone(), |x, (&by, &dim)| x.rolled(by, dim))
        };
        rolled().map_err(|e| e.named("roll"))
    }

    fn rolled(&self, by: i64, dim: i64) -> Result<Tensor> {
        let n = self.shape()[self.spec().dim("roll", dim)?];
        let first = (-i128::from(by)).rem_euclid(n as i128) as usize;
        if first == 0 {
            return Ok(self.clone());
        }
        Tensor::concat(&[&self.narrow(dim, first, n - first)?, &self.narrow(dim, 0, first)?], dim)
    }

    /// `y_i = x_(i + 1) - x_i` along `dim`, `n` times.
    ///
    /// # Errors
    /// [`Error::Argument`] unless `n` is below the size of the dimension.
    pub fn diff(&self, n: usize, dim: i64) -> Result<Tensor> {
        require_number("diff", self.spec())?;
        let size = self.shape()[self.spec().dim("diff", dim)?];
        ensure(n < size, || {
            let expected = format!("less than {size}, the size of dimension {dim} of {:?}", self.shape());
            Error::argument("diff", "the number of differences", n, expected)
        })?;
        let once = |x: Tensor, m: usize| x.narrow(dim, 1, m - 1)?.sub(&x.narrow(dim, 0, m - 1)?);
        (0..n).try_fold(self.clone(), |x, i| once(x, size - i)).map_err(|e| e.named("diff"))
    }

    /// All windows of `size` elements of dimension `dim`, one every `step`: `[.., windows, .., size]`, with
    /// the elements of a window in a last dimension.
    ///
    /// # Errors
    /// [`Error::Argument`] unless the size is 1 to that of the dimension and the step at least 1.
    pub fn unfold(&self, dim: i64, size: usize, step: usize) -> Result<Tensor> {
        let d = self.spec().dim("unfold", dim)?;
        let n = self.shape()[d];
        require_step("unfold", "the step", 1, &[step])?;
        ensure((1..=n).contains(&size), || {
            let expected = format!("1 to {n}, the size of dimension {dim} of {:?}", self.shape());
            Error::argument("unfold", "the size", size, expected)
        })?;
        let count = (n - size) / step + 1;
        let mut shape = self.shape().to_vec();
        shape.splice(d..=d, [count, size]);
        let windows = || {
            let rows = self.slices_at(d, count.saturating_mul(size), |i| i / size * step + i % size)?;
            let order = (0..shape.len() as i64).filter(|&i| i != d as i64 + 1).chain([d as i64 + 1]);
            rows.reshape(&shape)?.permute(&order.collect::<Vec<_>>())
        };
        windows().map_err(|e| e.named("unfold"))
    }
}
