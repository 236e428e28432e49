//! torchvision's bent images, and its policies of changes, by their names.

use ops::{
    Tensor,
    kernels::augment::{self, Corners, Policy},
    op::GridMode,
};
use rhai::{Array, Dynamic, Map};

use super::transforms::Numbers;
use crate::{
    api::options::{CallOptions, one_of},
    error::{Error, Result},
    script::{Adder, FromScript, Refusal},
};

/// Four points.
pub struct Points(Corners);

impl FromScript for Points {
    const NAME: &'static str = "array of four [x, y]";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        let point = |value: &Dynamic| {
            let Numbers(numbers) = Numbers::from_script(value)?;
            <[f64; 2]>::try_from(numbers).map_err(|_| Refusal::Type)
        };
        let points = array.iter().map(point).collect::<Result<Vec<_>, _>>()?;
        points.try_into().map(Self).map_err(|_| Refusal::Type)
    }
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    add_bent(module);
    add_policies(module);
}

fn add_bent(module: &mut Adder) {
    module
        .add(
            "perspective(x, startpoints, endpoints)",
            "Images seen so that the four startpoints [x, y], top left, top right, bottom right and bottom \
             left, come to the endpoints. Bilinear; 0 outside.",
            "augment::perspective(tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), [[0, 0], [1, 0], [1, 1], [0, 1]], \
             [[1, 0], [2, 0], [2, 1], [1, 1]]).round().to_array() => [[[[0.0, 1.0], [0.0, 3.0]]]]",
            |x: Tensor, startpoints: Points, endpoints: Points| {
                augment::perspective(&x, &startpoints.0, &endpoints.0)
            },
        )
        .add(
            "random_perspective(x, options)",
            "With probability p (0.5) each corner of an image moves inwards, by up to half of \
             distortion_scale (0.5) of the sides. Bilinear; 0 outside.",
            "augment::random_perspective(ones([2, 3, 8, 8]), #{ p: 0 }).mean().item() => 1.0",
            |x: Tensor, options: Option<Map>| {
                CallOptions::read("augment::random_perspective", options, |options| {
                    let distortion = options.get("distortion_scale", 0.5)?;
                    Ok(augment::random_perspective(&x, distortion, options.get("p", 0.5)?)?)
                })
            },
        )
        .add(
            "elastic_transform(x, options)",
            "Pixels read about alpha (50) pixels away, in directions that are alike where pixels are nearer \
             than sigma (5) (Simard et al., 2003). Bilinear; 0 outside.",
            "augment::elastic_transform(ones([2, 1, 8, 8]), #{ alpha: 0 }).round().mean().item() => 1.0",
            |x: Tensor, options: Option<Map>| {
                CallOptions::read("augment::elastic_transform", options, |options| {
                    let alpha = options.get("alpha", 50.0)?;
                    Ok(augment::elastic_transform(&x, alpha, options.get("sigma", 5.0)?)?)
                })
            },
        );
}

/// The option `interpolation`.
fn interpolation(options: &mut CallOptions) -> Result<GridMode> {
    options.choice("interpolation", &[("nearest", GridMode::Nearest), ("bilinear", GridMode::Linear)])
}

fn add_policies(module: &mut Adder) {
    module
        .add(
            "auto_augment(x, policy, options)",
            "AutoAugment (Cubuk et al., 2019) of pictures [N, 3, H, W] in [0, 1]: two changes for each, by \
             the policy \"imagenet\" (the default), \"cifar10\" or \"svhn\". Option interpolation of what \
             moves (\"nearest\", \"bilinear\"); 0 outside.",
            "augment::auto_augment(ones([2, 3, 8, 8])).shape => [2, 3, 8, 8]\n\
             augment::auto_augment(ones([2, 3, 8, 8]), \"svhn\", #{ interpolation: \"bilinear\" }).shape \
             => [2, 3, 8, 8]",
            |x: Tensor, policy: Option<String>, options: Option<Map>| {
                let policies =
                    [("imagenet", Policy::ImageNet), ("cifar10", Policy::Cifar10), ("svhn", Policy::Svhn)];
                let policy = policy.as_deref().unwrap_or("imagenet");
                let policy = one_of("augment::auto_augment has no policy", policy, &policies)?;
                let mode = CallOptions::read("augment::auto_augment", options, interpolation)?;
                Ok::<_, Error>(augment::auto_augment(&x, policy, mode)?)
            },
        )
        .add(
            "rand_augment(x, options)",
            "RandAugment (Cubuk et al., 2020) of pictures [N, 3, H, W] in [0, 1]: num_ops (2) changes for \
             each, of the magnitude (9) out of num_magnitude_bins (31). Option interpolation of what moves \
             (\"nearest\", \"bilinear\"); 0 outside.",
            "augment::rand_augment(ones([2, 3, 8, 8])).shape => [2, 3, 8, 8]\n\
             augment::rand_augment(ones([2, 3, 8, 8]), #{ num_ops: 0 }).mean().item() => 1.0",
            |x: Tensor, options: Option<Map>| {
                CallOptions::read("augment::rand_augment", options, |options| {
                    let (count, magnitude) = (options.get("num_ops", 2)?, options.get("magnitude", 9)?);
                    let bins = options.get("num_magnitude_bins", 31)?;
                    Ok(augment::rand_augment(&x, count, magnitude, bins, interpolation(options)?)?)
                })
            },
        )
        .add(
            "trivial_augment_wide(x, options)",
            "TrivialAugment (Müller and Hutter, 2021) of pictures [N, 3, H, W] in [0, 1]: one change for \
             each, of any magnitude out of num_magnitude_bins (31). Option interpolation of what moves \
             (\"nearest\", \"bilinear\"); 0 outside.",
            "augment::trivial_augment_wide(ones([2, 3, 8, 8])).shape => [2, 3, 8, 8]",
            |x: Tensor, options: Option<Map>| {
                CallOptions::read("augment::trivial_augment_wide", options, |options| {
                    let bins = options.get("num_magnitude_bins", 31)?;
                    Ok(augment::trivial_augment_wide(&x, bins, interpolation(options)?)?)
                })
            },
        );
}
