//! Networks from ONNX graphs that the tests write themselves: training, modes, refusals, safe reading.

mod build;
mod gradients;
mod reading;
mod refusals;
mod training;
