//! What bends images, and policies of changes, against the formulas of torchvision computed with torch 2.15
//! (grey being 0.299 r + 0.587 g + 0.114 b, as everywhere here), and by their laws.

use crate::support::kernels::slopes_are_measured;
use ops::{
    DType, Device, Result, Tensor,
    kernels::augment::{
        Policy, auto_augment, displaced, elastic_transform, perspective, rand_augment, random_color_jitter,
        random_perspective, random_resized_crop, transform, trivial_augment_wide,
    },
    op::GridMode,
    random::{Key, with_stream},
};

/// `torch.arange(1, 1 + n).double().reshape(shape) * 37 % 101 / 101`
fn images(shape: [usize; 4]) -> Tensor {
    let values: Vec<f64> = (1..=shape.iter().product()).map(|i| (i * 37 % 101) as f64 / 101.0).collect();
    Tensor::from_data(values, shape, Device::Cpu).unwrap()
}

fn small() -> Tensor {
    images([2, 3, 5, 6])
}

/// The sum, and the sum of elements multiplied by their numbers.
fn sums(y: &Tensor) -> [f64; 2] {
    let y = y.to_f64().unwrap();
    [y.iter().sum(), y.iter().zip(0..).map(|(y, i)| y * f64::from(i)).sum()]
}

#[track_caller]
fn assert_known(y: &Tensor, first: [f64; 8], sum: f64, weighted: f64) {
    let near = |a: f64, b: f64| (a - b).abs() <= 2e-6 * (1.0 + b.abs());
    assert!(y.to_f64().unwrap().iter().zip(first).all(|(a, b)| near(*a, b)), "{:?}", y.to_f64());
    assert!(near(sums(y)[0], sum) && near(sums(y)[1], weighted), "{:?}", sums(y));
}

/// `((torch.arange(60) * 7 % 11 - 5) / 20).reshape(1, 5, 6, 2)`
fn displacement() -> Tensor {
    let values: Vec<f64> = (0..60).map(|i| (f64::from(i * 7 % 11) - 5.0) / 20.0).collect();
    Tensor::from_data(values, [1, 5, 6, 2], Device::Cpu).unwrap().expand(&[2, 5, 6, 2]).unwrap()
}

const START: [[f64; 2]; 4] = [[0.0, 0.0], [5.0, 0.0], [5.0, 4.0], [0.0, 4.0]];
const END: [[f64; 2]; 4] = [[1.0, 0.0], [4.0, 1.0], [5.0, 4.0], [0.0, 3.0]];

#[test]
fn bent_images_are_those_of_torchvision() {
    let y = perspective(&small(), &START, &END).unwrap();
    assert_known(&y, [0.062545, 0.521452, 0.10231, 0.0, 0.0, 0.0, 0.385689, 0.516837], 63.60567, 5777.861);
    let y = displaced(&small(), &displacement()).unwrap();
    assert_known(
        &y,
        [0.10396, 0.746535, 0.096225, 0.685149, 0.536139, 0.109901, 0.624752, 0.448948],
        79.16863,
        7172.26,
    );
}

#[test]
fn bent_images_have_slopes() {
    slopes_are_measured(&|x| perspective(&x[0], &START, &END), &[small()], &[true], "perspective");
    slopes_are_measured(&|x| displaced(&x[0], &displacement()), &[small()], &[true], "elastic_transform");
}

#[test]
fn levels_are_spread() {
    let mut channels = images([2, 3, 20, 30]).square().unwrap().to_f64().unwrap();
    channels[600..1200].fill(0.5);
    let x = Tensor::from_data(channels, [2, 3, 20, 30], Device::Cpu).unwrap();
    let y = transform::equalize(&x).unwrap();
    assert_known(
        &y,
        [0.431373, 0.862745, 0.105882, 0.54902, 0.980392, 0.231373, 0.662745, 1.0],
        2003.06277,
        3642205.572,
    );
    assert!(y.narrow(1, 1, 1).unwrap().to_f64().unwrap()[..600].iter().all(|y| *y == 127.0 / 255.0));
    let empty = Tensor::full([0, 3, 4, 4], 0.0, DType::F32, Device::Cpu).unwrap();
    assert_eq!(transform::equalize(&empty).unwrap().shape(), [0, 3, 4, 4]);
}

/// Where the drawn part is all of the image it is resized as a whole, and the draws are those without.
#[test]
fn parts_are_resized_with_antialiasing() {
    let x = images([2, 3, 12, 10]);
    let crop = |size, scale, antialias| {
        with_stream(Key::new(5), || random_resized_crop(&x, size, scale, [1.0, 1.0], antialias)).unwrap()
    };
    let whole =
        with_stream(Key::new(5), || random_resized_crop(&x, [5, 4], [1.0, 1.0], [10.0 / 12.0; 2], true));
    let expected = transform::resize(&x, [5, 4]).unwrap();
    let apart = whole.unwrap().sub(&expected).unwrap().abs().unwrap().max_dims(&[0, 1, 2, 3], false).unwrap();
    assert!(apart.item().unwrap() < 1e-12);
    // A part that grows is the same either way: inside of it.
    let [with, without] = [true, false].map(|antialias| crop([24, 24], [0.1, 0.2], antialias));
    let inner = |x: &Tensor| x.narrow(2, 8, 8).unwrap().narrow(3, 8, 8).unwrap();
    let apart = inner(&with).sub(&inner(&without)).unwrap().abs().unwrap().max_dims(&[0, 1, 2, 3], false);
    assert!(apart.unwrap().item().unwrap() < 1e-9);
}

/// What becomes of the first image by each change of magnitude 25 out of 31.
const OUTCOMES: [(&str, f64, f64); 23] = [
    ("Identity", 45.14851, 2023.812),
    ("ShearX", 39.59406, 1746.624),
    ("ShearY", 40.48515, 1722.475),
    ("TranslateX", 30.11881, 1354.574),
    ("TranslateY", 34.99010, 1657.634),
    ("Rotate", 40.12871, 1796.911),
    ("Brightness", 64.47030, 2877.876),
    ("Color", 45.02488, 2004.944),
    ("Contrast", 45.02015, 2019.793),
    ("Sharpness", 44.74810, 2006.116),
    ("-ShearX", 38.10891, 1667.109),
    ("-ShearY", 36.98020, 1680.980),
    ("-TranslateX", 29.07921, 1307.614),
    ("-TranslateY", 37.24752, 1547.376),
    ("-Rotate", 40.12871, 1785.594),
    ("-Brightness", 11.28713, 505.953),
    ("-Color", 45.27215, 2042.680),
    ("-Contrast", 45.27215, 2018.287),
    ("-Sharpness", 46.36005, 2084.043),
    ("Posterize", 43.75000, 1961.406),
    ("Solarize", 32.40594, 1431.030),
    ("AutoContrast", 45.15464, 2043.247),
    ("Equalize", 45.14902, 2023.996),
];

#[test]
fn each_change_of_rand_augment_comes_and_is_that_of_torchvision() {
    let x = small().narrow(0, 0, 1).unwrap();
    let many = x.expand(&[600, 3, 5, 6]).unwrap();
    let y = with_stream(Key::new(1), || rand_augment(&many, 1, 25, 31, GridMode::Nearest)).unwrap();
    let mut counts = [0; OUTCOMES.len()];
    for i in 0..600 {
        let [sum, weighted] = sums(&y.narrow(0, i, 1).unwrap());
        let is_near = |outcome: &(&str, f64, f64)| {
            (outcome.1 - sum).abs() < 1e-4 * sum && (outcome.2 - weighted).abs() < 1e-4 * weighted
        };
        let found: Vec<_> = (0..OUTCOMES.len()).filter(|&k| is_near(&OUTCOMES[k])).collect();
        assert!(!found.is_empty(), "image {i}: {sum} {weighted}");
        counts[found[0]] += 1;
    }
    // 14 changes, nine with a sign: 43 or 21 of 600 each, give or take five deviations.
    for (outcome, count) in OUTCOMES.iter().zip(counts) {
        assert!((3..=80).contains(&count), "{}: {count}", outcome.0);
    }
}

/// Of three colour changes in any of six orders at least two are seen, and one change needs no order.
#[test]
fn colours_change_in_an_order_of_their_own() {
    let x = small().narrow(0, 0, 1).unwrap().expand(&[60, 3, 5, 6]).unwrap();
    let jitter = |ranges| with_stream(Key::new(2), || random_color_jitter(&x, ranges)).unwrap();
    let distinct = |y: &Tensor| {
        let sums = (0..60).map(|i| (sums(&y.narrow(0, i, 1).unwrap())[1] * 1e6).round() as i64);
        sums.collect::<std::collections::BTreeSet<_>>().len()
    };
    let y = jitter([[1.5, 1.5], [0.5, 0.5], [2.0, 2.0], [0.0, 0.0]]);
    assert!((4..=6).contains(&distinct(&y)), "{}", distinct(&y));
    assert_eq!(distinct(&jitter([[1.5, 1.5], [1.0, 1.0], [1.0, 1.0], [0.0, 0.0]])), 1);
}

/// Everything that is drawn here.
fn all(x: &Tensor) -> Vec<Result<Tensor>> {
    let mut all: Vec<_> = [Policy::ImageNet, Policy::Cifar10, Policy::Svhn]
        .into_iter()
        .map(|policy| auto_augment(x, policy, GridMode::Nearest))
        .collect();
    all.push(rand_augment(x, 2, 9, 31, GridMode::Linear));
    all.push(trivial_augment_wide(x, 31, GridMode::Nearest));
    all.push(random_perspective(x, 0.5, 0.5));
    all.push(elastic_transform(x, 10.0, 2.0));
    all.push(random_resized_crop(x, [4, 4], [0.2, 1.0], [0.75, 1.33], true));
    all.push(random_color_jitter(x, [[0.5, 1.5], [0.5, 1.5], [0.5, 1.5], [-0.2, 0.2]]));
    all
}

#[test]
fn what_is_drawn_depends_on_the_stream_alone() {
    let x = images([16, 3, 17, 19]).cast(DType::F32).unwrap();
    let run = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let made = pool.install(|| with_stream(Key::new(seed), || all(&x)));
        made.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };
    let [one, again, other] = [(3, 1), (3, 4), (4, 1)].map(|(seed, threads)| run(seed, threads));
    for (a, b) in one.iter().zip(&again) {
        assert!(a.has_same_bits(b));
        let values = a.to_f64().unwrap();
        assert!(values.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v)));
    }
    for (a, b) in one.iter().zip(&other) {
        assert!(!a.has_same_bits(b));
    }
}

#[test]
fn no_images_and_small_ones_are_images() {
    for shape in [[0, 3, 8, 8], [2, 3, 1, 1], [1, 3, 2, 1]] {
        for y in all(&Tensor::full(shape, 0.0, DType::F32, Device::Cpu).unwrap()) {
            assert_eq!(y.unwrap().shape()[..2], shape[..2]);
        }
    }
}

#[test]
fn wrong_calls_say_what_is_expected() {
    let (x, grey) = (small(), images([1, 1, 4, 4]));
    let says = |outcome: Result<Tensor>, part: &str| {
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    says(auto_augment(&grey, Policy::Svhn, GridMode::Nearest), "red, green and blue");
    says(rand_augment(&x, 2, 31, 31, GridMode::Nearest), "0 to 30");
    says(trivial_augment_wide(&x, 1, GridMode::Nearest), "at least 2");
    says(random_perspective(&x, 1.5, 0.5), "0 to 1");
    says(random_perspective(&x, 0.5, f64::NAN), "0 to 1");
    says(elastic_transform(&x, f64::NAN, 1.0), "a number");
    says(elastic_transform(&x, 1.0, -1.0), "at least 0");
    says(perspective(&x, &START, &[[0.0, 0.0]; 4]), "on a line");
    says(transform::five_crop(&x, [6, 6]).map(|all| all[0].clone()), "at most [5, 6]");
    says(transform::ten_crop(&x, [0, 6], false).map(|all| all[0].clone()), "at most [5, 6]");
}

#[test]
fn crops_are_the_corners_and_the_middle() {
    let x = images([1, 1, 3, 3]);
    let at = |i: usize| ((i + 1) * 37 % 101) as f64 / 101.0;
    let values = |all: Vec<Tensor>| all.iter().map(|y| y.item().unwrap()).collect::<Vec<_>>();
    assert_eq!(values(transform::five_crop(&x, [1, 1]).unwrap()), [0, 2, 6, 8, 4].map(at));
    let ten = values(transform::ten_crop(&x, [1, 1], false).unwrap());
    assert_eq!(ten[5..], [2, 0, 8, 6, 4].map(at));
    let ten = values(transform::ten_crop(&x, [1, 1], true).unwrap());
    assert_eq!(ten[5..], [6, 8, 0, 2, 4].map(at));
}
