//! `noise::...`: random tensors. Each draw is a function of the seed, the place in the run and the
//! number of draws before it there, so that a resumed run draws the same.

use std::sync::Arc;

use ops::random;

use crate::{script::Table, session::Session};

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let device = session.options.device;
    table
        .module("noise", "Random tensors, a function of the seed and the place in the run.")
        .add(
            "uniform(shape)",
            "Uniform numbers in [0, 1).",
            "noise::uniform([2, 3]).shape => [2, 3]",
            move |shape: Vec<usize>| random::uniform(&shape, device),
        )
        .add(
            "normal(shape)",
            "Standard normal numbers.",
            "noise::normal([2, 3]).shape => [2, 3]",
            move |shape: Vec<usize>| random::normal(&shape, device),
        );
}
