//! Networks from ONNX graphs that the tests write themselves: training, modes, refusals, safe reading.

mod averages;
mod batches;
mod build;
mod costs;
mod edges;
mod functions;
mod gradients;
mod operators;
mod reading;
mod refusals;
mod sampling;
mod slopes;
mod training;
mod writing;
