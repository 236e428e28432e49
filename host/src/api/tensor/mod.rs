//! Tensors: how scripts make them, their methods and operators.

mod choose;
mod gradient;
mod make;
mod maths;
mod nested;
mod operators;
mod reduce;
mod shape;

use std::sync::Arc;

use crate::{script::Table, session::Session};

/// Adds the functions of this folder.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let mut global = table.global();
    make::add(&mut global, session.options.device);
    operators::add(&mut global);
    maths::add(&mut global);
    reduce::add(&mut global);
    shape::add(&mut global);
    choose::add(&mut global);
    gradient::add(&mut global);
}
