//! Losses that are logarithms of likelihoods, and divergences of laws.

use super::{Reduction, at_least, same_shape};
use crate::{Result, Tensor};

/// The divergence `KL(N(mu, e^logvar), N(0, 1))` of codes `[N, D]`, summed over D:
/// `-1/2 sum_j (1 + logvar - mu^2 - e^logvar)`, for each sample (Kingma, Welling, 2014).
///
/// # Errors
/// [`crate::Error::Shape`] when the shapes differ.
pub fn gaussian_kl(mu: &Tensor, logvar: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("gaussian_kl", mu, logvar)?;
    let samples = mu.shape().first().copied().unwrap_or(1);
    let terms = mu.square()?.add(&logvar.exp()?)?.sub(logvar)?.add_scalar(-1.0)?;
    match reduction {
        Reduction::Sum => terms.sum()?.mul_scalar(0.5),
        Reduction::None => {
            let rows = terms.reshape(&[samples, terms.len() / samples])?;
            rows.sum_dims(&[1], false)?.mul_scalar(0.5)
        }
        Reduction::Mean | Reduction::BatchMean => terms.sum()?.mul_scalar(0.5 / samples as f64),
    }
}

/// `1/2 (log v + (y - target)^2 / v)` of a variance v that counts as at least eps; with `full` half of log 2
/// pi more.
///
/// # Errors
/// [`crate::Error::Shape`] when the shapes differ (a variance may broadcast), [`crate::Error::Argument`] for
/// an eps that is not above 0.
pub fn gaussian_nll(
    y: &Tensor,
    target: &Tensor,
    variance: &Tensor,
    full: bool,
    eps: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    same_shape("gaussian_nll", y, target)?;
    at_least("gaussian_nll", "eps", eps, f64::MIN_POSITIVE)?;
    // PyTorch's gradient goes past the bound.
    let bound = variance.detach().clamp_min(eps)?.sub(&variance.detach())?;
    let variance = variance.add(&bound)?;
    let losses = variance.log()?.add(&y.sub(target)?.square()?.div(&variance)?)?.mul_scalar(0.5)?;
    let constant = if full { 0.5 * (2.0 * std::f64::consts::PI).ln() } else { 0.0 };
    reduction.of(&losses.add_scalar(constant)?)
}

/// `e^y - target y` of the logarithm y of a Poisson law's rate, or, unless `log_input`,
/// `y - target log(y + 1e-8)` of the rate itself.
///
/// # Errors
/// [`crate::Error::Shape`] when the shapes differ.
pub fn poisson_nll(y: &Tensor, target: &Tensor, log_input: bool, reduction: Reduction) -> Result<Tensor> {
    same_shape("poisson_nll", y, target)?;
    reduction.of(&match log_input {
        true => y.exp()?.sub(&target.mul(y)?)?,
        false => y.sub(&target.mul(&y.add_scalar(1e-8)?.log()?)?)?,
    })
}
