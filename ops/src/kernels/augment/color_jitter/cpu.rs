//! Two passes over an image, the first for its mean grey.

use super::colour::{channel, clamp, grey, hue, larger};
use crate::{
    cpu::{rows, wide},
    tensor::{Operand, Primitive, Spec, on_cpu},
};

/// Numbers that are added at once.
const LANES: usize = 16;

pub(super) fn color_jitter(images: &Operand, amounts: &Operand, y: &Spec) -> Primitive {
    let (images, amounts) = (images.known_floats(), amounts.known_floats());
    let amounts = amounts.as_chunks::<4>().0;
    let size = images.len() / amounts.len();
    let made = rows(images.len(), size, |i, y| {
        let (x, amounts) = (&images[i * size..][..size], amounts[i]);
        wide!(image(x, amounts, y));
    });
    on_cpu(made, y)
}

/// Red, green and blue of a pixel.
type Pixel = [f32; 3];

#[inline(always)]
fn image(x: &[f32], [brightness, contrast, saturation, rotation]: [f32; 4], y: &mut [f32]) {
    let n = x.len() / 3;
    let channels = [0, 1, 2].map(|c| &x[c * n..][..n]);
    let sum = total(
        n,
        #[inline(always)]
        |i| {
            let [r, g, b] = bright(channels, i, brightness);
            grey(r, g, b)
        },
    );
    let constant = (1.0 - contrast) * (sum / n as f64) as f32;
    let rest = 1.0 - saturation;
    // Without whole rotations.
    let sixths = 6.0 * (rotation - rotation.floor());
    let (red, others) = y.split_at_mut(n);
    let (green, blue) = others.split_at_mut(n);
    let blue = &mut blue[..n];
    for i in 0..n {
        let pixel = bright(channels, i, brightness).map(|x| clamp(contrast * x + constant));
        let grey = rest * grey(pixel[0], pixel[1], pixel[2]);
        let pixel = rotated(pixel.map(|x| clamp(saturation * x + grey)), sixths);
        (red[i], green[i], blue[i]) = (pixel[0], pixel[1], pixel[2]);
    }
}

/// Pixel `i`, brightened.
#[inline(always)]
fn bright(channels: [&[f32]; 3], i: usize, brightness: f32) -> Pixel {
    channels.map(|x| clamp(x[i] * brightness))
}

/// The sum of `f` over `0..n`, in an order that depends on n alone.
#[inline(always)]
fn total(n: usize, f: impl Fn(usize) -> f32) -> f64 {
    let mut lanes = [0f32; LANES];
    let whole = n - n % LANES;
    for first in (0..whole).step_by(LANES) {
        (0..LANES).for_each(|lane| lanes[lane] += f(first + lane));
    }
    let rest: f64 = (whole..n).map(|i| f64::from(f(i))).sum();
    rest + lanes.iter().map(|&x| f64::from(x)).sum::<f64>()
}

/// The hue rotated by so many sixths of a rotation, 0 to 6.
#[inline(always)]
fn rotated([r, g, b]: Pixel, sixths: f32) -> Pixel {
    let largest = larger(larger(r, g), b);
    let spread = largest + larger(larger(-r, -g), -b);
    let hue = hue(r, g, b, largest, spread) + sixths;
    [5.0, 3.0, 1.0].map(|from| channel(largest, spread, hue + from))
}
