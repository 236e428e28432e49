//! Which convolutions minimal filtering computes, and by which form.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    super::{Geometry, TASKS, transpose::lanes},
    SPANS, TILES,
    transform::Points,
};

static EXACT: AtomicBool = AtomicBool::new(false);

/// Whether all convolutions of this process are plain sums of products from now on, none of them by minimal
/// filtering: slower, and with the smallest errors.
pub fn set_exact(exact: bool) {
    EXACT.store(exact, Ordering::Relaxed);
}

/// Which of the three maps of [`super::super`] is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Side {
    Maps,
    Images,
    Weights,
}

/// `F(m x m, r x r)` of t points by rows and by columns, and what it costs besides its products.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Form {
    pub(super) t: usize,
    pub(super) r: usize,
    cost: Cost,
}

/// In multiplications that a product does in the same time.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// The points of a tile of one channel.
    points: usize,
    /// A tile of one channel of its points.
    tile: usize,
    /// The points of a kernel.
    kernel: usize,
    /// A kernel of its points, which all spans have summed.
    sum: usize,
}

/// Measured with AVX-512 on two cores of a Sapphire Rapids Xeon at 2.1 GHz, where a core does 67
/// multiplications in a nanosecond: points of a tile and channel take 15 to 25 ns (t = 6) and 40 to 60 ns
/// (t = 8), tiles of them 20 and 35 ns, kernels 60 ns. These are half as much again, since they meet in the
/// caches. With AVX2 products and transforms take twice as long, so that the same sizes pay.
pub(super) const FORMS: [Form; 3] = [
    Form { t: 6, r: 3, cost: Cost { points: 2000, tile: 2000, kernel: 8000, sum: 11_000 } },
    Form { t: 8, r: 4, cost: Cost { points: 5000, tile: 4000, kernel: 12_000, sum: 18_000 } },
    Form { t: 8, r: 5, cost: Cost { points: 5000, tile: 4000, kernel: 12_000, sum: 18_000 } },
];

/// Percent of the time of plain products at which a form is taken.
const PERCENT: usize = 90;

/// Elements of the points of a part, of all kernels and of the sums of all spans: 32 MiB.
const MAXIMUM: usize = 1 << 23;

impl Form {
    /// The form by which a convolution is computed faster than by plain products; none where these are.
    pub(in super::super) fn of(g: &Geometry, side: Side) -> Option<Self> {
        let w = &g.window;
        let is_plain = w.stride == [1; 2] && w.dilation == [1; 2] && w.groups == 1;
        if EXACT.load(Ordering::Relaxed) || !is_plain || g.count < TASKS / 2 {
            return None;
        }
        let side_of_kernel = g.kernel[0].max(g.kernel[1]);
        let form = FORMS.into_iter().find(|form| form.r == side_of_kernel)?;
        form.pays(g, side).then_some(form)
    }

    fn pays(self, g: &Geometry, side: Side) -> bool {
        let (t, Cost { points, tile, kernel, sum }) = (self.t * self.t, self.cost);
        let [inputs, outputs] = [g.inputs, g.outputs].map(lanes);
        let pairs = inputs * outputs;
        let tiles = self.tiles(if side == Side::Images { g.image } else { g.map });
        let all = g.count * tiles[0] * tiles[1];
        // Of a tile, and of all together.
        let (of_tile, once) = match side {
            Side::Maps => (t * pairs + points * inputs + tile * outputs, kernel * pairs),
            Side::Images => (t * pairs + points * outputs + tile * inputs, kernel * pairs),
            // Sums are read and written at each part.
            Side::Weights => (t * pairs * 3 / 2 + points * (inputs + outputs), sum * pairs),
        };
        let plain = g.count * g.map_len() * g.kernel[0] * g.kernel[1] * g.inputs * g.outputs;
        let part = (2 * TILES).max(tiles[1]) * t * (inputs + outputs);
        let kept = t * pairs * if side == Side::Weights { SPANS } else { 1 };
        part.max(kept) <= MAXIMUM && of_tile * all + once <= plain / 100 * PERCENT
    }

    /// Numbers of a tile by rows and by columns.
    pub(super) fn m(self) -> usize {
        self.t + 1 - self.r
    }

    pub(super) fn tiles(self, size: [usize; 2]) -> [usize; 2] {
        size.map(|n| n.div_ceil(self.m()))
    }

    pub(super) fn points(self, tiles: usize, channels: usize) -> Points {
        Points { t: self.t, tiles, lanes: lanes(channels) }
    }
}
