//! Random numbers by counter, never by hidden state.
//!
//! Every number is a pure function of (key, number of the draw, position in the draw): the key comes
//! from the run's seed and the name of a stream, the draws of a stream are counted. A run that is
//! resumed therefore draws what an uninterrupted one does, and nothing has to be saved.

mod philox;

use std::cell::RefCell;

pub use philox::philox4x32_10;
use rayon::prelude::*;

use crate::{Device, Result, Tensor};

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

/// Numbers are made in parallel, in blocks of so many groups of four.
const BLOCK: usize = 4096;

impl Draw {
    /// Four random words: group `i` of the draw.
    pub fn words(self, i: u64) -> [u32; 4] {
        let counter = [i as u32, (i >> 32) as u32, self.number as u32, (self.number >> 32) as u32];
        philox4x32_10(counter, self.key.0)
    }

    fn fill(self, n: usize, group: impl Fn([u32; 4]) -> [f32; 4] + Sync) -> Vec<f32> {
        let mut values = vec![0.0; n];
        values.par_chunks_mut(4 * BLOCK).enumerate().for_each(|(block, chunk)| {
            for (i, out) in chunk.chunks_mut(4).enumerate() {
                let four = group(self.words((block * BLOCK + i) as u64));
                out.copy_from_slice(&four[..out.len()]);
            }
        });
        values
    }

    /// `n` uniform numbers in [0, 1), multiples of 2^-24.
    pub fn uniform(self, n: usize) -> Vec<f32> {
        self.fill(n, |words| words.map(unit))
    }

    /// `n` standard normal numbers, by the method of Box and Muller.
    pub fn normal(self, n: usize) -> Vec<f32> {
        self.fill(n, |[a, b, c, d]| {
            let ([x, y], [z, w]) = (box_muller(a, b), box_muller(c, d));
            [x, y, z, w]
        })
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

fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

fn box_muller(a: u32, b: u32) -> [f32; 2] {
    // 1 - u lies in (0, 1], where the logarithm is finite.
    let radius = libm::sqrtf(-2.0 * libm::logf(1.0 - unit(a)));
    let angle = std::f32::consts::TAU * unit(b);
    [radius * libm::cosf(angle), radius * libm::sinf(angle)]
}

/// A stream that counts its draws.
#[derive(Debug, Clone)]
pub struct Stream {
    key: Key,
    drawn: u64,
}

thread_local! {
    static STREAMS: RefCell<Vec<Stream>> = RefCell::new(vec![Stream { key: Key::new(0), drawn: 0 }]);
}

/// The next draw of the innermost stream of this thread.
pub fn next_draw() -> Draw {
    STREAMS.with_borrow_mut(|streams| {
        let stream = streams.last_mut().expect("the outermost stream is never removed");
        stream.drawn += 1;
        stream.key.draw(stream.drawn - 1)
    })
}

/// A key of its own for something that draws often, a shuffled pass for example: the next one of the
/// innermost stream of this thread.
pub fn next_key() -> Key {
    let [a, b, ..] = next_draw().words(u64::MAX);
    Key([a, b])
}

/// The key of the innermost stream of this thread.
pub fn current_key() -> Key {
    STREAMS.with_borrow(|streams| streams.last().expect("the outermost stream is never removed").key)
}

/// Runs `f` with a stream of that key as the innermost one, from its first draw on.
pub fn with_stream<T>(key: Key, f: impl FnOnce() -> T) -> T {
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            STREAMS.with_borrow_mut(Vec::pop);
        }
    }
    STREAMS.with_borrow_mut(|streams| streams.push(Stream { key, drawn: 0 }));
    let _pop = Pop;
    f()
}

/// Uniform numbers in [0, 1).
///
/// # Errors
/// As every new tensor.
pub fn uniform(shape: &[usize], device: Device) -> Result<Tensor> {
    fill(shape, device, Draw::uniform)
}

/// Standard normal numbers.
///
/// # Errors
/// As every new tensor.
pub fn normal(shape: &[usize], device: Device) -> Result<Tensor> {
    fill(shape, device, Draw::normal)
}

fn fill(shape: &[usize], device: Device, draw: impl FnOnce(Draw, usize) -> Vec<f32>) -> Result<Tensor> {
    Tensor::create_with(shape, device, |n| draw(next_draw(), n))
}
