//! Whole numbers by chance: any of a range, in any order, by weights.

use ops::{Tensor, random};

use super::drawn;
use crate::{script::Adder, session::Session};

/// Adds the functions of this file.
pub fn add(noise: &mut Adder) {
    noise
        .add(
            "randint(low, high, shape, stream)",
            "Whole numbers from low to before high, each as likely.",
            "noise::randint(5, 6, [2]).to_array() => [5, 5]\n\
             noise::randint(0, 10, [2, 3], \"labels\").shape => [2, 3]",
            |session: &Session, low: i64, high: i64, shape: Vec<usize>, stream: Option<String>| {
                drawn(session, "noise::randint", stream, || {
                    random::randint(low, high, &shape, session.device())
                })
            },
        )
        .add(
            "randperm(n, stream)",
            "The numbers from 0 to before n in any order, each as likely.",
            "noise::randperm(3).sort(0, false).to_array() => [0, 1, 2]\n\
             noise::randperm(3, \"order\").shape => [3]",
            |session: &Session, n: usize, stream: Option<String>| {
                drawn(session, "noise::randperm", stream, || random::randperm(n, session.device()))
            },
        )
        .add(
            "multinomial(weights, n, replacement, stream)",
            "n indices for weights [C], or for each row of [N, C], by their probabilities; without \
             replacement (false) none twice.",
            "noise::multinomial(tensor([0.0, 2.0, 0.0]), 2, true).to_array() => [1, 1]\n\
             noise::multinomial(ones([3]), 3).sort(0, false).to_array() => [0, 1, 2]\n\
             noise::multinomial(ones([2, 3]), 1, false, \"picks\").shape => [2, 1]",
            |session: &Session,
             weights: Tensor,
             n: usize,
             replacement: Option<bool>,
             stream: Option<String>| {
                drawn(session, "noise::multinomial", stream, || {
                    random::multinomial(&weights, n, replacement.unwrap_or(false))
                })
            },
        )
        .add(
            "categorical(logits, stream)",
            "An index for each row of logits [.., C], by their softmax.",
            "noise::categorical(tensor([[0.0, 1000.0], [1000.0, 0.0]])).to_array() => [1, 0]\n\
             noise::categorical(zeros([2, 3]), \"words\").shape => [2]",
            |session: &Session, logits: Tensor, stream: Option<String>| {
                drawn(session, "noise::categorical", stream, || random::categorical(&logits))
            },
        );
}
