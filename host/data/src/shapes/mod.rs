//! `shapes`: a built-in set of bodies, lit and textured.
//!
//! 10 classes (`ball` to `mushroom`), colour pictures `[3, 32, 32]`. A body of random pose, size, colours and
//! pattern lies on a random ground under a random sky and sun. Its surface is found by stepping along each
//! ray by the distance to it (Hart, Sphere tracing, 1996). Only `+ - * /`, square roots and rounding, which
//! IEEE 754 fixes, and `libm`'s sine and cosine are used, so every machine draws the same bits.

mod scene;
mod solid;
mod surface;
mod vector;

use rayon::prelude::*;

use super::{BuiltIn, Images, Split, cursor::Cursor};
use scene::Scene;
use solid::SOLIDS;
use vector::V;

/// The side of a picture, in pixels.
const SIDE: usize = 32;
/// Rays to a pixel, along each side.
const RAYS: usize = 2;
const PLANE: usize = SIDE * SIDE;

/// The set as scripts load it.
pub const SET: BuiltIn = BuiltIn {
    name: "shapes",
    about: "bodies, lit and textured, 10 classes, any number of colour 32x32",
    make: shapes,
    usual_count,
    shape: [3, SIDE, SIDE],
};

/// How many pictures a split has where no number is asked for: as many as CIFAR-10's.
fn usual_count(split: Split) -> usize {
    match split {
        Split::Train => 50_000,
        Split::Test | Split::Validation => 10_000,
    }
}

/// The first `count` pictures of a split. Picture `i` is a pure function of `(seed, split, i)` and shows
/// class `i % 10`. It takes 3,072 bytes, so bound `count` where a user names it.
/// Once a stop is asked for, the pictures that follow stay black.
pub fn shapes(seed: u64, split: Split, count: usize) -> Images {
    let mut pixels = vec![0; count * 3 * PLANE];
    pixels.par_chunks_mut(3 * PLANE).enumerate().for_each(|(i, picture)| {
        if !ops::interrupt::requested() {
            draw(seed, split, i, picture);
        }
    });
    Images {
        name: SET.name.into(),
        shape: SET.shape,
        pixels: pixels.into(),
        labels: Some((0..count).map(|i| (i % SOLIDS.len()) as u32).collect()),
        class_names: SOLIDS.iter().map(|(_, name)| (*name).into()).collect(),
        unlabelled: String::new(),
    }
}

/// Draws picture `i` on `picture` (`[3, SIDE, SIDE]`).
fn draw(seed: u64, split: Split, i: usize, picture: &mut [u8]) {
    let mut cursor = Cursor::new(seed, split, i as u64);
    let scene = Scene::new(SOLIDS[i % SOLIDS.len()].0, &mut cursor);
    for at in 0..PLANE {
        let V(red, green, blue) = pixel(&scene, at / SIDE, at % SIDE);
        for (channel, light) in [red, green, blue].into_iter().enumerate() {
            // The square root is about the gamma of a screen, whose values are not linear in light.
            picture[channel * PLANE + at] = (light.clamp(0.0, 1.0).sqrt() * 255.0 + 0.5) as u8;
        }
    }
}

/// The mean light of a pixel's rays.
fn pixel(scene: &Scene, row: usize, column: usize) -> V {
    let coordinate = |pixel: usize, ray: usize| {
        let at = pixel as f32 + (ray as f32 + 0.5) / RAYS as f32;
        at / (SIDE as f32 / 2.0) - 1.0
    };
    let rays =
        (0..RAYS * RAYS).map(|i| scene.light(coordinate(column, i % RAYS), -coordinate(row, i / RAYS)));
    rays.fold(V(0.0, 0.0, 0.0), |sum, light| sum + light) * (1.0 / (RAYS * RAYS) as f32)
}

#[cfg(test)]
mod tests;
