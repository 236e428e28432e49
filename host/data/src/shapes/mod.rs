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

use super::{BuiltIn, cursor::Cursor};
use scene::Scene;
use solid::SOLIDS;
use vector::V;

/// The side of a picture, in pixels.
const SIDE: usize = 32;
/// Rays to a pixel, along each side.
const RAYS: usize = 2;
const PLANE: usize = SIDE * SIDE;

/// The set as scripts load it, of as many pictures as CIFAR-10 has.
pub const SET: BuiltIn = BuiltIn {
    name: "shapes",
    about: "bodies, lit and textured, 10 classes, any number of colour 32x32",
    shape: [3, SIDE, SIDE],
    classes: || SOLIDS.iter().map(|(_, name)| (*name).into()).collect(),
    training: 50_000,
    draw,
};

/// Draws a picture of a class on `picture` (`[3, SIDE, SIDE]`).
fn draw(class: usize, cursor: &mut Cursor, picture: &mut [u8]) {
    let scene = Scene::new(SOLIDS[class].0, cursor);
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
