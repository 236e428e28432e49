//! `reweight::...`: real samples weighed by how far generated ones are from them.

use ops::{
    Tensor,
    kernels::reweight::{self, Method, Range, Sampler},
};
use rhai::Map;

use super::options::CallOptions;
use crate::{
    error::Result,
    script::{Table, script_type},
};

script_type!(by value: Sampler => "Sampler");

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module(
            "reweight",
            "Real samples weighed by how far generated ones are from them (boosting, Algorithm 1).",
        )
        .add(
            "distances(real, fake)",
            "For each real feature vector [R, F] the sum of its Euclidean distances to all generated ones \
             [G, F]. Differentiable.",
            "reweight::distances(tensor([[0.0, 0.0], [3.0, 4.0]]), zeros([2, 2])).to_array() => [0.0, 10.0]",
            |real: Tensor, fake: Tensor| reweight::distances(&real, &fake),
        )
        .add(
            "distances(real, real_labels, fake, fake_labels)",
            "The same to the generated vectors of the same class only; labels are whole numbers [R] and [G].",
            "{ let l = tensor([0, 1]); reweight::distances(tensor([[0.0], [5.0]]), l, \
             tensor([[1.0], [3.0]]), l).to_array() } => [1.0, 2.0]",
            |real: Tensor, real_labels: Tensor, fake: Tensor, fake_labels: Tensor| {
                reweight::distances_by_class(&real, &real_labels, &fake, &fake_labels)
            },
        )
        .add(
            "weights(distances, labels, method, options)",
            "Class by class, distances d [R] become w = (d - min d) / max d, then by the method \"a_mu\": 0 \
             below the mean mu; \"a_sigma\": 0 below mu - sigma; \"b\": 1 / (1 + exp(-2 (w - mu) / sigma)); \
             \"c\": as they are. Where a divisor is 0, w is 0, and 1/2 by \"b\". With the option range: \
             \"printed\" (the default) divides by max d, \"min_max\" by max d - min d.",
            "reweight::weights(tensor([2.0, 3.0, 4.0]), tensor([0, 0, 0]), \"a_mu\").to_array() \
             => [0.0, 0.25, 0.5]\n\
             reweight::weights(tensor([2.0, 3.0, 4.0]), tensor([0, 0, 0])\
             , \"c\", #{ range: \"min_max\" }).to_array() => [0.0, 0.5, 1.0]",
            |distances: Tensor, labels: Tensor, method: String, options: Option<Map>| -> Result<Tensor> {
                let ranges = [("printed", Range::Printed), ("min_max", Range::MinMax)];
                let range = CallOptions::read("reweight::weights", options, |options| {
                    options.choice("range", &ranges)
                })?;
                Ok(reweight::weights(&distances, &labels, Method::parse(&method)?, range)?)
            },
        )
        .add(
            "sampler(weights)",
            "Draws indices with probabilities in proportion to weights [N], each in constant time. If all \
             weights are 0, every index is equally likely. It never changes: keep the weights in a loop's \
             state, not the sampler.",
            "reweight::sampler(tensor([0.0, 1.0])).draw(3).to_array() => [1, 1, 1]",
            |weights: Tensor| Sampler::new(&weights),
        );
    table
        .global()
        .add(
            "draw(sampler, n)",
            "n indices (i32), a function of the seed and the position in the run.",
            "reweight::sampler(tensor([1.0, 0.0])).draw(2).to_array() => [0, 0]",
            |sampler: Sampler, n: usize| sampler.draw(n),
        )
        .add(
            "len(sampler)",
            "The number of weights.",
            "reweight::sampler(ones([3])).len() => 3",
            |sampler: Sampler| sampler.len(),
        )
        .add(
            "to_string(sampler)",
            "What it draws.",
            "reweight::sampler(ones([3])).to_string() => sampler of 3 indices",
            |sampler: Sampler| sampler.to_string(),
        );
}
