//! Convolution of volumes, as a sum of convolutions of images.

use super::{OnnxAttribute, OnnxOperator, Padding, Window, require_rank, require_step};
use crate::{Error, Result, Tensor, ensure, tensor::show};

/// How the window of a convolution of volumes moves: along depth, height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window3d {
    pub stride: [usize; 3],
    pub padding: [usize; 3],
    pub dilation: [usize; 3],
    pub groups: usize,
}

impl Default for Window3d {
    fn default() -> Self {
        Self { stride: [1; 3], padding: [0; 3], dilation: [1; 3], groups: 1 }
    }
}

impl Window3d {
    /// The part of it that moves over images.
    fn images(&self) -> Window {
        let rest = |[_, height, width]: [usize; 3]| [height, width];
        Window {
            stride: rest(self.stride),
            padding: rest(self.padding),
            dilation: rest(self.dilation),
            groups: self.groups,
        }
    }

    /// The positions along the depth of a volume, and the volume with its padding.
    fn depth(&self, depth: usize, kernel: usize) -> Result<(usize, usize)> {
        let padded = self.padding[0].saturating_mul(2).saturating_add(depth);
        let reach = (kernel - 1).saturating_mul(self.dilation[0]);
        ensure(reach < padded, || {
            Error::shape("conv3d", format!("a depth of {depth}"), "volumes no smaller than the kernel")
        })?;
        Ok(((padded - reach - 1) / self.stride[0] + 1, padded))
    }
}

impl Tensor {
    /// Convolution (cross-correlation) of volumes `[N, Ci, D, H, W]` with a weight
    /// `[Co, Ci / groups, Kd, Kh, Kw]` to `[N, Co, Do, Ho, Wo]`, sizes as in [`Tensor::conv2d`]: for each
    /// slice of the kernel one convolution of images, all slices of all volumes at once.
    ///
    /// # Errors
    /// As [`Tensor::conv2d`].
    pub fn conv3d(&self, weight: &Tensor, bias: Option<&Tensor>, window: Window3d) -> Result<Tensor> {
        const OP: &str = "conv3d";
        require_rank(OP, self.spec(), 5, "volumes [N, C, D, H, W]")?;
        require_rank(OP, weight.spec(), 5, "a weight [Co, Ci / groups, Kd, Kh, Kw]")?;
        require_step(OP, "the stride", 1, &window.stride)?;
        require_step(OP, "the padding", 0, &window.padding)?;
        require_step(OP, "the dilation", 1, &window.dilation)?;
        let y = self.by_slices(weight, bias, window).map_err(|e| e.named(OP))?;
        if !y.is_symbolic() {
            return Ok(y);
        }
        // In a trace: the same as one operator.
        let operator = OnnxOperator::new("Conv", y.spec())
            .with("kernel_shape", OnnxAttribute::ints(weight.shape()[2..].iter().copied()))
            .with("strides", OnnxAttribute::ints(window.stride))
            .with("pads", OnnxAttribute::ints(window.padding.into_iter().chain(window.padding)))
            .with("dilations", OnnxAttribute::ints(window.dilation))
            .with("group", window.groups.into());
        operator.on(&[self, weight].into_iter().chain(bias).collect::<Vec<_>>())
    }

    fn by_slices(&self, weight: &Tensor, bias: Option<&Tensor>, window: Window3d) -> Result<Tensor> {
        let &[n, c, depth, h, w] = self.shape() else { unreachable!("the rank was checked") };
        let kernel = weight.shape()[2];
        let (positions, padded) = window.depth(depth, kernel)?;
        let x = self.pad(&[[window.padding[0]; 2], [0; 2], [0; 2]], Padding::Constant(0.0))?;
        let mut sum: Option<Tensor> = None;
        for k in 0..kernel {
            let start = k * window.dilation[0];
            let end = (start + (positions - 1) * window.stride[0] + 1).min(padded);
            let slices = x.slice(2, start as i64, Some(end as i64), window.stride[0])?;
            let images = slices.permute(&[0, 2, 1, 3, 4])?.reshape(&[n * positions, c, h, w])?;
            let bias = bias.filter(|_| k == 0);
            let y = images.conv2d(&weight.narrow(2, k, 1)?.squeeze(2)?, bias, window.images())?;
            sum = Some(sum.map_or(Ok(y.clone()), |sum| sum.add(&y))?);
        }
        let y = sum.ok_or_else(|| Error::shape("conv3d", show(weight.shape()), "a kernel"))?;
        let &[_, outputs, rows, columns] = y.shape() else { unreachable!("images come out of images") };
        y.reshape(&[n, positions, outputs, rows, columns])?.permute(&[0, 2, 1, 3, 4])
    }
}
