//! Images bent: seen from elsewhere, and as if they were drawn on rubber.

use super::{
    drawn::{numbers, random_apply},
    images, transform,
};
use crate::{DType, Error, Result, Spec, Tensor, ensure, op::GridStyle, random, tensor::require_room};

/// Four corners, x and y: top left, top right, bottom right, bottom left.
pub type Corners = [[f64; 2]; 4];

/// Images as torchvision's `perspective` shows them, bilinear, 0 outside: what is at `start` comes to `end`.
///
/// # Errors
/// [`Error::Argument`] for corners that no such map joins.
pub fn perspective(x: &Tensor, start: &Corners, end: &Corners) -> Result<Tensor> {
    const OP: &str = "augment::perspective";
    images(OP, x)?;
    let Some(map) = map_between(end, start) else {
        let found = format!("{start:?} to {end:?}");
        return Err(Error::argument(OP, "the corners", found, "four points, no three of them on a line"));
    };
    projected(OP, x, &vec![map; x.shape()[0]])
}

/// With probability p each corner moved inwards by up to half of `distortion` of the image's sides.
///
/// # Errors
/// [`Error::Argument`] for a distortion or a probability outside of 0 to 1.
pub fn random_perspective(x: &Tensor, distortion: f64, p: f64) -> Result<Tensor> {
    const OP: &str = "augment::random_perspective";
    images(OP, x)?;
    ensure((0.0..=1.0).contains(&distortion), || {
        Error::argument(OP, "the distortion", distortion, "0 to 1")
    })?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let [right, bottom] = [w as f64 - 1.0, h as f64 - 1.0];
    let start = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
    let most = [w, h].map(|side| (distortion * (side / 2) as f64).floor() + 1.0);
    let maps = numbers(n, 8)?.into_iter().map(|u| {
        let inwards = |i: usize| (u[i] * most[i % 2]).floor();
        let end = [
            [inwards(0), inwards(1)],
            [right - inwards(2), inwards(3)],
            [right - inwards(4), bottom - inwards(5)],
            [inwards(6), bottom - inwards(7)],
        ];
        // Corners of a small image may meet.
        map_between(&end, &start).unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    });
    random_apply(x, &projected(OP, x, &maps.collect::<Vec<_>>())?, p).map_err(|e| e.named(OP))
}

/// The numbers a .. h of `(a x + b y + c, d x + e y + f) / (g x + h y + 1)` that takes one four of points to
/// another; none where there is no such map.
fn map_between(from: &Corners, to: &Corners) -> Option<[f64; 8]> {
    let mut rows = [[0.0; 9]; 8];
    for (i, ([x, y], [u, v])) in from.iter().zip(to).enumerate() {
        rows[2 * i] = [*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, *u];
        rows[2 * i + 1] = [0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y, *v];
    }
    for i in 0..8 {
        let pivot = (i..8).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs()))?;
        rows.swap(i, pivot);
        let row = rows[i];
        if row[i].abs() < 1e-9 || !row[i].is_finite() {
            return None;
        }
        for (_, other) in rows.iter_mut().enumerate().filter(|(k, _)| *k != i) {
            let share = other[i] / row[i];
            other.iter_mut().zip(row).for_each(|(x, y)| *x -= share * y);
        }
    }
    Some(std::array::from_fn(|i| rows[i][8] / rows[i][i]))
}

/// Each image read where its map takes the pixels.
fn projected(op: &'static str, x: &Tensor, maps: &[[f64; 8]]) -> Result<Tensor> {
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    if x.is_empty() {
        return Ok(x.clone());
    }
    let position = |i: usize| {
        let (axis, at) = (i % 2, i / 2);
        let [a, b, c, d, e, f, g, k] = maps[at / (h * w)];
        let [x, y] = [at % w, at / w % h].map(|place| place as f64 + 0.5);
        let (over, side) = if axis == 0 { (a * x + b * y + c, w) } else { (d * x + e * y + f, h) };
        2.0 * over / (g * x + k * y + 1.0) / side as f64 - 1.0
    };
    let spec = Spec::new([n, h, w, 2], x.dtype());
    require_room(op, &spec)?;
    let grid = Tensor::from_numbers(op, spec, x.device(), position)?;
    x.grid_sample(&grid, GridStyle::default()).map_err(|e| e.named(op))
}

/// Images `[N, C, H, W]` whose pixels are read `displacement` `[N, H, W, 2]` away, x and y as shares of half
/// the sides; bilinear, 0 outside: torchvision's `elastic_transform`.
///
/// # Errors
/// As [`Tensor::grid_sample`].
pub fn displaced(x: &Tensor, displacement: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::elastic_transform";
    images(OP, x)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let still = Spec::new([1, 2, 3], x.dtype());
    let still = Tensor::from_numbers(OP, still, x.device(), |i| f64::from(u8::from(i % 4 == 0)))?;
    let grid = still.affine_grid(&[1, 1, h, w], false)?.expand(&[n, h, w, 2])?;
    x.grid_sample(&grid.add(displacement)?, GridStyle::default()).map_err(|e| e.named(OP))
}

/// Each pixel read about `alpha` pixels away, in directions that are alike where pixels are nearer than
/// `sigma` (Simard et al., 2003), as torchvision's `ElasticTransform`: uniform numbers in -1 to 1, blurred.
///
/// # Errors
/// [`Error::Argument`] for a negative deviation, and an alpha that is no number.
pub fn elastic_transform(x: &Tensor, alpha: f64, sigma: f64) -> Result<Tensor> {
    const OP: &str = "augment::elastic_transform";
    images(OP, x)?;
    ensure(alpha.is_finite(), || Error::argument(OP, "alpha", alpha, "a number"))?;
    ensure(sigma.is_finite() && sigma >= 0.0, || Error::argument(OP, "sigma", sigma, "at least 0"))?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    if x.is_empty() {
        return Ok(x.clone());
    }
    let mut away = random::uniform(&[n, 2, h, w], x.device())?.mul_scalar(2.0)?.add_scalar(-1.0)?;
    if sigma > 0.0 {
        // As wide as torchvision's, where the image is.
        let half = ((8.0 * sigma + 1.0) as usize / 2).min(h.min(w) - 1);
        let sigma = Tensor::scalar(sigma, DType::F32, x.device())?;
        away = transform::gaussian_blur(&away, 2 * half + 1, &sigma).map_err(|e| e.named(OP))?;
    }
    let [x_away, y_away] = [(0, h), (1, w)]
        .map(|(axis, side)| away.narrow(1, axis, 1)?.squeeze(1)?.mul_scalar(alpha / side as f64));
    displaced(x, &Tensor::stack(&[&x_away?, &y_away?], 3)?.cast(x.dtype())?)
}
