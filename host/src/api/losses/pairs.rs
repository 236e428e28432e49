//! Losses of which samples are near each other.

use ops::{
    Tensor,
    nn::loss::{self, Triplet},
};
use rhai::Map;

use super::{reduction, with_number};
use crate::{api::options::CallOptions, error::Result, script::Adder};

/// Adds the functions of this file.
pub fn add(losses: &mut Adder) {
    losses
        .add(
            "triplet_margin(anchor, positive, negative, options)",
            "max(0, |a - p| - |a - n| + margin) of vectors in the last dimension (Schroff et al., 2015). \
             Options: margin (1), p of the norm (2), eps (1e-6), swap (false): the distance of p from n \
             where it is smaller.",
            "losses::triplet_margin(tensor([[0.0]]), tensor([[3.0]]), tensor([[2.0]]), #{ eps: 0 }).item() \
             => 2.0",
            |anchor: Tensor, positive: Tensor, negative: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (triplet, reduction) = CallOptions::read("losses::triplet_margin", options, |options| {
                    let default = Triplet::default();
                    let triplet = Triplet {
                        margin: options.get("margin", default.margin)?,
                        p: options.get("p", default.p)?,
                        eps: options.get("eps", default.eps)?,
                        swap: options.get("swap", default.swap)?,
                    };
                    Ok((triplet, reduction(options)?))
                })?;
                Ok(loss::triplet_margin(&anchor, &positive, &negative, triplet, reduction)?)
            },
        )
        .add(
            "cosine_embedding(a, b, target, options)",
            "1 - cos(a, b) of pairs [N, D] whose target [N] is 1, max(0, cos(a, b) - margin) of those with \
             -1; option margin (0).",
            "losses::cosine_embedding(tensor([[2.0, 0.0]]), tensor([[0.0, 3.0]]), tensor([1.0])).item() => \
             1.0",
            |a: Tensor, b: Tensor, target: Tensor, options: Option<Map>| {
                with_number("losses::cosine_embedding", options, ("margin", 0.0), |margin, reduction| {
                    loss::cosine_embedding(&a, &b, &target, margin, reduction)
                })
            },
        )
        .add(
            "margin_ranking(a, b, target, options)",
            "max(0, -target (a - b) + margin): a is to be larger where the target is 1, b where it is -1; \
             option margin (0).",
            "losses::margin_ranking(tensor([1.0]), tensor([3.0]), tensor([1.0])).item() => 2.0",
            |a: Tensor, b: Tensor, target: Tensor, options: Option<Map>| {
                with_number("losses::margin_ranking", options, ("margin", 0.0), |margin, reduction| {
                    loss::margin_ranking(&a, &b, &target, margin, reduction)
                })
            },
        )
        .add(
            "info_nce(queries, keys, options)",
            "Cross-entropy of which key [N, D] belongs to a query [N, D], that of the same number, by the \
             cosine of their angle over the option temperature (0.1) (van den Oord et al., 2018).",
            "losses::info_nce(ones([2, 3]), ones([2, 3])).exp().round().item() => 2.0",
            |queries: Tensor, keys: Tensor, options: Option<Map>| {
                with_number("losses::info_nce", options, ("temperature", 0.1), |temperature, reduction| {
                    loss::info_nce(&queries, &keys, temperature, reduction)
                })
            },
        );
}
