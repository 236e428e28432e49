//! A cube for each image, which goes through it twice as the CPU does.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::GREY;
use crate::{
    Spec,
    op::{Operand, Primitive},
    tensor::gpu,
};

const UNITS: u32 = 256;
const RED: f32 = GREY[0] as f32;
const GREEN: f32 = GREY[1] as f32;
const BLUE: f32 = GREY[2] as f32;

/// Within [0, 1]; NaN stays NaN.
#[allow(clippy::manual_clamp, reason = "what a shader's clamp makes of NaN is left open")]
#[cube]
fn clamp(x: f32) -> f32 {
    let mut y = x;
    if x < 0.0f32 {
        y = 0.0f32;
    }
    if x > 1.0f32 {
        y = 1.0f32;
    }
    y
}

#[cube]
fn larger(a: f32, b: f32) -> f32 {
    let mut y = b;
    if a > b {
        y = a;
    }
    y
}

/// A colour of the hue `place` from its own, in sixths of a turn.
#[cube]
fn colour(largest: f32, spread: f32, place: f32) -> f32 {
    let mut place = place;
    if place >= 12.0f32 {
        place -= 12.0f32;
    }
    if place >= 6.0f32 {
        place -= 6.0f32;
    }
    let mut share = place;
    if 4.0f32 - place < place {
        share = 4.0f32 - place;
    }
    largest - spread * clamp(share)
}

#[cube(launch)]
fn jitter_kernel(x: &[f32], amounts: &[f32], y: &mut [f32], size: u32, n: u32, #[comptime] units: u32) {
    let image = CUBE_POS as u32;
    if image < n {
        let start = image * 3 * size;
        let first = (image * 4) as usize;
        let brightness = amounts[first];
        let contrast = amounts[first + 1];
        let saturation = amounts[first + 2];
        let hue = amounts[first + 3];
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut sum = 0.0f32;
        let mut i = UNIT_POS;
        while i < size {
            let r = clamp(brightness * x[(start + i) as usize]);
            let g = clamp(brightness * x[(start + size + i) as usize]);
            let b = clamp(brightness * x[(start + 2 * size + i) as usize]);
            sum += RED * r + GREEN * g + BLUE * b;
            i += units;
        }
        let constant = (1.0f32 - contrast) * gpu::total(sum, &mut shared, units) / f32::cast_from(size);
        // In sixths of a turn, without whole turns.
        let turn = 6.0f32 * (hue - hue.floor());
        let mut i = UNIT_POS;
        while i < size {
            let r = clamp(contrast * clamp(brightness * x[(start + i) as usize]) + constant);
            let g = clamp(contrast * clamp(brightness * x[(start + size + i) as usize]) + constant);
            let b = clamp(contrast * clamp(brightness * x[(start + 2 * size + i) as usize]) + constant);
            let grey = (1.0f32 - saturation) * (RED * r + GREEN * g + BLUE * b);
            let r = clamp(saturation * r + grey);
            let g = clamp(saturation * g + grey);
            let b = clamp(saturation * b + grey);
            let largest = larger(larger(r, g), b);
            let spread = largest + larger(larger(-r, -g), -b);
            let mut over = r - g;
            let mut from = 4.0f32;
            if largest == g {
                over = b - r;
                from = 2.0f32;
            }
            if largest == r {
                over = g - b;
                from = 0.0f32;
            }
            let mut divisor = 1.0f32;
            if spread > 0.0f32 {
                divisor = spread;
            }
            let place = over / divisor + from + turn;
            y[(start + i) as usize] = colour(largest, spread, place + 5.0f32);
            y[(start + size + i) as usize] = colour(largest, spread, place + 3.0f32);
            y[(start + 2 * size + i) as usize] = colour(largest, spread, place + 1.0f32);
            i += units;
        }
    }
}

pub(super) fn color_jitter(images: &Operand, amounts: &Operand, spec: &Spec) -> Primitive {
    let (x, by) = (gpu::buffer(images), gpu::buffer(amounts));
    let (y, n) = (gpu::empty(&x, spec), spec.shape[0]);
    let (count, dim) = gpu::cubes(&y.client, n, UNITS);
    let size = spec.len() / n / 3;
    let [x, by, out] = [x, by, y.clone()].map(CubeTensor::into_buffer_arg);
    jitter_kernel::launch(&y.client, count, dim, x, by, out, size as u32, n as u32, UNITS);
    gpu::tensor(y, images, spec)
}
