//! Tensors: how scripts make them, their methods and operators.

mod algebra;
mod choose;
mod count;
mod gradient;
mod grid;
mod make;
mod maths;
mod nested;
mod operators;
mod reduce;
mod shape;
mod shift;
mod subscript;

use crate::script::Table;

/// Adds the functions of this folder.
pub fn add(table: &mut Table) {
    let mut global = table.global();
    make::add(&mut global);
    operators::add(&mut global);
    maths::add(&mut global);
    reduce::add(&mut global);
    algebra::add(&mut global);
    count::add(&mut global);
    shift::add(&mut global);
    shape::add(&mut global);
    grid::add(&mut global);
    choose::add(&mut global);
    subscript::add(&mut global);
    gradient::add(&mut global);
}
