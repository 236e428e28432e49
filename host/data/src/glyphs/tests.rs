use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::*;
use crate::{Images, Split};

const PICTURE: usize = SIDE * SIDE;

fn glyphs(seed: u64, split: Split, count: usize) -> Images {
    SET.make(seed, split, count)
}

/// A change of this hash means other pictures for every script that names `glyphs`: intend it or
/// look for what makes this machine round differently.
#[test]
fn bits_are_the_same_on_every_machine() {
    let images = glyphs(0, Split::Train, 1000);
    let hash: String = Sha256::digest(&images.pixels).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "903f5e138923abffe5fb7a8ec66588da5d049d7312910bd6df552f2edb89c5e9");
}

#[test]
fn a_picture_depends_on_seed_split_and_place_only() {
    let images = glyphs(7, Split::Train, 40);
    let short = glyphs(7, Split::Train, 9);
    assert_eq!(images.pixels[..9 * PICTURE], short.pixels[..]);
    assert_ne!(glyphs(8, Split::Train, 9).pixels, short.pixels);
    assert_ne!(glyphs(7, Split::Test, 9).pixels, short.pixels);
}

#[test]
fn classes_take_turns() {
    let images = glyphs(0, Split::Test, 40);
    let labels: Vec<u32> = (0..40).map(|i| i % 36).collect();
    assert_eq!(images.labels.as_deref(), Some(&labels[..]));
    assert_eq!((images.len(), images.class_names.len()), (40, 36));
    assert_eq!(images.to_string(), "glyphs: 40 pictures [1, 28, 28], 36 classes");
    assert!(glyphs(0, Split::Train, 0).is_empty());
}

/// MNIST's train split has a mean of 0.1307, a deviation of 0.3081, and 19.1 % of its pixels inked.
#[test]
fn pictures_are_distinct_and_inked_as_in_mnist() {
    let images = glyphs(1, Split::Train, 20_000);
    let distinct: HashSet<&[u8]> = images.pixels.chunks(PICTURE).collect();
    assert_eq!(distinct.len(), 20_000);

    let pixels = images.pixels.len() as f64;
    let values = || images.pixels.iter().map(|&pixel| f64::from(pixel) / 255.0);
    let mean = values().sum::<f64>() / pixels;
    let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / pixels;
    let inked = values().filter(|&value| value > 0.0).count() as f64 / pixels;
    assert!((mean - 0.131).abs() < 0.01, "mean {mean}");
    assert!((variance.sqrt() - 0.308).abs() < 0.02, "deviation {}", variance.sqrt());
    assert!((inked - 0.191).abs() < 0.02, "inked {inked}");
}

#[test]
fn every_picture_has_its_ink_well_inside() {
    for (i, picture) in glyphs(2, Split::Test, 3600).pixels.chunks(PICTURE).enumerate() {
        let on_edge = |at: usize| {
            let (row, column) = (at / SIDE, at % SIDE);
            row == 0 || column == 0 || row == SIDE - 1 || column == SIDE - 1
        };
        let edge = picture.iter().enumerate().filter(|&(at, _)| on_edge(at));
        assert!(edge.map(|(_, &pixel)| pixel).max() <= Some(64), "picture {i} is cut off");
        let ink: f64 = picture.iter().map(|&pixel| f64::from(pixel) / 255.0).sum();
        assert!((10.0..320.0).contains(&ink), "picture {i} has ink {ink}");
    }
}

/// The nearest of 3,600 pictures has the right class far more often than the one in 36 of chance, and
/// not always: the classes can be told apart, and more than a look-up is left to learn.
#[test]
fn classes_can_be_distinguished() {
    let known = glyphs(3, Split::Train, 3600);
    let asked = glyphs(3, Split::Test, 180);
    let distance = |a: &[u8], b: &[u8]| -> u32 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let nearest = |picture: &[u8]| {
        let candidates = known.pixels.chunks(PICTURE).enumerate();
        candidates.min_by_key(|(_, other)| distance(picture, other)).map(|(i, _)| i % GLYPHS.len())
    };
    let right = asked.pixels.chunks(PICTURE).enumerate();
    let right = right.filter(|(i, picture)| nearest(picture) == Some(*i % GLYPHS.len())).count();
    assert!((108..180).contains(&right), "{right} of 180");
}
