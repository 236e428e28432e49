//! Elements at positions that a tensor names.

use ops::op::{GridMode, GridPadding, GridStyle};

use super::{Operator, ResolvedNode, gives, op};
use crate::{broken, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("GridSample", 16, grid_sample), op("AffineGrid", 20, affine_grid)];

/// `[N, C, ..]` at the positions `[N, .., r]` in -1 to 1, the last dimension's first.
fn grid_sample(node: &NodeReader) -> ResolvedNode {
    let mode = match node.text("mode", "linear")?.as_str() {
        "linear" | "bilinear" => GridMode::Linear,
        "nearest" => GridMode::Nearest,
        "cubic" | "bicubic" => GridMode::Cubic,
        other => return broken(format!("the attribute `mode` is `{other}`")),
    };
    let paddings = [
        ("zeros", GridPadding::Zeros),
        ("border", GridPadding::Border),
        ("reflection", GridPadding::Reflection),
    ];
    let padding = node.choice("padding_mode", &paddings)?;
    let style = GridStyle { mode, padding, align_corners: node.flag("align_corners", false)? };
    gives(move |call| {
        let x = call.tensor(0)?;
        x.grid_sample(&call.on_device_of(1, &x)?, style)
    })
}

/// The positions that affine maps `[N, r, r + 1]` of the centres of elements give.
fn affine_grid(node: &NodeReader) -> ResolvedNode {
    let align_corners = node.flag("align_corners", false)?;
    gives(move |call| call.tensor(0)?.affine_grid(&call.sizes(1)?, align_corners))
}
