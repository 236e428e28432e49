//! Distances of reconstructions from what they reconstruct.

use super::named;
use crate::{Error, Result, Tensor, ensure, op};

const OP: &str = "l2_error";

/// How "average per-pixel L2 error, normalised to [0, 255]" is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelError {
    /// The L2 norm over the channels of a pixel, averaged over pixels: for grey pictures the mean absolute
    /// error.
    PerPixelL2,
    /// The root mean square of each picture, averaged over pictures.
    RootMeanSquare,
    /// The root mean square of all numbers.
    RootMeanSquareOfSet,
    /// 255 times the mean square of pictures in [0, 1].
    MeanSquare,
    /// The mean absolute difference.
    MeanAbsolute,
}

impl PixelError {
    /// The reading of a name: `per_pixel_l2_mean`, `rmse_per_image_mean`, `rmse_of_set`,
    /// `mse_times_255_of_unit_range`, `mean_absolute`.
    ///
    /// # Errors
    /// [`Error::Argument`] for another name.
    pub fn parse(name: &str) -> Result<Self> {
        let readings = [
            ("per_pixel_l2_mean", Self::PerPixelL2),
            ("rmse_per_image_mean", Self::RootMeanSquare),
            ("rmse_of_set", Self::RootMeanSquareOfSet),
            ("mse_times_255_of_unit_range", Self::MeanSquare),
            ("mean_absolute", Self::MeanAbsolute),
        ];
        named(OP, name, &readings)
    }
}

/// The error of pictures `[N, C, H, W]` whose values span `range`, as a number of 255.
///
/// # Errors
/// [`Error::Shape`] for other or different shapes, [`Error::Argument`] for a range that is not above 0.
pub fn l2_error(x: &Tensor, y: &Tensor, range: f64, reading: PixelError) -> Result<f64> {
    op::require_rank(OP, x.spec(), 4, "pictures [N, C, H, W]")?;
    ensure(x.shape() == y.shape(), || {
        Error::shape(OP, format!("{:?} and {:?}", x.shape(), y.shape()), "one shape for both")
    })?;
    ensure(range > 0.0 && range.is_finite(), || Error::argument(OP, "the range", range, "a number above 0"))?;
    let scale = 255.0 / range;
    let (x, y, shape) = (x.to_f64()?, y.to_f64()?, x.shape());
    let d: Vec<f64> = x.iter().zip(&y).map(|(x, y)| scale * (x - y)).collect();
    let (image, pixels) = (d.len() / shape[0], shape[2] * shape[3]);
    let square = |d: &[f64]| d.iter().map(|d| d * d).sum::<f64>();
    let mean_of_images =
        |f: &dyn Fn(&[f64]) -> f64| d.chunks_exact(image).map(f).sum::<f64>() / shape[0] as f64;
    Ok(match reading {
        PixelError::PerPixelL2 => mean_of_images(&|d| {
            let norm = |pixel| d.iter().skip(pixel).step_by(pixels).map(|d| d * d).sum::<f64>().sqrt();
            (0..pixels).map(norm).sum::<f64>() / pixels as f64
        }),
        PixelError::RootMeanSquare => mean_of_images(&|d| (square(d) / image as f64).sqrt()),
        PixelError::RootMeanSquareOfSet => (square(&d) / d.len() as f64).sqrt(),
        PixelError::MeanSquare => square(&d) / d.len() as f64 / 255.0,
        PixelError::MeanAbsolute => d.iter().map(|d| d.abs()).sum::<f64>() / d.len() as f64,
    })
}
