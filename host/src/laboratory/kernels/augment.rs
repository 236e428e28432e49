//! Augmentation, one set of parameters an image, with the ranges of paper 001.

use ops::{
    Tensor,
    kernels::augment::{self, Affine, Jitter, Outside},
    random,
};

use super::{Call, Setup, bytes};
use crate::error::Result;

/// Uniform numbers in `[low, high)`.
fn between(setup: &Setup, shape: &[usize], low: f64, high: f64) -> Result<Tensor> {
    Ok(random::uniform(shape, setup.device)?.mul_scalar(high - low)?.add_scalar(low)?)
}

fn warp(
    setup: &Setup,
    variant: &'static str,
    image: [usize; 3],
    largest: [f64; 3],
    outside: Outside,
) -> Result<Vec<Call>> {
    let n = setup.batch;
    let x = random::uniform(&[n, image[0], image[1], image[2]], setup.device)?;
    let [angle, shift, lean] = largest;
    let map = Affine {
        rotation: between(setup, &[n], -angle, angle)?,
        translation: between(setup, &[n, 2], -shift, shift)?,
        scale: between(setup, &[n], 0.8, 1.2)?,
        shear: between(setup, &[n], -lean, lean)?,
    };
    let moved = 2 * bytes(&x);
    Ok(vec![Call::differentiable(variant, setup, x, moved, move |x| augment::affine(x, &map, outside))?])
}

/// Handwriting, with zeros outside.
pub fn affine(setup: &Setup) -> Result<Vec<Call>> {
    warp(setup, "28x28x1", [1, 28, 28], [20.0, 4.0, 6.0], Outside::Zero)
}

/// Photographs, mirrored outside.
pub fn affine_rgb(setup: &Setup) -> Result<Vec<Call>> {
    warp(setup, "64x64x3", [3, 64, 64], [10.0, 8.0, 3.0], Outside::Mirror)
}

pub fn jitter(setup: &Setup) -> Result<Vec<Call>> {
    let n = setup.batch;
    let x = random::uniform(&[n, 3, 64, 64], setup.device)?;
    let factor = || between(setup, &[n], 0.75, 1.25);
    let amounts = Jitter {
        brightness: factor()?,
        contrast: factor()?,
        saturation: factor()?,
        hue: between(setup, &[n], -0.05, 0.05)?,
    };
    let moved = 2 * bytes(&x);
    Ok(vec![Call::plain("64x64x3", moved, move || augment::color_jitter(&x, &amounts))])
}
