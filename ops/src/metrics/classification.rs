//! How well classes are predicted.

use crate::{DType, Device, Error, Result, Spec, Tensor, ensure, no_grad, tensor::Charge};

/// The class of each sample: of scores `[N, C]` that of the largest, the first of equal ones; labels
/// `[N]` (integers) are their own. Negative labels are refused.
///
/// # Errors
/// [`Error::Shape`] for another number of dimensions, [`Error::DType`] for labels that are no integers,
/// [`Error::Argument`] for a negative one.
pub fn predictions(scores: &Tensor) -> Result<Vec<usize>> {
    const OP: &str = "predictions";
    match scores.rank() {
        2 => labels(OP, &no_grad(|| scores.argmax(1, false))?),
        1 => labels(OP, scores),
        _ => Err(Error::shape(OP, format!("{:?}", scores.shape()), "scores [N, C] or labels [N]")),
    }
}

/// Labels `[N]` as numbers.
pub(super) fn labels(op: &'static str, labels: &Tensor) -> Result<Vec<usize>> {
    ensure(labels.rank() == 1, || Error::shape(op, format!("{:?}", labels.shape()), "labels [N]"))?;
    ensure(labels.dtype().is_int(), || {
        Error::dtype(op, labels.dtype(), "integers (convert with `.long()`)")
    })?;
    let label = |x: f64| {
        let wrong = Error::argument(op, "a label", x, "0 or more");
        if x < 0.0 { Err(wrong) } else { Ok(x as usize) }
    };
    labels.to_f64()?.into_iter().map(label).collect()
}

/// The share of samples whose class is predicted, 0 to 1: scores `[N, C]` or labels `[N]`, and the true
/// labels `[N]`.
///
/// # Errors
/// As [`predictions`], and [`Error::Shape`] for another number of labels.
pub fn accuracy(scores: &Tensor, truth: &Tensor) -> Result<f64> {
    let pairs = pairs("accuracy", scores, truth)?;
    let right = pairs.iter().filter(|(predicted, truth)| predicted == truth).count();
    Ok(right as f64 / pairs.len() as f64)
}

/// The per cent of samples that a classifier puts into a class: of pictures that should look like another
/// one, the rate of misclassification.
///
/// # Errors
/// As [`predictions`].
pub fn misclassification(scores: &Tensor, class: usize) -> Result<f64> {
    let predicted = predictions(scores).map_err(|e| e.named("misclassification"))?;
    let taken = predicted.iter().filter(|&&p| p == class).count();
    Ok(100.0 * taken as f64 / predicted.len() as f64)
}

/// How often each class was taken for each: entry `[i, j]` of `[classes, classes]` counts samples of
/// class i that were predicted to be of class j.
///
/// # Errors
/// As [`accuracy`], [`Error::Argument`] for a label that is not below `classes`, and [`Error::Memory`].
pub fn confusion(scores: &Tensor, truth: &Tensor, classes: usize) -> Result<Tensor> {
    const OP: &str = "confusion";
    let _charge = Charge::new(OP, &Spec::new([classes, classes], DType::I32), Device::Cpu)?;
    let mut counts = vec![0i32; classes * classes];
    for (predicted, truth) in pairs(OP, scores, truth)? {
        let largest = predicted.max(truth);
        ensure(largest < classes, || {
            Error::argument(OP, "a label", largest, format!("below {classes}, the number of classes"))
        })?;
        counts[truth * classes + predicted] += 1;
    }
    Tensor::from_data(counts, [classes, classes], scores.device())
}

/// The predicted and the true class of each sample.
fn pairs(op: &'static str, scores: &Tensor, truth: &Tensor) -> Result<Vec<(usize, usize)>> {
    let (predicted, truth) = (predictions(scores).map_err(|e| e.named(op))?, labels(op, truth)?);
    ensure(predicted.len() == truth.len(), || {
        let found = format!("{} samples and {} labels", predicted.len(), truth.len());
        Error::shape(op, found, "a label for each sample")
    })?;
    Ok(predicted.into_iter().zip(truth).collect())
}
