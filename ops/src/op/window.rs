//! The window of a convolution, in the words of backends and of ONNX.

use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::{OnnxAttribute, OnnxAttributes, require_step};
use crate::Result;
pub use crate::cpu::conv::Window;

impl Window {
    pub(super) fn check(&self, op: &'static str) -> Result<()> {
        require_step(op, "the stride", 1, &self.stride)?;
        require_step(op, "the padding", 0, &self.padding)?;
        require_step(op, "the dilation", 1, &self.dilation)?;
        require_step(op, "groups", 1, &[self.groups])
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
