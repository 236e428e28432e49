//! `host` runs machine-learning experiments written as short Rhai scripts.
//!
//! The library is what the binary is made of: [`Host`] builds the engine, takes functions of your own
//! into the same table, and runs a script from a string or a file. See `examples/embed.rs`.

// What is printed is escaped: `out!` and `err!`.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[macro_use]
mod terminal;

pub mod api;
pub mod cli;
mod error;
mod host;
mod kinds;
mod laboratory;
pub mod memory;
pub mod onnx;
pub mod page;
pub mod run;
pub mod script;
mod serve;
mod session;
pub mod study;
mod sweep;

pub use data;
pub use figure;
pub use files;

pub use error::{Error, Result};
pub use host::{Host, Started};
pub use session::{Options, Recorder, Session};
