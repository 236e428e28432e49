//! A network that came from a file, as it runs.

mod graph;
pub(crate) mod plan;
mod port;
mod rebatch;
mod trial;

pub use graph::Graph;
pub use port::Port;
pub use rebatch::alike;

pub(crate) use rebatch::shapes_follow;
pub(crate) use trial::{Trial, first_trial, settle};
