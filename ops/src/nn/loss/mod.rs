//! Losses. Each is computed for each number or sample first, and then reduced: by default to one number of
//! rank 0, the mean of whatever it was computed of.

mod adversarial;
mod binary;
mod classes;
mod likelihood;
mod pairs;
mod regression;

pub use adversarial::{gradient_penalty, hinge_d, hinge_g, lsgan_d, lsgan_g, wasserstein_d};
pub use binary::{bce, bce_with_logits, dice, focal};
pub use classes::{CrossEntropy, cross_entropy, kl_div, nll};
pub use likelihood::{gaussian_kl, gaussian_nll, poisson_nll};
pub use pairs::{Triplet, cosine_embedding, info_nce, margin_ranking, triplet_margin};
pub use regression::{huber, l1, mse, smooth_l1};

use crate::{Error, Result, Tensor, ensure};

/// What becomes of the losses of all numbers or samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    #[default]
    Mean,
    Sum,
    /// They stay as they are.
    None,
    /// The sum, divided by the size of the first dimension.
    BatchMean,
}

impl Reduction {
    /// The reduced loss.
    fn of(self, losses: &Tensor) -> Result<Tensor> {
        match self {
            Self::Mean => losses.mean(),
            Self::Sum => losses.sum(),
            Self::None => Ok(losses.clone()),
            Self::BatchMean => losses.sum()?.div_scalar(losses.shape().first().copied().unwrap_or(1) as f64),
        }
    }
}

/// Refuses to broadcast: in a loss that is always an accident.
fn same_shape(op: &'static str, y: &Tensor, target: &Tensor) -> Result<()> {
    ensure(y.shape() == target.shape(), || {
        Error::shape(op, format!("{:?} and {:?}", y.shape(), target.shape()), "one shape for both")
    })
}

/// "a number of at least 1", in words that a reader can take in.
pub(crate) fn least(bound: f64) -> String {
    if bound == f64::MIN_POSITIVE {
        "a number above 0".into()
    } else {
        format!("a number of at least {bound}")
    }
}

/// Refuses a setting of a loss below a bound, and NaN.
fn at_least(op: &'static str, name: &'static str, value: f64, bound: f64) -> Result<()> {
    ensure(value >= bound && value.is_finite(), || Error::argument(op, name, value, least(bound)))
}
