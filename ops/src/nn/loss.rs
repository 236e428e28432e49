//! Losses: each is one number (rank 0), the mean over whatever it is computed of.

use crate::{Error, Result, Tensor, ensure};

/// Mean squared error, `mean (y - target)^2`.
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn mse(y: &Tensor, target: &Tensor) -> Result<Tensor> {
    same_shape("mse", y, target)?;
    y.sub(target)?.square()?.mean()
}

/// Mean absolute error, `mean |y - target|`; the gradient is 0 where both are equal.
///
/// # Errors
/// As [`mse`].
pub fn l1(y: &Tensor, target: &Tensor) -> Result<Tensor> {
    same_shape("l1", y, target)?;
    y.sub(target)?.abs()?.mean()
}

/// Binary cross-entropy of probabilities, `mean -(t log p + (1 - t) log(1 - p))`, as PyTorch computes it: the
/// logarithms count as at least -100, and in the slope `(p - t) / (p (1 - p))` what is divided by is at least
/// 1e-12, so that a sample that is wholly wrong is learned from.
///
/// # Errors
/// As [`mse`]; [`Error::Argument`] for a probability outside of 0 to 1. Of a tensor on a GPU, when a value
/// is next read from there.
pub fn bce(p: &Tensor, target: &Tensor) -> Result<Tensor> {
    same_shape("bce", p, target)?;
    super::bce::bce(p, target)?.mean()
}

/// [`bce`] of `p = 1 / (1 + e^-z)`, as `mean log(1 + e^z) - t z`, which overflows nowhere.
///
/// # Errors
/// As [`mse`].
pub fn bce_with_logits(z: &Tensor, target: &Tensor) -> Result<Tensor> {
    same_shape("bce_with_logits", z, target)?;
    z.softplus()?.sub(&z.mul(target)?)?.mean()
}

/// Cross-entropy of logits `[N, C]` and labels (integers) `[N]` in `0..C`, `mean_i -log softmax(z_i)[y_i]`.
/// With smoothing s the target is `1 - s` for the label and `s / C` more for every class.
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::Argument`] for a label or smoothing out of range,
/// [`Error::DType`] for labels that are no integers.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor, smoothing: f64) -> Result<Tensor> {
    const OP: &str = "cross_entropy";
    let &[n, _] = logits.shape() else {
        return Err(Error::shape(OP, format!("{:?} for the logits", logits.shape()), "[N, C]"));
    };
    ensure(labels.shape() == [n], || {
        let found = format!("{:?} for the labels of {:?}", labels.shape(), logits.shape());
        Error::shape(OP, found, format!("[{n}]"))
    })?;
    ensure((0.0..=1.0).contains(&smoothing), || Error::argument(OP, "the smoothing", smoothing, "0 to 1"))?;
    let log_p = logits.log_softmax(1)?;
    let chosen = log_p.gather(1, &labels.unsqueeze(1)?).map_err(|e| e.named(OP))?.mean()?;
    if smoothing == 0.0 {
        return chosen.neg();
    }
    chosen.mul_scalar(smoothing - 1.0)?.sub(&log_p.mean()?.mul_scalar(smoothing)?)
}

/// The discriminator's hinge loss, `mean max(0, 1 - real) + mean max(0, 1 + fake)` of scores (Lim, Ye,
/// 2017).
///
/// # Errors
/// Those of the operations.
pub fn hinge_d(real: &Tensor, fake: &Tensor) -> Result<Tensor> {
    real.neg()?.add_scalar(1.0)?.relu()?.mean()?.add(&fake.add_scalar(1.0)?.relu()?.mean()?)
}

/// The generator's hinge loss, `-mean fake`. It is the Wasserstein generator's too.
///
/// # Errors
/// Those of the operations.
pub fn hinge_g(fake: &Tensor) -> Result<Tensor> {
    fake.mean()?.neg()
}

/// The discriminator's least squares loss, `1/2 mean (real - 1)^2 + 1/2 mean fake^2` of scores (Mao et
/// al., 2017).
///
/// # Errors
/// Those of the operations.
pub fn lsgan_d(real: &Tensor, fake: &Tensor) -> Result<Tensor> {
    lsgan_g(real)?.add(&fake.square()?.mean()?.mul_scalar(0.5)?)
}

/// The generator's least squares loss, `1/2 mean (fake - 1)^2`.
///
/// # Errors
/// Those of the operations.
pub fn lsgan_g(fake: &Tensor) -> Result<Tensor> {
    fake.add_scalar(-1.0)?.square()?.mean()?.mul_scalar(0.5)
}

/// The critic's Wasserstein loss, `mean fake - mean real` of scores (Arjovsky, Chintala, Bottou, 2017).
///
/// # Errors
/// Those of the operations.
pub fn wasserstein_d(real: &Tensor, fake: &Tensor) -> Result<Tensor> {
    fake.mean()?.sub(&real.mean()?)
}

/// The gradient penalty, `mean_i (|d score_i / d x_i|_2 - 1)^2`, of scores that were computed from `x`
/// (`[N, ..]`, tracked), each from its own sample only. It can be differentiated (Gulrajani et al., 2017).
///
/// # Errors
/// [`Error::Untracked`] when the scores do not depend on `x`.
pub fn gradient_penalty(scores: &Tensor, x: &Tensor) -> Result<Tensor> {
    let gradients = scores.gradient(&[x])?;
    let [gradient] = gradients.as_slice() else { return Err(Error::Untracked { op: "gradient_penalty" }) };
    let rows = gradient.reshape_infer(&[x.shape().first().map_or(1, |&n| n as i64), -1])?;
    rows.norm_dims(&[1], false)?.add_scalar(-1.0)?.square()?.mean()
}

/// The divergence `KL(N(mu, e^logvar), N(0, 1))` of codes `[N, D]`, summed over D and averaged over N:
/// `mean_i -1/2 sum_j (1 + logvar - mu^2 - e^logvar)` (Kingma, Welling, 2014).
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn gaussian_kl(mu: &Tensor, logvar: &Tensor) -> Result<Tensor> {
    same_shape("gaussian_kl", mu, logvar)?;
    let samples = mu.shape().first().copied().unwrap_or(1);
    let terms = mu.square()?.add(&logvar.exp()?)?.sub(logvar)?.add_scalar(-1.0)?;
    terms.sum()?.mul_scalar(0.5 / samples as f64)
}

/// Refuses to broadcast: in a loss that is always an accident.
fn same_shape(op: &'static str, y: &Tensor, target: &Tensor) -> Result<()> {
    ensure(y.shape() == target.shape(), || {
        Error::shape(op, format!("{:?} and {:?}", y.shape(), target.shape()), "one shape for both")
    })
}
