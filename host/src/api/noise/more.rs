//! Random tensors of further laws; all are drawn on the CPU, whichever device they are for.

use ops::{DType, Tensor, random};

use super::drawn;
use crate::{script::Adder, session::Session};

/// Adds the functions of this file.
pub fn add(noise: &mut Adder) {
    add_plain(noise);
    add_shaped(noise);
    add_round(noise);
}

fn add_plain(noise: &mut Adder) {
    noise
        .add(
            "exponential(shape, stream)",
            "Exponential numbers of mean 1; divided by a rate they are of that rate.",
            "(noise::exponential([10000]).mean().item() - 1).abs() < 0.05 => true\n\
             noise::exponential([2, 3], \"waits\").shape => [2, 3]",
            |session: &Session, shape: Vec<usize>, stream: Option<String>| {
                let draw = || random::exponential(&shape, session.device());
                drawn(session, "noise::exponential", stream, draw)
            },
        )
        .add(
            "gumbel(shape, stream)",
            "Gumbel numbers, -log(-log u) of uniform ones: the largest of logits plus these is drawn by \
             their softmax.",
            "(noise::gumbel([10000]).mean().item() - 0.5772).abs() < 0.05 => true\n\
             noise::gumbel([2, 3], \"choices\").shape => [2, 3]",
            |session: &Session, shape: Vec<usize>, stream: Option<String>| {
                drawn(session, "noise::gumbel", stream, || random::gumbel(&shape, session.device()))
            },
        )
        .add(
            "laplace(shape, stream)",
            "Laplace numbers, of density e^-|x| / 2.",
            "(noise::laplace([10000]).abs().mean().item() - 1).abs() < 0.05 => true\n\
             noise::laplace([2, 3], \"errors\").shape => [2, 3]",
            |session: &Session, shape: Vec<usize>, stream: Option<String>| {
                drawn(session, "noise::laplace", stream, || random::laplace(&shape, session.device()))
            },
        );
}

fn add_shaped(noise: &mut Adder) {
    noise
        .add(
            "gamma(shape, alpha, stream)",
            "Gamma numbers of shape parameter alpha, mean alpha; divided by a rate they are of that rate.",
            "(noise::gamma([10000], 3).mean().item() - 3).abs() < 0.1 => true\n\
             noise::gamma([2], 0.5, \"times\").shape => [2]",
            |session: &Session, shape: Vec<usize>, alpha: f64, stream: Option<String>| {
                drawn(session, "noise::gamma", stream, || random::gamma(&shape, alpha, session.device()))
            },
        )
        .add(
            "beta(shape, a, b, stream)",
            "Beta numbers, in 0 to 1, of density in proportion to x^(a - 1) (1 - x)^(b - 1).",
            "(noise::beta([10000], 1, 3).mean().item() - 0.25).abs() < 0.02 => true\n\
             noise::beta([2], 0.2, 0.2, \"mixed\").shape => [2]",
            |session: &Session, shape: Vec<usize>, a: f64, b: f64, stream: Option<String>| {
                drawn(session, "noise::beta", stream, || random::beta(&shape, [a, b], session.device()))
            },
        )
        .add(
            "poisson(shape, rate, stream)",
            "Poisson numbers, as floats, of one rate.",
            "noise::poisson([2], 0).to_array() => [0.0, 0.0]\n\
             noise::poisson([2], 4.5, \"counts\").shape => [2]",
            |session: &Session, shape: Vec<usize>, rate: f64, stream: Option<String>| {
                drawn(session, "noise::poisson", stream, || {
                    random::poisson(&Tensor::full(shape, rate, DType::F32, session.device())?)
                })
            },
        )
        .add(
            "poisson(rates, stream)",
            "Poisson numbers, as floats, of the rate of each element.",
            "noise::poisson(zeros([2])).to_array() => [0.0, 0.0]\n\
             noise::poisson(ones([3]), \"counts\").shape => [3]",
            |session: &Session, rates: Tensor, stream: Option<String>| {
                drawn(session, "noise::poisson", stream, || random::poisson(&rates))
            },
        );
}

fn add_round(noise: &mut Adder) {
    noise
        .add(
            "von_mises(shape, kappa, stream)",
            "Angles about 0, radians, of density in proportion to e^(kappa cos x).",
            "noise::von_mises([1000], 0).abs().max().item() < 3.1416 => true\n\
             noise::von_mises([2], 4, \"turns\").shape => [2]",
            |session: &Session, shape: Vec<usize>, kappa: f64, stream: Option<String>| {
                drawn(session, "noise::von_mises", stream, || {
                    random::von_mises(&shape, kappa, session.device())
                })
            },
        )
        .add(
            "von_mises_fisher(means, kappa, stream)",
            "For each mean [.., D] a direction, of length 1, of density in proportion to e^(kappa mean x).",
            "noise::von_mises_fisher(tensor([[3.0, 0.0, 0.0]]), 1000000).round().abs().to_array() \
             => [[1.0, 0.0, 0.0]]\n\
             noise::von_mises_fisher(ones([2, 3]), 4, \"turns\").shape => [2, 3]",
            |session: &Session, means: Tensor, kappa: f64, stream: Option<String>| {
                drawn(session, "noise::von_mises_fisher", stream, || random::von_mises_fisher(&means, kappa))
            },
        );
}
