//! Repeating and timing.

use std::time::Instant;

use ops::Device;
use serde_json::{Value as Json, json};

use super::Conditions;
use crate::error::Result;

/// Seconds that the repetitions of one thing took, sorted; at least one.
pub struct Times(Vec<f64>);

impl Times {
    /// Does something `warmup` times, then `reps` times against the clock, each until the device has
    /// finished. `f` gets the number of the repetition.
    pub fn measure(conditions: &Conditions, mut f: impl FnMut(u32) -> Result<()>) -> Result<Self> {
        let (warmup, reps) = (conditions.warmup, conditions.reps);
        let mut once = |number: u32| -> Result<f64> {
            let start = Instant::now();
            f(number)?;
            if conditions.device == Device::Gpu {
                conditions.device.sync()?;
            }
            Ok(start.elapsed().as_secs_f64())
        };
        (0..warmup).try_for_each(|number| once(number).map(|_| ()))?;
        (warmup..warmup + reps).map(once).collect::<Result<_>>().map(Self::new)
    }

    /// Times that were measured elsewhere; at least one.
    pub fn new(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// The time that this share of the repetitions kept within, 0 to 1: the nearest one that was measured.
    pub fn within(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let n = self.0.len();
        (self.0[(n - 1) / 2] + self.0[n / 2]) / 2.0
    }

    /// The part of a line about time.
    pub fn described(&self) -> Json {
        json!({ "median_s": self.median(), "min_s": self.0[0], "max_s": self.0[self.0.len() - 1] })
    }
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn the_median_of_an_even_number_of_times_is_the_mean_of_the_middle_two() {
        assert_eq!(Times(vec![1.0, 2.0, 4.0]).median(), 2.0);
        assert_eq!(Times(vec![1.0, 2.0, 4.0, 9.0]).median(), 3.0);
        assert_eq!(Times(vec![5.0]).median(), 5.0);
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = Times::new((1..=100).rev().map(f64::from).collect());
        assert_eq!([0.5, 0.9, 0.99, 1.0].map(|share| times.within(share)), [50.0, 90.0, 99.0, 100.0]);
        assert_eq!([0.0, 0.99].map(|share| Times::new(vec![2.0, 3.0]).within(share)), [2.0, 3.0]);
        assert_eq!(times.mean(), 50.5);
    }
}
