//! `sparsity::...`: keep the strongest, silence the rest.

use ops::{Tensor, kernels::sparsity};

use crate::script::Table;

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module("sparsity", "Keep the strongest values, silence the rest (Makhzani and Frey, 2015).")
        .add(
            "spatial(x)",
            "Keeps the largest value of each feature map of [N, C, H, W]; the first one where several are \
             equal.",
            "sparsity::spatial(tensor([[[[1.0, 3.0], [2.0, 3.0]]]])).to_array() \
             => [[[[0.0, 3.0], [0.0, 0.0]]]]",
            |x: Tensor| sparsity::spatial(&x),
        )
        .add(
            "lifetime(x, rate)",
            "Keeps, for each channel of [N, C, H, W], the maps of the max(1, floor(rate N)) samples with the \
             largest sum, and silences the others.",
            "sparsity::lifetime(tensor([[[[1.0]]], [[[2.0]]]]), 0.5).to_array() => [[[[0.0]]], [[[2.0]]]]",
            |x: Tensor, rate: f64| sparsity::lifetime(&x, rate),
        )
        .add(
            "winner_take_all(x, rate)",
            "Spatial, then lifetime sparsity.",
            "sparsity::winner_take_all(tensor([[[[1.0, 0.0]]], [[[0.0, 2.0]]]]), 0.5).to_array() \
             => [[[[0.0, 0.0]]], [[[0.0, 2.0]]]]",
            |x: Tensor, rate: f64| sparsity::winner_take_all(&x, rate),
        )
        .add(
            "top_k(x, k)",
            "Keeps the k largest values of each sample of [N, ...]; of equal ones those that come first.",
            "sparsity::top_k(tensor([[1.0, 3.0, 2.0, 3.0]]), 2).to_array() => [[0.0, 3.0, 0.0, 3.0]]",
            |x: Tensor, k: usize| sparsity::top_k(&x, k),
        );
}
