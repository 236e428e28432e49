//! The tests of `ops` that can share a process, one module a subject: `cargo test --test ops sphere` runs
//! those of one. Tests that change what the whole process sees (the budget of bytes, the flag that stops a
//! run) are binaries of their own next to this folder.

#[path = "../support/mod.rs"]
mod support;

mod augment;
mod augment_policies;
mod autodiff;
mod bends;
mod bools;
mod conv;
mod determinism;
mod devices;
mod edges;
mod gradients;
mod grid_sample;
mod linalg;
mod metrics;
mod nn_gpu;
mod nn_gradients;
mod nn_layers;
mod nn_layers_of_torch;
mod nn_lbfgs;
mod nn_lora;
mod nn_loss;
mod nn_loss_pytorch;
mod nn_module;
mod nn_norm;
mod nn_one_step;
mod nn_optim;
mod nn_recurrent;
mod nn_schedulers;
mod nn_start;
mod nn_summary;
mod nn_weights;
mod nn_wta_step;
mod noise;
mod noise_laws;
mod noise_statistics;
mod promote;
mod pytorch;
mod reweight;
mod sparsity;
mod sphere;
mod subscript;
mod traffic;
mod transforms;
