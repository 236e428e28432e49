//! Codes on the unit sphere: onto it, along it, and how far apart the points of two sets are.

mod normalize;
mod pair_loss;
mod slerp;

pub use normalize::normalize;
pub use pair_loss::{Pairs, attraction, pair_loss};
pub use slerp::slerp;
