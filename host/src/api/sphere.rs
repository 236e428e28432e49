//! `sphere::...`: codes on the unit sphere.

use ops::{
    Tensor,
    kernels::sphere::{self, Pairs},
};
use rhai::Map;

use super::options::{Amount, CallOptions};
use crate::{error::Error, script::Table};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module("sphere", "Codes on the unit sphere: onto it, along it, and how far apart two sets are.")
        .add(
            "normalize(x)",
            "x / |x| along the last dimension; a vector shorter than 1e-12 is divided by that.",
            "(sphere::normalize(tensor([[3.0, 4.0]])) * 5).to_array() => [[3.0, 4.0]]",
            |x: Tensor| sphere::normalize(&x),
        )
        .add(
            "slerp(a, b, alpha)",
            "The points between unit vectors a and b [N, D] on the arc from one to the other: a for alpha = \
             1, b for 0; one number or one for each, [N]. Opposite vectors are joined through the axis most \
             across a.",
            "sphere::slerp(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), 1.0).to_array() => [[1.0, 0.0]]\n\
             (sphere::slerp(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), 0.5) * 1.4142135).round().to_array() \
             => [[1.0, 1.0]]",
            |a: Tensor, b: Tensor, alpha: Amount| sphere::slerp(&a, &b, &alpha.on(&a)?),
        )
        .add(
            "pair_loss(s, t, p, options)",
            "The mean over all pairs of unit vectors in s [N, D] and t [M, D] of h(<s_i, t_j>, p), where \
             h(x, p) = -p log((1 + x) / 2) - (1 - p) log((1 - x) / 2): p = 1 attracts, p = 0 repels. Cosines \
             count as at least 1e-6 from 1 and -1. With the option diagonal: \"with\" (the default); \
             \"without\" leaves out the pairs i = j, the sum is still divided by N M; \"only\" takes the \
             mean of these alone.",
            "sphere::pair_loss(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), 1).exp().item() => 2.0\n\
             sphere::pair_loss(tensor([[0.6, 0.8]]), tensor([[0.6, 0.8]]), 1).item() < 0.001 => true\n\
             { let s = tensor([[1.0, 0.0], [0.0, 1.0]]); \
             sphere::pair_loss(s, s, 0, #{ diagonal: \"without\" }).item() > 0.3465 } => true",
            |s: Tensor, t: Tensor, p: f64, options: Option<Map>| {
                let choices = [("with", Pairs::All), ("without", Pairs::Distinct), ("only", Pairs::Matched)];
                let pairs = CallOptions::read("sphere::pair_loss", options, |options| {
                    options.choice("diagonal", &choices)
                })?;
                Ok::<_, Error>(sphere::pair_loss(&s, &t, p, pairs)?)
            },
        );
}
