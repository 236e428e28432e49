//! Windows that move over the spatial dimensions `[N, C, D1, D2, ..]`: kernels, steps and edges.

use ops::Result;

use crate::{broken, call::NodeCall, node::NodeReader};

/// The largest window: some operators look at its elements one after another.
const LARGEST: usize = 1 << 16;

/// How edges are found where the file does not say them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Auto {
    Given,
    /// As many windows as steps fit, an odd element at the end or at the start.
    SameUpper,
    SameLower,
    /// No edges.
    Valid,
}

/// The attributes that convolutions and poolings share.
#[derive(Debug, Clone)]
pub(super) struct Windows {
    pub kernel: Option<Vec<usize>>,
    strides: Option<Vec<usize>>,
    dilations: Option<Vec<usize>>,
    /// All starts, then all ends.
    pads: Option<Vec<usize>>,
    pub auto: Auto,
}

/// One dimension of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WindowSpan {
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub before: usize,
    pub after: usize,
}

impl Windows {
    pub fn of(node: &NodeReader) -> Result<Self> {
        let choices = [
            ("NOTSET", Auto::Given),
            ("SAME_UPPER", Auto::SameUpper),
            ("SAME_LOWER", Auto::SameLower),
            ("VALID", Auto::Valid),
        ];
        let auto = node.choice("auto_pad", &choices)?;
        let found = Self {
            kernel: node.sizes("kernel_shape")?,
            strides: node.sizes("strides")?,
            dilations: node.sizes("dilations")?,
            pads: node.sizes("pads")?,
            auto,
        };
        for (name, list, minimum) in [
            ("kernel_shape", &found.kernel, 1),
            ("strides", &found.strides, 1),
            ("dilations", &found.dilations, 1),
            ("pads", &found.pads, 0),
        ] {
            if list.iter().flatten().any(|n| !(minimum..=i32::MAX as usize).contains(n)) {
                return broken(format!("the attribute `{name}` is {:?}", list.as_deref().unwrap_or(&[])));
            }
        }
        Ok(found)
    }

    /// The window in each spatial dimension of a shape; `kernel` are its sizes.
    pub fn spans(&self, call: &NodeCall, shape: &[usize], kernel: &[usize]) -> Result<Vec<WindowSpan>> {
        let n = kernel.len();
        let fits =
            |list: &Option<Vec<usize>>, per: usize| list.as_ref().is_none_or(|list| list.len() == n * per);
        let rank_fits = shape.len() == n + 2 && (1..=3).contains(&n) && kernel.iter().all(|&k| k <= LARGEST);
        if !rank_fits || !fits(&self.strides, 1) || !fits(&self.dilations, 1) || !fits(&self.pads, 2) {
            return Err(
                call.misfit(shape, format!("one to three spatial dimensions, as the kernel {kernel:?}"))
            );
        }
        let at = |list: &Option<Vec<usize>>, d: usize, default| list.as_ref().map_or(default, |list| list[d]);
        Ok((0..n)
            .map(|d| {
                let (stride, dilation) = (at(&self.strides, d, 1), at(&self.dilations, d, 1));
                let span = WindowSpan { kernel: kernel[d], stride, dilation, before: 0, after: 0 };
                match self.auto {
                    Auto::Given => {
                        WindowSpan { before: at(&self.pads, d, 0), after: at(&self.pads, n + d, 0), ..span }
                    }
                    Auto::Valid => span,
                    auto => span.same(shape[d + 2], auto == Auto::SameUpper),
                }
            })
            .collect())
    }
}

impl WindowSpan {
    /// From the first to the last element.
    pub fn extent(self) -> usize {
        self.dilation.saturating_mul(self.kernel - 1).saturating_add(1)
    }

    fn same(self, n: usize, upper: bool) -> Self {
        let total = ((n.div_ceil(self.stride) - 1) * self.stride + self.extent()).saturating_sub(n);
        let (less, more) = (total / 2, total - total / 2);
        let (before, after) = if upper { (less, more) } else { (more, less) };
        Self { before, after, ..self }
    }

    /// Size of `n` elements with their edges.
    pub fn padded(self, n: usize) -> usize {
        n.saturating_add(self.before).saturating_add(self.after)
    }

    /// How many windows fit.
    pub fn count(self, n: usize) -> Option<usize> {
        Some(self.padded(n).checked_sub(self.extent())? / self.stride + 1)
    }
}
