//! Where the pixels come from: the matrices of the warps.

use super::{
    Outside, images, of_each,
    warp::{WIDTH, warp},
};
use crate::{DType, Device, Error, Number, Result, Tensor, ensure, op::refuse_where};

/// An affine map of each image, by numbers that are one for all (rank 0) or one for each image (`[N]`).
/// In pixels from the centre, x to the right and y down, it is
/// `p -> scale R(rotation) [[1, tan(shear)], [0, 1]] p + translation`.
#[derive(Debug, Clone)]
pub struct Affine {
    /// Degrees; positive ones rotate the x axis towards the y axis, clockwise on a screen.
    pub rotation: Tensor,
    /// Pixels to the right and down, `[N, 2]` or one number for both.
    pub translation: Tensor,
    pub scale: Tensor,
    /// Degrees, along x.
    pub shear: Tensor,
}

/// Images `[N, C, H, W]` moved by affine maps, `[N, C, H, W]`. Each pixel is read where the inverse of the
/// map leads, between the centres of four pixels by bilinear interpolation; a pixel whose share is 0 does
/// not count, whatever it holds. `outside` says what is beyond the edges. Differentiable in x; the maps
/// are constants.
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::DType`] for images that are no floats, [`Error::Argument`] for
/// a map without an inverse (scale 0) or with numbers that are not finite. Of images on a GPU, when a value
/// is next read from there.
pub fn affine(x: &Tensor, map: &Affine, outside: Outside) -> Result<Tensor> {
    const OP: &str = "augment::affine";
    images(OP, x)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let number = |name, x: &Tensor| precise(&of_each(OP, name, x, &[n])?);
    let angle = number("rotation", &map.rotation)?.mul_scalar(1f64.to_radians())?;
    let shear = number("shear", &map.shear)?.mul_scalar(1f64.to_radians())?.tan()?;
    let scale = number("scale", &map.scale)?;
    let shift = precise(&of_each(OP, "translation", &map.translation, &[n, 2])?)?;
    let (cos, sin) = (angle.cos()?, angle.sin()?);
    // The inverse of `scale R K`: `1/scale K^-1 R^T`.
    let rows = [
        [cos.add(&shear.mul(&sin)?)?.div(&scale)?, sin.sub(&shear.mul(&cos)?)?.div(&scale)?],
        [sin.neg()?.div(&scale)?, cos.div(&scale)?],
    ];
    let centre = [w, h].map(|size| (size as f64 - 1.0) / 2.0);
    let from = [0, 1].map(|i| shift.narrow(1, i, 1)?.squeeze(1)?.add_scalar(centre[i]));
    let [right, down] = [from[0].clone()?, from[1].clone()?];
    let start = |row: &[Tensor; 2], centre: f64| {
        row[0].mul(&right)?.add(&row[1].mul(&down)?)?.neg()?.add_scalar(centre)
    };
    let [from_x, from_y] = &rows;
    let starts = [start(from_x, centre[0])?, start(from_y, centre[1])?];
    let numbers = [&from_x[0], &from_x[1], &starts[0], &from_y[0], &from_y[1], &starts[1]];
    let matrix = Tensor::stack(&numbers, 1)?.cast(x.dtype())?;
    // NaN is not below anything. Shaders need not know infinity, so the largest number stands for it.
    refuse_where(
        &matrix.abs()?.le_scalar(f64::from(f32::MAX))?.logical_not()?,
        Error::argument(
            OP,
            "a map",
            "without an inverse, or not finite",
            "finite numbers and a scale other than 0",
        ),
    )?;
    warp(OP, x, &matrix, [h, w], outside)
}

/// Images `[N, C, H, W]`, those mirrored left to right whose number in `mirrored` (`[N]`, or one for all) is
/// above 1/2, or true.
///
/// # Errors
/// As [`affine`].
pub fn flip(x: &Tensor, mirrored: &Tensor) -> Result<Tensor> {
    const OP: &str = "augment::flip";
    images(OP, x)?;
    let &[n, _, h, w] = x.shape() else { return Ok(x.clone()) };
    let mirrored = if mirrored.dtype() == DType::Bool { mirrored.cast(x.dtype())? } else { mirrored.clone() };
    let mirrored = of_each(OP, "choice", &mirrored, &[n])?.gt_number(Number::Float(0.5))?.cast(x.dtype())?;
    let (zero, one) = (mirrored.zeros_like()?, mirrored.ones_like()?);
    let step = mirrored.mul_scalar(-2.0)?.add_scalar(1.0)?;
    let start = mirrored.mul_scalar(w as f64 - 1.0)?;
    let matrix = Tensor::stack(&[&step, &zero, &start, &zero, &one, &zero], 1)?;
    warp(OP, x, &matrix, [h, w], Outside::Zero)
}

/// Of images `[N, C, H, W]` the windows of that size whose upper left corners are `[N, 2]` (rows, columns;
/// or one number for all), `[N, C, h, w]`. They may reach beyond the edges, where `outside` says what is
/// there, so that padding first is not needed. Corners between pixels interpolate as [`affine`] does.
///
/// # Errors
/// As [`affine`], and [`Error::Argument`] for a size of 0.
pub fn crop(x: &Tensor, corner: &Tensor, size: [usize; 2], outside: Outside) -> Result<Tensor> {
    const OP: &str = "augment::crop";
    images(OP, x)?;
    ensure(size.iter().all(|side| (1..=i32::MAX as usize).contains(side)), || {
        Error::argument(OP, "the size", format!("{size:?}"), format!("two numbers, 1 to {}", i32::MAX))
    })?;
    let n = x.shape()[0];
    let corner = of_each(OP, "corner", corner, &[n, 2])?.cast(x.dtype())?;
    let [top, left] = [0, 1].map(|i| corner.narrow(1, i, 1)?.squeeze(1));
    let (top, left) = (top?, left?);
    let (zero, one) = (top.zeros_like()?, top.ones_like()?);
    let matrix = Tensor::stack(&[&one, &zero, &left, &zero, &one, &top], 1)?;
    debug_assert_eq!(matrix.shape(), [n, WIDTH]);
    warp(OP, x, &matrix, size, outside)
}

/// In the finest element type of the device, a constant: matrices are small, and their errors move pixels.
fn precise(x: &Tensor) -> Result<Tensor> {
    x.detach().cast(if x.device() == Device::Cpu { DType::F64 } else { DType::F32 })
}
