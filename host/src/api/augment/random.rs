//! torchvision's random transforms by their names, each image by numbers of its own.

use ops::{
    Tensor,
    kernels::augment::{self, Moved},
};
use rhai::{Dynamic, Map};

use super::{spread::Spread, transforms::padding_mode};
use crate::{
    api::options::CallOptions,
    error::{Error, Result},
    script::{Adder, FromScript, Pair},
};

/// Adds the random transforms.
pub fn add(module: &mut Adder) {
    add_windows(module);
    add_chances(module);
    add_moves(module);
    add_mixing(module);
}

fn add_windows(module: &mut Adder) {
    module
        .add(
            "random_crop(x, size, options)",
            "A window of that size anywhere in each image. With options padding (0: pixels on all sides \
             before), padding_mode and fill as of `pad`.",
            "augment::random_crop(zeros([2, 3, 32, 32]), 32, #{ padding: 4 }).shape => [2, 3, 32, 32]",
            |x: Tensor, size: Pair, options: Option<Map>| {
                let (padding, mode) = CallOptions::read("augment::random_crop", options, |options| {
                    Ok((options.get("padding", 0)?, padding_mode(options)?))
                })?;
                Ok::<_, Error>(augment::random_crop(&x, size.0, padding, mode)?)
            },
        )
        .add(
            "random_resized_crop(x, size, options)",
            "A part of each image, resized: with options scale ([0.08, 1.0]: its share of the area) and \
             ratio ([0.75, 1.333]: its width over its height). Bilinear; with antialias (true) averaged over \
             all that a pixel covers, as by `resize`.",
            "augment::random_resized_crop(ones([2, 3, 20, 30]), 8, #{ scale: [0.2, 1.0] }).mean().item() => \
             1.0",
            |x: Tensor, size: Pair, options: Option<Map>| {
                CallOptions::read("augment::random_resized_crop", options, |options| {
                    let scale = range(options, "scale", [0.08, 1.0])?;
                    let ratio = range(options, "ratio", [3.0 / 4.0, 4.0 / 3.0])?;
                    let antialias = options.get("antialias", true)?;
                    Ok(augment::random_resized_crop(&x, size.0, scale, ratio, antialias)?)
                })
            },
        )
        .add(
            "random_erasing(x, options)",
            "A box of each image is filled, with options p (0.5: the probability), scale ([0.02, 0.33]: its \
             share of the area), ratio ([0.3, 3.3]: its height over its width) and value (0; \"random\" for \
             normal numbers).",
            "augment::random_erasing(ones([2, 3, 8, 8]), #{ p: 0.0 }).mean().item() => 1.0",
            |x: Tensor, options: Option<Map>| {
                CallOptions::read("augment::random_erasing", options, |options| {
                    let (scale, ratio) =
                        (range(options, "scale", [0.02, 0.33])?, range(options, "ratio", [0.3, 3.3])?);
                    let value = match options.find::<Dynamic>("value")? {
                        Some(value) if value.is_string() && value.to_string() == "random" => None,
                        Some(value) => Some(f64::from_script(&value).map_err(|_| {
                            let found = crate::kinds::a(&value);
                            let problem = format!("the option `value` of augment::random_erasing is {found}");
                            Error::usage(problem, "give a number or \"random\"")
                        })?),
                        None => Some(0.0),
                    };
                    Ok(augment::random_erasing(&x, options.get("p", 0.5)?, scale, ratio, value)?)
                })
            },
        );
}

/// An option that is `[low, high]`.
fn range(options: &mut CallOptions, name: &'static str, default: [f64; 2]) -> Result<[f64; 2]> {
    Ok(options.find::<Spread>(name)?.map_or(default, Spread::exactly))
}

fn add_chances(module: &mut Adder) {
    module
        .add(
            "random_horizontal_flip(x, p)",
            "Each image mirrored left to right with probability p (1/2).",
            "augment::random_horizontal_flip(tensor([[[[1.0, 2.0]]]]), 1).to_array() => [[[[2.0, 1.0]]]]",
            |x: Tensor, p: Option<f64>| augment::random_horizontal_flip(&x, p.unwrap_or(0.5)),
        )
        .add(
            "random_vertical_flip(x, p)",
            "Each image mirrored top to bottom with probability p (1/2).",
            "augment::random_vertical_flip(tensor([[[[1.0], [2.0]]]]), 1).to_array() => [[[[2.0], [1.0]]]]",
            |x: Tensor, p: Option<f64>| augment::random_vertical_flip(&x, p.unwrap_or(0.5)),
        )
        .add(
            "random_grayscale(x, p)",
            "Each image grey with probability p (0.1), in three channels.",
            "augment::random_grayscale(ones([2, 3, 4, 4]), 1).shape => [2, 3, 4, 4]",
            |x: Tensor, p: Option<f64>| augment::random_grayscale(&x, p.unwrap_or(0.1)),
        )
        .add(
            "random_apply(x, changed, p)",
            "Each image of `changed` with probability p (1/2), else that of `x`.",
            "augment::random_apply(zeros([2, 1, 1, 1]), ones([2, 1, 1, 1]), 1).mean().item() => 1.0",
            |x: Tensor, changed: Tensor, p: Option<f64>| {
                augment::random_apply(&x, &changed, p.unwrap_or(0.5))
            },
        )
        .add(
            "color_jitter(x, options)",
            "Brightness, contrast, saturation and hue changed, each image by factors of its own: with \
             options of these names, each a number a for [1 - a, 1 + a] (for hue [-a, a], at most 0.5), or \
             a range; in an order that is drawn for each image, too.",
            "augment::color_jitter(full([2, 3, 4, 4], 0.5), #{ brightness: [2, 2] }).mean().item() => 1.0",
            |x: Tensor, options: Map| {
                let ranges = CallOptions::read("augment::color_jitter", options, |options| {
                    let factor = |options: &mut CallOptions, name| {
                        Ok::<_, Error>(options.get(name, Spread::One(0.0))?.around_1())
                    };
                    Ok([
                        factor(options, "brightness")?,
                        factor(options, "contrast")?,
                        factor(options, "saturation")?,
                        options.get("hue", Spread::One(0.0))?.around_0(),
                    ])
                })?;
                Ok::<_, Error>(augment::random_color_jitter(&x, ranges)?)
            },
        );
}

fn add_moves(module: &mut Adder) {
    let still = Moved { degrees: [0.0; 2], translate: [0.0; 2], scale: [1.0; 2], shear: [0.0; 2] };
    module
        .add(
            "random_rotation(x, degrees)",
            "Each image rotated about its centre by up to so many degrees either way, or [low, high]; 0 \
             outside. Bilinear.",
            "augment::random_rotation(tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), [90, 90]).round().to_array() \
             => [[[[3.0, 1.0], [4.0, 2.0]]]]",
            move |x: Tensor, degrees: Spread| {
                let moved = Moved { degrees: degrees.around_0(), ..still };
                augment::random_affine("augment::random_rotation", &x, &moved)
            },
        )
        .add(
            "random_affine(x, degrees, options)",
            "Each image rotated as by random_rotation, and with options translate ([x, y]: up to these \
             shares of width and height either way), scale ([low, high]) and shear (degrees along x, as \
             `degrees`). 0 outside. Bilinear.",
            "augment::random_affine(ones([2, 1, 4, 4]), 0, #{ scale: [1, 1] }).mean().item() => 1.0",
            move |x: Tensor, degrees: Spread, options: Option<Map>| {
                let moved = CallOptions::read("augment::random_affine", options, |options| {
                    Ok(Moved {
                        degrees: degrees.around_0(),
                        translate: range(options, "translate", still.translate)?,
                        scale: range(options, "scale", still.scale)?,
                        shear: options.get("shear", Spread::One(0.0))?.around_0(),
                    })
                })?;
                Ok::<_, Error>(augment::random_affine("augment::random_affine", &x, &moved)?)
            },
        );
}

/// Adds what mixes the images of a batch.
fn add_mixing(module: &mut Adder) {
    module
        .add(
            "mixup(images, labels, classes, alpha)",
            "#{ images, labels }: each image is l times itself and 1 - l times the one before it in the \
             batch, with an l of its own from the Beta law of alpha and alpha (1); so are the labels, \
             which become \
             shares [N, classes]. (Zhang et al., 2018.)",
            "augment::mixup(ones([4, 1, 2, 2]), tensor([0, 1, 2, 1]).cast(\"i32\"), 3).images.mean().item() \
             => 1.0\n\
             (augment::mixup(ones([4, 1]), tensor([0, 1, 2, 1]).cast(\"i32\"), 3, 0.2).labels.sum([1]) \
             * 1000).round().to_array() => [1000.0, 1000.0, 1000.0, 1000.0]",
            |images: Tensor, labels: Tensor, classes: usize, alpha: Option<f64>| {
                augment::mixup(&images, &labels, classes, alpha.unwrap_or(1.0)).map(mixed)
            },
        )
        .add(
            "cutmix(images, labels, classes, alpha)",
            "#{ images, labels }: each image has a box of the one before it in the batch, on average half of \
             the area for alpha = 1; labels as of mixup, by the area. (Yun et al., 2019.)",
            "augment::cutmix(ones([4, 1, 8, 8]), tensor([0, 1, 2, 1]).cast(\"i32\"), 3).images.mean().item() \
             => 1.0",
            |images: Tensor, labels: Tensor, classes: usize, alpha: Option<f64>| {
                augment::cutmix(&images, &labels, classes, alpha.unwrap_or(1.0)).map(mixed)
            },
        );
}

fn mixed((images, labels): (Tensor, Tensor)) -> Map {
    [("images".into(), Dynamic::from(images)), ("labels".into(), Dynamic::from(labels))].into_iter().collect()
}
