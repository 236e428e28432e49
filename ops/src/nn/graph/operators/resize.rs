//! Tensors in another size. Each dimension is resized alone: an element of the result is a weighted sum of
//! a few elements, its taps.

use super::{Operator, Resolved, gives, op};
use crate::{
    DType, Result, Spec, Tensor,
    nn::graph::{call::Call, node::Node},
};

pub(super) const OPERATORS: &[Operator] =
    &[op("Resize", 10, resize).settings(&[1, 2, 3]), op("Upsample", 7, upsample).settings(&[1]).until(9)];

/// The most elements of a dimension that is resized: each has its own list of taps.
const LONGEST: f64 = 1_048_576.0;

/// Where an element of the result lies in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    CropAndResize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest(Nearest),
    Linear,
    /// Cubic convolution with that coefficient (Keys, 1981).
    Cubic(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Nearest {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
}

/// How one dimension is resized.
#[derive(Debug, Clone, Copy)]
struct Style {
    place: Place,
    mode: Mode,
    /// Taps beyond the edge count for nothing, and the others for more.
    exclude_outside: bool,
    /// Smaller results look at more elements, so that none is passed over.
    antialias: bool,
    /// What stands beyond the edge where a region reaches there.
    beyond: f64,
}

/// One dimension.
struct Axis {
    n: usize,
    size: usize,
    scale: f64,
    region: [f64; 2],
}

/// What becomes of an aspect ratio that sizes would change.
#[derive(Clone, Copy, PartialEq)]
enum Aspect {
    Stretch,
    NotLarger,
    NotSmaller,
}

fn resize(node: &Node) -> Resolved {
    let old = node.opset < 11;
    let style = if old { asymmetric(node)? } else { style(node)? };
    let axes = node.ints("axes")?;
    let aspects = [Aspect::Stretch, Aspect::NotLarger, Aspect::NotSmaller];
    let aspect =
        aspects[node.choice("keep_aspect_ratio_policy", &["stretch", "not_larger", "not_smaller"])?];
    let scales_at = if old { 1 } else { 2 };
    gives(move |call| {
        let x = call.tensor(0)?;
        let all: Vec<i64> = (0..x.rank() as i64).collect();
        let dims = call.axes(axes.as_ref().unwrap_or(&all), x.rank())?;
        let scales = call.numbers_or_none(scales_at)?;
        let sizes = if old { vec![] } else { call.maybe_ints(3)?.unwrap_or_default() };
        let region = if old { vec![] } else { call.numbers_or_none(1)? };
        let lengths = [scales.len(), sizes.len()];
        if lengths.iter().filter(|&&n| n == dims.len()).count() != 1
            || lengths.iter().sum::<usize>() != dims.len()
        {
            return Err(call.wrong(
                "the scales or sizes",
                format!("{lengths:?} numbers"),
                "one for each axis",
            ));
        }
        let numbers =
            if sizes.is_empty() { by_scale(&x, &dims, &scales) } else { by_size(&x, &dims, &sizes, aspect) };
        resized(call, &x, &dims, &numbers, &region, style)
    })
}

/// Sizes `floor(scale n)`.
fn by_scale(x: &Tensor, dims: &[usize], scales: &[f64]) -> Vec<(f64, f64)> {
    dims.iter().zip(scales).map(|(&d, &scale)| (scale, (scale * x.shape()[d] as f64).floor())).collect()
}

fn by_size(x: &Tensor, dims: &[usize], sizes: &[i64], aspect: Aspect) -> Vec<(f64, f64)> {
    let scale = |(&d, &size): (&usize, &i64)| size as f64 / x.shape()[d] as f64;
    let own = dims.iter().zip(sizes).map(scale);
    let common = match aspect {
        Aspect::Stretch => return own.zip(sizes).map(|(scale, &size)| (scale, size as f64)).collect(),
        Aspect::NotLarger => own.fold(f64::INFINITY, f64::min),
        Aspect::NotSmaller => own.fold(0.0, f64::max),
    };
    // The nearest whole number, halves up.
    dims.iter().map(|&d| (common, (common * x.shape()[d] as f64 + 0.5).floor())).collect()
}

fn upsample(node: &Node) -> Resolved {
    let fixed = if node.opset < 9 { node.floats("scales")? } else { None };
    let style = asymmetric(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let scales = match &fixed {
            Some(scales) => scales.clone(),
            None => call.numbers(1)?,
        };
        if scales.len() != x.rank() {
            return Err(call.wrong("the scales", format!("{scales:?}"), "one for each dimension"));
        }
        let dims: Vec<usize> = (0..x.rank()).collect();
        resized(call, &x, &dims, &by_scale(&x, &dims, &scales), &[], style)
    })
}

/// What resizing was before opset 11.
fn asymmetric(node: &Node) -> Result<Style> {
    let mode = match node.choice("mode", &["nearest", "linear", "bilinear"])? {
        0 => Mode::Nearest(Nearest::Floor),
        _ => Mode::Linear,
    };
    Ok(Style { place: Place::Asymmetric, mode, exclude_outside: false, antialias: false, beyond: 0.0 })
}

fn style(node: &Node) -> Result<Style> {
    const PLACES: [(&str, Place); 6] = [
        ("half_pixel", Place::HalfPixel),
        ("half_pixel_symmetric", Place::HalfPixelSymmetric),
        ("pytorch_half_pixel", Place::PytorchHalfPixel),
        ("align_corners", Place::AlignCorners),
        ("asymmetric", Place::Asymmetric),
        ("tf_crop_and_resize", Place::CropAndResize),
    ];
    let nearest = [Nearest::PreferFloor, Nearest::PreferCeil, Nearest::Floor, Nearest::Ceil];
    let words = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
    let (nearest, a) = (nearest[node.choice("nearest_mode", &words)?], node.float("cubic_coeff_a", -0.75)?);
    let modes = [Mode::Nearest(nearest), Mode::Linear, Mode::Cubic(a)];
    Ok(Style {
        place: PLACES[node.choice("coordinate_transformation_mode", &PLACES.map(|(name, _)| name))?].1,
        mode: modes[node.choice("mode", &["nearest", "linear", "cubic"])?],
        exclude_outside: node.flag("exclude_outside", false)?,
        antialias: node.flag("antialias", false)?,
        beyond: node.float("extrapolation_value", 0.0)?,
    })
}

fn resized(
    call: &Call,
    x: &Tensor,
    dims: &[usize],
    numbers: &[(f64, f64)],
    region: &[f64],
    style: Style,
) -> Result<Tensor> {
    let mut y = x.clone();
    for (i, (&d, &(scale, size))) in dims.iter().zip(numbers).enumerate() {
        if !(scale > 0.0 && (1.0..=LONGEST).contains(&size) && x.shape()[d] as f64 <= LONGEST) {
            return Err(call.wrong(
                "a scale or size",
                format!("{scale}, {} to {size}", x.shape()[d]),
                format!("positive, 1 to {LONGEST} elements"),
            ));
        }
        let whole = [0.0, 1.0];
        let region = match (region.get(i), region.get(i + dims.len())) {
            (Some(&from), Some(&to)) if style.place == Place::CropAndResize => [from, to],
            _ => whole,
        };
        let axis = Axis { n: x.shape()[d], size: size as usize, scale, region };
        if axis.size != axis.n || scale != 1.0 || region != whole {
            y = axis.apply(&y, d, style)?;
        }
    }
    Ok(y)
}

impl Axis {
    /// The place of element `i` of the result.
    fn place(&self, i: usize, style: Style) -> f64 {
        let (n, i, full) = (self.n as f64, i as f64, self.scale * self.n as f64);
        let half = (i + 0.5) / self.scale - 0.5;
        match style.place {
            Place::HalfPixel => half,
            Place::HalfPixelSymmetric => n / 2.0 * (1.0 - self.size as f64 / full) + half,
            Place::PytorchHalfPixel => {
                if full == 1.0 {
                    -0.5
                } else {
                    half
                }
            }
            Place::AlignCorners => {
                if full == 1.0 {
                    0.0
                } else {
                    i * (n - 1.0) / (full - 1.0)
                }
            }
            Place::Asymmetric => i / self.scale,
            Place::CropAndResize => {
                let [from, to] = self.region;
                let along = if full == 1.0 { 0.5 } else { i / (full - 1.0) };
                // Further beyond the edge nothing changes, and the taps stay countable.
                ((from + along * (to - from)) * (n - 1.0)).clamp(-n, 2.0 * n)
            }
        }
    }

    /// The elements that make up one of the result, with their weights.
    fn taps(&self, i: usize, style: Style) -> Vec<(usize, f64)> {
        let at = self.place(i, style);
        let scale = if style.antialias { self.scale.min(1.0) } else { 1.0 };
        let weight = |distance: f64| match style.mode {
            Mode::Cubic(a) => cubic(distance, a),
            _ => (1.0 - distance.abs()).max(0.0),
        };
        let reach = match style.mode {
            Mode::Nearest(nearest) => return vec![(clamp(nearest.choose(at), self.n), 1.0)],
            Mode::Linear => 1.0,
            Mode::Cubic(_) => 2.0,
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

    fn apply(&self, x: &Tensor, d: usize, style: Style) -> Result<Tensor> {
        // Weights are fractions, which whole numbers do not hold.
        if !x.dtype().is_float() && !matches!(style.mode, Mode::Nearest(_)) {
            return self.apply(&x.cast(DType::F32)?, d, style)?.cast(x.dtype());
        }
        let taps: Vec<_> = (0..self.size).map(|i| self.taps(i, style)).collect();
        let most = taps.iter().map(Vec::len).max().unwrap_or(0);
        let tap = |i: usize, t: usize| taps[i].get(t).copied().unwrap_or((0, 0.0));
        let mut shape = vec![1; x.rank()];
        shape[d] = self.size;
        let along = |number: &dyn Fn(usize) -> f64| {
            Tensor::from_numbers("resize", Spec::new(shape.clone(), x.dtype()), x.device(), number)
        };
        let mut sum = x.slices_at(d, self.size, |i| tap(i, 0).0)?;
        if !matches!(style.mode, Mode::Nearest(_)) {
            sum = sum.mul(&along(&|i| tap(i, 0).1)?)?;
            for t in 1..most {
                let next = x.slices_at(d, self.size, |i| tap(i, t).0)?;
                sum = sum.add(&next.mul(&along(&|i| tap(i, t).1)?)?)?;
            }
        }
        if style.place != Place::CropAndResize {
            return Ok(sum);
        }
        let last = self.n as f64 - 1.0;
        let beyond = |i: usize| f64::from(u8::from(!(0.0..=last).contains(&self.place(i, style))));
        let mask = along(&beyond)?.ne_scalar(0.0)?;
        sum.masked_fill(&mask, style.beyond)
    }
}

impl Nearest {
    fn choose(self, at: f64) -> f64 {
        match self {
            Self::PreferFloor => (at - 0.5).ceil(),
            Self::PreferCeil => (at + 0.5).floor(),
            Self::Floor => at.floor(),
            Self::Ceil => at.ceil(),
        }
    }
}

fn clamp(place: f64, n: usize) -> usize {
    place.clamp(0.0, (n - 1) as f64) as usize
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
