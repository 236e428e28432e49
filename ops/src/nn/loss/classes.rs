//! Losses of probabilities of classes.

use super::{Reduction, same_shape};
use crate::{Error, Result, Tensor, ensure, tensor::show};

/// How a [`cross_entropy`] is computed; as PyTorch does, where nothing is said.
#[derive(Clone)]
pub struct CrossEntropy {
    /// What each class counts, `[C]`.
    pub weight: Option<Tensor>,
    /// The label of what does not count.
    pub ignore_index: i64,
    /// The share of the target that is spread evenly over all classes.
    pub label_smoothing: f64,
    pub reduction: Reduction,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        Self { weight: None, ignore_index: -100, label_smoothing: 0.0, reduction: Reduction::Mean }
    }
}

/// Cross-entropy of logits `[N, C, ..]` (or `[C]`) and labels (integers) `[N, ..]` in `0..C`, or
/// probabilities in the shape of the logits: `-sum_c t_c w_c log softmax(z)_c`. The mean of labels is divided
/// by the sum of the weights of those that count. With smoothing s the target is `1 - s` times itself and
/// `s / C` more for every class.
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::Argument`] for a label or smoothing out of range,
/// [`Error::DType`] for labels that are no integers.
pub fn cross_entropy(logits: &Tensor, target: &Tensor, options: &CrossEntropy) -> Result<Tensor> {
    const OP: &str = "cross_entropy";
    let (dim, smoothing) = (class_dim(OP, logits)?, options.label_smoothing);
    ensure((0.0..=1.0).contains(&smoothing), || Error::argument(OP, "label_smoothing", smoothing, "0 to 1"))?;
    let log_p = logits.log_softmax(dim).map_err(|e| e.named(OP))?;
    let share = smoothing / logits.shape()[dim as usize] as f64;
    let all = || weighed(OP, &log_p, dim, options)?.sum_dims(&[dim], false)?.neg();
    if target.dtype().is_float() && target.shape() == logits.shape() {
        let target = target.mul_scalar(1.0 - smoothing)?.add_scalar(share)?;
        let weighed = weighed(OP, &log_p, dim, options)?;
        return options.reduction.of(&target.mul(&weighed)?.sum_dims(&[dim], false)?.neg()?);
    }
    let labels = Labels::new(OP, &log_p, target, dim, options)?;
    let chosen = labels.losses(&log_p)?;
    if smoothing == 0.0 {
        return labels.reduce(&chosen, options.reduction);
    }
    let spread = all()?.masked_fill(&labels.ignored, 0.0)?.mul_scalar(share)?;
    labels.reduce(&chosen.mul_scalar(1.0 - smoothing)?.add(&spread)?, options.reduction)
}

/// `-w_y log p_y` of logarithms of probabilities `[N, C, ..]` (or `[C]`) and labels `[N, ..]`, reduced as
/// [`cross_entropy`] is.
///
/// # Errors
/// As [`cross_entropy`].
pub fn nll(log_p: &Tensor, target: &Tensor, options: &CrossEntropy) -> Result<Tensor> {
    let dim = class_dim("nll", log_p)?;
    let labels = Labels::new("nll", log_p, target, dim, options)?;
    labels.reduce(&labels.losses(log_p)?, options.reduction)
}

/// `t (log t - x)` of logarithms x of probabilities, 0 where t is; t is given as its logarithm, too, if
/// `log_target`. The mean is that of all numbers, and [`Reduction::BatchMean`] the divergence of a sample.
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn kl_div(x: &Tensor, target: &Tensor, log_target: bool, reduction: Reduction) -> Result<Tensor> {
    same_shape("kl_div", x, target)?;
    if log_target {
        return reduction.of(&target.exp()?.mul(&target.sub(x)?)?);
    }
    let none = target.eq_scalar(0.0)?;
    let own = target.mul(&target.masked_fill(&none, 1.0)?.log()?)?;
    reduction.of(&own.sub(&target.mul(x)?)?)
}

/// The dimension of classes.
fn class_dim(op: &'static str, x: &Tensor) -> Result<i64> {
    ensure(x.rank() > 0, || Error::shape(op, show(x.shape()), "[N, C, ..] or [C] for the classes"))?;
    Ok(i64::from(x.rank() > 1))
}

/// Numbers of all classes, each times the weight of its class.
fn weighed(op: &'static str, x: &Tensor, dim: i64, options: &CrossEntropy) -> Result<Tensor> {
    let Some(weight) = &options.weight else { return Ok(x.clone()) };
    let classes = x.shape()[dim as usize];
    ensure(weight.shape() == [classes], || {
        Error::shape(op, format!("{:?} for the weights", weight.shape()), format!("[{classes}]"))
    })?;
    let mut along = vec![1; x.rank()];
    along[dim as usize] = classes;
    x.mul(&weight.reshape(&along)?).map_err(|e| e.named(op))
}

/// Labels as indices of classes.
struct Labels {
    op: &'static str,
    dim: i64,
    /// 0 for those that do not count.
    index: Tensor,
    ignored: Tensor,
    /// What each counts; 0 for those that do not.
    weight: Tensor,
    has_weights: bool,
}

impl Labels {
    fn new(op: &'static str, x: &Tensor, labels: &Tensor, dim: i64, options: &CrossEntropy) -> Result<Self> {
        let mut shape = x.shape().to_vec();
        shape.remove(dim as usize);
        ensure(labels.shape() == shape, || {
            let found = format!("{:?} for the labels of {:?}", labels.shape(), x.shape());
            Error::shape(op, found, show(&shape))
        })?;
        ensure(labels.dtype().is_int(), || {
            let expected = "i32 or i64 for the labels, or probabilities in the shape of the logits";
            Error::dtype(op, labels.dtype(), expected)
        })?;
        let found = || {
            let ignored = labels.eq_scalar(options.ignore_index as f64)?;
            let index = labels.masked_fill(&ignored, 0.0)?;
            let ones = Tensor::full(shape.clone(), 1.0, x.dtype(), x.device())?;
            let weight = match &options.weight {
                None => ones,
                Some(_) => weighed(op, &x.ones_like()?, dim, options)?
                    .gather(dim, &index.unsqueeze(dim)?)?
                    .squeeze(dim)?,
            };
            let weight = weight.masked_fill(&ignored, 0.0)?;
            Ok(Self { op, dim, index, ignored, weight, has_weights: options.weight.is_some() })
        };
        found().map_err(|e: Error| e.named(op))
    }

    /// What the numbers of the labels cost.
    fn losses(&self, log_p: &Tensor) -> Result<Tensor> {
        let chosen =
            log_p.gather(self.dim, &self.index.unsqueeze(self.dim)?).map_err(|e| e.named(self.op))?;
        let losses = chosen.squeeze(self.dim)?.neg()?;
        let losses = if self.has_weights { losses.mul(&self.weight)? } else { losses };
        losses.masked_fill(&self.ignored, 0.0)
    }

    fn reduce(&self, losses: &Tensor, reduction: Reduction) -> Result<Tensor> {
        match reduction {
            Reduction::Mean => losses.sum()?.div(&self.weight.sum()?),
            other => other.of(losses),
        }
    }
}
