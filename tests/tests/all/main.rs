//! The program and the shipped scripts from outside, in one binary: `cargo test --release --workspace --test
//! all durable::kill` runs the tests of a module. Tests that need a process of their own are binaries of
//! their own.

mod bad_input;
mod bench;
mod browser;
mod built_in;
mod data;
mod durable;
mod examples;
mod export;
mod figures;
mod json;
mod nets;
#[path = "../../../ops/onnx/tests/onnx/build.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod onnx_build;
mod onnx_files;
mod onnx_graph;
mod onnx_import;
mod onnx_numbers;
mod onnx_values;
mod plugins;
mod reproduce;
mod rooms;
mod serve;
mod session;
mod sets;
mod study;
mod sweep;
mod tensorboard;
mod tensors;
mod width;
