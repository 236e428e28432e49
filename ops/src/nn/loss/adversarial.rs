//! Losses of discriminators and generators.

use super::Reduction;
use crate::{Error, Result, Tensor};

/// The discriminator's hinge loss, `max(0, 1 - real)` and `max(0, 1 + fake)` of scores, each reduced, added
/// (Lim, Ye, 2017).
///
/// # Errors
/// Those of the operations.
pub fn hinge_d(real: &Tensor, fake: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let real = reduction.of(&real.neg()?.add_scalar(1.0)?.relu()?)?;
    real.add(&reduction.of(&fake.add_scalar(1.0)?.relu()?)?).map_err(|e| e.named("hinge_d"))
}

/// The generator's hinge loss, `-fake`. It is the Wasserstein generator's too.
///
/// # Errors
/// Those of the operations.
pub fn hinge_g(fake: &Tensor, reduction: Reduction) -> Result<Tensor> {
    reduction.of(fake)?.neg()
}

/// The discriminator's least squares loss, `1/2 (real - 1)^2` and `1/2 fake^2` of scores, each reduced, added
/// (Mao et al., 2017).
///
/// # Errors
/// Those of the operations.
pub fn lsgan_d(real: &Tensor, fake: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let fake = reduction.of(&fake.square()?)?.mul_scalar(0.5)?;
    lsgan_g(real, reduction)?.add(&fake).map_err(|e| e.named("lsgan_d"))
}

/// The generator's least squares loss, `1/2 (fake - 1)^2`.
///
/// # Errors
/// Those of the operations.
pub fn lsgan_g(fake: &Tensor, reduction: Reduction) -> Result<Tensor> {
    reduction.of(&fake.add_scalar(-1.0)?.square()?)?.mul_scalar(0.5)
}

/// The critic's Wasserstein loss, `fake - real` of scores, each reduced (Arjovsky, Chintala, Bottou, 2017).
///
/// # Errors
/// Those of the operations.
pub fn wasserstein_d(real: &Tensor, fake: &Tensor, reduction: Reduction) -> Result<Tensor> {
    reduction.of(fake)?.sub(&reduction.of(real)?).map_err(|e| e.named("wasserstein_d"))
}

/// The gradient penalty, `(|d score_i / d x_i|_2 - 1)^2`, of scores that were computed from `x` (`[N, ..]`,
/// tracked), each from its own sample only. It can be differentiated (Gulrajani et al., 2017).
///
/// # Errors
/// [`Error::Untracked`] when the scores do not depend on `x`.
pub fn gradient_penalty(scores: &Tensor, x: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let gradients = scores.gradient(&[x])?;
    let [gradient] = gradients.as_slice() else { return Err(Error::Untracked { op: "gradient_penalty" }) };
    let rows = gradient.reshape_infer(&[x.shape().first().map_or(1, |&n| n as i64), -1])?;
    reduction.of(&rows.norm_dims(&[1], false)?.add_scalar(-1.0)?.square()?)
}
