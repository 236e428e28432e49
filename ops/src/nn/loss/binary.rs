//! Losses of probabilities and scores of yes or no.

use super::{Reduction, at_least, same_shape};
#[cfg(feature = "cube")]
use crate::nn::bce::scored as in_one_launch;
use crate::{Error, Result, Tensor, ensure, nn::bce as probabilities};

/// Binary cross-entropy of probabilities, `-(t log p + (1 - t) log(1 - p))`, as PyTorch computes it: the
/// logarithms count as at least -100, and in the slope `(p - t) / (p (1 - p))` what is divided by is at least
/// 1e-12, so that a sample that is wholly wrong is learned from.
///
/// # Errors
/// [`Error::Shape`] when the shapes differ; [`Error::Argument`] for a probability outside of 0 to 1. Of a
/// tensor on a GPU, when a value is next read from there.
pub fn bce(p: &Tensor, target: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("bce", p, target)?;
    reduction.of(&probabilities::bce(p, target)?)
}

/// [`bce`] of `p = 1 / (1 + e^-z)`, as `log(1 + e^z) - t z`, which overflows nowhere. With weights of the
/// positive `w`, which broadcast to z, the part of the target's ones counts w times:
/// `(1 - t) z + (1 + (w - 1) t) log(1 + e^-z)`.
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn bce_with_logits(
    z: &Tensor,
    target: &Tensor,
    positive: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    same_shape("bce_with_logits", z, target)?;
    let Some(weight) = positive else { return reduction.of(&scored(z, target)?) };
    let weighed = target.mul(&weight.add_scalar(-1.0)?)?.add_scalar(1.0)?;
    ensure(weighed.shape() == z.shape(), || {
        let found = format!("{:?} for the weights of the positive", weight.shape());
        Error::shape("bce_with_logits", found, format!("one that broadcasts to {:?}", z.shape()))
    })?;
    let rest = target.neg()?.add_scalar(1.0)?.mul(z)?;
    reduction.of(&rest.add(&weighed.mul(&z.neg()?.softplus()?)?)?)
}

fn scored(z: &Tensor, target: &Tensor) -> Result<Tensor> {
    #[cfg(feature = "cube")]
    if in_one_launch::applies(z, target) {
        return in_one_launch::scored(z, target);
    }
    z.softplus()?.sub(&z.mul(target)?)
}

/// Cross-entropy of scores in which samples that are right already count little,
/// `a (1 - p)^gamma -log p` with p the probability of the target: `a` is alpha for a target of 1, 1 - alpha
/// for one of 0, and 1 for both where alpha is below 0 (Lin et al., 2017; torchvision's sigmoid_focal_loss).
///
/// # Errors
/// [`Error::Shape`] when the shapes differ, [`Error::Argument`] for an alpha above 1 and a gamma below 0.
pub fn focal(z: &Tensor, target: &Tensor, alpha: f64, gamma: f64, reduction: Reduction) -> Result<Tensor> {
    const OP: &str = "focal";
    same_shape(OP, z, target)?;
    at_least(OP, "gamma", gamma, 0.0)?;
    ensure(alpha <= 1.0, || Error::argument(OP, "alpha", alpha, "at most 1"))?;
    let p = z.sigmoid()?;
    // p + t - 2 p t is the probability of the other answer.
    let wrong = p.add(target)?.sub(&p.mul(target)?.mul_scalar(2.0)?)?;
    let losses = scored(z, target)?;
    let losses = if gamma == 0.0 { losses } else { losses.mul(&wrong.pow_scalar(gamma)?)? };
    if alpha < 0.0 {
        return reduction.of(&losses);
    }
    let weight = target.mul_scalar(2.0 * alpha - 1.0)?.add_scalar(1.0 - alpha)?;
    reduction.of(&losses.mul(&weight)?)
}

/// `1 - (2 sum p t + s) / (sum p + sum t + s)` of probabilities `[N, ..]`, for each sample (Milletari et al.,
/// 2016, with plain sums below the line).
///
/// # Errors
/// [`Error::Shape`] when the shapes differ and for rank 0, [`Error::Argument`] for an s below 0.
pub fn dice(p: &Tensor, target: &Tensor, smooth: f64, reduction: Reduction) -> Result<Tensor> {
    const OP: &str = "dice";
    same_shape(OP, p, target)?;
    at_least(OP, "smooth", smooth, 0.0)?;
    let &[n, ..] = p.shape() else { return Err(Error::shape(OP, "[]", "samples [N, ..]")) };
    let rows = |x: &Tensor| x.reshape(&[n, x.len() / n]);
    let sum = |x: Tensor| rows(&x)?.sum_dims(&[1], false);
    let both = sum(p.mul(target)?)?.mul_scalar(2.0)?.add_scalar(smooth)?;
    let each = sum(p.add(target)?)?.add_scalar(smooth)?;
    reduction.of(&both.div(&each)?.neg()?.add_scalar(1.0)?)
}
