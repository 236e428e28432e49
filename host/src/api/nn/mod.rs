//! `nn::...`: modules.

mod activations;
mod adapters;
pub mod exported;
pub mod fits;
mod functional;
mod imported;
mod layers;
mod methods;
mod scripted;
mod sequences;
mod shapes;
mod summary;
mod values;
pub mod weights;

pub use shapes::interpolation;

use crate::script::Table;

/// Adds the functions of this folder.
pub fn add(table: &mut Table) {
    let mut module = table.module("nn", "Modules: things with a forward function and parameters.");
    layers::add(&mut module);
    activations::add(&mut module);
    shapes::add(&mut module);
    sequences::add(&mut module);
    scripted::add(&mut module);
    imported::add(&mut module);
    methods::add(&mut table.global());
    adapters::add(&mut table.global());
    exported::add(&mut table.global());
    fits::add(&mut table.global());
    functional::add(&mut table.global());
    summary::add(&mut table.global());
}
