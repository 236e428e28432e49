//! `augment::...`: images changed, each by parameters of its own.

mod policy;
mod random;
mod spread;
mod transforms;

use ops::{
    Tensor,
    kernels::augment::{self, Affine, Jitter, Outside},
};
use rhai::Map;

use super::options::{Amount, CallOptions};
use crate::{
    error::{Error, Result},
    script::{Adder, Pair, Table},
};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let mut module = table.module(
        "augment",
        "Images [N, C, H, W] changed, each by parameters of its own: tensors with one number for each image, \
         or one number for all, so that two sets of parameters can be drawn and averaged. And torchvision's \
         transforms by their names, whose random numbers are a function of the seed and the position in the \
         run.",
    );
    add_parametric(&mut module);
    transforms::add(&mut module);
    random::add(&mut module);
    policy::add(&mut module);
}

fn add_parametric(module: &mut Adder) {
    module
        .add(
            "affine(x, rotation, translation, scale, shear, options)",
            "Images moved by p -> scale R(rotation) [[1, tan(shear)], [0, 1]] p + translation, in pixels \
             from the centre (x right, y down): degrees, pixels [N, 2], factors, degrees along x. Bilinear. \
             Differentiable in x. With the option outside: \"zero\" (the default), or \"mirror\" for the \
             image mirrored about its edges.",
            "augment::affine(tensor([[[[1.0, 2.0]]]]), 0, tensor([[1.0, 0.0]]), 1, 0).to_array() \
             => [[[[0.0, 1.0]]]]\n\
             augment::affine(tensor([[[[1.0, 2.0]]]]), 0, 1, 1, 0, #{ outside: \"mirror\" }).to_array() \
             => [[[[1.0, 1.0]]]]",
            |x: Tensor,
             rotation: Amount,
             translation: Amount,
             scale: Amount,
             shear: Amount,
             options: Option<Map>| {
                affine(&x, [rotation, translation, scale, shear], outside("augment::affine", options)?)
            },
        )
        .add(
            "color_jitter(x, brightness, contrast, saturation, hue)",
            "Red, green and blue in [0, 1] with brightness, contrast and saturation multiplied and the hue \
             rotated (1 is a full circle), in this order; clamped to [0, 1] after each factor.",
            "augment::color_jitter(full([1, 3, 2, 2], 0.25), 2, 1, 1, 0).mean().item() => 0.5",
            |x: Tensor, brightness: Amount, contrast: Amount, saturation: Amount, hue: Amount| {
                let jitter = Jitter {
                    brightness: brightness.on(&x)?,
                    contrast: contrast.on(&x)?,
                    saturation: saturation.on(&x)?,
                    hue: hue.on(&x)?,
                };
                augment::color_jitter(&x, &jitter)
            },
        )
        .add(
            "flip(x, mirrored)",
            "Images mirrored left to right where `mirrored` is true, or above 1/2.",
            "augment::flip(tensor([[[[1.0, 2.0]]]]), tensor([true])).to_array() => [[[[2.0, 1.0]]]]",
            |x: Tensor, mirrored: Amount| augment::flip(&x, &mirrored.on(&x)?),
        )
        .add(
            "crop(x, corner, size, options)",
            "Of each image the window of that size whose upper left corner is corner [N, 2] (row, column). \
             It may reach beyond the edges, where by the option outside there are zeros (\"zero\", the \
             default), or the image mirrored about its edges (\"mirror\").",
            "augment::crop(tensor([[[[1.0, 2.0, 3.0]]]]), tensor([[0, 1]]), [1, 2]).to_array() \
             => [[[[2.0, 3.0]]]]\n\
             augment::crop(tensor([[[[1.0, 2.0]]]]), tensor([[0, 1]]), [1, 2], #{ outside: \"mirror\" })\
             .to_array() => [[[[2.0, 2.0]]]]",
            |x: Tensor, corner: Amount, size: Pair, options: Option<Map>| {
                let outside = outside("augment::crop", options)?;
                Ok::<_, Error>(augment::crop(&x, &corner.on(&x)?, size.0, outside)?)
            },
        );
}

fn affine(x: &Tensor, amounts: [Amount; 4], outside: Outside) -> Result<Tensor> {
    let [rotation, translation, scale, shear] = amounts;
    let map = Affine {
        rotation: rotation.on(x)?,
        translation: translation.on(x)?,
        scale: scale.on(x)?,
        shear: shear.on(x)?,
    };
    Ok(augment::affine(x, &map, outside)?)
}

fn outside(function: &'static str, options: Option<Map>) -> Result<Outside> {
    let choices = [("zero", Outside::Zero), ("mirror", Outside::Mirror)];
    CallOptions::read(function, options, |options| options.choice("outside", &choices))
}
