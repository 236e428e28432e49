//! Pooling of signals, pooling to a given size, and channels exchanged for positions.

use super::{Window, require_float, require_rank, require_step};
use crate::{DType, Error, Result, Tensor, ensure, tensor::show};

/// What is done with the elements of a bin.
#[derive(Clone, Copy, PartialEq)]
enum Pooled {
    Max,
    Mean,
}

/// The bins that `n` positions are pooled to `size` of: `floor(i n / size)` to `ceil((i + 1) n / size)`,
/// start and length.
fn bins(n: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    let at = move |i: usize| (i as u128 * n as u128, size as u128);
    (0..size).map(move |i| {
        let ((low, by), (high, _)) = (at(i), at(i + 1));
        let (start, end) = ((low / by) as usize, high.div_ceil(by) as usize);
        (start, end - start)
    })
}

/// Dimension `dim` pooled to `size`.
fn along(x: &Tensor, dim: usize, size: usize, pooled: Pooled) -> Result<Tensor> {
    let n = x.shape()[dim];
    if n == size {
        return Ok(x.clone());
    }
    let d = dim as i64;
    let bin = |(start, length): (usize, usize)| {
        let part = x.narrow(d, start, length)?;
        if pooled == Pooled::Max { part.first_max_dims(&[d], true) } else { part.mean_dims(&[d], true) }
    };
    let parts = bins(n, size).map(bin).collect::<Result<Vec<_>>>()?;
    Tensor::concat(&parts.iter().collect::<Vec<_>>(), d)
}

/// Images `[N, C, H, W]` pooled to a size. Bins of one size are a window that moves by itself.
fn adaptive(op: &'static str, x: &Tensor, size: [usize; 2], pooled: Pooled) -> Result<Tensor> {
    require_float(op, x.spec())?;
    require_rank(op, x.spec(), 4, "images [N, C, H, W]")?;
    require_step(op, "the size", 1, &size)?;
    let [h, w] = [x.shape()[2], x.shape()[3]];
    if h.is_multiple_of(size[0]) && w.is_multiple_of(size[1]) {
        let kernel = [h / size[0], w / size[1]];
        return match pooled {
            Pooled::Max => x.max_pool2d(kernel, kernel, [0; 2]),
            Pooled::Mean => x.avg_pool2d(kernel, kernel, [0; 2], true),
        };
    }
    ensure(size[0] <= 4096 && size[1] <= 4096, || {
        Error::argument(op, "the size", show(&size), "at most 4096")
    })?;
    along(&along(x, 2, size[0], pooled)?, 3, size[1], pooled)
}

/// What `f` makes of signals `[N, C, L]` as images that are one row high.
fn as_row(op: &'static str, x: &Tensor, f: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    require_rank(op, x.spec(), 3, "signals [N, C, L]")?;
    x.unsqueeze(2).and_then(|x| f(&x)?.squeeze(2)).map_err(|e| e.named(op))
}

/// What pools and rearranges.
impl Tensor {
    /// The largest element under each window of signals `[N, C, L]`; sizes as [`Tensor::max_pool2d`].
    ///
    /// # Errors
    /// As [`Tensor::max_pool2d`].
    pub fn max_pool1d(&self, kernel: usize, stride: usize, padding: usize) -> Result<Tensor> {
        as_row("max_pool1d", self, |x| x.max_pool2d([1, kernel], [1, stride], [0, padding]))
    }

    /// The mean under each window of signals `[N, C, L]`; sizes as [`Tensor::max_pool2d`].
    ///
    /// # Errors
    /// As [`Tensor::max_pool2d`].
    pub fn avg_pool1d(
        &self,
        kernel: usize,
        stride: usize,
        padding: usize,
        count_include_pad: bool,
    ) -> Result<Tensor> {
        as_row("avg_pool1d", self, |x| {
            x.avg_pool2d([1, kernel], [1, stride], [0, padding], count_include_pad)
        })
    }

    /// Signals `[N, C, L]` to `[N, C, size]`, each number the mean of positions `floor(i L / size)` to
    /// `ceil((i + 1) L / size)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a size of 0, [`Error::Shape`] for other ranks.
    pub fn adaptive_avg_pool1d(&self, size: usize) -> Result<Tensor> {
        as_row("adaptive_avg_pool1d", self, |x| x.adaptive_avg_pool2d([1, size]))
    }

    /// Signals `[N, C, L]` to `[N, C, size]`, the largest of the positions of
    /// [`Tensor::adaptive_avg_pool1d`].
    ///
    /// # Errors
    /// As [`Tensor::adaptive_avg_pool1d`].
    pub fn adaptive_max_pool1d(&self, size: usize) -> Result<Tensor> {
        as_row("adaptive_max_pool1d", self, |x| x.adaptive_max_pool2d([1, size]))
    }

    /// Images `[N, C, H, W]` to `[N, C, size]`, rows and columns as [`Tensor::adaptive_avg_pool1d`].
    ///
    /// # Errors
    /// As [`Tensor::adaptive_avg_pool1d`].
    pub fn adaptive_avg_pool2d(&self, size: [usize; 2]) -> Result<Tensor> {
        adaptive("adaptive_avg_pool2d", self, size, Pooled::Mean)
    }

    /// Images `[N, C, H, W]` to `[N, C, size]`, rows and columns as [`Tensor::adaptive_max_pool1d`].
    ///
    /// # Errors
    /// As [`Tensor::adaptive_avg_pool1d`].
    pub fn adaptive_max_pool2d(&self, size: [usize; 2]) -> Result<Tensor> {
        adaptive("adaptive_max_pool2d", self, size, Pooled::Max)
    }

    /// Channels as positions: `[N, C r^2, H, W] -> [N, C, H r, W r]`,
    /// `y[c, h r + i, w r + j] = x[(c r + i) r + j, h, w]` (Shi et al., 2016).
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks, and for channels that `r^2` does not divide; [`Error::Argument`] for
    /// a factor of 0.
    pub fn pixel_shuffle(&self, factor: usize) -> Result<Tensor> {
        const OP: &str = "pixel_shuffle";
        let [n, c, h, w] = images(OP, self)?;
        require_step(OP, "the factor", 1, &[factor])?;
        let square = factor.saturating_mul(factor);
        ensure(c.is_multiple_of(square), || {
            Error::shape(OP, show(self.shape()), format!("channels that {square} divides"))
        })?;
        let parts = self.reshape(&[n, c / square, factor, factor, h, w])?;
        parts.permute(&[0, 1, 4, 2, 5, 3])?.reshape(&[n, c / square, h * factor, w * factor])
    }

    /// Positions as channels: `[N, C, H r, W r] -> [N, C r^2, H, W]`, what undoes [`Tensor::pixel_shuffle`].
    ///
    /// # Errors
    /// As [`Tensor::pixel_shuffle`], for sizes that `r` does not divide.
    pub fn pixel_unshuffle(&self, factor: usize) -> Result<Tensor> {
        const OP: &str = "pixel_unshuffle";
        let [n, c, h, w] = images(OP, self)?;
        require_step(OP, "the factor", 1, &[factor])?;
        ensure(h.is_multiple_of(factor) && w.is_multiple_of(factor), || {
            Error::shape(OP, show(self.shape()), format!("a height and width that {factor} divides"))
        })?;
        let parts = self.reshape(&[n, c, h / factor, factor, w / factor, factor])?;
        let parts = parts.permute(&[0, 1, 3, 5, 2, 4])?;
        parts.reshape(&[n, c * factor * factor, h / factor, w / factor])
    }

    /// `y = x` where x > 0, `weight x` elsewhere, with one weight for all or one for each channel of `[N,
    /// C, ..]` (He et al., 2015).
    ///
    /// # Errors
    /// [`Error::Shape`] for weights of another shape, [`Error::DType`] for anything but floats.
    pub fn prelu(&self, weight: &Tensor) -> Result<Tensor> {
        require_float("prelu", self.spec())?;
        let channels = self.shape().get(1).copied().unwrap_or(1);
        ensure(weight.dtype() == self.dtype(), || {
            Error::dtype("prelu", format!("{} for the weight", weight.dtype()), self.dtype().name())
        })?;
        ensure(weight.rank() == 1 && [1, channels].contains(&weight.len()), || {
            Error::shape(
                "prelu",
                format!("{:?} for the weight", weight.shape()),
                format!("[1] or [{channels}]"),
            )
        })?;
        let mut shape = vec![1; self.rank()];
        if weight.len() > 1 {
            shape[1] = channels;
        }
        let below = self.below_zero()?.mul(&weight.reshape(&shape)?);
        below.and_then(|below| self.relu()?.add(&below)).map_err(|e| e.named("prelu"))
    }

    /// Transposed convolution of signals `[N, Ci, L]` with a weight `[Ci, Co / groups, K]` to `[N, Co,
    /// Lo]`, as [`Tensor::conv_transpose2d`] of images one row high: the column half of the window counts.
    ///
    /// # Errors
    /// As [`Tensor::conv_transpose2d`].
    pub fn conv_transpose1d(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        window: Window,
        output_padding: usize,
    ) -> Result<Tensor> {
        require_rank("conv_transpose1d", weight.spec(), 3, "a weight [Ci, Co / groups, K]")?;
        let row = |[_, column]: [usize; 2], height| [height, column];
        let window = Window {
            stride: row(window.stride, 1),
            padding: row(window.padding, 0),
            dilation: row(window.dilation, 1),
            ..window
        };
        as_row("conv_transpose1d", self, |x| {
            x.conv_transpose2d(&weight.unsqueeze(2)?, bias, window, [0, output_padding])
        })
    }
}

fn images(op: &'static str, x: &Tensor) -> Result<[usize; 4]> {
    require_rank(op, x.spec(), 4, "images [N, C, H, W]")?;
    ensure(x.dtype() != DType::Bool, || Error::dtype(op, x.dtype(), "numbers"))?;
    x.shape().try_into().map_err(|_| Error::shape(op, show(x.shape()), "images [N, C, H, W]"))
}
