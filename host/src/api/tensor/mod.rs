//! Tensors: how scripts make them, their methods and operators.

mod activations;
mod algebra;
mod choose;
mod count;
mod diagonal;
mod gradient;
mod grid;
mod make;
mod maths;
mod nested;
mod operators;
mod reduce;
mod shape;
mod shift;
mod special;
mod subscript;

use ops::Tensor;
use rhai::Dynamic;

use crate::script::{Table, raised};

/// Adds the functions of this folder.
pub fn add(table: &mut Table) {
    let mut global = table.global();
    make::add(&mut global);
    operators::add(&mut global);
    maths::add(&mut global);
    activations::add(&mut global);
    special::add(&mut global);
    reduce::add(&mut global);
    algebra::add(&mut global);
    count::add(&mut global);
    shift::add(&mut global);
    shape::add(&mut global);
    grid::add(&mut global);
    diagonal::add(&mut global);
    choose::add(&mut global);
    subscript::add(&mut global);
    gradient::add(&mut global);
    // Rows, one after the other; of rank 0 the error says so.
    table.iterator::<Tensor>(|x| {
        let rows = x.shape().first().copied().unwrap_or(1);
        let row = move |i: usize| x.narrow(0, i, 1)?.squeeze(0);
        Box::new((0..rows).map(move |i| row(i).map(Dynamic::from).map_err(|error| raised(error.into()))))
    });
}
