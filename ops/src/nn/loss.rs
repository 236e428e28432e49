//! Losses: each is one number, the mean over whatever it is computed of.

use crate::{Error, Result, Tensor};

/// `mean (y - target)^2`
///
/// # Errors
/// [`Error::Shape`] when the shapes differ.
pub fn mse(y: &Tensor, target: &Tensor) -> Result<Tensor> {
    same_shape("mse", y, target)?;
    let error = y.sub(target)?;
    error.mul(&error)?.mean()
}

/// Refuses to broadcast: in a loss that is always an accident.
fn same_shape(op: &'static str, y: &Tensor, target: &Tensor) -> Result<()> {
    if y.shape() == target.shape() {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        found: format!("{:?} beside the target {:?}", y.shape(), target.shape()),
        expected: "one shape for both".into(),
    })
}
