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
    /// Extent of a kernel of `k` elements along dimension `d`.
    pub(crate) fn extent(&self, d: usize, k: usize) -> usize {
        self.dilation[d].saturating_mul(k - 1).saturating_add(1)
    }

    /// Size of an image of `n` rows or columns with its padding.
    pub(crate) fn padded(&self, d: usize, n: usize) -> usize {
        self.padding[d].saturating_mul(2).saturating_add(n)
    }
}
