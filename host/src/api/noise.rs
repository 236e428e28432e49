//! `noise::...`: random tensors. Each draw is a function of the seed, the place in the run and the
//! number of draws before it there, so that a resumed run draws the same. With a name it is a function of
//! the seed and the name alone.

use std::sync::Arc;

use ops::{
    Result, Tensor,
    kernels::noise,
    random::{self, with_stream},
};

use crate::{
    script::{Adder, Table},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let mut noise = table.module(
        "noise",
        "Random tensors, a function of the seed and the place in the run; those of a named stream are the same \
         wherever and however often they are asked for.",
    );
    add_laws(&mut noise, session);
    add_laws_of_one_number(&mut noise, session);
    add_simplex(&mut noise, session);
    add_mix(&mut noise, session);
}

/// Draws from the stream of that name, which each function has to itself.
fn named<T>(session: &Session, function: &str, stream: &str, draw: impl FnOnce() -> T) -> T {
    with_stream(session.key().derive(function).derive(stream), draw)
}

fn add_laws(table: &mut Adder, session: &Arc<Session>) {
    let device = session.options.device;
    let [a, b] = [0; 2].map(|_| Arc::clone(session));
    table
        .add(
            "uniform(shape)",
            "Uniform numbers in [0, 1).",
            "noise::uniform([2, 3]).shape => [2, 3]",
            move |shape: Vec<usize>| random::uniform(&shape, device),
        )
        .add(
            "uniform(shape, stream)",
            "Those of a named stream.",
            r#"(noise::uniform([9], "seeds") - noise::uniform([9], "seeds")).abs().sum().item() => 0.0"#,
            move |shape: Vec<usize>, stream: String| {
                named(&a, "noise::uniform", &stream, || random::uniform(&shape, device))
            },
        )
        .add(
            "normal(shape)",
            "Standard normal numbers.",
            "noise::normal([2, 3]).shape => [2, 3]",
            move |shape: Vec<usize>| random::normal(&shape, device),
        )
        .add(
            "normal(shape, stream)",
            "Those of a named stream.",
            r#"noise::normal([2, 3], "codes").shape => [2, 3]"#,
            move |shape: Vec<usize>, stream: String| {
                named(&b, "noise::normal", &stream, || random::normal(&shape, device))
            },
        );
}

fn add_laws_of_one_number(table: &mut Adder, session: &Arc<Session>) {
    let device = session.options.device;
    let [a, b] = [0; 2].map(|_| Arc::clone(session));
    table
        .add(
            "truncated_normal(shape, psi)",
            "Standard normal numbers, drawn again until they are at most psi in size.",
            "noise::truncated_normal([1000], 0.5).abs().max().item() <= 0.5 => true",
            move |shape: Vec<usize>, psi: f64| random::truncated_normal(&shape, psi, device),
        )
        .add(
            "truncated_normal(shape, psi, stream)",
            "Those of a named stream.",
            r#"noise::truncated_normal([2, 3], 0.5, "codes").shape => [2, 3]"#,
            move |shape: Vec<usize>, psi: f64, stream: String| {
                let draw = || random::truncated_normal(&shape, psi, device);
                named(&a, "noise::truncated_normal", &stream, draw)
            },
        )
        .add(
            "bernoulli(shape, p)",
            "Numbers that are 1 with probability p, otherwise 0.",
            "noise::bernoulli([3], 1).to_array() => [1.0, 1.0, 1.0]",
            move |shape: Vec<usize>, p: f64| random::bernoulli(&shape, p, device),
        )
        .add(
            "bernoulli(shape, p, stream)",
            "Those of a named stream.",
            r#"noise::bernoulli([3], 0, "kept").to_array() => [0.0, 0.0, 0.0]"#,
            move |shape: Vec<usize>, p: f64, stream: String| {
                named(&b, "noise::bernoulli", &stream, || random::bernoulli(&shape, p, device))
            },
        );
}

fn add_simplex(table: &mut Adder, session: &Arc<Session>) {
    let device = session.options.device;
    let [a, b] = [0; 2].map(|_| Arc::clone(session));
    table
        .add(
            "dirichlet(shape, alpha)",
            "Samples [N, ...] of the Dirichlet law whose parameters are all alpha: the numbers of each sample are \
             above 0 and add up to 1.",
            "(noise::dirichlet([1, 3, 8], 1).sum().item() - 1).abs() < 0.00001 => true",
            move |shape: Vec<usize>, alpha: f64| random::dirichlet(&shape, alpha, device),
        )
        .add(
            "dirichlet(shape, alpha, stream)",
            "Those of a named stream.",
            r#"noise::dirichlet([2, 3], 0.5, "shares").shape => [2, 3]"#,
            move |shape: Vec<usize>, alpha: f64, stream: String| {
                named(&a, "noise::dirichlet", &stream, || random::dirichlet(&shape, alpha, device))
            },
        )
        .add(
            "dirichlet_per_pixel(shape, alpha)",
            "Images [N, C, ...] whose channels add up to 1 at each pixel, by the Dirichlet law.",
            "(noise::dirichlet_per_pixel([1, 3, 2, 2], 1).sum().item() - 4).abs() < 0.00001 => true",
            move |shape: Vec<usize>, alpha: f64| random::dirichlet_per_pixel(&shape, alpha, device),
        )
        .add(
            "dirichlet_per_pixel(shape, alpha, stream)",
            "Those of a named stream.",
            r#"noise::dirichlet_per_pixel([2, 3, 4, 4], 2, "tints").shape => [2, 3, 4, 4]"#,
            move |shape: Vec<usize>, alpha: f64, stream: String| {
                let draw = || random::dirichlet_per_pixel(&shape, alpha, device);
                named(&b, "noise::dirichlet_per_pixel", &stream, draw)
            },
        );
}

fn add_mix(table: &mut Adder, session: &Arc<Session>) {
    let session = Arc::clone(session);
    table
        .add(
            "mix(x, delta, noise)",
            "Samples x [N, ...], each with its noise added with probability delta; differentiable in both. \
             A sample without noise stays as it is.",
            "noise::mix(zeros([2, 1]), 1, ones([2, 1])).to_array() => [[1.0], [1.0]]",
            |x: Tensor, delta: f64, noise: Tensor| noise::mix(&x, delta, &noise),
        )
        .add(
            "mix(x, deltas, noise)",
            "With a probability of its own for each sample, deltas [N].",
            "noise::mix(zeros([2, 1]), tensor([0.0, 1.0]), ones([2, 1])).to_array() => [[0.0], [1.0]]",
            |x: Tensor, deltas: Tensor, noise: Tensor| noise::mix_by(&x, &deltas, &noise),
        )
        .add(
            "mix(x, delta, noise, stream)",
            "With the choice of samples from a named stream.",
            r#"noise::mix(zeros([2, 1]), 0, ones([2, 1]), "which").to_array() => [[0.0], [0.0]]"#,
            move |x: Tensor, delta: f64, noise: Tensor, stream: String| -> Result<Tensor> {
                named(&session, "noise::mix", &stream, || noise::mix(&x, delta, &noise))
            },
        );
}
