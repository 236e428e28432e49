//! Laws whose numbers are each made of one or two random words, four of a group of words.

use crate::cpu::maths::{cos_sin, ln};

/// How four words become four numbers.
pub(super) trait Law: Copy + Send + Sync + 'static {
    /// The numbers.
    fn four(self, words: [u32; 4]) -> [f32; 4];
}

/// A law as the kernel on the GPU takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub number: u32,
    /// The largest word that stands for `one`, where words stand for two numbers.
    pub last: u32,
    pub one: f32,
}

impl Code {
    pub const UNIFORM: u32 = 0;
    pub const NORMAL: u32 = 1;
    pub const BERNOULLI: u32 = 2;
}

/// A law that the GPU knows, too.
pub(super) trait Coded: Law {
    /// Its form for the GPU.
    fn code(self) -> Code;
}

impl Coded for Uniform {
    fn code(self) -> Code {
        Code { number: Code::UNIFORM, last: 0, one: 0.0 }
    }
}

impl Coded for Normal {
    fn code(self) -> Code {
        Code { number: Code::NORMAL, last: 0, one: 0.0 }
    }
}

impl Coded for Bernoulli {
    fn code(self) -> Code {
        Code { number: Code::BERNOULLI, last: self.last, one: self.one }
    }
}

/// Uniform in [0, 1), multiples of 2^-24.
#[derive(Debug, Clone, Copy)]
pub(super) struct Uniform;

/// Standard normal, by the method of Box and Muller (1958); at most 5.8 in size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Normal;

/// Exponential of mean 1, above 0 and at most 16.7.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exponential;

/// Minus the logarithm of an exponential number; -2.9 to 16.7.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gumbel;

/// An exponential number or its negative; at most 16.7 in size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laplace;

/// 1 with some probability, otherwise 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bernoulli {
    /// The largest word that stands for 1.
    last: u32,
    /// What those words stand for: 0 where the probability is.
    one: f32,
}

impl Bernoulli {
    /// `p` from 0 to 1, rounded to a multiple of 2^-32.
    pub fn new(p: f64) -> Self {
        let words = (p * 4_294_967_296.0).round() as u64;
        Self { last: words.saturating_sub(1) as u32, one: f32::from(u8::from(words > 0)) }
    }
}

impl Law for Uniform {
    #[inline(always)]
    fn four(self, words: [u32; 4]) -> [f32; 4] {
        words.map(unit)
    }
}

impl Law for Normal {
    #[inline(always)]
    fn four(self, [a, b, c, d]: [u32; 4]) -> [f32; 4] {
        let ([x, y], [z, w]) = (box_muller(a, b), box_muller(c, d));
        [x, y, z, w]
    }
}

impl Law for Exponential {
    #[inline(always)]
    fn four(self, words: [u32; 4]) -> [f32; 4] {
        words.map(|word| -ln(open_unit(word)))
    }
}

impl Law for Gumbel {
    #[inline(always)]
    fn four(self, words: [u32; 4]) -> [f32; 4] {
        words.map(|word| -ln(-ln(open_unit(word))))
    }
}

impl Law for Laplace {
    #[inline(always)]
    fn four(self, words: [u32; 4]) -> [f32; 4] {
        // The first bit is the sign.
        words.map(|word| if word >> 31 == 0 { -ln(open_unit(word << 1)) } else { ln(open_unit(word << 1)) })
    }
}

impl Law for Bernoulli {
    #[inline(always)]
    fn four(self, words: [u32; 4]) -> [f32; 4] {
        words.map(|word| if word <= self.last { self.one } else { 0.0 })
    }
}

/// In [0, 1), a multiple of 2^-24.
#[inline(always)]
pub(super) fn unit(word: u32) -> f32 {
    (word >> 8) as i32 as f32 * (1.0 / 16_777_216.0)
}

/// In (0, 1), an odd multiple of 2^-24: what a logarithm can be taken of.
#[inline(always)]
pub(super) fn open_unit(word: u32) -> f32 {
    (word >> 8 | 1) as i32 as f32 * (1.0 / 16_777_216.0)
}

#[inline(always)]
pub(super) fn box_muller(a: u32, b: u32) -> [f32; 2] {
    let radius = (-2.0 * ln(open_unit(a))).sqrt();
    cos_sin(b).map(|x| radius * x)
}
