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
        let (warmup, reps) = (conditions.timing.warmup, conditions.timing.reps);
        let mut once = |number: u32| -> Result<f64> {
            let start = Instant::now();
            f(number)?;
            if conditions.device == Device::Gpu {
                conditions.device.sync()?;
            }
            Ok(start.elapsed().as_secs_f64())
        };
        (0..warmup).try_for_each(|number| once(number).map(|_| ()))?;
        let mut seconds = (warmup..warmup + reps).map(once).collect::<Result<Vec<_>>>()?;
        seconds.sort_by(f64::total_cmp);
        Ok(Self(seconds))
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let n = self.0.len();
        (self.0[(n - 1) / 2] + self.0[n / 2]) / 2.0
    }

    /// The part of a line about time.
    pub fn tell(&self) -> Json {
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
}
