//! Images at positions that a tensor names.

use ops::{
    Tensor,
    op::{GridMode, GridPadding, GridStyle},
};
use rhai::Map;

use crate::{api::options::CallOptions, error::Result, script::Adder};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "grid_sample(x, grid, options)",
            "Images [N, C, H, W] at the positions [N, Ho, Wo, 2], x and y in -1 to 1: [N, C, Ho, Wo]; also \
             of one and three dimensions, with gradients by both. Options: mode (\"bilinear\", \"nearest\", \
             \"bicubic\"), padding_mode (\"zeros\", \"border\", \"reflection\"), align_corners (false: -1 \
             and 1 are the outer edges).",
            "tensor([[[[2.0, 4.0]]]]).grid_sample(tensor([[[[0.0, 0.0], [0.5, 0.0]]]])).to_array() \
             => [[[[3.0, 4.0]]]]\n\
             tensor([[[[2.0, 4.0]]]]).grid_sample(tensor([[[[-1.0, 0.0]]]]), #{ align_corners: true \
             }).item() => 2.0",
            |x: Tensor, grid: Tensor, options: Option<Map>| -> Result<Tensor> {
                let style = CallOptions::read("grid_sample", options, |options| {
                    Ok(GridStyle {
                        mode: options.choice(
                            "mode",
                            &[
                                ("bilinear", GridMode::Linear),
                                ("nearest", GridMode::Nearest),
                                ("bicubic", GridMode::Cubic),
                            ],
                        )?,
                        padding: options.choice(
                            "padding_mode",
                            &[
                                ("zeros", GridPadding::Zeros),
                                ("border", GridPadding::Border),
                                ("reflection", GridPadding::Reflection),
                            ],
                        )?,
                        align_corners: options.get("align_corners", false)?,
                    })
                })?;
                Ok(x.grid_sample(&grid, style)?)
            },
        )
        .add(
            "affine_grid(theta, size, options)",
            "The positions for `grid_sample` that affine maps theta [N, 2, 3] give for images of the size \
             [N, C, H, W]: [N, H, W, 2]; of maps [N, 3, 4] for [N, C, D, H, W]. \
             Option: align_corners (false).",
            "tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]).affine_grid([1, 1, 1, 2]).to_array() \
             => [[[[-0.5, 0.0], [0.5, 0.0]]]]",
            |theta: Tensor, size: Vec<usize>, options: Option<Map>| -> Result<Tensor> {
                let read = |options: &mut CallOptions| options.get("align_corners", false);
                Ok(theta.affine_grid(&size, CallOptions::read("affine_grid", options, read)?)?)
            },
        );
}
