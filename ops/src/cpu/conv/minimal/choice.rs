//! Which convolutions minimal filtering computes, and by which form.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    super::{Geometry, TASKS, transpose::lanes},
    SPANS, TILES, points,
    transform::{Points, Transform},
};

static EXACT: AtomicBool = AtomicBool::new(false);

/// Whether all convolutions of this process are plain sums of products from now on, none of them by minimal
/// filtering: slower, and with the smallest errors.
pub fn set_exact(exact: bool) {
    EXACT.store(exact, Ordering::Relaxed);
}

/// How often a row (or column) of a kernel meets one of an image: plain products leave out the padding.
fn meetings(g: &Geometry, d: usize) -> usize {
    let end = g.image[d] + g.window.padding[d];
    let of_kernel =
        |k: usize| end.saturating_sub(k).min(g.map[d]) - g.window.padding[d].saturating_sub(k).min(g.map[d]);
    (0..g.kernel[d]).map(of_kernel).sum()
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
/// multiplications in a nanosecond. The points of a tile and channel took 16 to 26 ns (t = 6) and 40 to 57 ns
/// (t = 8), a tile of its points 13 to 15 ns and 27 ns, the points of a kernel 60 ns and, where those of all
/// do not fit a cache, 370 ns. Of 140 sizes none was slower than plain products. With AVX2 products take
/// twice as long and transforms nearly so: the same sizes pay, until somebody measures.
pub(super) const FORMS: [Form; 3] = [
    Form { t: 6, r: 3, cost: Cost { points: 1500, tile: 1200, kernel: 6000, sum: 10_000 } },
    Form { t: 8, r: 4, cost: Cost { points: 4000, tile: 3000, kernel: 30_000, sum: 30_000 } },
    Form { t: 8, r: 5, cost: Cost { points: 4000, tile: 3000, kernel: 30_000, sum: 30_000 } },
];

/// Percent of the time of plain products at which a form is taken.
const PERCENT: usize = 90;

/// Elements of the points of a part, of which each thread has one: 32 MiB.
const PART: usize = 1 << 23;

/// Elements of the points of all kernels, and of the sums of all spans: 64 MiB.
const KERNELS: usize = 1 << 24;

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
        let tiles = self.tiles(g.map);
        let all = g.count * tiles[0] * tiles[1];
        // Of a tile, and of all together.
        let (of_tile, once) = match side {
            Side::Maps => (t * pairs + points * inputs + tile * outputs, kernel * pairs),
            Side::Images => (t * pairs + points * outputs + tile * inputs, kernel * pairs),
            // Sums are read and written at each part.
            Side::Weights => (t * pairs * 3 / 2 + points * (inputs + outputs), sum * pairs),
        };
        let plain = g.count * meetings(g, 0) * meetings(g, 1) * g.inputs * g.outputs;
        let part = (2 * TILES).max(tiles[1]) * t * (inputs + outputs);
        let kept = t * pairs * if side == Side::Weights { SPANS } else { 1 };
        part <= PART && kept <= KERNELS && of_tile * all + once <= plain / 100 * PERCENT
    }

    /// Numbers of a tile by rows and by columns.
    pub(super) fn m(self) -> usize {
        self.t + 1 - self.r
    }

    pub(super) fn tiles(self, size: [usize; 2]) -> [usize; 2] {
        size.map(|n| n.div_ceil(self.m()))
    }

    /// The matrix D of [`super`].
    pub(super) fn data(self) -> Transform {
        Transform::new(&points::data(self.t))
    }

    /// P.
    pub(super) fn powers(self) -> Transform {
        Transform::new(&points::powers(self.t, self.m()))
    }

    /// K.
    pub(super) fn kernel(self) -> Transform {
        Transform::new(&points::kernel(self.t, self.r))
    }

    pub(super) fn points(self, tiles: usize, channels: usize) -> Points {
        Points { t: self.t, tiles, lanes: lanes(channels) }
    }
}
