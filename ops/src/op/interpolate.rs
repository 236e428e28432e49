//! Images in another size.

use super::{OnnxAttribute, OnnxOperator, OnnxValue, require_float, require_rank};
use crate::{Error, Result, Tensor, ensure, tensor::require_room};

/// How elements between those of an image are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Element `floor(i H / Ho)`.
    Nearest,
    /// A straight line between the two neighbours of `(i + 1/2) H / Ho - 1/2`, in each direction. Beyond
    /// the outermost elements these go on.
    Bilinear,
}

impl Tensor {
    /// Images `[N, C, H, W]` in the size `[Ho, Wo]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks, [`Error::Argument`] for a size of 0.
    pub fn interpolate(&self, size: [usize; 2], mode: Interpolation) -> Result<Tensor> {
        require_float("interpolate", self.spec())?;
        require_rank("interpolate", self.spec(), 4, "images [N, C, H, W]")?;
        ensure(!size.contains(&0), || {
            Error::argument("interpolate", "the size", format!("{size:?}"), "at least 1 by 1")
        })?;
        if let (true, Some(operator)) = (self.is_symbolic(), self.resize(size, mode)) {
            return operator.on(&[self]);
        }
        // Both directions at once: one alone may fit, and takes long.
        let [n, c] = [0, 1].map(|d| self.shape()[d]);
        require_room("interpolate", &self.spec().reshaped([n, c, size[0], size[1]]))?;
        let resized = self.resized(2, size[0], mode).and_then(|rows| rows.resized(3, size[1], mode));
        resized.map_err(|e| e.named("interpolate"))
    }

    /// [`Tensor::interpolate`] to the size `floor(scale H)`, `floor(scale W)`.
    ///
    /// # Errors
    /// As [`Tensor::interpolate`], and [`Error::Argument`] unless the scale is a positive number.
    pub fn interpolate_by(&self, scale: f64, mode: Interpolation) -> Result<Tensor> {
        require_rank("interpolate", self.spec(), 4, "images [N, C, H, W]")?;
        ensure(scale.is_finite() && scale > 0.0, || {
            Error::argument("interpolate", "the scale", scale, "a positive number")
        })?;
        self.interpolate([2, 3].map(|d| (self.shape()[d] as f64 * scale) as usize), mode)
    }

    /// The operator that ONNX has for it. None for nearest elements between those of the image: their
    /// numbers come from a division of floats there, which may round to another one.
    fn resize(&self, size: [usize; 2], mode: Interpolation) -> Option<OnnxOperator> {
        let [n, c, h, w] = [0, 1, 2, 3].map(|d| self.shape()[d]);
        let whole = size[0].is_multiple_of(h) && size[1].is_multiple_of(w);
        let (mode, coordinates) = match mode {
            Interpolation::Nearest if whole => ("nearest", "asymmetric"),
            Interpolation::Nearest => return None,
            Interpolation::Bilinear => ("linear", "half_pixel"),
        };
        let operator = OnnxOperator::new("Resize", &self.spec().reshaped([n, c, size[0], size[1]]))
            .with("mode", OnnxAttribute::Text(mode))
            .with("coordinate_transformation_mode", OnnxAttribute::Text(coordinates))
            .with("nearest_mode", OnnxAttribute::Text("floor"))
            .with("axes", OnnxAttribute::ints([2, 3]));
        // Between the image and the sizes: a region of interest and scales.
        Some(
            operator
                .constant(OnnxValue::Omitted)
                .constant(OnnxValue::Omitted)
                .constant(OnnxValue::sizes(&size)),
        )
    }

    fn resized(&self, dim: usize, size: usize, mode: Interpolation) -> Result<Tensor> {
        let n = self.shape()[dim];
        match mode {
            _ if size == n => Ok(self.clone()),
            Interpolation::Nearest if size.is_multiple_of(n) => self.copied_along(dim, dim + 1, size / n),
            Interpolation::Nearest => {
                self.slices_at(dim, size, |i| (i as u128 * n as u128 / size as u128) as usize)
            }
            Interpolation::Bilinear => self.lines_between(dim, size),
        }
    }

    fn lines_between(&self, dim: usize, size: usize) -> Result<Tensor> {
        let n = self.shape()[dim];
        let position =
            |i: usize| ((i as f64 + 0.5) * n as f64 / size as f64 - 0.5).clamp(0.0, (n - 1) as f64);
        let before = self.slices_at(dim, size, |i| position(i) as usize)?;
        let after = self.slices_at(dim, size, |i| position(i).ceil() as usize)?;
        let mut shape = vec![1; self.rank()];
        shape[dim] = size;
        let fraction =
            Tensor::from_numbers("interpolate", self.spec().reshaped(shape), self.device(), |i| {
                position(i).fract()
            })?;
        before.add(&after.sub(&before)?.mul(&fraction)?)
    }
}
