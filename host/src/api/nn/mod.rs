//! `nn::...`: modules.

pub mod exported;
pub mod fits;
mod imported;
mod layers;
pub use layers::interpolation;
mod methods;
mod scripted;
mod weights;

use std::sync::Arc;

use crate::{script::Table, session::Session};

/// Adds the functions of this folder.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let mut module = table.module("nn", "Modules: things with a forward function and parameters.");
    layers::add(&mut module, session.options.device);
    scripted::add(&mut module, session);
    imported::add(&mut module, session);
    methods::add(&mut table.global(), session);
    exported::add(&mut table.global(), session);
    fits::add(&mut table.global());
    imported::add_methods(&mut table.global());
}
