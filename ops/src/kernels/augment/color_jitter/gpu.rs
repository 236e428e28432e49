//! A cube for each image, which goes through it twice as the CPU does.

use cubecl::prelude::*;

use super::colour::{channel, clamp, grey, hue, larger};
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, launch},
};

const UNITS: u32 = 256;

#[cube(launch)]
fn jitter_kernel(x: &[f32], amounts: &[f32], y: &mut [f32], size: u32, n: u32, #[comptime] units: u32) {
    let image = CUBE_POS as u32;
    if image < n {
        let start = image * 3 * size;
        let first = (image * 4) as usize;
        let brightness = amounts[first];
        let contrast = amounts[first + 1];
        let saturation = amounts[first + 2];
        let rotation = amounts[first + 3];
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut sum = 0.0f32;
        let mut i = UNIT_POS;
        while i < size {
            let r = clamp(brightness * x[(start + i) as usize]);
            let g = clamp(brightness * x[(start + size + i) as usize]);
            let b = clamp(brightness * x[(start + 2 * size + i) as usize]);
            sum += grey(r, g, b);
            i += units;
        }
        let constant = (1.0f32 - contrast) * gpu::total(sum, &mut shared, units) / f32::cast_from(size);
        // In sixths of a rotation, without whole rotations.
        let sixths = 6.0f32 * (rotation - rotation.floor());
        let mut i = UNIT_POS;
        while i < size {
            let r = clamp(contrast * clamp(brightness * x[(start + i) as usize]) + constant);
            let g = clamp(contrast * clamp(brightness * x[(start + size + i) as usize]) + constant);
            let b = clamp(contrast * clamp(brightness * x[(start + 2 * size + i) as usize]) + constant);
            let rest = (1.0f32 - saturation) * grey(r, g, b);
            let r = clamp(saturation * r + rest);
            let g = clamp(saturation * g + rest);
            let b = clamp(saturation * b + rest);
            let largest = larger(larger(r, g), b);
            let spread = largest + larger(larger(-r, -g), -b);
            let hue = hue(r, g, b, largest, spread) + sixths;
            y[(start + i) as usize] = channel(largest, spread, hue + 5.0f32);
            y[(start + size + i) as usize] = channel(largest, spread, hue + 3.0f32);
            y[(start + 2 * size + i) as usize] = channel(largest, spread, hue + 1.0f32);
            i += units;
        }
    }
}

pub(super) fn color_jitter(images: &Operand, amounts: &Operand, spec: &Spec) -> Primitive {
    let (n, size) = (spec.shape[0], spec.len() / spec.shape[0] / 3);
    launch!(jitter_kernel(images, amounts) -> spec, cubes(n, UNITS), size as u32, n as u32, UNITS)
}
