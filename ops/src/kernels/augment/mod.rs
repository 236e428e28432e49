//! Augmentation of images, each by parameters of its own: so that two sets of parameters can be drawn and
//! averaged (AugIntAE). What moves pixels is one [`warp`]; what changes colours is one `color_jitter`.

mod color_jitter;
mod distort;
mod drawn;
mod geometry;
mod policies;
mod policy;
pub mod transform;
mod warp;

pub use color_jitter::{Jitter, color_jitter};
pub use distort::{Corners, displaced, elastic_transform, perspective, random_perspective};
pub use drawn::{
    Moved, Range, cutmix, mixup, random_affine, random_apply, random_color_jitter, random_crop,
    random_erasing, random_gaussian_blur, random_grayscale, random_horizontal_flip, random_resized_crop,
    random_vertical_flip,
};
pub use geometry::{Affine, affine, crop, flip};
pub use policy::{Policy, auto_augment, rand_augment, trivial_augment_wide};
pub use warp::Outside;

use crate::{Error, Result, Tensor, op};

/// A parameter of each of N images, `[N, ..]`; one that is given once is repeated.
fn of_each(op: &'static str, name: &str, x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    op::require_number(op, x.spec())?;
    if x.rank() == 0 || x.shape() == shape {
        return x.expand(shape);
    }
    Err(Error::shape(op, format!("{:?} for the {name}", x.shape()), format!("one number, or {shape:?}")))
}

fn images(op: &'static str, x: &Tensor) -> Result<()> {
    op::require_float(op, x.spec())?;
    op::require_rank(op, x.spec(), 4, "images [N, C, H, W]")
}
