//! `nn::...`: modules.

mod adapters;
pub mod exported;
pub mod fits;
mod imported;
mod layers;
pub use layers::interpolation;
mod methods;
mod scripted;
mod summary;
pub mod weights;

use crate::script::Table;

/// Adds the functions of this folder.
pub fn add(table: &mut Table) {
    let mut module = table.module("nn", "Modules: things with a forward function and parameters.");
    layers::add(&mut module);
    scripted::add(&mut module);
    imported::add(&mut module);
    methods::add(&mut table.global());
    adapters::add(&mut table.global());
    exported::add(&mut table.global());
    fits::add(&mut table.global());
    imported::add_methods(&mut table.global());
    summary::add(&mut table.global());
}
