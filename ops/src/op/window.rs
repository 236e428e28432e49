//! Where a convolution looks.

use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{OnnxAttribute, OnnxAttributes, require_step};
use crate::Result;

/// How a kernel moves over an image, by (row, column).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Step between two positions of the kernel.
    pub stride: [usize; 2],
    /// Zeros added on both sides.
    pub padding: [usize; 2],
    /// Distance between two elements of the kernel.
    pub dilation: [usize; 2],
    /// Groups of channels that see only each other.
    pub groups: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1 }
    }
}

impl Window {
    pub(super) fn check(&self, op: &'static str) -> Result<()> {
        require_step(op, "the stride", 1, &self.stride)?;
        require_step(op, "the padding", 0, &self.padding)?;
        require_step(op, "the dilation", 1, &self.dilation)?;
        require_step(op, "groups", 1, &[self.groups])
    }

    /// Extent of a kernel of `k` elements.
    pub(super) fn extent(&self, d: usize, k: usize) -> usize {
        self.dilation[d].saturating_mul(k - 1).saturating_add(1)
    }

    /// Size of an image of `n` rows or columns with its padding.
    pub(super) fn padded(&self, d: usize, n: usize) -> usize {
        self.padding[d].saturating_mul(2).saturating_add(n)
    }

    /// The attributes of ONNX's convolutions, for kernels of those sizes: of images, or of signals, of
    /// which the column half counts.
    pub(crate) fn attributes(&self, kernel: &[usize]) -> OnnxAttributes {
        let part = |pair: [usize; 2]| pair.into_iter().skip(2 - kernel.len());
        vec![
            ("kernel_shape", OnnxAttribute::ints(kernel.iter().copied())),
            ("strides", OnnxAttribute::ints(part(self.stride))),
            ("pads", OnnxAttribute::ints(part(self.padding).chain(part(self.padding)))),
            ("dilations", OnnxAttribute::ints(part(self.dilation))),
            ("group", self.groups.into()),
        ]
    }

    pub(super) fn burn(&self) -> ConvOptions<2> {
        ConvOptions::new(self.stride, self.padding, self.dilation, self.groups)
    }

    pub(super) fn burn_transposed(&self, padding_out: [usize; 2]) -> ConvTransposeOptions<2> {
        ConvTransposeOptions::new(self.stride, self.padding, padding_out, self.dilation, self.groups)
    }
}
