//! Networks from ONNX graphs that the tests write themselves (training, modes, refusals, safe reading), and
//! the node tests of the ONNX project.

mod averages;
mod batches;
mod budget;
mod build;
mod costs;
mod damaged;
mod edges;
mod functions;
mod gradients;
mod microsoft;
mod nodes;
mod operators;
mod quantised;
mod reading;
mod refusals;
mod sampling;
mod slopes;
mod stored;
mod summary;
mod trained;
mod training;
mod tuning;
mod writing;
