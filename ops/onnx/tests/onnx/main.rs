//! Networks from ONNX graphs that the tests write themselves (training, modes, refusals, safe reading), and
//! the node tests of the ONNX project.

mod averages;
mod batches;
mod budget;
mod build;
mod costs;
mod edges;
mod functions;
mod gradients;
mod nodes;
mod operators;
mod reading;
mod refusals;
mod sampling;
mod slopes;
mod summary;
mod training;
mod writing;
