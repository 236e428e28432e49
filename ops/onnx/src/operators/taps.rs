//! One dimension in another size: an element of the result is a weighted sum of a few elements, its taps.

use ops::{Result, Spec, Tensor, tensor::require_room};

/// Where an element of the result lies in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    CropAndResize,
    /// Of opset 11 only.
    HalfPixelForNearest,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ResizeMode {
    Nearest(Nearest),
    Linear,
    /// Cubic convolution with that coefficient (Keys, 1981).
    Cubic(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Nearest {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
    /// Before opset 11: the one after where the scale is below 1, else the one before.
    ByScale,
}

/// A position that is as near as this to the middle between two elements counts as the middle.
const MIDDLE: f64 = 1e-6;

/// How one dimension is resized.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResizeStyle {
    pub coordinates: Coordinates,
    pub mode: ResizeMode,
    /// Taps beyond the edge count for nothing, and the others for more.
    pub exclude_outside: bool,
    /// Smaller results look at more elements, so that none is passed over.
    pub antialias: bool,
    /// What stands beyond the edge where a region reaches there.
    pub beyond: f64,
}

/// One dimension.
pub(super) struct ResizedAxis {
    pub n: usize,
    pub size: usize,
    pub scale: f32,
    /// From where to where the result reaches, relative to the input.
    pub region: [f32; 2],
}

impl ResizedAxis {
    /// Whether elements are looked for elsewhere than at their own positions.
    pub fn moves(&self, style: ResizeStyle) -> bool {
        self.scale != 1.0 && !(style.antialias && self.size == self.n)
    }

    /// The position of element `i` of the result, in f32 as ONNX Runtime computes it.
    fn position(&self, i: usize, style: ResizeStyle) -> f64 {
        let (n, size, scale) = (self.n as f32, self.size as f32, self.scale);
        let i = i as f32;
        let centre = (i + 0.5) / scale;
        let position = match style.coordinates {
            Coordinates::HalfPixelForNearest => centre,
            Coordinates::Asymmetric => i / scale,
            // One element is the first.
            Coordinates::PytorchHalfPixel | Coordinates::AlignCorners if self.size == 1 => 0.0,
            Coordinates::HalfPixel | Coordinates::PytorchHalfPixel => centre - 0.5,
            Coordinates::AlignCorners => i * (n - 1.0) / (size - 1.0),
            Coordinates::HalfPixelSymmetric => {
                let offset = n / 2.0 * (1.0 - size / (scale * n));
                (f64::from(offset) + (f64::from(i) + 0.5) / f64::from(scale) - 0.5) as f32
            }
            Coordinates::CropAndResize => {
                let ([from, to], last) = (self.region, n - 1.0);
                let at = match self.size {
                    1 => (from + to) / 2.0 * last,
                    _ => from * last + i * (to - from) * last / (size - 1.0),
                };
                // Further beyond the edge nothing changes, and the taps stay countable.
                at.clamp(-n, 2.0 * n)
            }
        };
        f64::from(position)
    }

    /// The elements that make up one of the result, with their weights.
    fn taps(&self, i: usize, style: ResizeStyle) -> Vec<(usize, f64)> {
        let at = self.position(i, style);
        let scale = if style.antialias { f64::from(self.scale.min(1.0)) } else { 1.0 };
        let weight = |distance: f64| match style.mode {
            ResizeMode::Cubic(a) => cubic(distance, a),
            _ => (1.0 - distance.abs()).max(0.0),
        };
        let reach = match style.mode {
            ResizeMode::Nearest(nearest) => {
                return vec![(clamp(nearest.choose(at, self.scale), self.n), 1.0)];
            }
            ResizeMode::Linear => 1.0,
            ResizeMode::Cubic(_) => 2.0,
        } / scale;
        let (first, last) = ((at - reach).floor() as i64 + 1, (at + reach).ceil() as i64 - 1);
        let outside = |k: i64| k < 0 || k >= self.n as i64;
        let mut taps: Vec<(usize, f64)> = (first..=last)
            .filter(|&k| !(style.exclude_outside && outside(k)))
            .map(|k| (clamp(k as f64, self.n), weight((k as f64 - at) * scale)))
            .collect();
        let total: f64 = taps.iter().map(|(_, weight)| weight).sum();
        taps.iter_mut().for_each(|(_, weight)| *weight /= total);
        taps
    }

    /// The tensor resized along dimension `d`.
    pub fn apply(&self, x: &Tensor, d: usize, style: ResizeStyle) -> Result<Tensor> {
        let mut resized = x.shape().to_vec();
        resized[d] = self.size;
        require_room("resize", &x.spec().reshaped(resized))?;
        let taps: Vec<_> = (0..self.size).map(|i| self.taps(i, style)).collect();
        let longest = taps.iter().map(Vec::len).max().unwrap_or(0);
        let tap = |i: usize, t: usize| taps[i].get(t).copied().unwrap_or((0, 0.0));
        let mut shape = vec![1; x.rank()];
        shape[d] = self.size;
        let along = |number: &dyn Fn(usize) -> f64| {
            Tensor::from_numbers("resize", Spec::new(shape.clone(), x.dtype()), x.device(), number)
        };
        let mut sum = x.slices_at(d, self.size, |i| tap(i, 0).0)?;
        if !matches!(style.mode, ResizeMode::Nearest(_)) {
            sum = sum.mul(&along(&|i| tap(i, 0).1)?)?;
            for t in 1..longest {
                let next = x.slices_at(d, self.size, |i| tap(i, t).0)?;
                sum = sum.add(&next.mul(&along(&|i| tap(i, t).1)?)?)?;
            }
        }
        if style.coordinates != Coordinates::CropAndResize {
            return Ok(sum);
        }
        let last = self.n as f64 - 1.0;
        let beyond = |i: usize| f64::from(u8::from(!(0.0..=last).contains(&self.position(i, style))));
        let mask = along(&beyond)?.ne_scalar(0.0)?;
        sum.masked_fill(&mask, style.beyond)
    }
}

impl Nearest {
    fn choose(self, at: f64, scale: f32) -> f64 {
        match self {
            Self::PreferFloor => (at - 0.5 - MIDDLE).ceil(),
            Self::PreferCeil => (at + 0.5 + MIDDLE).floor(),
            Self::ByScale if scale < 1.0 => at.ceil(),
            Self::ByScale => at.floor(),
            Self::Floor => at.floor(),
            Self::Ceil => at.ceil(),
        }
    }
}

fn clamp(position: f64, n: usize) -> usize {
    position.clamp(0.0, (n - 1) as f64) as usize
}

/// The kernel of cubic convolution.
fn cubic(distance: f64, a: f64) -> f64 {
    let x = distance.abs();
    match x {
        0.0..=1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        1.0..2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
        _ => 0.0,
    }
}
