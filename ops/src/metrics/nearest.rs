//! Distances to the nearest neighbour.

use crate::{Error, Result, Tensor, ensure, no_grad};

/// Rows of each side that are compared at once: 16 MB of distances.
const BLOCK: usize = 2048;

/// For each item of `x` `[N, ..]` the Euclidean distance to the nearest item of `set` `[M, ..]`:
/// `y_i = min_j |x_i - s_j|`, shape `[N]`. Nothing is recorded for gradients.
///
/// The squares are expanded (`|x|^2 + |s|^2 - 2 x s`), so distances far below the items' own lengths
/// are accurate to about a thousandth of these.
///
/// # Errors
/// [`Error::Shape`] when the items differ in shape.
pub fn nearest_distance(x: &Tensor, set: &Tensor) -> Result<Tensor> {
    ensure(x.rank() >= 2 && x.rank() == set.rank() && x.shape()[1..] == set.shape()[1..], || {
        let found = format!("items {:?} and {:?}", x.shape(), set.shape());
        Error::shape("nearest_distance", found, "[N, ..] and [M, ..], items of one shape")
    })?;
    no_grad(|| {
        let (x, set) = (x.flatten(1, -1)?, set.flatten(1, -1)?);
        let blocks = set.split(BLOCK, 0)?;
        let nearest = |rows: &Tensor| -> Result<Tensor> {
            let mut minimum: Option<Tensor> = None;
            for block in &blocks {
                let here = squared_distances(rows, block)?.min_dims(&[1], false)?;
                minimum = Some(minimum.map_or(Ok(here.clone()), |found| found.minimum(&here))?);
            }
            minimum.map_or_else(|| rows.sum_dims(&[1], false), |found| found.clamp_min(0.0)?.sqrt())
        };
        let parts = x.split(BLOCK, 0)?.iter().map(nearest).collect::<Result<Vec<_>>>()?;
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)
    })
}

/// `[n, m]`: `|a_i|^2 + |b_j|^2 - 2 a_i b_j`
pub(super) fn squared_distances(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let lengths = |x: &Tensor| x.square()?.sum_dims(&[1], true);
    let products = a.matmul(&b.transpose(0, 1)?)?.mul_scalar(-2.0)?;
    products.add(&lengths(a)?)?.add(&lengths(b)?.transpose(0, 1)?)
}
