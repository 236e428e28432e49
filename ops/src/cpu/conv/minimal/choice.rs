//! Which convolutions minimal filtering computes, and by which form.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{super::Geometry, SPANS, TASKS, transform::Points};
use crate::cpu::conv::transpose::lanes;

static EXACT: AtomicBool = AtomicBool::new(false);

/// Whether every convolution from now on, in this process, is a plain sum of products.
pub fn set_exact(exact: bool) {
    EXACT.store(exact, Ordering::Relaxed);
}

/// A form `F(m x m, r x r)` of t points by rows and by columns.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Form {
    pub(super) t: usize,
    pub(super) r: usize,
    cost: Cost,
}

/// What else it costs, in multiplications of a product in the same time.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// The points of a tile and a channel.
    points: usize,
    /// The numbers of a tile and a channel of its points.
    numbers: usize,
    /// The points of a kernel.
    kernel: usize,
}

/// Which of the three maps of [`super::super`] is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Side {
    Maps,
    Images,
    Weights,
}

const FORMS: [Form; 3] = [
    Form { t: 6, r: 3, cost: Cost { points: 1500, numbers: 1500, kernel: 4000 } },
    Form { t: 8, r: 4, cost: Cost { points: 3500, numbers: 2600, kernel: 4000 } },
    Form { t: 8, r: 5, cost: Cost { points: 3500, numbers: 2400, kernel: 4000 } },
];

/// Elements of the points of a part and of the sums of all spans: 32 MiB.
const MAXIMUM: usize = 1 << 23;

impl Form {
    /// Numbers of a tile by rows and by columns.
    pub(super) fn m(&self) -> usize {
        self.t + 1 - self.r
    }

    pub(super) fn tiles(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|n| n.div_ceil(self.m()))
    }

    pub(super) fn points(&self, tiles: usize, channels: usize) -> Points {
        Points { t: self.t, tiles, lanes: lanes(channels) }
    }

    /// The form by which a convolution is computed faster than by plain products; none where these are.
    pub(in super::super) fn of(g: &Geometry, _side: Side) -> Option<Self> {
        let w = &g.window;
        let is_plain = w.stride == [1; 2] && w.dilation == [1; 2] && w.groups == 1;
        if EXACT.load(Ordering::Relaxed) || !is_plain || g.count < TASKS / 2 {
            return None;
        }
        let side = g.kernel[0].max(g.kernel[1]);
        FORMS.into_iter().find(|form| form.r == side)
    }
}
