//! Two passes over an image, the first for its mean grey.

use super::GREY;
use crate::{
    Spec,
    cpu::{rows, wide},
    op::{Operand, Primitive},
    tensor::on_cpu,
};

/// Numbers that are added at once.
const LANES: usize = 16;

pub(super) fn color_jitter(images: &Operand, amounts: &Operand, y: &Spec) -> Primitive {
    let (images, amounts) = (images.known_floats(), amounts.known_floats());
    let amounts = amounts.as_chunks::<4>().0;
    let size = images.len() / amounts.len();
    let made = rows(images.len(), size, |i, y| {
        let (x, amounts) = (&images[i * size..][..size], amounts[i]);
        wide(
            #[inline(always)]
            || image(x, amounts, y),
        );
    });
    on_cpu(made, y)
}

/// Red, green and blue of a pixel.
type Pixel = [f32; 3];

#[inline(always)]
fn image(x: &[f32], [brightness, contrast, saturation, hue]: [f32; 4], y: &mut [f32]) {
    let n = x.len() / 3;
    let channels = [0, 1, 2].map(|c| &x[c * n..][..n]);
    let sum = total(
        n,
        #[inline(always)]
        |i| grey(bright(channels, i, brightness)),
    );
    let constant = (1.0 - contrast) * (sum / n as f64) as f32;
    let rest = 1.0 - saturation;
    // In sixths of a turn, without whole turns.
    let turn = 6.0 * (hue - hue.floor());
    let (red, others) = y.split_at_mut(n);
    let (green, blue) = others.split_at_mut(n);
    let blue = &mut blue[..n];
    for i in 0..n {
        let pixel = bright(channels, i, brightness).map(|x| clamp(contrast * x + constant));
        let grey = rest * grey(pixel);
        let pixel = turned(pixel.map(|x| clamp(saturation * x + grey)), turn);
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

/// Within [0, 1]; NaN stays NaN.
#[inline(always)]
fn clamp(x: f32) -> f32 {
    let x = if x < 0.0 { 0.0 } else { x };
    if x > 1.0 { 1.0 } else { x }
}

#[inline(always)]
fn grey([r, g, b]: Pixel) -> f32 {
    const SHARES: [f32; 3] = [GREY[0] as f32, GREY[1] as f32, GREY[2] as f32];
    SHARES[0] * r + SHARES[1] * g + SHARES[2] * b
}

/// The hue turned by so many sixths of a turn, 0 to 6.
#[inline(always)]
fn turned([r, g, b]: Pixel, turn: f32) -> Pixel {
    let max = |a: f32, b: f32| if a > b { a } else { b };
    let min = |a: f32, b: f32| if a < b { a } else { b };
    let largest = max(max(r, g), b);
    let spread = largest - min(min(r, g), b);
    let (over, from) = if largest == g { (b - r, 2.0) } else { (r - g, 4.0) };
    let (over, from) = if largest == r { (g - b, 0.0) } else { (over, from) };
    // Without any spread there is no hue, and it does not matter.
    let hue = over / if spread > 0.0 { spread } else { 1.0 } + from + turn;
    [5.0, 3.0, 1.0].map(|from| {
        // From 0 to less than 16.
        let place = hue + from;
        let place = if place >= 12.0 { place - 12.0 } else { place };
        let place = if place >= 6.0 { place - 6.0 } else { place };
        largest - spread * clamp(min(place, 4.0 - place))
    })
}
