//! Random numbers by counter, never by hidden state.
//!
//! Every number is a pure function of (key, number of the draw, position in the draw): the key comes
//! from the run's seed and the name of a stream, the draws of a stream are counted. A run that is
//! resumed therefore draws what an uninterrupted one does, and nothing has to be saved. The words are
//! those of Philox4x32-10; uniform numbers and truth values have the same bits on all devices, normal
//! numbers agree to 1e-5, and what is drawn again until it fits is always drawn on the CPU.

mod choice;
mod directions;
mod dirichlet;
mod fill;
mod gamma;
#[cfg(feature = "cube")]
mod gpu;
mod key;
mod law;
mod more;
mod philox;
mod poisson;
mod stream;
mod tensors;
mod truncated;

pub use key::{Draw, Key};
pub use more::{
    beta, categorical, exponential, gamma, gumbel, laplace, multinomial, poisson, randint, randperm,
    von_mises, von_mises_fisher,
};
pub use philox::philox4x32_10;
pub use stream::{next_draw, next_key, with_stream};
pub use tensors::{bernoulli, dirichlet, dirichlet_per_pixel, normal, truncated_normal, uniform};

impl Draw {
    /// `n` uniform numbers in [0, 1), multiples of 2^-24.
    pub fn uniform(self, n: usize) -> Vec<f32> {
        fill::fill(self, n, law::Uniform)
    }

    /// `n` standard normal numbers, by the method of Box and Muller (1958).
    pub fn normal(self, n: usize) -> Vec<f32> {
        fill::fill(self, n, law::Normal)
    }

    /// `n` numbers that are 1 with probability `p`, otherwise 0.
    pub fn bernoulli(self, n: usize, p: f64) -> Vec<f32> {
        fill::fill(self, n, law::Bernoulli::new(p))
    }
}
