//! Learning rates as functions of the step (0 for the first one): nothing to save, nothing to resume.

use std::f64::consts::PI;

use crate::{Error, Result, ensure};

/// `lr factor^floor(step / every)`
///
/// # Errors
/// [`Error::Argument`] for `every` 0.
pub fn step(lr: f64, every: u64, factor: f64, step: u64) -> Result<f64> {
    positive("every", every)?;
    Ok(lr * factor.powf((step / every) as f64))
}

/// Half a wave from `lr` at step 0 down to `floor` at step `total` and after:
/// `floor + (lr - floor) (1 + cos(pi step / total)) / 2` (Loshchilov, Hutter, 2017).
///
/// # Errors
/// [`Error::Argument`] for `total` 0.
pub fn cosine(lr: f64, total: u64, floor: f64, step: u64) -> Result<f64> {
    positive("total", total)?;
    let part = step.min(total) as f64 / total as f64;
    Ok(floor + (lr - floor) * (1.0 + (PI * part).cos()) / 2.0)
}

/// What a learning rate is multiplied by in its first steps: `min(1, (step + 1) / length)`; always 1
/// for a length of 0.
pub fn warm_up(length: u64, step: u64) -> f64 {
    if step >= length { 1.0 } else { (step + 1) as f64 / length as f64 }
}

fn positive(name: &'static str, n: u64) -> Result<()> {
    ensure(n > 0, || Error::argument("schedule", name, "0", "at least 1"))
}
