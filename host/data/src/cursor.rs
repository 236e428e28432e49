//! The random numbers of one picture, read one after another.

use ops::random::philox4x32_10;

use crate::Split;

/// Reads Philox4x32-10 at counter `[block, picture, split]` under key `seed`, so that a picture's
/// numbers depend on nothing that was drawn before it.
pub struct Cursor {
    key: [u32; 2],
    counter: [u32; 4],
    words: [u32; 4],
    used: usize,
}

impl Cursor {
    pub fn new(seed: u64, split: Split, picture: u64) -> Self {
        Self {
            key: [seed as u32, (seed >> 32) as u32],
            counter: [0, picture as u32, (picture >> 32) as u32, split as u32],
            words: [0; 4],
            used: 4,
        }
    }

    fn word(&mut self) -> u32 {
        if self.used == self.words.len() {
            self.words = philox4x32_10(self.counter, self.key);
            self.counter[0] += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// A whole number in `0..below`, for a `below` far under 2^32.
    pub fn below(&mut self, below: usize) -> usize {
        ((u64::from(self.word()) * below as u64) >> 32) as usize
    }

    /// Uniform in `[low, high)`: 24 random bits, which f32 holds exactly.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        let unit = (self.word() >> 8) as f32 / (1 << 24) as f32;
        low + (high - low) * unit
    }

    /// Bell-shaped with mean 0, the given standard deviation, and nothing beyond 3.47 of them: the sum
    /// of four uniforms, which needs no logarithm and so has the same bits on every machine.
    pub fn bell(&mut self, deviation: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.uniform(-0.5, 0.5)).sum();
        sum * SQRT_3 * deviation
    }
}

/// Four uniforms of width 1 have the variance 4 / 12.
const SQRT_3: f32 = 1.732_050_8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coordinate_changes_the_numbers() {
        let first = |seed, split, picture| Cursor::new(seed, split, picture).word();
        let base = first(1, Split::Train, 2);
        assert_eq!(base, first(1, Split::Train, 2));
        let others = [
            first(2, Split::Train, 2),
            first(1 << 32 | 1, Split::Train, 2),
            first(1, Split::Test, 2),
            first(1, Split::Train, 3),
            first(1, Split::Train, 1 << 32 | 2),
        ];
        assert!(others.iter().all(|&other| other != base), "{others:?}");
    }

    #[test]
    fn bell_has_its_mean_and_deviation() {
        let mut cursor = Cursor::new(0, Split::Train, 0);
        let draws: Vec<f32> = (0..20_000).map(|_| cursor.bell(2.0)).collect();
        let mean = draws.iter().sum::<f32>() / draws.len() as f32;
        let variance = draws.iter().map(|draw| draw * draw).sum::<f32>() / draws.len() as f32;
        assert!(mean.abs() < 0.05, "mean {mean}");
        assert!((variance - 4.0).abs() < 0.15, "variance {variance}");
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let mut cursor = Cursor::new(0, Split::Test, 0);
        let mut seen = [0; 3];
        (0..300).for_each(|_| seen[cursor.below(3)] += 1);
        assert!(seen.iter().all(|&count| count > 60), "{seen:?}");
    }
}
