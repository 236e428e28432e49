//! `losses::...`: what training makes smaller. All are means, of rank 0.

use ops::{Tensor, nn::loss};

use crate::script::Table;

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table.module("losses", "What training makes smaller; all are means.").add(
        "mse(x, target)",
        "Mean squared error: mean((x - target)^2).",
        "losses::mse(tensor([1.0, 3.0]), tensor([1.0, 1.0])).item() => 2.0",
        |x: Tensor, target: Tensor| loss::mse(&x, &target),
    );
}
