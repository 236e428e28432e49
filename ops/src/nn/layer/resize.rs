//! Layers that change the size of images: pooling and interpolation.

use super::{pair, plain};
use crate::{Error, Result, Tensor, ensure, nn::Module, op::Interpolation};

/// How a pooling window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Step between two windows; the size of the window where there is none.
    pub stride: Option<[usize; 2]>,
    pub padding: [usize; 2],
    /// Whether padding counts as zeros in a mean.
    pub count_padding: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { stride: None, padding: [0; 2], count_padding: true }
    }
}

/// The largest element under each window of images; sizes as in [`Tensor::max_pool2d`].
pub fn max_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    let (PoolOptions { padding, .. }, stride) = (options, options.stride.unwrap_or(kernel));
    plain("MaxPool2d", settings(kernel, options), move |x| x.max_pool2d(kernel, stride, padding))
}

/// The mean under each window of images; sizes as in [`Tensor::avg_pool2d`].
pub fn avg_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    let (PoolOptions { padding, count_padding, .. }, stride) = (options, options.stride.unwrap_or(kernel));
    plain("AvgPool2d", settings(kernel, options), move |x| {
        x.avg_pool2d(kernel, stride, padding, count_padding)
    })
}

fn settings(kernel: [usize; 2], options: PoolOptions) -> String {
    let stride = options.stride.unwrap_or(kernel);
    format!("kernel {}, stride {}, padding {}", pair(&kernel), pair(&stride), pair(&options.padding))
}

/// The mean of each channel of images, `[N, C, H, W] -> [N, C]`.
pub fn global_avg_pool() -> Module {
    plain("GlobalAvgPool", "", Tensor::global_avg_pool)
}

/// Images `scale` times as high and wide.
///
/// # Errors
/// [`Error::Argument`] unless the scale is a positive number.
pub fn upsample(scale: f64, mode: Interpolation) -> Result<Module> {
    ensure(scale.is_finite() && scale > 0.0, || {
        Error::argument("upsample", "the scale", scale, "a positive number")
    })?;
    let settings = format!("{scale}, {}", format!("{mode:?}").to_lowercase());
    Ok(plain("Upsample", settings, move |x| x.interpolate_by(scale, mode)))
}
