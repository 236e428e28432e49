//! Numbers that say what samples are like.

mod nearest;

pub use nearest::nearest_distance;
