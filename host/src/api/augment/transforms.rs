//! torchvision's transforms by their names.

use ops::{
    Tensor,
    kernels::augment::{self, transform},
    op::Padding,
};
use rhai::{Array, Dynamic, Map};

use super::spread::Spread;
use crate::{
    api::options::{Amount, CallOptions},
    error::{Error, Result},
    script::{Adder, FromScript, Pair, Refusal},
};

/// Numbers of an array.
pub struct Numbers(pub Vec<f64>);

impl FromScript for Numbers {
    const NAME: &'static str = "array of numbers";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        array.iter().map(f64::from_script).collect::<Result<_, _>>().map(Self)
    }
}

/// Adds the transforms that nothing random is in.
pub fn add(module: &mut Adder) {
    add_sizes(module);
    add_values(module);
}

fn add_sizes(module: &mut Adder) {
    module
        .add(
            "resize(x, size)",
            "In another size [h, w]; of one number the shorter side. Bilinear, and averaged over all that a \
             pixel covers where images shrink, as torchvision's with antialias. (`interpolate` does not \
             average.)",
            "augment::resize(tensor([[[[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0]]]]), [1, 2]).shape \
             => [1, 1, 1, 2]\n\
             augment::resize(zeros([1, 3, 20, 30]), 10).shape => [1, 3, 10, 15]",
            |x: Tensor, size: Side| {
                let size = match size {
                    Side::Shorter(side) => transform::shorter_side(&x, side)?,
                    Side::Both(size) => size,
                };
                transform::resize(&x, size)
            },
        )
        .add(
            "center_crop(x, size)",
            "The middle of that size; 0 beyond the edges.",
            "augment::center_crop(tensor([[[[1.0, 2.0, 3.0]]]]), [1, 1]).to_array() => [[[[2.0]]]]\n\
             augment::center_crop(tensor([[[[1.0]]]]), [1, 3]).to_array() => [[[[0.0, 1.0, 0.0]]]]",
            |x: Tensor, size: Pair| transform::center_crop(&x, size.0),
        )
        .add(
            "five_crop(x, size)",
            "[top left, top right, bottom left, bottom right, middle] of that size.",
            "augment::five_crop(tensor([[[[1.0, 2.0, 3.0]]]]), [1, 1]).map(|part| part.item()) \
             => [1.0, 3.0, 1.0, 3.0, 2.0]",
            |x: Tensor, size: Pair| transform::five_crop(&x, size.0),
        )
        .add(
            "ten_crop(x, size, vertical_flip)",
            "five_crop of the images and of the mirrored ones: left to right, or with vertical_flip (false) \
             top to bottom.",
            "augment::ten_crop(tensor([[[[1.0, 2.0, 3.0]]]]), [1, 1]).map(|part| part.item())[5] => 3.0\n\
             augment::ten_crop(tensor([[[[1.0, 2.0, 3.0]]]]), [1, 1], true).len() => 10",
            |x: Tensor, size: Pair, vertical_flip: Option<bool>| {
                transform::ten_crop(&x, size.0, vertical_flip.unwrap_or(false))
            },
        )
        .add(
            "pad(x, padding, options)",
            "Continued beyond the edges: by so many pixels on all sides, [left and right, top and bottom], \
             or [left, top, right, bottom]. With options fill (0) and padding_mode (\"constant\", \"edge\", \
             \"reflect\").",
            "augment::pad(tensor([[[[1.0, 2.0]]]]), [1, 0]).to_array() => [[[[0.0, 1.0, 2.0, 0.0]]]]\n\
             augment::pad(tensor([[[[1.0, 2.0]]]]), [1, 0], #{ padding_mode: \"edge\" }).to_array() \
             => [[[[1.0, 1.0, 2.0, 2.0]]]]",
            |x: Tensor, padding: Sides, options: Option<Map>| {
                let mode = CallOptions::read("augment::pad", options, padding_mode)?;
                Ok::<_, Error>(transform::pad(&x, padding.0, mode)?)
            },
        );
}

fn add_values(module: &mut Adder) {
    module
        .add(
            "normalize(x, mean, std)",
            "(x - mean) / std, by one number a channel.",
            "augment::normalize(full([1, 1, 1, 2], 0.5), [0.25], [0.5]).to_array() => [[[[0.5, 0.5]]]]",
            |x: Tensor, mean: Numbers, std: Numbers| transform::normalize(&x, &mean.0, &std.0),
        )
        .add(
            "grayscale(x, channels)",
            "Red, green and blue as grey, 0.2989 r + 0.587 g + 0.114 b, in 1 channel (the default) or 3.",
            "augment::grayscale(ones([2, 3, 4, 4])).shape => [2, 1, 4, 4]",
            |x: Tensor, channels: Option<usize>| transform::grayscale(&x, channels.unwrap_or(1)),
        )
        .add(
            "gaussian_blur(x, kernel_size, sigma)",
            "Blurred by a Gaussian of the deviation sigma, a number, a tensor [N], or [low, high] to draw \
             one for each image from: torchvision's GaussianBlur has [0.1, 2.0], which is the default. The \
             window has odd kernel_size; images are mirrored at their edges.",
            "augment::gaussian_blur(ones([1, 1, 5, 5]), 3, 1.0).round().mean().item() => 1.0\n\
             augment::gaussian_blur(ones([4, 3, 5, 5]), 3).shape => [4, 3, 5, 5]",
            |x: Tensor, kernel_size: usize, sigma: Option<Deviation>| match sigma {
                Some(Deviation::Given(sigma)) => transform::gaussian_blur(&x, kernel_size, &sigma.on(&x)?),
                Some(Deviation::Drawn(range)) => augment::random_gaussian_blur(&x, kernel_size, range),
                None => augment::random_gaussian_blur(&x, kernel_size, [0.1, 2.0]),
            },
        )
        .add(
            "adjust_sharpness(x, factor)",
            "Sharper by factors above 1, smoothed for 0; one number, or a tensor [N].",
            "augment::adjust_sharpness(full([1, 1, 4, 4], 0.5), 2).mean().item() => 0.5",
            |x: Tensor, factor: Amount| transform::adjust_sharpness(&x, &factor.on(&x)?),
        )
        .add("invert(x)", "1 - x", "augment::invert(full([1, 1, 1, 1], 0.25)).item() => 0.75", |x: Tensor| {
            transform::invert(&x)
        })
        .add(
            "solarize(x, threshold)",
            "1 - x where x is at least the threshold.",
            "augment::solarize(tensor([[[[0.25, 0.75]]]]), 0.5).to_array() => [[[[0.25, 0.25]]]]",
            |x: Tensor, threshold: f64| transform::solarize(&x, threshold),
        )
        .add(
            "posterize(x, bits)",
            "Of values in [0, 1] so many bits are kept.",
            "augment::posterize(tensor([[[[0.3, 0.9]]]]), 1).to_array() => [[[[0.0, 0.5]]]]",
            |x: Tensor, bits: usize| transform::posterize(&x, bits),
        )
        .add(
            "autocontrast(x)",
            "Each channel of each image stretched to 0 to 1.",
            "augment::autocontrast(tensor([[[[0.25, 0.5]]]])).to_array() => [[[[0.0, 1.0]]]]",
            |x: Tensor| transform::autocontrast(&x),
        )
        .add(
            "equalize(x)",
            "Each channel of each image, of values in [0, 1], with its 256 levels spread so that all are \
             about as frequent, as Pillow and torchvision do. Of fewer than 255 pixels nothing changes.",
            "augment::equalize(zeros([1, 1, 2, 2])).mean().item() => 0.0\n\
             { let y = augment::equalize((arange(512) / 1022).reshape([1, 1, 16, 32])); \
             [y.min().item(), y.max().item()] } => [0.0, 1.0]",
            |x: Tensor| transform::equalize(&x),
        );
}

/// A size: of the shorter side, or [h, w].
pub enum Side {
    Shorter(usize),
    Both([usize; 2]),
}

impl FromScript for Side {
    const NAME: &'static str = "integer or array of two";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_int() {
            usize::from_script(value).map(Self::Shorter)
        } else {
            pair(value).map(Self::Both)
        }
    }
}

fn pair(value: &Dynamic) -> Result<[usize; 2], Refusal> {
    Pair::from_script(value).map(|pair| pair.0)
}

/// Pixels on the left, at the top, on the right, at the bottom.
pub struct Sides([usize; 4]);

impl FromScript for Sides {
    const NAME: &'static str = "integer or array of two or four";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Ok([x, y]) = pair(value) {
            return Ok(Self([x, y, x, y]));
        }
        let sides = Vec::<usize>::from_script(value)?;
        sides.try_into().map(Self).map_err(|_| Refusal::Type)
    }
}

/// How images go on beyond their edges.
pub fn padding_mode(options: &mut CallOptions) -> Result<Padding> {
    let fill = options.get("fill", 0.0)?;
    let modes =
        [("constant", Padding::Constant(fill)), ("edge", Padding::Replicate), ("reflect", Padding::Reflect)];
    options.choice("padding_mode", &modes)
}

/// A deviation: one number, one for each image, or a range to draw these from.
pub enum Deviation {
    Given(Amount),
    Drawn([f64; 2]),
}

impl FromScript for Deviation {
    const NAME: &'static str = "float, Tensor or [low, high]";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        match value.is_array() {
            true => Spread::from_script(value).map(|range| Self::Drawn(range.exactly())),
            false => Amount::from_script(value).map(Self::Given),
        }
    }
}
