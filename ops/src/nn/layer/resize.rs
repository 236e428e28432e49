//! Layers that change the size of images: pooling and interpolation.

use super::pair;
use crate::{
    Error, Result, Tensor,
    nn::{Layer, Module},
    op::Interpolation,
};

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

#[derive(Clone, Copy)]
enum Resize {
    MaxPool([usize; 2], PoolOptions),
    AvgPool([usize; 2], PoolOptions),
    GlobalAvgPool,
    Upsample(f64, Interpolation),
}

/// The largest element under each window of images; sizes as in [`Tensor::max_pool2d`].
pub fn max_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    Module::new(Resize::MaxPool(kernel, options), vec![], vec![])
}

/// The mean under each window of images; sizes as in [`Tensor::avg_pool2d`].
pub fn avg_pool2d(kernel: [usize; 2], options: PoolOptions) -> Module {
    Module::new(Resize::AvgPool(kernel, options), vec![], vec![])
}

/// The mean of each channel of images, `[N, C, H, W] -> [N, C]`.
pub fn global_avg_pool() -> Module {
    Module::new(Resize::GlobalAvgPool, vec![], vec![])
}

/// Images `scale` times as high and wide.
///
/// # Errors
/// [`Error::Argument`] unless the scale is a positive number.
pub fn upsample(scale: f64, mode: Interpolation) -> Result<Module> {
    if scale.is_finite() && scale > 0.0 {
        return Ok(Module::new(Resize::Upsample(scale, mode), vec![], vec![]));
    }
    Err(Error::Argument {
        op: "upsample",
        name: "the scale",
        found: scale.to_string(),
        expected: "a positive number".into(),
    })
}

impl Layer for Resize {
    fn name(&self) -> &str {
        match self {
            Self::MaxPool(..) => "MaxPool2d",
            Self::AvgPool(..) => "AvgPool2d",
            Self::GlobalAvgPool => "GlobalAvgPool",
            Self::Upsample(..) => "Upsample",
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::MaxPool(kernel, options) | Self::AvgPool(kernel, options) => {
                let stride = options.stride.unwrap_or(*kernel);
                format!(
                    "kernel {}, stride {}, padding {}",
                    pair(kernel),
                    pair(&stride),
                    pair(&options.padding)
                )
            }
            Self::GlobalAvgPool => String::new(),
            Self::Upsample(scale, mode) => format!("{scale}, {}", format!("{mode:?}").to_lowercase()),
        }
    }

    fn forward(&self, _: &Module, x: &Tensor) -> Result<Tensor> {
        match *self {
            Self::MaxPool(kernel, options) => {
                x.max_pool2d(kernel, options.stride.unwrap_or(kernel), options.padding)
            }
            Self::AvgPool(kernel, PoolOptions { stride, padding, count_padding }) => {
                x.avg_pool2d(kernel, stride.unwrap_or(kernel), padding, count_padding)
            }
            Self::GlobalAvgPool => x.global_avg_pool(),
            Self::Upsample(scale, mode) => x.interpolate_by(scale, mode),
        }
    }
}
