//! torchvision's transforms that nothing random is in, for images `[N, C, H, W]`. Composed of other
//! operations, so that gradients come by themselves.

use super::{images, of_each};
use crate::{
    DType, Error, Result, Tensor, ensure,
    op::{Padding, require_rank},
    tensor::{Data, require_room, show},
};

/// `(x - mean_c) / std_c` for each channel c.
///
/// # Errors
/// [`Error::Argument`] for other than one number a channel, and a deviation of 0.
pub fn normalize(x: &Tensor, mean: &[f64], std: &[f64]) -> Result<Tensor> {
    const OP: &str = "augment::normalize";
    images(OP, x)?;
    let channels = x.shape()[1];
    for (name, given) in [("the means", mean), ("the deviations", std)] {
        ensure(given.len() == channels, || {
            Error::argument(OP, name, format!("{given:?}"), format!("{channels} numbers, one a channel"))
        })?;
    }
    ensure(std.iter().all(|s| s.is_finite() && *s != 0.0), || {
        Error::argument(OP, "the deviations", format!("{std:?}"), "finite numbers other than 0")
    })?;
    let of_channels = |numbers: &[f64]| {
        let data = Data::from_numbers(numbers.iter().copied(), x.dtype());
        Tensor::from_data(data, [1, channels, 1, 1], x.device())
    };
    x.sub(&of_channels(mean)?)?.div(&of_channels(std)?)
}

/// Images in another size: each pixel is an average of those around its place, weighted by a triangle that
/// is as wide as the pixel where the image shrinks, and joins two neighbours where it grows; as torchvision
/// and Pillow do with bilinear interpolation and antialiasing.
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn resize(x: &Tensor, size: [usize; 2]) -> Result<Tensor> {
    const OP: &str = "augment::resize";
    images(OP, x)?;
    let &[n, c, h, w] = x.shape() else { return Ok(x.clone()) };
    ensure(!size.contains(&0), || Error::argument(OP, "the size", format!("{size:?}"), "at least 1 by 1"))?;
    // Both directions at once, and their weights.
    require_room(OP, &x.spec().reshaped([n, c, size[0], size[1].max(w)]))?;
    let columns = weights(OP, x, w, &[[0, w]], size[1])?.squeeze(0)?.transpose(0, 1)?;
    let rows = weights(OP, x, h, &[[0, h]], size[0])?.squeeze(0)?;
    let wide = x.reshape(&[n * c * h, w])?.matmul(&columns)?.reshape(&[n * c, h, size[1]])?;
    rows.matmul(&wide)?.reshape(&[n, c, size[0], size[1]])
}

/// Of each image the box (top, left, height, width) in that size, as [`resize`] makes it.
pub(super) fn resized_boxes(
    op: &'static str,
    x: &Tensor,
    boxes: &[[usize; 4]],
    size: [usize; 2],
) -> Result<Tensor> {
    let &[n, c, h, w] = x.shape() else { return Ok(x.clone()) };
    require_room(op, &x.spec().reshaped([n, c, size[0], size[1].max(w)]))?;
    let part = |axis: usize| boxes.iter().map(|b| [b[axis], b[axis + 2]]).collect::<Vec<_>>();
    let columns = weights(op, x, w, &part(1), size[1])?.transpose(1, 2)?;
    let rows = weights(op, x, h, &part(0), size[0])?.unsqueeze(1)?;
    let wide = x.reshape(&[n, c * h, w])?.matmul(&columns)?.reshape(&[n, c, h, size[1]])?;
    rows.matmul(&wide)
}

/// The share of each of `side` pixels in each of `to` others that the parts `[start, length]` are resized to:
/// `[parts, to, side]`.
fn weights(op: &'static str, x: &Tensor, side: usize, parts: &[[usize; 2]], to: usize) -> Result<Tensor> {
    let shape = [parts.len(), to, side];
    require_room(op, &x.spec().reshaped(shape))?;
    let mut weights = vec![0.0; parts.len() * to * side];
    for (number, row) in weights.chunks_exact_mut(side.max(1)).enumerate() {
        let ([start, from], i) = (parts[number / to], number % to);
        let scale = from as f64 / to as f64;
        let reach = scale.max(1.0);
        let centre = (i as f64 + 0.5) * scale;
        let first = (centre - reach + 0.5).max(0.0) as usize;
        let last = ((centre + reach + 0.5) as usize).min(from);
        let weight = |j: usize| (1.0 - ((j as f64 - centre + 0.5) / reach).abs()).max(0.0);
        let sum: f64 = (first..last).map(weight).sum();
        (first..last).for_each(|j| row[start + j] = weight(j) / sum);
    }
    Tensor::from_data(Data::from_numbers(weights, x.dtype()), shape, x.device())
}

/// The size of images whose shorter side gets that length; the longer side is rounded down.
pub fn shorter_side(x: &Tensor, side: usize) -> Result<[usize; 2]> {
    images("augment::resize", x)?;
    let [h, w] = [x.shape()[2], x.shape()[3]];
    let longer = |long: usize, short: usize| (side as f64 * long as f64 / short.max(1) as f64) as usize;
    Ok(if h <= w { [side, longer(w, h)] } else { [longer(h, w), side] })
}

/// The middle of each image; what lies beyond its edges is 0.
///
/// # Errors
/// [`Error::Argument`] for a size of 0.
pub fn center_crop(x: &Tensor, size: [usize; 2]) -> Result<Tensor> {
    const OP: &str = "augment::center_crop";
    images(OP, x)?;
    ensure(!size.contains(&0), || Error::argument(OP, "the size", format!("{size:?}"), "at least 1 by 1"))?;
    let mut out = x.clone();
    let mut pairs = [[0; 2]; 2];
    for (i, &wanted) in size.iter().enumerate() {
        let lacking = wanted.saturating_sub(x.shape()[2 + i]);
        pairs[i] = [lacking / 2, lacking.div_ceil(2)];
    }
    if pairs != [[0; 2]; 2] {
        out = out.pad(&pairs, Padding::Constant(0.0))?;
    }
    for (i, &wanted) in size.iter().enumerate() {
        // As Python rounds, halves to the even number.
        let start = ((out.shape()[2 + i] - wanted) as f64 / 2.0).round_ties_even() as usize;
        out = out.narrow(2 + i as i64, start, wanted)?;
    }
    Ok(out)
}

/// The corners (top left, top right, bottom left, bottom right) and the middle of each image.
///
/// # Errors
/// [`Error::Argument`] for a size of 0, and one that is larger than the images.
pub fn five_crop(x: &Tensor, size: [usize; 2]) -> Result<Vec<Tensor>> {
    const OP: &str = "augment::five_crop";
    images(OP, x)?;
    let [[high, wide], [h, w]] = [size, [x.shape()[2], x.shape()[3]]];
    ensure((1..=h).contains(&high) && (1..=w).contains(&wide), || {
        Error::argument(OP, "the size", format!("{size:?}"), format!("at most [{h}, {w}], the images'"))
    })?;
    let at = |top: usize, left: usize| x.narrow(2, top, high)?.narrow(3, left, wide);
    let [bottom, right] = [h - high, w - wide];
    Ok(vec![at(0, 0)?, at(0, right)?, at(bottom, 0)?, at(bottom, right)?, center_crop(x, size)?])
}

/// [`five_crop`] of the images, and of the mirrored ones.
///
/// # Errors
/// As [`five_crop`].
pub fn ten_crop(x: &Tensor, size: [usize; 2], vertical_flip: bool) -> Result<Vec<Tensor>> {
    let mut all = five_crop(x, size)?;
    all.extend(five_crop(&x.flip(&[if vertical_flip { 2 } else { 3 }])?, size)?);
    Ok(all)
}

/// Images with so many pixels more on the left, at the top, on the right, at the bottom.
///
/// # Errors
/// As [`Tensor::pad`].
pub fn pad(x: &Tensor, [left, top, right, bottom]: [usize; 4], mode: Padding) -> Result<Tensor> {
    images("augment::pad", x)?;
    x.pad(&[[top, bottom], [left, right]], mode).map_err(|e| e.named("augment::pad"))
}

/// Red, green and blue as their grey, `0.2989 r + 0.587 g + 0.114 b`, in one channel or the same in three.
///
/// # Errors
/// [`Error::Shape`] for other than three channels, [`Error::Argument`] for other than one or three.
pub fn grayscale(x: &Tensor, channels: usize) -> Result<Tensor> {
    const OP: &str = "augment::grayscale";
    images(OP, x)?;
    ensure(x.shape()[1] == 3, || Error::shape(OP, show(x.shape()), "[N, 3, H, W]: red, green and blue"))?;
    ensure([1, 3].contains(&channels), || Error::argument(OP, "the channels", channels, "1 or 3"))?;
    let shares = Data::from_numbers([0.2989, 0.587, 0.114], x.dtype());
    let grey = x.mul(&Tensor::from_data(shares, [1, 3, 1, 1], x.device())?)?.sum_dims(&[1], true)?;
    if channels == 1 { Ok(grey) } else { grey.repeat(&[1, 3, 1, 1]) }
}

/// Images blurred by a Gaussian of that deviation, one number or one for each image `[N]`, in a window of
/// that size; beyond its edges an image is mirrored.
///
/// # Errors
/// [`Error::Argument`] for an even size, one whose half is not below both sides, and a deviation that is not
/// above 0.
pub fn gaussian_blur(x: &Tensor, size: usize, sigma: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::gaussian_blur";
    images(OP, x)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let half = size / 2;
    ensure(size % 2 == 1 && half < h && half < w, || {
        Error::argument(
            OP,
            "the size of the window",
            size,
            format!("an odd number up to {}", 2 * h.min(w) - 1),
        )
    })?;
    let sigma = of_each(OP, "deviation", sigma, &[n])?.cast(x.dtype())?;
    crate::op::refuse_where(
        &sigma.gt_scalar(0.0)?.logical_not()?,
        Error::argument(OP, "a deviation", "not above 0", "numbers above 0"),
    )?;
    let places = Tensor::arange(-(half as f64), half as f64 + 0.5, 1.0, DType::F32, x.device())?;
    let places = places.cast(x.dtype())?.reshape(&[1, size])?;
    let shares = places.div(&sigma.reshape(&[n, 1])?)?.square()?.mul_scalar(-0.5)?.softmax(1)?;
    let along = |x: &Tensor, dim: i64, length: usize| {
        let mut sum: Option<Tensor> = None;
        for k in 0..size {
            let share = shares.narrow(1, k, 1)?.reshape(&[n, 1, 1, 1])?;
            let part = x.narrow(dim, k, length)?.mul(&share)?;
            sum = Some(sum.map_or(Ok(part.clone()), |sum| sum.add(&part))?);
        }
        Ok(sum.unwrap_or_else(|| x.clone()))
    };
    let padded = x.pad(&[[half; 2]; 2], Padding::Reflect)?;
    along(&along(&padded, 2, h)?, 3, w)
}

/// `1 - x`
///
/// # Errors
/// As every operation on images.
pub fn invert(x: &Tensor) -> Result<Tensor> {
    images("augment::invert", x)?;
    x.neg()?.add_scalar(1.0)
}

/// `1 - x` where x is at least `threshold`.
///
/// # Errors
/// As every operation on images.
pub fn solarize(x: &Tensor, threshold: f64) -> Result<Tensor> {
    solarize_each(x, &Tensor::scalar(threshold, x.dtype(), x.device())?)
}

/// [`solarize`] with a threshold for each image `[N]`, or one for all.
pub(super) fn solarize_each(x: &Tensor, threshold: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::solarize";
    images(OP, x)?;
    let threshold = of_each(OP, "threshold", threshold, &x.shape()[..1])?.cast(x.dtype())?;
    x.ge(&threshold.reshape(&[x.shape()[0], 1, 1, 1])?)?.where_(&invert(x)?, x)
}

/// `floor(2^bits x) / 2^bits`, for x in [0, 1].
///
/// # Errors
/// [`Error::Argument`] for other than 1 to 8 bits.
pub fn posterize(x: &Tensor, bits: usize) -> Result<Tensor> {
    const OP: &str = "augment::posterize";
    images(OP, x)?;
    ensure((1..=8).contains(&bits), || Error::argument(OP, "the number of bits", bits, "1 to 8"))?;
    posterize_each(x, &Tensor::scalar(f64::from(1 << bits), x.dtype(), x.device())?)
}

/// [`posterize`] to a number of levels for each image `[N]`, or one for all.
pub(super) fn posterize_each(x: &Tensor, levels: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::posterize";
    let levels = of_each(OP, "number of levels", levels, &x.shape()[..1])?.cast(x.dtype())?;
    let levels = levels.reshape(&[x.shape()[0], 1, 1, 1])?;
    let level = x.mul(&levels)?.floor()?.clamp(0.0, 255.0)?;
    level.minimum(&levels.add_scalar(-1.0)?.expand(x.shape())?)?.div(&levels)
}

/// Each channel of each image stretched to 0 to 1; one that has a single value stays as it is.
///
/// # Errors
/// As every operation on images.
pub fn autocontrast(x: &Tensor) -> Result<Tensor> {
    images("augment::autocontrast", x)?;
    let low = x.min_dims(&[2, 3], true)?;
    let spread = x.max_dims(&[2, 3], true)?.sub(&low)?;
    let is_flat = spread.eq_scalar(0.0)?;
    let stretched = x.sub(&low)?.div(&spread.masked_fill(&is_flat, 1.0)?)?;
    is_flat.expand(x.shape())?.where_(x, &stretched)
}

/// Each channel of each image with its 256 grey levels spread so that all are about as frequent, as Pillow
/// spreads them: level k becomes `(c + s / 2) / s` rounded down, with c pixels below k and s the 255th part
/// of those that are not of the brightest level. A channel with s = 0 stays as it is.
///
/// # Errors
/// As every operation on images.
pub fn equalize(x: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::equalize";
    images(OP, x)?;
    if x.is_empty() {
        return Ok(x.clone());
    }
    let [rows, pixels] = [x.shape()[0] * x.shape()[1], x.shape()[2] * x.shape()[3]];
    // As torchvision makes bytes of floats.
    let levels = x.detach().mul_scalar(255.999)?.floor()?.clamp(0.0, 255.0)?.reshape(&[rows, pixels])?;
    let index = levels.cast(DType::I32)?;
    let none = Tensor::full([rows, 256], 0.0, x.dtype(), x.device())?;
    let counts = none.scatter_add(1, &index, &levels.ones_like()?)?;
    let brightest = counts.gather(1, &levels.max_dims(&[1], true)?.cast(DType::I32)?)?;
    let step = brightest.neg()?.add_scalar(pixels as f64)?.div_scalar(255.0)?.floor()?;
    let is_flat = step.eq_scalar(0.0)?;
    let step = step.masked_fill(&is_flat, 1.0)?;
    let below = counts.cumsum(1)?.sub(&counts)?.add(&step.mul_scalar(0.5)?.floor()?)?;
    let table = below.div(&step)?.floor()?.clamp(0.0, 255.0)?;
    let spread = is_flat.expand(&[rows, pixels])?.where_(&levels, &table.gather_known(1, &index)?)?;
    spread.div_scalar(255.0)?.reshape(x.shape())
}

/// `f x + (1 - f) s` in [0, 1], s being x smoothed by `[[1, 1, 1], [1, 5, 1], [1, 1, 1]] / 13` where all
/// nine pixels are in the image; factors f are one number or one for each image `[N]`.
///
/// # Errors
/// As every operation on images.
pub fn adjust_sharpness(x: &Tensor, factor: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::adjust_sharpness";
    images(OP, x)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let factor = of_each(OP, "factor", factor, &[n])?.cast(x.dtype())?.reshape(&[n, 1, 1, 1])?;
    if h <= 2 || w <= 2 {
        return Ok(x.clone());
    }
    let part = |dy: usize, dx: usize| x.narrow(2, dy, h - 2)?.narrow(3, dx, w - 2);
    let mut smooth = part(1, 1)?.mul_scalar(4.0)?;
    for (dy, dx) in (0..3).flat_map(|dy| (0..3).map(move |dx| (dy, dx))) {
        smooth = smooth.add(&part(dy, dx)?)?;
    }
    let inner = smooth.div_scalar(13.0)?.sub(&part(1, 1)?)?.pad(&[[1; 2]; 2], Padding::Constant(0.0))?;
    let rest = factor.neg()?.add_scalar(1.0)?;
    x.add(&inner.mul(&rest)?)?.clamp(0.0, 1.0)
}

/// Truth values `[N, 1, H, W]`: which pixels lie in the box (top, left, height, width) of each image.
///
/// # Errors
/// Those of every new tensor.
pub(super) fn within(x: &Tensor, boxes: &[[usize; 4]]) -> Result<Tensor> {
    require_rank("augment", x.spec(), 4, "images [N, C, H, W]")?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let of_box = |number: fn(&[usize; 4]) -> usize| {
        let numbers: Vec<f32> = boxes.iter().map(|b| number(b) as f32).collect();
        Tensor::from_data(numbers, [n, 1, 1, 1], x.device())
    };
    let inside = |length: usize, shape: [usize; 4], from: Tensor, to: Tensor| {
        let places = Tensor::arange(0.0, length as f64, 1.0, DType::F32, x.device())?.reshape(&shape)?;
        places.ge(&from)?.logical_and(&places.lt(&to)?)
    };
    let rows = inside(h, [1, 1, h, 1], of_box(|b| b[0])?, of_box(|b| b[0] + b[2])?)?;
    let columns = inside(w, [1, 1, 1, w], of_box(|b| b[1])?, of_box(|b| b[1] + b[3])?)?;
    rows.logical_and(&columns)
}
