//! What scripts can call, one file a script module.

mod augment;
mod captures;
mod data;
mod figure;
mod loops;
mod losses;
mod metrics;
mod nn;
mod noise;
pub(crate) mod onnx;
mod optim;
mod options;
mod pool;
mod reweight;
mod run;
mod settings;
mod sparsity;
mod sphere;
mod tensor;

use std::sync::Arc;

pub use loops::is_stop;

use crate::{script::Table, session::Session};

/// Adds every function to the table.
pub fn add_all(table: &mut Table, session: &Arc<Session>) {
    settings::add(table, session);
    run::add(table, session);
    loops::add(table, session);
    pool::add(table, session);
    tensor::add(table, session);
    nn::add(table, session);
    losses::add(table);
    metrics::add(table, session);
    optim::add(table);
    noise::add(table, session);
    sparsity::add(table);
    reweight::add(table);
    augment::add(table);
    sphere::add(table);
    data::add(table, session);
    onnx::add(table, session);
    figure::add(table, session);
}
