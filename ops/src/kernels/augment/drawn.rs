//! torchvision's random transforms for images `[N, C, H, W]`, each image by numbers of its own: the next draw
//! of the innermost stream. Composed of other operations.

use super::{
    Affine, Jitter, Outside, affine, color_jitter, crop, flip, images, of_each, transform, transform::within,
    warp::warp,
};
use crate::{
    DType, Device, Error, Result, Tensor, ensure,
    op::Padding,
    random::{self, uniform},
    tensor::Data,
};

/// Tries for a part of an image whose shape fits into it.
const TRIES: usize = 10;

/// A range that numbers are drawn from evenly.
pub type Range = [f64; 2];

/// `[n][k]` uniform numbers.
pub(super) fn numbers(n: usize, k: usize) -> Result<Vec<Vec<f64>>> {
    let drawn = uniform(&[n.max(1), k], Device::Cpu)?.to_f64()?;
    Ok(drawn.chunks_exact(k).take(n).map(<[f64]>::to_vec).collect())
}

fn between([low, high]: Range, share: f64) -> f64 {
    low + (high - low) * share
}

pub(super) fn check_range(op: &'static str, name: &'static str, range: Range, low: f64) -> Result<()> {
    let [from, to] = range;
    ensure(from.is_finite() && to.is_finite() && low <= from && from <= to, || {
        Error::argument(op, name, format!("{range:?}"), format!("[low, high], from {low} on"))
    })
}

fn check_probability(op: &'static str, p: f64) -> Result<()> {
    ensure((0.0..=1.0).contains(&p), || Error::argument(op, "the probability", p, "0 to 1"))
}

/// A number for each of n images, drawn from a range.
fn amount(x: &Tensor, range: Range) -> Result<Tensor> {
    let drawn = uniform(&[x.shape()[0]], x.device())?;
    drawn.mul_scalar(range[1] - range[0])?.add_scalar(range[0])?.cast(x.dtype())
}

/// Truth values `[N]`, each true with that probability.
fn chosen(op: &'static str, x: &Tensor, p: f64) -> Result<Tensor> {
    check_probability(op, p)?;
    random::bernoulli(&[x.shape()[0]], p, x.device())?.gt_scalar(0.5)
}

/// Each image of `changed` with probability p, else that of `x`: both `[N, ...]`.
///
/// # Errors
/// [`Error::Shape`] for two shapes, [`Error::Argument`] for a probability outside 0 to 1.
pub fn random_apply(x: &Tensor, changed: &Tensor, p: f64) -> Result<Tensor> {
    const OP: &str = "augment::random_apply";
    ensure(x.shape() == changed.shape() && x.rank() > 0, || {
        let found = format!("{:?} and {:?}", x.shape(), changed.shape());
        Error::shape(OP, found, "images of one shape [N, ...]")
    })?;
    let mut shape = vec![1; x.rank()];
    shape[0] = x.shape()[0];
    chosen(OP, x, p)?.reshape(&shape)?.expand(x.shape())?.where_(changed, x)
}

/// Mirrored left to right with probability p.
///
/// # Errors
/// As [`random_apply`].
pub fn random_horizontal_flip(x: &Tensor, p: f64) -> Result<Tensor> {
    images("augment::random_horizontal_flip", x)?;
    flip(x, &chosen("augment::random_horizontal_flip", x, p)?)
}

/// Mirrored top to bottom with probability p.
///
/// # Errors
/// As [`random_apply`].
pub fn random_vertical_flip(x: &Tensor, p: f64) -> Result<Tensor> {
    images("augment::random_vertical_flip", x)?;
    random_apply(x, &x.flip(&[2])?, p)
}

/// Grey, in as many channels, with probability p.
///
/// # Errors
/// As [`random_apply`], and [`transform::grayscale`].
pub fn random_grayscale(x: &Tensor, p: f64) -> Result<Tensor> {
    random_apply(x, &transform::grayscale(x, 3)?, p)
}

/// A window of that size anywhere in each image, after it was continued by `padding` pixels on each side.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, or one that is larger than the image with its padding.
pub fn random_crop(x: &Tensor, size: [usize; 2], padding: usize, mode: Padding) -> Result<Tensor> {
    const OP: &str = "augment::random_crop";
    images(OP, x)?;
    let x = if padding == 0 { x.clone() } else { x.pad(&[[padding; 2]; 2], mode)? };
    let n = x.shape()[0];
    let mut corners = numbers(n, 2)?;
    for (i, &wanted) in size.iter().enumerate() {
        let side = x.shape()[2 + i];
        ensure((1..=side).contains(&wanted), || {
            Error::argument(OP, "the size", format!("{size:?}"), format!("1 to {side}, the padded image's"))
        })?;
        let places = (side - wanted + 1) as f64;
        corners.iter_mut().for_each(|corner| corner[i] = (corner[i] * places).floor());
    }
    let corners = Data::from_numbers(corners.concat(), DType::F32);
    crop(&x, &Tensor::from_data(corners, [n, 2], x.device())?, size, Outside::Zero)
}

/// A part of each image, `scale` of its area and `ratio` times as wide as high, resized to that size: as
/// torchvision's `RandomResizedCrop` with bilinear interpolation, and antialiasing where that is wanted.
/// Where ten tries do not fit, it is the middle.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, and ranges that are none.
pub fn random_resized_crop(
    x: &Tensor,
    size: [usize; 2],
    scale: Range,
    ratio: Range,
    antialias: bool,
) -> Result<Tensor> {
    const OP: &str = "augment::random_resized_crop";
    images(OP, x)?;
    check_range(OP, "the scale", scale, 0.0)?;
    check_range(OP, "the ratio", ratio, f64::MIN_POSITIVE)?;
    ensure(!size.contains(&0), || Error::argument(OP, "the size", format!("{size:?}"), "at least 1 by 1"))?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let boxes = numbers(n, 4 * TRIES)?
        .into_iter()
        .map(|drawn| part(&drawn, [h, w], scale, ratio).unwrap_or_else(|| middle([h, w], ratio)))
        .collect::<Vec<_>>();
    if antialias && !x.is_empty() {
        return transform::resized_boxes(OP, x, &boxes, size);
    }
    let matrices = boxes.into_iter().flat_map(|[top, left, high, wide]| {
        // Pixel o of the window is read at start + (o + 1/2) step - 1/2.
        let step = [wide as f64 / size[1] as f64, high as f64 / size[0] as f64];
        let start = [left as f64 + 0.5 * step[0] - 0.5, top as f64 + 0.5 * step[1] - 0.5];
        [step[0], 0.0, start[0], 0.0, step[1], start[1]]
    });
    let data = Data::from_numbers(matrices, x.dtype());
    warp(OP, x, &Tensor::from_data(data, [n, 6], x.device())?, size, Outside::Mirror)
}

/// The box (top, left, height, width) of the first try that fits.
fn part(drawn: &[f64], [h, w]: [usize; 2], scale: Range, ratio: Range) -> Option<[usize; 4]> {
    drawn.chunks_exact(4).find_map(|u| {
        let area = (h * w) as f64 * between(scale, u[0]);
        let aspect = libm::exp(between(ratio.map(f64::ln), u[1]));
        let [wide, high] =
            [(area * aspect).sqrt(), (area / aspect).sqrt()].map(|s| s.round_ties_even() as usize);
        let place = |room: usize, share: f64| (share * (room + 1) as f64) as usize;
        ((1..=w).contains(&wide) && (1..=h).contains(&high))
            .then(|| [place(h - high, u[2]), place(w - wide, u[3]), high, wide])
    })
}

/// The largest box in the middle whose ratio is within the range.
fn middle([h, w]: [usize; 2], ratio: Range) -> [usize; 4] {
    let is = w as f64 / h as f64;
    let rounded = |side: f64, most: usize| (side.round_ties_even() as usize).clamp(1, most);
    let [high, wide] = if is < ratio[0] {
        [rounded(w as f64 / ratio[0], h), w]
    } else if is > ratio[1] {
        [h, rounded(h as f64 * ratio[1], w)]
    } else {
        [h, w]
    };
    [(h - high) / 2, (w - wide) / 2, high, wide]
}

/// A box of each image filled with a number, or with normal numbers where that is none, with probability p:
/// `scale` of its area and `ratio` times as high as wide. Where ten tries do not fit, the image stays.
///
/// # Errors
/// As [`random_resized_crop`], and [`random_apply`].
pub fn random_erasing(x: &Tensor, p: f64, scale: Range, ratio: Range, value: Option<f64>) -> Result<Tensor> {
    const OP: &str = "augment::random_erasing";
    images(OP, x)?;
    check_range(OP, "the scale", scale, 0.0)?;
    check_range(OP, "the ratio", ratio, f64::MIN_POSITIVE)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    // torchvision's ratio is height over width here.
    let wide = [1.0 / ratio[1], 1.0 / ratio[0]];
    let boxes = numbers(n, 4 * TRIES)?.into_iter();
    let boxes: Vec<_> = boxes.map(|drawn| part(&drawn, [h, w], scale, wide).unwrap_or([0; 4])).collect();
    let fill = match value {
        Some(value) => Tensor::full(x.shape(), value, x.dtype(), x.device())?,
        None => random::normal(x.shape(), x.device())?.cast(x.dtype())?,
    };
    random_apply(x, &within(x, &boxes)?.expand(x.shape())?.where_(&fill, x)?, p)
}

/// How far images are moved, each by numbers drawn from these ranges.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// Degrees.
    pub degrees: Range,
    /// The largest moves to the right and down, as shares of width and height.
    pub translate: [f64; 2],
    pub scale: Range,
    /// Degrees along x.
    pub shear: Range,
}

/// Rotated, moved, scaled and sheared at random, about the centre, bilinear; 0 outside. Moves are by whole
/// pixels.
///
/// # Errors
/// [`Error::Argument`] for ranges that are none, and scales that are not above 0.
pub fn random_affine(op: &'static str, x: &Tensor, moved: &Moved) -> Result<Tensor> {
    images(op, x)?;
    check_range(op, "the degrees", moved.degrees, f64::MIN)?;
    check_range(op, "the scale", moved.scale, f64::MIN_POSITIVE)?;
    check_range(op, "the shear", moved.shear, f64::MIN)?;
    ensure(moved.translate.iter().all(|t| (0.0..=1.0).contains(t)), || {
        Error::argument(op, "the translation", format!("{:?}", moved.translate), "two shares, 0 to 1")
    })?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let shifts = numbers(n, 2)?.into_iter().flat_map(|u| {
        let most = [moved.translate[0] * w as f64, moved.translate[1] * h as f64];
        [0, 1].map(|i| between([-most[i], most[i]], u[i]).round_ties_even())
    });
    let shifts = Data::from_numbers(shifts, x.dtype());
    let map = Affine {
        rotation: amount(x, moved.degrees)?,
        translation: Tensor::from_data(shifts, [n, 2], x.device())?,
        scale: amount(x, moved.scale)?,
        shear: amount(x, moved.shear)?,
    };
    affine(x, &map, Outside::Zero).map_err(|e| e.named(op))
}

/// Brightness, contrast, saturation and hue changed by factors drawn from these ranges, for each image in an
/// order that is drawn, too.
///
/// # Errors
/// [`Error::Argument`] for ranges that are none; [`Error::Shape`] for other than three channels.
pub fn random_color_jitter(x: &Tensor, ranges: [Range; 4]) -> Result<Tensor> {
    const OP: &str = "augment::color_jitter";
    images(OP, x)?;
    for (name, range) in ["the brightness", "the contrast", "the saturation"].into_iter().zip(ranges) {
        check_range(OP, name, range, 0.0)?;
    }
    check_range(OP, "the hue", ranges[3], -0.5)?;
    let n = x.shape()[0];
    let [brightness, contrast, saturation, hue] = ranges.map(|range| amount(x, range));
    let amounts = [brightness?, contrast?, saturation?, hue?];
    let orders: Vec<[usize; 4]> = numbers(n, 3)?.iter().map(|drawn| order(drawn)).collect();
    let jitter = |[brightness, contrast, saturation, hue]: [Tensor; 4]| Jitter {
        brightness,
        contrast,
        saturation,
        hue,
    };
    if ranges.iter().zip(NEUTRAL).filter(|(range, neutral)| **range != [*neutral; 2]).count() < 2 {
        return color_jitter(x, &jitter(amounts));
    }
    let mut x = x.clone();
    for round in 0..4 {
        // What it is not the turn of does nothing.
        let amount = |i: usize| {
            let turn = orders.iter().map(|order| f64::from(u8::from(order[round] == i)));
            let turn = Tensor::from_data(Data::from_numbers(turn, DType::F32), [n], x.device())?;
            let neutral = Tensor::full([n], NEUTRAL[i], x.dtype(), x.device())?;
            turn.gt_scalar(0.5)?.where_(&amounts[i], &neutral)
        };
        x = color_jitter(&x, &jitter([amount(0)?, amount(1)?, amount(2)?, amount(3)?]))?;
    }
    Ok(x)
}

/// What changes nothing: three factors and a rotation.
const NEUTRAL: [f64; 4] = [1.0, 1.0, 1.0, 0.0];

/// An order of four, by three uniform numbers (Fisher, Yates, 1938).
fn order(drawn: &[f64]) -> [usize; 4] {
    let mut order = [0, 1, 2, 3];
    for (i, u) in drawn.iter().enumerate() {
        order.swap(i, i + (u * (4 - i) as f64) as usize);
    }
    order
}

/// Blurred by a deviation drawn from that range.
///
/// # Errors
/// Those of [`transform::gaussian_blur`].
pub fn random_gaussian_blur(x: &Tensor, size: usize, sigma: Range) -> Result<Tensor> {
    const OP: &str = "augment::gaussian_blur";
    images(OP, x)?;
    check_range(OP, "the deviations", sigma, f64::MIN_POSITIVE)?;
    transform::gaussian_blur(x, size, &amount(x, sigma)?)
}

/// Images and labels mixed with those before them in the batch: `l x + (1 - l) x'` with l from the Beta law
/// of alpha and alpha, for each image (Zhang et al., 2018, mixup). Labels are whole numbers `[N]` and become
/// shares `[N, classes]`.
///
/// # Errors
/// [`Error::Argument`] for labels that are no classes, and an alpha that is not above 0.
pub fn mixup(x: &Tensor, labels: &Tensor, classes: usize, alpha: f64) -> Result<(Tensor, Tensor)> {
    const OP: &str = "augment::mixup";
    let labels = shares(OP, x, labels, classes)?;
    let l = beta(x, alpha)?;
    Ok((blend(x, &l)?, blend(&labels, &l)?))
}

/// Images with a box of those before them in the batch, of a share `1 - l` of the area with l from the Beta
/// law of alpha and alpha, about a place of its own in each (Yun et al., 2019, CutMix); labels as of
/// [`mixup`], by the area that is left within the image.
///
/// # Errors
/// As [`mixup`].
pub fn cutmix(x: &Tensor, labels: &Tensor, classes: usize, alpha: f64) -> Result<(Tensor, Tensor)> {
    const OP: &str = "augment::cutmix";
    images(OP, x)?;
    let labels = shares(OP, x, labels, classes)?;
    let &[n, _, h, w] = x.shape() else { return Ok((x.clone(), labels)) };
    let l = beta(x, alpha)?.to_f64()?;
    let side = |length: usize, l: f64, share: f64| {
        let half = (length as f64 * 0.5 * (1.0 - l).max(0.0).sqrt()) as i64;
        let middle = (share * length as f64) as i64;
        let [from, to] = [middle - half, middle + half].map(|end| end.clamp(0, length as i64) as usize);
        (from, to - from)
    };
    let boxes: Vec<[usize; 4]> = (numbers(n, 2)?.iter().zip(&l))
        .map(|(u, &l)| {
            let ((top, high), (left, wide)) = (side(h, l, u[0]), side(w, l, u[1]));
            [top, left, high, wide]
        })
        .collect();
    let kept = boxes.iter().map(|b| 1.0 - (b[2] * b[3]) as f64 / (h * w) as f64);
    let kept = Tensor::from_data(Data::from_numbers(kept, DType::F32), [n], x.device())?;
    let mixed = within(x, &boxes)?.expand(x.shape())?.where_(&before(x)?, x)?;
    Ok((mixed, blend(&labels, &kept)?))
}

/// A number of the Beta law for each sample, `[N]`: the first share of two of the Dirichlet law.
fn beta(x: &Tensor, alpha: f64) -> Result<Tensor> {
    random::dirichlet(&[x.shape()[0], 2], alpha, x.device())?.narrow(1, 0, 1)?.squeeze(1)
}

/// Labels `[N]` as `[N, classes]` of 1 and 0.
fn shares(op: &'static str, x: &Tensor, labels: &Tensor, classes: usize) -> Result<Tensor> {
    ensure(x.rank() > 0 && labels.shape() == &x.shape()[..1] && labels.dtype().is_int(), || {
        let found = format!("labels of {} {:?} for {:?}", labels.dtype(), labels.shape(), x.shape());
        Error::shape(op, found, "whole numbers [N], one for each image")
    })?;
    labels.one_hot(classes)?.cast(DType::F32)
}

/// `l x + (1 - l) x'`, x' being the sample before.
fn blend(x: &Tensor, l: &Tensor) -> Result<Tensor> {
    let mut shape = vec![1; x.rank()];
    shape[0] = x.shape()[0];
    let l = of_each("augment", "share", l, &x.shape()[..1])?.cast(x.dtype())?.reshape(&shape)?;
    let other = before(x)?;
    other.add(&x.sub(&other)?.mul(&l)?)
}

/// The samples, each moved on by one, and the last at the beginning.
fn before(x: &Tensor) -> Result<Tensor> {
    let n = x.shape()[0];
    if n < 2 {
        return Ok(x.clone());
    }
    Tensor::concat(&[&x.narrow(0, n - 1, 1)?, &x.narrow(0, 0, n - 1)?], 0)
}
