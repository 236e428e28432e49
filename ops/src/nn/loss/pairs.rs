//! Losses of which samples are near each other.

use super::{CrossEntropy, Reduction, at_least, cross_entropy, same_shape};
use crate::{DType, Error, Result, Tensor, ensure};

/// How a [`triplet_margin`] is computed.
#[derive(Debug, Clone, Copy)]
pub struct Triplet {
    pub margin: f64,
    /// Distances are those of this norm.
    pub p: f64,
    /// Added to each difference.
    pub eps: f64,
    /// Whether the distance of the positive from the negative counts where it is smaller.
    pub swap: bool,
}

impl Default for Triplet {
    fn default() -> Self {
        Self { margin: 1.0, p: 2.0, eps: 1e-6, swap: false }
    }
}

/// `max(0, |a - p| - |a - n| + margin)` of vectors in the last dimension: an anchor is to be nearer to a
/// positive than to a negative (Schroff et al., 2015).
///
/// # Errors
/// [`Error::Shape`] when the shapes differ, [`Error::Argument`] for a margin that is not above 0.
pub fn triplet_margin(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
    options: Triplet,
    reduction: Reduction,
) -> Result<Tensor> {
    const OP: &str = "triplet_margin";
    same_shape(OP, anchor, positive)?;
    same_shape(OP, anchor, negative)?;
    at_least(OP, "the margin", options.margin, f64::MIN_POSITIVE)?;
    let distance =
        |a: &Tensor, b: &Tensor| a.pairwise_distance(b, options.p, options.eps).map_err(|e| e.named(OP));
    let (near, mut far) = (distance(anchor, positive)?, distance(anchor, negative)?);
    if options.swap {
        far = far.minimum(&distance(positive, negative)?)?;
    }
    reduction.of(&near.sub(&far)?.add_scalar(options.margin)?.relu()?)
}

/// `1 - cos(a, b)` of pairs `[N, D]` (or `[D]`) with target 1, `max(0, cos(a, b) - margin)` of those with -1.
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::Argument`] for a margin outside of -1 to 1.
pub fn cosine_embedding(
    a: &Tensor,
    b: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    const OP: &str = "cosine_embedding";
    same_shape(OP, a, b)?;
    ensure((-1.0..=1.0).contains(&margin), || Error::argument(OP, "the margin", margin, "-1 to 1"))?;
    ensure(a.rank() > 0 && target.shape() == &a.shape()[..a.rank() - 1], || {
        let found = format!("{:?} with a target of {:?}", a.shape(), target.shape());
        Error::shape(OP, found, "pairs [N, D] and a target [N]")
    })?;
    // As PyTorch has it, which keeps the slope at 0 finite.
    let size = |x: &Tensor| x.square()?.sum_dims(&[-1], false)?.add_scalar(1e-12);
    let cosine = a.mul(b)?.sum_dims(&[-1], false)?.div(&size(a)?.mul(&size(b)?)?.sqrt()?)?;
    let [alike, apart] = [target.eq_scalar(1.0)?, target.eq_scalar(-1.0)?];
    let zeros = cosine.zeros_like()?;
    let near = alike.where_(&cosine.neg()?.add_scalar(1.0)?, &zeros)?;
    reduction.of(&near.add(&apart.where_(&cosine.add_scalar(-margin)?.relu()?, &zeros)?)?)
}

/// `max(0, -target (a - b) + margin)`: a is to be larger where the target is 1, b where it is -1.
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn margin_ranking(
    a: &Tensor,
    b: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    same_shape("margin_ranking", a, b)?;
    same_shape("margin_ranking", a, target)?;
    reduction.of(&b.sub(a)?.mul(target)?.add_scalar(margin)?.relu()?)
}

/// Cross-entropy of which key `[N, D]` belongs to a query `[N, D]`, that of the same number, by the cosine of
/// their angle over a temperature (van den Oord et al., 2018).
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::Argument`] for a temperature that is not above 0.
pub fn info_nce(queries: &Tensor, keys: &Tensor, temperature: f64, reduction: Reduction) -> Result<Tensor> {
    const OP: &str = "info_nce";
    same_shape(OP, queries, keys)?;
    let &[n, _] = queries.shape() else {
        return Err(Error::shape(OP, format!("{:?}", queries.shape()), "queries and keys [N, D]"));
    };
    at_least(OP, "the temperature", temperature, f64::MIN_POSITIVE)?;
    let unit = |x: &Tensor| x.div(&x.norm_dims(&[1], true)?.clamp_min(1e-12)?);
    let cosines = unit(queries)?.matmul(&unit(keys)?.transpose(0, 1)?)?;
    let own = Tensor::arange(0.0, n as f64, 1.0, DType::I32, queries.device())?;
    let options = CrossEntropy { reduction, ..CrossEntropy::default() };
    cross_entropy(&cosines.div_scalar(temperature)?, &own, &options).map_err(|e| e.named(OP))
}
