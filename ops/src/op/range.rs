//! Tensors that are made from numbers of rows and columns.

use super::{index::in_range, require, require_float, require_number};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    tensor::{holds, show},
};

impl Tensor {
    /// `start`, `start + step`, ... before `end`.
    ///
    /// # Errors
    /// [`Error::Argument`] when there is no such number or the numbers are not finite; [`Error::DType`]
    /// for fractions of an integer type.
    pub fn arange(start: f64, end: f64, step: f64, dtype: DType, device: Device) -> Result<Tensor> {
        let count = ((end - start) / step).ceil();
        ensure(count >= 1.0 && count.is_finite() && start.is_finite() && step.is_finite(), || {
            let found = format!("{start} to {end} by {step}");
            Error::argument("arange", "the range", found, "at least one number")
        })?;
        let last = start + step * (count - 1.0);
        [start, step, last].iter().try_for_each(|&number| holds("arange", dtype, number))?;
        let spec = Spec::new([count as usize], dtype);
        Tensor::from_numbers("arange", spec, device, |i| start + step * i as f64)
    }

    /// `steps` numbers at equal distances from `start` to `end`, both included; `start` alone where there is
    /// one. The second half is counted from the end, so that it ends there (as PyTorch does).
    ///
    /// # Errors
    /// [`Error::Argument`] for no steps and for ends that are not finite; [`Error::DType`] for anything but
    /// floats.
    pub fn linspace(start: f64, end: f64, steps: usize, dtype: DType, device: Device) -> Result<Tensor> {
        ensure(steps != 0, || Error::argument("linspace", "the number of steps", "0", "at least 1"))?;
        ensure(start.is_finite() && end.is_finite(), || {
            Error::argument("linspace", "the range", format!("{start} to {end}"), "finite numbers")
        })?;
        let spec = Spec::new([steps], dtype);
        require_float("linspace", &spec)?;
        let step = if steps == 1 { 0.0 } else { (end - start) / (steps - 1) as f64 };
        Tensor::from_numbers("linspace", spec, device, |i| {
            if i < steps.div_ceil(2) { start + step * i as f64 } else { end - step * (steps - 1 - i) as f64 }
        })
    }

    /// Tensors of one dimension, `[A]`, `[B]`, .., as grids `[A, B, ..]`: the i-th of them runs along
    /// dimension i. With `by_columns` (\"xy\") the first two dimensions are exchanged.
    ///
    /// # Errors
    /// [`Error::Argument`] for no tensors, [`Error::Shape`] for ones of more dimensions than one and for more
    /// of them than a tensor has dimensions.
    pub fn meshgrid(tensors: &[&Tensor], by_columns: bool) -> Result<Vec<Tensor>> {
        const OP: &str = "meshgrid";
        let found = || format!("{:?}", tensors.iter().map(|x| x.shape()).collect::<Vec<_>>());
        ensure(!tensors.is_empty(), || Error::argument(OP, "the list of tensors", "empty", "at least one"))?;
        let fits = tensors.iter().all(|x| x.rank() <= 1) && tensors.len() <= Spec::MAX_RANK;
        ensure(fits, || {
            let expected = format!("one dimension each, of at most {} tensors", Spec::MAX_RANK);
            Error::shape(OP, found(), expected)
        })?;
        let devices: Vec<_> = tensors.iter().map(|x| x.device()).collect();
        ensure(devices.windows(2).all(|pair| pair[0] == pair[1]), || {
            Error::device(OP, format!("{devices:?}"), "one device for all tensors (move with `to(device)`)")
        })?;
        let sizes: Vec<usize> = tensors.iter().map(|x| x.len()).collect();
        let grid = |(i, x): (usize, &&Tensor)| {
            let mut along = vec![1; sizes.len()];
            along[i] = sizes[i];
            let grid = x.reshape(&along)?.expand(&sizes)?;
            if by_columns && sizes.len() > 1 { grid.transpose(0, 1) } else { Ok(grid) }
        };
        tensors.iter().enumerate().map(grid).map(|grid| grid.map_err(|e| e.named(OP))).collect()
    }

    /// The identity matrix `[n, n]`.
    ///
    /// # Errors
    /// As every new tensor.
    pub fn eye(n: usize, dtype: DType, device: Device) -> Result<Tensor> {
        let one_on_diagonal = |i| if i / n == i % n { 1.0 } else { 0.0 };
        Tensor::from_numbers("eye", Spec::new([n, n], dtype), device, one_on_diagonal)
    }

    /// Class numbers `[..]` to f32 `[.., classes]`: 1 at the class, 0 elsewhere.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but integers, [`Error::Argument`] for a class outside
    /// `0..classes`.
    pub fn one_hot(&self, classes: usize) -> Result<Tensor> {
        require("one_hot", self.spec(), DType::is_int, "i32 or i64 (convert with `.long()`)")?;
        ensure(classes != 0, || Error::argument("one_hot", "the number of classes", "0", "at least 1"))?;
        let index = in_range("one_hot", self, classes)?;
        let hot = Tensor::arange(0.0, classes as f64, 1.0, self.dtype(), self.device())
            .and_then(|numbers| index.unsqueeze(-1)?.eq(&numbers)?.cast(DType::F32));
        hot.map_err(|e| e.named("one_hot"))
    }

    /// Matrices `[.., M, N]` with zeros above the diagonal that lies `diagonal` columns right of the
    /// main one.
    ///
    /// # Errors
    /// [`Error::Shape`] for fewer than two dimensions, [`Error::DType`] for truth values.
    pub fn tril(&self, diagonal: i64) -> Result<Tensor> {
        self.triangle("tril", |row, column| column <= row.saturating_add(diagonal))
    }

    /// Matrices `[.., M, N]` with zeros below the diagonal that lies `diagonal` columns right of the
    /// main one.
    ///
    /// # Errors
    /// As [`Tensor::tril`].
    pub fn triu(&self, diagonal: i64) -> Result<Tensor> {
        self.triangle("triu", |row, column| column >= row.saturating_add(diagonal))
    }

    fn triangle(&self, op: &'static str, inside: impl Fn(i64, i64) -> bool) -> Result<Tensor> {
        require_number(op, self.spec())?;
        let Some(&[m, n]) = self.shape().last_chunk::<2>() else {
            return Err(Error::shape(op, show(self.shape()), "matrices [.., M, N]"));
        };
        let outside = |i: usize| f64::from(u8::from(!inside((i / n) as i64, (i % n) as i64)));
        let mask = Tensor::from_numbers(op, Spec::new([m, n], DType::Bool), self.device(), outside)?;
        self.masked_fill(&mask, 0.0)
    }
}
