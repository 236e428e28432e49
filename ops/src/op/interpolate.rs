//! Images in another size.

use super::{require_float, require_rank};
use crate::{DType, Error, Result, Tensor};

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
        if size.contains(&0) {
            return Err(Error::Argument {
                op: "interpolate",
                name: "the size",
                found: format!("{size:?}"),
                expected: "at least 1 by 1".into(),
            });
        }
        let resized = self.resized(2, size[0], mode).and_then(|rows| rows.resized(3, size[1], mode));
        resized.map_err(|e| e.told_of("interpolate"))
    }

    /// [`Tensor::interpolate`] to the size `floor(scale H)`, `floor(scale W)`.
    ///
    /// # Errors
    /// As [`Tensor::interpolate`], and [`Error::Argument`] unless the scale is a positive number.
    pub fn interpolate_by(&self, scale: f64, mode: Interpolation) -> Result<Tensor> {
        require_rank("interpolate", self.spec(), 4, "images [N, C, H, W]")?;
        if !(scale.is_finite() && scale > 0.0) {
            return Err(Error::Argument {
                op: "interpolate",
                name: "the scale",
                found: scale.to_string(),
                expected: "a positive number".into(),
            });
        }
        self.interpolate([2, 3].map(|d| (self.shape()[d] as f64 * scale) as usize), mode)
    }

    fn resized(&self, dim: usize, size: usize, mode: Interpolation) -> Result<Tensor> {
        let n = self.shape()[dim];
        match mode {
            _ if size == n => Ok(self.clone()),
            Interpolation::Nearest if size % n == 0 => self.repeat_each(dim, size / n),
            Interpolation::Nearest => self.rows_at(dim, (0..size).map(|i| (i * n / size) as i32).collect()),
            Interpolation::Bilinear => self.lines_between(dim, size),
        }
    }

    /// Each slice of a dimension `times` times in a row.
    fn repeat_each(&self, dim: usize, times: usize) -> Result<Tensor> {
        let (mut wide, mut joined) = (self.shape().to_vec(), self.shape().to_vec());
        wide.insert(dim + 1, times);
        joined[dim] *= times;
        self.unsqueeze(dim as i64 + 1)?.expand(&wide)?.reshape(&joined)
    }

    fn lines_between(&self, dim: usize, size: usize) -> Result<Tensor> {
        let n = self.shape()[dim];
        let place = |i: usize| ((i as f64 + 0.5) * n as f64 / size as f64 - 0.5).clamp(0.0, (n - 1) as f64);
        let places: Vec<f64> = (0..size).map(place).collect();
        let before = self.rows_at(dim, places.iter().map(|x| *x as i32).collect())?;
        let after = self.rows_at(dim, places.iter().map(|x| x.ceil() as i32).collect())?;
        let mut shape = vec![1; self.rank()];
        shape[dim] = size;
        let fraction: Vec<f64> = places.iter().map(|x| x.fract()).collect();
        let fraction = match self.dtype() {
            DType::F64 => Tensor::from_data(fraction, shape, self.device())?,
            _ => {
                let single: Vec<f32> = fraction.iter().map(|&x| x as f32).collect();
                Tensor::from_data(single, shape, self.device())?
            }
        };
        before.add(&after.sub(&before)?.mul(&fraction)?)
    }

    fn rows_at(&self, dim: usize, rows: Vec<i32>) -> Result<Tensor> {
        let n = rows.len();
        self.index_select_known(dim, &Tensor::from_data(rows, [n], self.device())?)
    }
}
