//! Quantiles: numbers that a share of all is below.

use super::{require_float, require_number};
use crate::{DType, Error, Result, Tensor, ensure};

/// What a quantile is that lies between two elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Between {
    /// On the line between both.
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The nearer one; of two that are equally near that of the even index.
    Nearest,
    /// Their mean.
    Midpoint,
}

impl Between {
    /// The share of the higher one.
    fn share(self, position: f64) -> f64 {
        let rest = position.fract();
        match self {
            Self::Linear => rest,
            Self::Lower => 0.0,
            Self::Higher => rest.ceil(),
            Self::Nearest => position.round_ties_even() - position.floor(),
            Self::Midpoint => rest.ceil() / 2.0,
        }
    }
}

impl Tensor {
    /// The number along `dim` (of all elements where there is none) that a share `q` of them is below: of n
    /// elements in order that of index `q (n - 1)`. It is no number where one of them is none.
    ///
    /// # Errors
    /// [`Error::Argument`] for a share outside of 0 to 1, [`Error::DType`] for anything but floats.
    pub fn quantile(&self, q: f64, dim: Option<i64>, keep: bool, between: Between) -> Result<Tensor> {
        const OP: &str = "quantile";
        require_float(OP, self.spec())?;
        ensure((0.0..=1.0).contains(&q), || Error::argument(OP, "the share", q, "0 to 1"))?;
        let position = |n: usize| match self.dtype() {
            // Rounded as the elements are.
            DType::F32 => f64::from(q as f32 * (n - 1) as f32),
            _ => q * (n - 1) as f64,
        };
        self.ranked(OP, dim, keep, |n| {
            let position = position(n).min((n - 1) as f64);
            (position.floor() as usize, between.share(position))
        })
    }

    /// The middle one along `dim` (of all elements where there is none); of two in the middle the lower one.
    /// It is no number where one of them is none.
    ///
    /// # Errors
    /// [`Error::DType`] for truth values.
    pub fn median(&self, dim: Option<i64>, keep: bool) -> Result<Tensor> {
        self.ranked("median", dim, keep, |n| ((n - 1) / 2, 0.0))
    }

    /// The element between those of rank `lower` and the next, of which it has a `share`; as `place` gives
    /// them for the number of elements.
    fn ranked(
        &self,
        op: &'static str,
        dim: Option<i64>,
        keep: bool,
        place: impl Fn(usize) -> (usize, f64),
    ) -> Result<Tensor> {
        require_number(op, self.spec())?;
        let found = || {
            let Some(dim) = dim else {
                let y = self.reshape(&[self.len()])?.ranked_along(0, &place)?;
                return y.reshape(&vec![1; if keep { self.rank() } else { 0 }]);
            };
            let d = self.spec().dim(op, dim)?;
            self.ranked_along(d as i64, &place)?.drop_reduced(&[d], keep)
        };
        found().map_err(|e| e.named(op))
    }

    fn ranked_along(&self, dim: i64, place: &impl Fn(usize) -> (usize, f64)) -> Result<Tensor> {
        let sorted = self.sort(dim, false)?;
        let n = sorted.shape()[dim as usize];
        let (lower, share) = place(n);
        let low = sorted.narrow(dim, lower, 1)?;
        let y = match share {
            0.0 => low,
            1.0 => sorted.narrow(dim, lower + 1, 1)?,
            _ => low.lerp(&sorted.narrow(dim, lower + 1, 1)?, share)?,
        };
        if !self.dtype().is_float() {
            return Ok(y);
        }
        // What is no number is the last in order.
        y.masked_fill(&sorted.detach().narrow(dim, n - 1, 1)?.isnan()?, f64::NAN)
    }
}
