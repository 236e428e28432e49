//! How far numbers are apart.

use serde_json::{Value as Json, json};

use super::super::words::number;

/// What differs between two lists of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Apart {
    /// How many differ, of how many.
    pub differ: usize,
    pub of: usize,
    /// The largest difference, NaN where there is one, and the mean of all.
    pub largest: f64,
    pub mean: f64,
    /// The largest difference as a part of the largest finite number on the first side.
    pub relative: f64,
}

impl Apart {
    /// None where all are equal. NaN equals NaN.
    pub fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        let is_equal = |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan());
        // Equal numbers are no difference: NaN - NaN would be NaN, and so would infinities.
        let apart = |(&x, &y): (&f64, &f64)| if is_equal(x, y) { 0.0 } else { (x - y).abs() };
        let apart: Vec<f64> = a.iter().zip(b).map(apart).collect();
        let differ = apart.iter().filter(|&&d| d != 0.0).count();
        // A difference of NaN counts as the largest.
        let larger = |largest: f64, d: f64| if largest.is_nan() || d <= largest { largest } else { d };
        let largest = apart.iter().copied().fold(0.0, larger);
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        let scale = a.iter().filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x.abs()));
        let relative = if scale > 0.0 { largest / scale } else { f64::INFINITY };
        (differ > 0).then_some(Self { differ, of: apart.len(), largest, mean, relative })
    }

    /// Whether all differences are at most that part of the largest number.
    pub fn is_within(&self, tolerance: f64) -> bool {
        self.relative <= tolerance
    }

    /// For programs; null is a number that is infinite or NaN.
    pub fn json(&self) -> Json {
        let Self { differ, of, largest, mean, relative } = self;
        json!({ "differ": differ, "of": of, "largest": largest, "mean": mean, "relative": relative })
    }
}

/// Written as `2 of 6 numbers differ, by 0.5000 at most, 0.1250 on average`.
impl std::fmt::Display for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [largest, mean] = [self.largest, self.mean].map(number);
        write!(f, "{} of {} numbers differ, by {largest} at most, {mean} on average", self.differ, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::Apart;

    #[test]
    fn differences_are_counted_and_measured() {
        assert_eq!(Apart::of(&[1.0, f64::NAN, f64::INFINITY], &[1.0, f64::NAN, f64::INFINITY]), None);
        let apart = Apart::of(&[1.0, -4.0, 0.0, -0.0], &[1.5, -4.0, 0.0, 0.0]).unwrap();
        assert_eq!(apart, Apart { differ: 1, of: 4, largest: 0.5, mean: 0.125, relative: 0.125 });
        assert!(apart.is_within(0.125) && !apart.is_within(0.12));
        let apart = Apart::of(&[0.0, 1.0], &[f64::NAN, 2.0]).unwrap();
        assert!(apart.largest.is_nan() && !apart.is_within(1e9));
        assert!(!Apart::of(&[0.0], &[1e-9]).unwrap().is_within(1e9));
    }
}
