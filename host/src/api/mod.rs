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
mod text;

pub use loops::is_stop;

use crate::script::Table;

/// Adds every function to the table.
pub fn add_all(table: &mut Table) {
    settings::add(table);
    run::add(table);
    loops::add(table);
    pool::add(table);
    text::add(table);
    tensor::add(table);
    nn::add(table);
    losses::add(table);
    metrics::add(table);
    optim::add(table);
    noise::add(table);
    sparsity::add(table);
    reweight::add(table);
    augment::add(table);
    sphere::add(table);
    data::add(table);
    onnx::add(table);
    figure::add(table);
}
