//! Numbers that say what samples are like. All are computed in f64, and none is recorded for gradients.

mod classification;
mod divergence;
mod fid;
mod knn;
mod nearest;
mod pixel_error;
mod ssim;

use crate::{Error, Result};
pub use classification::{accuracy, confusion, misclassification, predictions};
pub use divergence::{histogram, jsd, jsd_bound, jsd_worst_case, total_variation, total_variation_bound};
pub use fid::{Moments, fid, frechet_distance};
pub use knn::{knn_accuracy, knn_accuracy_within};
pub use nearest::nearest_distance;
pub use pixel_error::{PixelError, l2_error};
pub use ssim::{SsimReading, ms_ssim};

/// The reading of that name among those of an operation.
fn named<T: Copy>(op: &'static str, name: &str, readings: &[(&'static str, T)]) -> Result<T> {
    readings.iter().find(|(known, _)| *known == name).map(|(_, reading)| *reading).ok_or_else(|| {
        let known: Vec<_> = readings.iter().map(|(known, _)| *known).collect();
        Error::argument(op, "the reading", format!("\"{name}\""), format!("one of {}", known.join(", ")))
    })
}
