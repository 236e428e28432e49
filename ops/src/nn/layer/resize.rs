//! Layers that change the size of images: pooling and interpolation.

use super::{batched, pair, plain, positive};
use crate::{Error, Result, Tensor, ensure, nn::Module, op::Interpolation};

/// How a pooling window moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Step between two windows; the size of the window where there is none.
    pub stride: Option<[usize; 2]>,
    pub padding: [usize; 2],
    /// Whether padding counts as zeros in a mean.
    pub count_padding: bool,
    /// The step between the elements under a window, of the largest ones.
    pub dilation: [usize; 2],
    /// Whether a last window that is partly outside counts, of the largest ones.
    pub ceil: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { stride: None, padding: [0; 2], count_padding: true, dilation: [1; 2], ceil: false }
    }
}

/// The largest element under each window of images; sizes as in [`Tensor::max_pool2d`].
pub fn max_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    let (PoolOptions { padding, dilation, ceil, .. }, stride) = (options, options.stride.unwrap_or(kernel));
    plain("MaxPool2d", settings(kernel, options), move |x| {
        batched(x, 4, |x| x.max_pool2d_dilated(kernel, stride, padding, dilation, ceil))
    })
}

/// The mean under each window of images; sizes as in [`Tensor::avg_pool2d`].
pub fn avg_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    let (PoolOptions { padding, count_padding, .. }, stride) = (options, options.stride.unwrap_or(kernel));
    plain("AvgPool2d", settings(kernel, options), move |x| {
        batched(x, 4, |x| x.avg_pool2d(kernel, stride, padding, count_padding))
    })
}

/// The largest element under each window of signals; the column half of the options counts.
pub fn max_pool1d(kernel: usize, options: PoolOptions) -> Module {
    let stride = options.stride.map_or(kernel, |stride| stride[1]);
    let (padding, dilation, ceil) = (options.padding[1], options.dilation[1], options.ceil);
    plain("MaxPool1d", settings_1d(kernel, stride, padding), move |x| {
        batched(x, 3, |x| {
            let row = x.unsqueeze(2)?;
            row.max_pool2d_dilated([1, kernel], [1, stride], [0, padding], [1, dilation], ceil)?.squeeze(2)
        })
        .map_err(|e| e.named("max_pool1d"))
    })
}

/// The mean under each window of signals; the column half of the options counts.
pub fn avg_pool1d(kernel: usize, options: PoolOptions) -> Module {
    let stride = options.stride.map_or(kernel, |stride| stride[1]);
    let (padding, count) = (options.padding[1], options.count_padding);
    plain("AvgPool1d", settings_1d(kernel, stride, padding), move |x| {
        batched(x, 3, |x| x.avg_pool1d(kernel, stride, padding, count))
    })
}

fn settings_1d(kernel: usize, stride: usize, padding: usize) -> String {
    format!("kernel {kernel}, stride {stride}, padding {padding}")
}

/// Signals of a size, as [`Tensor::adaptive_avg_pool1d`].
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn adaptive_avg_pool1d(size: usize) -> Result<Module> {
    adaptive("AdaptiveAvgPool1d", [size], |x, [size]| x.adaptive_avg_pool1d(size))
}

/// Images of a size, as [`Tensor::adaptive_avg_pool2d`].
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn adaptive_avg_pool2d(size: [usize; 2]) -> Result<Module> {
    adaptive("AdaptiveAvgPool2d", size, |x, size| x.adaptive_avg_pool2d(size))
}

/// Signals of a size, as [`Tensor::adaptive_max_pool1d`].
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn adaptive_max_pool1d(size: usize) -> Result<Module> {
    adaptive("AdaptiveMaxPool1d", [size], |x, [size]| x.adaptive_max_pool1d(size))
}

/// Images of a size, as [`Tensor::adaptive_max_pool2d`].
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn adaptive_max_pool2d(size: [usize; 2]) -> Result<Module> {
    adaptive("AdaptiveMaxPool2d", size, |x, size| x.adaptive_max_pool2d(size))
}

fn adaptive<const N: usize>(
    kind: &'static str,
    size: [usize; N],
    pool: fn(&Tensor, [usize; N]) -> Result<Tensor>,
) -> Result<Module> {
    size.iter().try_for_each(|&n| positive("adaptive_pool", &[("the size", n)]))?;
    Ok(plain(kind, pair(&size), move |x| batched(x, N + 2, |x| pool(x, size))))
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
