//! Divergences of discrete laws, and how far a little noise can move a law (natural logarithms).

use std::f64::consts::LN_2;

use crate::{DType, Device, Error, Result, Spec, ensure, tensor::Charge};

/// Counts or probabilities, not negative and not all 0, as probabilities.
fn law(op: &'static str, weights: &[f64]) -> Result<Vec<f64>> {
    let total: f64 = weights.iter().sum();
    let negative = weights.iter().copied().find(|w| w.is_nan() || *w < 0.0);
    match negative.or((total == 0.0 || !total.is_finite()).then_some(total)) {
        None => Ok(weights.iter().map(|w| w / total).collect()),
        Some(found) => {
            Err(Error::argument(op, "a weight, or their sum,", found, "weights of 0 or more, not all 0"))
        }
    }
}

/// Two laws on the same outcomes.
fn laws(op: &'static str, p: &[f64], q: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
    ensure(p.len() == q.len(), || {
        Error::shape(op, format!("{} and {} outcomes", p.len(), q.len()), "the same outcomes for both")
    })?;
    Ok((law(op, p)?, law(op, q)?))
}

/// The total variation distance of two laws, given as counts or probabilities:
/// `1/2 sum |p_i - q_i|`, 0 to 1.
///
/// # Errors
/// [`Error::Shape`] for different numbers of outcomes, [`Error::Argument`] for weights that are negative
/// or all 0.
pub fn total_variation(p: &[f64], q: &[f64]) -> Result<f64> {
    let (p, q) = laws("tv", p, q)?;
    Ok(p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0)
}

/// The Jensen-Shannon divergence of two laws, given as counts or probabilities:
/// `1/2 KL(p, m) + 1/2 KL(q, m)` with `m = (p + q) / 2`, in nats, 0 to ln 2. Its root is a metric.
///
/// # Errors
/// As [`total_variation`].
pub fn jsd(p: &[f64], q: &[f64]) -> Result<f64> {
    let (p, q) = laws("jsd", p, q)?;
    let term = |p: f64, m: f64| if p > 0.0 { p * (p / m).ln() } else { 0.0 };
    let terms = p.iter().zip(&q).map(|(&p, &q)| term(p, (p + q) / 2.0) + term(q, (p + q) / 2.0));
    Ok((terms.sum::<f64>() / 2.0).max(0.0))
}

/// How many samples fall into each of `bins` equal parts of `[low, high]`, closed on the left and the
/// last one on both sides. Samples outside are dropped.
///
/// # Errors
/// [`Error::Argument`] for no bins or a range without length, [`Error::Memory`] for too many.
pub fn histogram(samples: &[f64], low: f64, high: f64, bins: usize) -> Result<Vec<f64>> {
    const OP: &str = "histogram";
    ensure(bins != 0, || Error::argument(OP, "bins", "0", "at least 1"))?;
    ensure(low < high && (high - low).is_finite(), || {
        Error::argument(OP, "the range", format!("{low} to {high}"), "low below high")
    })?;
    let _charge = Charge::new(OP, &Spec::new([bins], DType::F64), Device::Cpu)?;
    let mut counts = vec![0.0; bins];
    for x in samples.iter().filter(|x| (low..=high).contains(*x)) {
        let bin = (x - low) / (high - low) * bins as f64;
        counts[(bin as usize).min(bins - 1)] += 1.0;
    }
    Ok(counts)
}

/// How far in total variation noise can move a mixture of laws with weights `alphas`, added with
/// probability `deltas[i]` to samples of law i: `sum alpha_i delta_i`, tight where noisy samples never
/// look like clean ones.
///
/// # Errors
/// [`Error::Shape`] for different numbers of both, [`Error::Argument`] for probabilities outside [0, 1]
/// and weights that are negative or all 0.
pub fn total_variation_bound(alphas: &[f64], deltas: &[f64]) -> Result<f64> {
    mixed("tv_bound", alphas, deltas, |delta| delta)
}

/// The same for the Jensen-Shannon divergence, in nats: `ln 2 sum alpha_i delta_i`, since JSD is at most
/// `ln 2` times the total variation.
///
/// # Errors
/// As [`total_variation_bound`].
pub fn jsd_bound(alphas: &[f64], deltas: &[f64]) -> Result<f64> {
    mixed("jsd_bound", alphas, deltas, |delta| LN_2 * delta)
}

/// A sharper bound on the same divergence: the weighted mean of the largest ones between a law P and
/// `(1 - d) P + d P'`, reached where P and P' never give the same, `1/2 (-ln(1 - d/2) + (1 - d) ln((1 - d) /
/// (1 - d/2)) + d ln 2)`. The divergence is jointly convex, so that of a mixture is at most their mean.
///
/// # Errors
/// As [`total_variation_bound`].
pub fn jsd_worst_case(alphas: &[f64], deltas: &[f64]) -> Result<f64> {
    mixed("jsd_worst_case", alphas, deltas, |delta| {
        let mean = 1.0 - delta / 2.0;
        let kept = if delta < 1.0 { (1.0 - delta) * ((1.0 - delta) / mean).ln() } else { 0.0 };
        (-mean.ln() + kept + delta * LN_2) / 2.0
    })
}

/// `sum alpha_i f(delta_i)`.
fn mixed(op: &'static str, alphas: &[f64], deltas: &[f64], f: impl Fn(f64) -> f64) -> Result<f64> {
    ensure(alphas.len() == deltas.len(), || {
        let found = format!("{} weights and {} probabilities", alphas.len(), deltas.len());
        Error::shape(op, found, "as many of both")
    })?;
    deltas.iter().try_for_each(|&delta| probability(op, delta))?;
    Ok(law(op, alphas)?.iter().zip(deltas).map(|(alpha, &delta)| alpha * f(delta)).sum())
}

fn probability(op: &'static str, delta: f64) -> Result<()> {
    ensure((0.0..=1.0).contains(&delta), || Error::argument(op, "delta", delta, "a probability, 0 to 1"))
}
