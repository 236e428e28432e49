//! `noise::...`: random tensors. Each draw is a function of the seed, the position in the run and the
//! number of draws before it there, so that a resumed run draws the same. With a name it is a function of
//! the seed and the name alone.

mod choice;
mod more;

use ops::{
    Tensor,
    kernels::noise,
    random::{self, with_stream},
};

use crate::{
    api::options::Amount,
    script::{Adder, Table},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let mut noise = table.module(
        "noise",
        "Random tensors, a function of the seed and the position in the run; those of a named stream are the \
         same wherever and however often they are asked for.",
    );
    add_laws(&mut noise);
    more::add(&mut noise);
    choice::add(&mut noise);
    add_simplex(&mut noise);
    add_mix(&mut noise);
}

/// Draws, from the stream of that name, which each function has to itself, or from that of the position in
/// the run.
fn drawn<T>(session: &Session, function: &str, stream: Option<String>, draw: impl FnOnce() -> T) -> T {
    match stream {
        Some(stream) => with_stream(session.key().derive(function).derive(&stream), draw),
        None => draw(),
    }
}

fn add_laws(table: &mut Adder) {
    table
        .add(
            "uniform(shape, stream)",
            "Uniform numbers in [0, 1).",
            "noise::uniform([2, 3]).shape => [2, 3]\n\
             (noise::uniform([10000]).mean().item() - 0.5).abs() < 0.02 => true\n\
             (noise::uniform([9], \"seeds\") - noise::uniform([9], \"seeds\")).abs().sum().item() => 0.0",
            |session: &Session, shape: Vec<usize>, stream: Option<String>| {
                drawn(session, "noise::uniform", stream, || random::uniform(&shape, session.device()))
            },
        )
        .add(
            "normal(shape, stream)",
            "Standard normal numbers.",
            "(noise::normal([10000]).std().item() - 1).abs() < 0.05 => true\n\
             noise::normal([2, 3], \"codes\").shape => [2, 3]",
            |session: &Session, shape: Vec<usize>, stream: Option<String>| {
                drawn(session, "noise::normal", stream, || random::normal(&shape, session.device()))
            },
        )
        .add(
            "truncated_normal(shape, psi, stream)",
            "Standard normal numbers, drawn again until they are at most psi in size.",
            "noise::truncated_normal([1000], 0.5).abs().max().item() <= 0.5 => true\n\
             noise::truncated_normal([2, 3], 0.5, \"codes\").shape => [2, 3]",
            |session: &Session, shape: Vec<usize>, psi: f64, stream: Option<String>| {
                let draw = || random::truncated_normal(&shape, psi, session.device());
                drawn(session, "noise::truncated_normal", stream, draw)
            },
        )
        .add(
            "bernoulli(shape, p, stream)",
            "Numbers that are 1 with probability p, otherwise 0.",
            "noise::bernoulli([3], 1).to_array() => [1.0, 1.0, 1.0]\n\
             noise::bernoulli([3], 0, \"kept\").to_array() => [0.0, 0.0, 0.0]",
            |session: &Session, shape: Vec<usize>, p: f64, stream: Option<String>| {
                drawn(session, "noise::bernoulli", stream, || random::bernoulli(&shape, p, session.device()))
            },
        );
}

fn add_simplex(table: &mut Adder) {
    table
        .add(
            "dirichlet(shape, alpha, stream)",
            "Samples [N, ...] of the Dirichlet law whose parameters are all alpha: the numbers of each \
             sample are above 0 and add up to 1.",
            "(noise::dirichlet([1, 3, 8], 1).sum().item() - 1).abs() < 0.00001 => true\n\
             noise::dirichlet([2, 3], 0.5, \"shares\").sum([1]).round().to_array() => [1.0, 1.0]",
            |session: &Session, shape: Vec<usize>, alpha: f64, stream: Option<String>| {
                drawn(session, "noise::dirichlet", stream, || {
                    random::dirichlet(&shape, alpha, session.device())
                })
            },
        )
        .add(
            "dirichlet_per_pixel(shape, alpha, stream)",
            "Images [N, C, ...] whose channels add up to 1 at each pixel, by the Dirichlet law.",
            "(noise::dirichlet_per_pixel([1, 3, 2, 2], 1).sum().item() - 4).abs() < 0.00001 => true\n\
             noise::dirichlet_per_pixel([1, 2, 1, 3], 2, \"tints\").sum([1]).round().to_array() \
             => [[[1.0, 1.0, 1.0]]]",
            |session: &Session, shape: Vec<usize>, alpha: f64, stream: Option<String>| {
                let draw = || random::dirichlet_per_pixel(&shape, alpha, session.device());
                drawn(session, "noise::dirichlet_per_pixel", stream, draw)
            },
        );
}

fn add_mix(table: &mut Adder) {
    table.add(
        "mix(x, delta, noise, stream)",
        "Samples x [N, ...], each with its noise added with probability delta, or one of its own for \
             each sample [N]; differentiable in both. A sample without noise stays as it is.",
        "noise::mix(zeros([2, 1]), 1, ones([2, 1])).to_array() => [[1.0], [1.0]]\n\
         noise::mix(zeros([2, 1]), tensor([0.0, 1.0]), ones([2, 1])).to_array() => [[0.0], [1.0]]\n\
         noise::mix(zeros([2, 1]), 0, ones([2, 1]), \"which\").to_array() => [[0.0], [0.0]]",
        |session: &Session, x: Tensor, delta: Amount, noise: Tensor, stream: Option<String>| {
            drawn(session, "noise::mix", stream, || match &delta {
                Amount::One(delta) => noise::mix(&x, *delta, &noise),
                Amount::Each(deltas) => noise::mix_by(&x, deltas, &noise),
            })
        },
    );
}
