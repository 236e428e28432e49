//! Distances and angles of vectors.

use super::{require_float, require_same};
use crate::{Error, Result, Spec, Tensor, ensure, tensor::show};

/// From so many points on, distances are computed by a matrix product, as PyTorch does: faster by far, and
/// less exact where points are near each other.
const MANY: usize = 25;

impl Tensor {
    /// The distances of all points `[.., P, D]` from all points `[.., R, D]` of `other`, `[.., P, R]`:
    /// `d_ij = |a_i - b_j|` in the p-norm. The gradient at a distance of 0 is 0.
    ///
    /// # Errors
    /// [`Error::Shape`] for points of different sizes, [`Error::Argument`] for a p below 0,
    /// [`Error::DType`] for anything but floats of one type.
    pub fn cdist(&self, other: &Tensor, p: f64) -> Result<Tensor> {
        const OP: &str = "cdist";
        require_float(OP, self.spec())?;
        require_same(OP, self.spec(), other.spec())?;
        let fits = self.rank() >= 2 && other.rank() >= 2 && self.shape().last() == other.shape().last();
        ensure(fits && self.rank().max(other.rank()) < Spec::MAX_RANK, || {
            let found = format!("{:?} and {:?}", self.shape(), other.shape());
            Error::shape(OP, found, "points [.., P, D] and [.., R, D] of at most 5 dimensions")
        })?;
        let is_many = [self, other].iter().any(|x| x.shape()[x.rank() - 2] > MANY);
        let distances = || match p {
            2.0 if is_many => self.distances_by_product(other),
            _ => self.unsqueeze(-2)?.sub(&other.unsqueeze(-3)?)?.norm_of(p, &[-1], false),
        };
        distances().map_err(|e| e.named(OP))
    }

    /// `sqrt(|a|^2 + |b|^2 - 2 a b)`
    fn distances_by_product(&self, other: &Tensor) -> Result<Tensor> {
        let square = |x: &Tensor| x.square()?.sum_dims(&[-1], true);
        let products = self.matmul(&other.transpose(-2, -1)?)?.mul_scalar(-2.0)?;
        let squares = products.add(&square(self)?)?.add(&square(other)?.transpose(-2, -1)?)?;
        let zero = squares.le_scalar(0.0)?;
        squares.masked_fill(&zero, 1.0)?.sqrt()?.masked_fill(&zero, 0.0)
    }

    /// The distance of each vector of the last dimension from that of `other`, `|a - b + eps|` in the p-norm,
    /// `[.., D]` to `[..]`. PyTorch's eps is 1e-6, which keeps the gradient finite.
    ///
    /// # Errors
    /// [`Error::Shape`] for shapes that do not broadcast and for rank 0, [`Error::DType`] for anything but
    /// floats, [`Error::Argument`] for a p below 0.
    pub fn pairwise_distance(&self, other: &Tensor, p: f64, eps: f64) -> Result<Tensor> {
        const OP: &str = "pairwise_distance";
        require_float(OP, self.spec())?;
        ensure(self.rank().max(other.rank()) > 0, || {
            Error::shape(OP, show(self.shape()), "vectors in the last dimension")
        })?;
        let distance = self.sub(other).and_then(|x| x.add_scalar(eps)?.norm_of(p, &[-1], false));
        distance.map_err(|e| e.named(OP))
    }

    /// The cosine of the angle of the vectors along `dim`, `a b / (max(|a|, eps) max(|b|, eps))`.
    ///
    /// # Errors
    /// [`Error::Shape`] for shapes that do not broadcast, [`Error::DType`] for anything but floats.
    pub fn cosine_similarity(&self, other: &Tensor, dim: i64, eps: f64) -> Result<Tensor> {
        const OP: &str = "cosine_similarity";
        require_float(OP, self.spec())?;
        let cosine = || {
            let unit = |x: &Tensor| x.div(&x.norm_dims(&[dim], true)?.clamp_min(eps)?);
            unit(self)?.mul(&unit(other)?)?.sum_dims(&[dim], false)
        };
        cosine().map_err(|e| e.named(OP))
    }
}
