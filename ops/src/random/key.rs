//! Keys and draws: which words a random number is made of.

use super::philox4x32_10;

/// The key of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u32; 2]);

impl Key {
    /// The key that a seed stands for.
    pub fn new(seed: u64) -> Self {
        Self([seed as u32, (seed >> 32) as u32])
    }

    /// The key of a stream of that name below this one. Different names give unrelated keys.
    pub fn derive(self, name: &str) -> Self {
        let start = Self::mixed(self, [name.len() as u32, u32::MAX, 0, 0]);
        name.as_bytes().chunks(12).fold(start, |key, chunk| {
            let word = |i: usize| {
                chunk.iter().skip(4 * i).take(4).rev().fold(0u32, |word, &byte| word << 8 | u32::from(byte))
            };
            key.mixed([word(0), word(1), word(2), 1])
        })
    }

    fn mixed(self, counter: [u32; 4]) -> Self {
        let [a, b, ..] = philox4x32_10(counter, self.0);
        Self([a, b])
    }

    /// Draw `number` of this stream.
    pub fn draw(self, number: u64) -> Draw {
        Draw { key: self, number }
    }
}

/// One draw of a stream: as many random numbers as one asks for.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    key: Key,
    number: u64,
}

impl Draw {
    /// Four random words: group `i` of the draw.
    #[inline(always)]
    pub fn words(self, i: u64) -> [u32; 4] {
        let counter = [i as u32, (i >> 32) as u32, self.number as u32, (self.number >> 32) as u32];
        philox4x32_10(counter, self.key.0)
    }

    /// The key, then the number of the draw, each the low word first.
    pub(super) fn parts(self) -> [u32; 4] {
        [self.key.0[0], self.key.0[1], self.number as u32, (self.number >> 32) as u32]
    }

    /// A key of its own for whatever this draw needs besides its numbers.
    pub(super) fn key(self) -> Key {
        let [a, b, ..] = self.words(u64::MAX);
        Key([a, b])
    }

    /// A permutation of `0..n`, each equally likely.
    pub fn permutation(self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i as u64, i as u64 + 1) as usize);
        }
        order
    }

    /// A whole number in `0..n` from group `i`, by the high half of a 64 by 64 bit product: biased by
    /// less than n / 2^64.
    pub fn below(self, i: u64, n: u64) -> u64 {
        let [low, high, ..] = self.words(i);
        let word = u64::from(high) << 32 | u64::from(low);
        ((u128::from(word) * u128::from(n)) >> 64) as u64
    }
}
