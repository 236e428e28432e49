use sha2::{Digest, Sha256};

use super::*;
use crate::{Images, Split};

const PICTURE: usize = 3 * PLANE;

fn shapes(seed: u64, split: Split, count: usize) -> Images {
    SET.make(seed, split, count)
}

/// A change of this hash means other pictures for every script that names `shapes`: intend it or
/// look for what makes this machine round differently.
#[test]
fn bits_are_the_same_on_every_machine() {
    let images = shapes(0, Split::Train, 500);
    let hash: String = Sha256::digest(&images.pixels).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "76a62264426e31ef8b3294137cfe1001f8c7a83ae536bdb83cd38b910afcfcf3");
}

#[test]
fn a_picture_depends_on_seed_split_and_place_only() {
    let images = shapes(7, Split::Train, 20);
    let short = shapes(7, Split::Train, 5);
    assert_eq!(images.pixels[..5 * PICTURE], short.pixels[..]);
    assert_ne!(shapes(8, Split::Train, 5).pixels, short.pixels);
    assert_ne!(shapes(7, Split::Test, 5).pixels, short.pixels);
    assert_eq!(images.to_string(), "shapes: 20 pictures [3, 32, 32], 10 classes");
    assert_eq!(images.labels.unwrap()[8..12], [8, 9, 0, 1]);
}

/// No picture is dark, blown out or without contrast, and the mean is that of photographs (CIFAR-10: 0.47).
#[test]
fn pictures_are_well_exposed() {
    let images = shapes(1, Split::Train, 300);
    let mean =
        |bytes: &[u8]| bytes.iter().map(|&byte| f64::from(byte)).sum::<f64>() / bytes.len() as f64 / 255.0;
    for (i, picture) in images.pixels.chunks(PICTURE).enumerate() {
        let average = mean(picture);
        let squares: f64 = picture.iter().map(|&byte| (f64::from(byte) / 255.0 - average).powi(2)).sum();
        let deviation = (squares / PICTURE as f64).sqrt();
        let blown = picture.iter().filter(|&&byte| byte == 255).count() as f64 / PICTURE as f64;
        assert!(
            (0.15..0.85).contains(&average) && deviation > 0.05 && blown < 0.35,
            "picture {i}: {average} {deviation} {blown}"
        );
    }
    let all = mean(&images.pixels);
    assert!((0.38..0.6).contains(&all), "{all}");
}
