//! Weights from sums of distances.

use super::distances::labels;
use crate::{Error, Result, Tensor, op, tensor::Data};

const NAME: &str = "reweight::weights";

/// How the normalised distances of a class, of mean mu and standard deviation sigma (divisor n), become
/// weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Those below mu become 0.
    AMu,
    /// Those below mu - sigma become 0.
    ASigma,
    /// `1 / (1 + exp(-2 (w - mu) / sigma))`; 1/2 where sigma is 0.
    B,
    /// As they are.
    C,
}

impl Method {
    /// `a_mu`, `a_sigma`, `b` or `c`.
    ///
    /// # Errors
    /// [`Error::Argument`] for another name.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "a_mu" => Self::AMu,
            "a_sigma" => Self::ASigma,
            "b" => Self::B,
            "c" => Self::C,
            _ => {
                let expected = "\"a_mu\", \"a_sigma\", \"b\" or \"c\"";
                return Err(Error::argument(NAME, "the method", format!("\"{name}\""), expected));
            }
        })
    }
}

/// What the distances of a class, less the minimum, are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// The largest distance, as Algorithm 1 prints it.
    #[default]
    Printed,
    /// The maximum less the minimum.
    MinMax,
}

/// Algorithm 1 of the boosting paper, class by class: the distances `d [R]` of a class (labels `[R]`) become
/// `w = (d - min d) / max d`, 0 where the divisor is 0, and then what the [`Method`] says. Shape `[R]`.
///
/// Weights are not normalised: as probabilities over all classes they give classes unequal shares. A class
/// of one sample has weight 0, or 1/2 by method B. Nothing is recorded for gradients.
///
/// # Errors
/// [`Error::Shape`] unless there is one label for each distance, [`Error::DType`] unless distances are floats
/// and labels whole numbers, [`Error::Argument`] for a distance that is negative or not finite.
pub fn weights(distances: &Tensor, classes: &Tensor, method: Method, range: Range) -> Result<Tensor> {
    op::require_float(NAME, distances.spec())?;
    op::require_rank(NAME, distances.spec(), 1, "distances [R]")?;
    let classes = labels(NAME, classes, distances)?;
    let mut values = distances.to_f64()?;
    if let Some(wrong) = values.iter().find(|d| !(d.is_finite() && **d >= 0.0)) {
        return Err(Error::argument(NAME, "a distance", wrong, "a finite number, 0 or more"));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&i| classes[i]);
    for members in order.chunk_by(|&a, &b| classes[a] == classes[b]) {
        let class: Vec<f64> = members.iter().map(|&i| values[i]).collect();
        let weighed = transformed(&normalised(&class, range), method);
        members.iter().zip(weighed).for_each(|(&i, weight)| values[i] = weight);
    }
    let data = Data::from_numbers(values, distances.dtype());
    Tensor::from_data(data, distances.shape(), distances.device())
}

fn normalised(distances: &[f64], range: Range) -> Vec<f64> {
    let minimum = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = distances.iter().copied().fold(0.0, f64::max);
    let divisor = if range == Range::Printed { largest } else { largest - minimum };
    distances.iter().map(|d| if divisor == 0.0 { 0.0 } else { (d - minimum) / divisor }).collect()
}

fn transformed(weights: &[f64], method: Method) -> Vec<f64> {
    let n = weights.len() as f64;
    let mean = weights.iter().sum::<f64>() / n;
    let sigma = (weights.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / n).sqrt();
    let from = |minimum: f64| weights.iter().map(|&w| if w < minimum { 0.0 } else { w }).collect();
    match method {
        // The mean of equal numbers may be rounded to above them.
        Method::AMu if sigma <= f64::EPSILON * mean => weights.to_vec(),
        Method::AMu => from(mean),
        Method::ASigma => from(mean - sigma),
        Method::B if sigma == 0.0 => vec![0.5; weights.len()],
        Method::B => weights.iter().map(|w| 1.0 / (1.0 + libm::exp(-2.0 * (w - mean) / sigma))).collect(),
        Method::C => weights.to_vec(),
    }
}
