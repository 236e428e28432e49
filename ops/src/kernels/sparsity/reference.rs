//! The same in plain tensor operations: for f64, for traces, and for tests of the kernels.

use crate::{DType, Result, Tensor};

pub(super) fn spatial(x: &Tensor) -> Result<Tensor> {
    let [n, c, h, w] = [0, 1, 2, 3].map(|d| x.shape()[d]);
    let maps = x.reshape(&[n, c, h * w])?;
    let winner = maps.detach().argmax(-1, true)?;
    let positions = Tensor::from_data((0..(h * w) as i32).collect::<Vec<_>>(), [1, 1, h * w], x.device())?;
    let zero = Tensor::scalar(0.0, x.dtype(), x.device())?;
    positions.eq(&winner)?.where_(&maps, &zero)?.reshape(x.shape())
}

pub(super) fn lifetime(x: &Tensor, scores: &Tensor, kept: usize) -> Result<Tensor> {
    let (n, c) = (x.shape()[0], x.shape()[1]);
    let (mine, other) = (scores.reshape(&[n, 1, c])?, scores.reshape(&[1, n, c])?);
    let earlier = (0..n * n).map(|i| i % n < i / n).collect::<Vec<_>>();
    let earlier = Tensor::from_data(earlier, [n, n, 1], x.device())?;
    let stronger = other.gt(&mine)?.logical_or(&other.eq(&mine)?.logical_and(&earlier)?)?;
    let rank = stronger.cast(DType::I32)?.sum_dims(&[1], false)?;
    let alive = rank.lt_scalar(kept as f64)?.reshape(&[n, c, 1, 1])?;
    alive.where_(x, &x.zeros_like()?)
}

/// Whether each number of `[N, ...]` is among the `k` largest of its sample.
pub(super) fn top(x: &Tensor, k: usize) -> Result<Tensor> {
    let (n, size) = (x.shape()[0], x.len() / x.shape()[0]);
    let x_flat = x.reshape(&[n, size])?;
    // NaN is above all.
    let x_flat = x_flat.masked_fill(&x_flat.ne(&x_flat)?, f64::INFINITY)?;
    let minimum = x_flat.top_k(k, -1, true)?.0.min_dims(&[-1], true)?;
    let (above, equal) = (x_flat.gt(&minimum)?, x_flat.eq(&minimum)?);
    let left = above.cast(DType::I32)?.sum_dims(&[-1], true)?.neg()?.add_scalar(k as f64)?;
    let first = equal.cast(DType::I32)?.cumsum(-1)?.le(&left)?;
    above.logical_or(&equal.logical_and(&first)?)?.reshape(x.shape())
}
