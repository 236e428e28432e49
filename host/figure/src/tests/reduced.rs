//! Pictures in few colours.

use std::collections::HashSet;

use super::*;

/// How far the colours of two pictures are from each other at most.
fn distance(a: &RgbImage, b: &RgbImage) -> u8 {
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn colors(picture: &RgbImage) -> usize {
    picture.pixels().collect::<HashSet<_>>().len()
}

#[test]
fn a_plot_in_few_colours_looks_the_same_and_is_smaller() {
    let wave = |phase: f64| (0..200).map(|i| libm::sin(phase + f64::from(i) / 5.0)).collect::<Vec<_>>();
    let series: Vec<_> = (0..6).map(|i| series(&wave(f64::from(i)))).collect();
    let full = lines(&series, &PlotOptions::default()).unwrap().png().unwrap();
    let small = reduced(&full).unwrap();
    assert!(3 * small.len() < 2 * full.len(), "{} of {} bytes", small.len(), full.len());
    let (full, small) = (decode(&full), decode(&small));
    assert!(colors(&full) > 256 && colors(&small) <= 256);
    for exact in [[255; 3], BLUE] {
        assert_eq!(count(&full, exact), count(&small, exact), "{exact:?}");
    }
    // A rare colour at an edge becomes one that is near: a fifth of the range.
    assert!(distance(&full, &small) < 51, "{}", distance(&full, &small));
}

#[test]
fn a_picture_of_few_colours_keeps_them_all() {
    let ramp: Vec<f32> = (0..64 * 64).map(|i| (i % 64) as f32 / 63.0).collect();
    let full = grid(&ramp, [1, 1, 64, 64], &GridOptions::default()).unwrap();
    let small = reduced(&full).unwrap();
    assert!(small.len() < full.len());
    assert_eq!(decode(&full), decode(&small));
}

#[test]
fn what_is_no_picture_has_no_smaller_form() {
    assert!(reduced(b"").is_none() && reduced(b"\x89PNG\r\n\x1a\n").is_none());
}
