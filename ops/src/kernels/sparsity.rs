//! Winner-take-all sparsity (Makhzani and Frey, 2015): which values of a code stay.
//!
//! The choice is a mask, a constant to gradients: only winners get any.

use crate::{Error, Result, Tensor, op};

/// Keeps the largest value of each feature map of `[N, C, H, W]`; the first where several are equal.
///
/// # Errors
/// [`Error::Shape`] unless there are four dimensions, [`Error::DType`] unless it holds floats.
pub fn spatial(x: &Tensor) -> Result<Tensor> {
    images("sparsity::spatial", x)?;
    let [n, c, h, w] = [0, 1, 2, 3].map(|d| x.shape()[d]);
    let maps = x.reshape(&[n, c, h * w])?;
    let winner = maps.detach().argmax(-1, true)?;
    let place = Tensor::from_data((0..(h * w) as i32).collect::<Vec<_>>(), [1, 1, h * w], x.device())?;
    maps.mul(&place.eq(&winner)?.cast(x.dtype())?)?.reshape(x.shape())
}

/// Keeps, for each channel of `[N, C, H, W]`, the maps of the `max(1, floor(rate N))` samples with the
/// largest sum; of equal ones those that come first.
///
/// # Errors
/// As [`spatial`], and [`Error::Argument`] for a rate outside (0, 1].
pub fn lifetime(x: &Tensor, rate: f64) -> Result<Tensor> {
    images("sparsity::lifetime", x)?;
    if !(rate > 0.0 && rate <= 1.0) {
        return Err(Error::Argument {
            op: "sparsity::lifetime",
            name: "the rate",
            found: rate.to_string(),
            expected: "a share above 0 and at most 1".into(),
        });
    }
    let (n, c) = (x.shape()[0], x.shape()[1]);
    // A product like 0.29 * 100 falls just short of the whole number that is meant.
    let kept = ((rate * n as f64 + 1e-9).floor() as usize).max(1);
    let scores = x.detach().sum_dims(&[2, 3], false)?;
    let mask = Tensor::from_data(strongest(&scores.to_f32()?, n, c, kept), [n, c, 1, 1], x.device())?;
    x.mul(&mask.cast(x.dtype())?)
}

/// Spatial, then lifetime sparsity.
///
/// # Errors
/// Those of both.
pub fn winner_take_all(x: &Tensor, rate: f64) -> Result<Tensor> {
    lifetime(&spatial(x)?, rate)
}

/// 1 for the `kept` largest scores of each column of `[n, c]`, 0 for the others.
fn strongest(scores: &[f32], n: usize, c: usize, kept: usize) -> Vec<f32> {
    let mut mask = vec![0.0; n * c];
    for channel in 0..c {
        let score = |sample: usize| scores[sample * c + channel];
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        order[..kept].iter().for_each(|&sample| mask[sample * c + channel] = 1.0);
    }
    mask
}

fn images(op: &'static str, x: &Tensor) -> Result<()> {
    op::require_float(op, x.spec())?;
    op::require_rank(op, x.spec(), 4, "feature maps [N, C, H, W]")
}
