//! Structural similarity of pictures at several scales (Wang, Simoncelli, Bovik, 2003).

use rayon::prelude::*;

use super::named;
use crate::{Error, Result, Tensor, ensure, interrupt, op, tensor::guarded};

const OP: &str = "ms_ssim";
/// The side of the window and its standard deviation.
const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
/// The weights of the five scales.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// How similarity at several scales is read, where pictures are too small for five scales of an 11-tap
/// window (176 pixels a side).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsimReading {
    /// Five scales; the window shrinks to the picture, and its standard deviation with it.
    FiveLevelsShrinkingWindow,
    /// The first scales with the whole window; their weights are rescaled to a sum of 1.
    LevelsFullWindow(usize),
    /// Not MS-SSIM proper, but common: every term `v` becomes `(v + 1) / 2`, the last one has four times
    /// its weight. The window shrinks, its standard deviation does not.
    ShiftedFiveLevels,
    /// SSIM (Wang et al., 2004), negative where structures are opposite.
    SingleScale,
}

impl SsimReading {
    /// The reading of a name: `five_levels_shrinking_window`, `levels_N_full_window` with N from 1 to 5,
    /// `shifted_five_levels`, `single_scale_ssim`.
    ///
    /// # Errors
    /// [`Error::Argument`] for another name.
    pub fn parse(name: &str) -> Result<Self> {
        use SsimReading::*;
        let readings = [
            ("five_levels_shrinking_window", FiveLevelsShrinkingWindow),
            ("levels_1_full_window", LevelsFullWindow(1)),
            ("levels_2_full_window", LevelsFullWindow(2)),
            ("levels_3_full_window", LevelsFullWindow(3)),
            ("levels_4_full_window", LevelsFullWindow(4)),
            ("levels_5_full_window", LevelsFullWindow(5)),
            ("shifted_five_levels", ShiftedFiveLevels),
            ("single_scale_ssim", SingleScale),
        ];
        named(OP, name, &readings)
    }

    fn levels(self) -> usize {
        match self {
            Self::FiveLevelsShrinkingWindow | Self::ShiftedFiveLevels => WEIGHTS.len(),
            Self::LevelsFullWindow(levels) => levels,
            Self::SingleScale => 1,
        }
    }

    /// The minimum side of a picture: at the last scale there is a pixel left, or a whole window.
    fn min_side(self) -> usize {
        let last = if let Self::LevelsFullWindow(_) = self { WINDOW } else { 1 };
        last << (self.levels() - 1)
    }

    /// The window at a scale of pictures `[h, w]`.
    fn window(self, [h, w]: [usize; 2]) -> Vec<f64> {
        let size = WINDOW.min(h).min(w);
        let sigma = match self {
            Self::ShiftedFiveLevels => SIGMA,
            _ => SIGMA * size as f64 / WINDOW as f64,
        };
        let middle = (size - 1) as f64 / 2.0;
        let bell = |i: usize| (-(i as f64 - middle).powi(2) / (2.0 * sigma * sigma)).exp();
        let total: f64 = (0..size).map(bell).sum();
        (0..size).map(|i| bell(i) / total).collect()
    }

    /// The similarity, of the terms at each scale.
    fn combine(self, terms: &[Terms]) -> f64 {
        let total: f64 = WEIGHTS[..terms.len()].iter().sum();
        let last = terms.len() - 1;
        let factor = |(level, term): (usize, &Terms)| {
            let (v, weight) = (if level == last { term.ssim } else { term.structure }, WEIGHTS[level]);
            match self {
                Self::ShiftedFiveLevels if level == last => ((v + 1.0) / 2.0).powf(4.0 * weight),
                Self::ShiftedFiveLevels => ((v + 1.0) / 2.0).powf(weight),
                Self::SingleScale => v,
                // A negative number has no such power. What is not a number stays so.
                _ if v < 0.0 => 0.0,
                _ => v.powf(weight / total),
            }
        };
        terms.iter().enumerate().map(factor).product()
    }
}

/// The means over channels and positions at one scale: SSIM, and its factor of contrast and structure.
#[derive(Debug, Clone, Copy, Default)]
struct Terms {
    ssim: f64,
    structure: f64,
}

impl Terms {
    fn divided(self, n: f64) -> Self {
        Self { ssim: self.ssim / n, structure: self.structure / n }
    }
}

/// What one channel takes, kept for the next: an input, its filtered rows, and the filtered maps.
#[derive(Default)]
struct Buffers {
    input: Vec<f64>,
    rows: Vec<f64>,
    means: [Vec<f64>; 4],
}

/// The similarity of each pair of pictures `[N, C, H, W]`, `[N, C, H, W]` with values that span `range`:
/// `prod_j max(cs_j, 0)^w_j max(ssim_M, 0)^w_M`, valid window positions only, each channel apart,
/// 2x2 means between scales, K = 0.01 and 0.03 (Wang, Simoncelli, Bovik, 2003). `[N]` numbers.
///
/// # Errors
/// [`Error::Shape`] for other shapes or pictures too small for the reading, [`Error::Argument`] for a
/// range that is not above 0.
pub fn ms_ssim(a: &Tensor, b: &Tensor, range: f64, reading: SsimReading) -> Result<Vec<f64>> {
    op::require_rank(OP, a.spec(), 4, "pictures [N, C, H, W]")?;
    ensure(a.shape() == b.shape(), || {
        Error::shape(OP, format!("{:?} and {:?}", a.shape(), b.shape()), "pairs of pictures of one shape")
    })?;
    let (size, minimum) = ([a.shape()[2], a.shape()[3]], reading.min_side());
    ensure(size.iter().all(|&side| side >= minimum), || {
        Error::shape(OP, format!("{:?}", a.shape()), format!("sides of at least {minimum} for this reading"))
    })?;
    ensure(range > 0.0 && range.is_finite(), || Error::argument(OP, "the range", range, "a number above 0"))?;
    interrupt::check()?;
    let pair = a.len() / a.shape()[0];
    let (a, b) = (a.to_data()?, b.to_data()?);
    let scales = Scales::new(size, range, reading);
    let similarity = |memory: &mut Buffers, i: usize| {
        interrupt::poll();
        let [a, b] = [&a, &b].map(|data| data.view().part(i * pair, pair).to_f64());
        scales.similarity(a, b, memory)
    };
    guarded(OP, || (0..a.len() / pair).into_par_iter().map_init(Buffers::default, similarity).collect())
}

/// The sizes and windows of all scales.
struct Scales {
    reading: SsimReading,
    scales: Vec<([usize; 2], Vec<f64>)>,
    /// What keeps the quotients of means, and of variances, from 0 / 0.
    constants: [f64; 2],
}

impl Scales {
    fn new(size: [usize; 2], range: f64, reading: SsimReading) -> Self {
        let scale = |level: usize| {
            let size = size.map(|side| side >> level);
            (size, reading.window(size))
        };
        let constants = [0.01, 0.03].map(|k| (k * range).powi(2));
        Self { reading, scales: (0..reading.levels()).map(scale).collect(), constants }
    }

    /// The similarity of one pair.
    fn similarity(&self, mut a: Vec<f64>, mut b: Vec<f64>, memory: &mut Buffers) -> f64 {
        let mut terms = Vec::with_capacity(self.scales.len());
        for (level, (size, window)) in self.scales.iter().enumerate() {
            if level > 0 {
                let larger = self.scales[level - 1].0;
                (a, b) = (halved(&a, larger), halved(&b, larger));
            }
            let plane = size[0] * size[1];
            let mut sum = Terms::default();
            for (a, b) in a.chunks_exact(plane).zip(b.chunks_exact(plane)) {
                let channel = self.terms([a, b], *size, window, memory);
                sum.ssim += channel.ssim;
                sum.structure += channel.structure;
            }
            terms.push(sum.divided((a.len() / plane) as f64));
        }
        self.reading.combine(&terms)
    }

    /// The terms of one channel.
    fn terms(&self, [a, b]: [&[f64]; 2], [h, w]: [usize; 2], window: &[f64], memory: &mut Buffers) -> Terms {
        let Buffers { input, rows, means: [ma, mb, squares, products] } = memory;
        blur(a, w, window, rows, ma);
        blur(b, w, window, rows, mb);
        // Of the variances only the sum is needed.
        pairwise(a, b, input, |a, b| a * a + b * b);
        blur(input, w, window, rows, squares);
        pairwise(a, b, input, |a, b| a * b);
        blur(input, w, window, rows, products);

        let [luminance, contrast] = self.constants;
        let (height, width) = (h + 1 - window.len(), w + 1 - window.len());
        let mut sum = Terms::default();
        for i in (0..height).flat_map(|row| row * w..row * w + width) {
            let (square, product) = (ma[i] * ma[i] + mb[i] * mb[i], ma[i] * mb[i]);
            let structure = (2.0 * (products[i] - product) + contrast) / (squares[i] - square + contrast);
            sum.structure += structure;
            sum.ssim += structure * (2.0 * product + luminance) / (square + luminance);
        }
        sum.divided((height * width) as f64)
    }
}

/// `y = f(a, b)`
fn pairwise(a: &[f64], b: &[f64], y: &mut Vec<f64>, f: impl Fn(f64, f64) -> f64) {
    y.clear();
    y.extend(a.iter().zip(b).map(|(&a, &b)| f(a, b)));
}

/// The weighted means under a square window that lies inside the picture, first along rows, then along
/// columns. Rows stay `width` apart: what straddles the end of one is computed too, and never looked at.
fn blur(x: &[f64], width: usize, window: &[f64], rows: &mut Vec<f64>, y: &mut Vec<f64>) {
    filter(x, 1, window, rows);
    filter(rows, width, window, y);
}

/// `y_i = sum_k window_k x_(i + k step)`
fn filter(x: &[f64], step: usize, window: &[f64], y: &mut Vec<f64>) {
    const LANES: usize = 16;
    y.resize(x.len() - (window.len() - 1) * step, 0.0);
    for (block, y) in y.chunks_mut(LANES).enumerate() {
        // A sum for each position, which the compiler keeps in vector registers.
        let mut sums = [0.0; LANES];
        for (k, weight) in window.iter().enumerate() {
            let x = &x[block * LANES + k * step..][..y.len()];
            match <&[f64; LANES]>::try_from(x).ok() {
                Some(x) => sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x),
                None => sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += weight * x),
            }
        }
        y.copy_from_slice(&sums[..y.len()]);
    }
}

/// The means of 2x2 pixels of each channel; an odd last row or column is left out.
fn halved(x: &[f64], [h, w]: [usize; 2]) -> Vec<f64> {
    let (rows, columns) = (h / 2, w / 2);
    let planes = x.chunks_exact(h * w).flat_map(|plane| {
        (0..rows * columns).map(move |i| {
            let at = 2 * (i / columns) * w + 2 * (i % columns);
            (plane[at] + plane[at + 1] + plane[at + w] + plane[at + w + 1]) / 4.0
        })
    });
    planes.collect()
}
