use super::{BuiltIn, Images, Split};
pub const SET: BuiltIn = BuiltIn { name: "shapes", about: "x", make: shapes, usual_count, shape: [3, 32, 32] };
fn usual_count(_: Split) -> usize { 10 }
fn shapes(seed: u64, split: Split, count: usize) -> Images { super::glyphs::glyphs(seed, split, count) }
