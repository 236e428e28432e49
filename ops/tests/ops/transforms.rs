//! torchvision's transforms against torchvision 0.29 (`transforms.v2.functional`, with antialias), and the
//! random ones by what they may not change.

use crate::support::gpu;
use crate::support::kernels::slopes_are_measured;
use ops::{
    DType, Device, Result, Tensor,
    kernels::augment::{
        self, Moved, cutmix, mixup, random_affine, random_crop, random_erasing, random_resized_crop,
        transform,
    },
    op::Padding,
    random::{Key, with_stream},
};

/// `torch.arange(1, 181).float().reshape(2, 3, 5, 6) * 37 % 101 / 101`
fn images(dtype: DType, device: Device) -> Tensor {
    let values: Vec<f64> = (1..181).map(|i| f64::from(i * 37 % 101) / 101.0).collect();
    let images = Tensor::from_data(values, [2, 3, 5, 6], Device::Cpu).unwrap();
    images.cast(dtype).unwrap().to_device(device).unwrap()
}

/// A transform, and what torchvision gives: the shape, eight first elements, the sum, and the sum of elements
/// multiplied by their numbers.
type Known = (&'static str, fn(&Tensor) -> Result<Tensor>, [usize; 4], [f64; 8], f64, f64);

fn scalar(x: &Tensor, value: f64) -> Result<Tensor> {
    Tensor::scalar(value, x.dtype(), x.device())
}

const KNOWN: &[Known] = &[
    (
        "resize to fewer",
        |x| transform::resize(x, [3, 4]),
        [2, 3, 3, 4],
        [0.588579, 0.435801, 0.488763, 0.359795, 0.608086, 0.463024, 0.486004, 0.456683],
        35.81273,
        1274.171,
    ),
    (
        "resize to more",
        |x| transform::resize(x, [7, 9]),
        [2, 3, 7, 9],
        [0.366337, 0.549505, 0.627063, 0.20462, 0.282178, 0.526403, 0.770627, 0.514851],
        187.86705,
        35456.719,
    ),
    (
        "resize the shorter side",
        |x| transform::resize(x, transform::shorter_side(x, 3)?),
        [2, 3, 3, 3],
        [0.570014, 0.438472, 0.408972, 0.547855, 0.497662, 0.443502, 0.518893, 0.489392],
        26.73384,
        709.891,
    ),
    (
        "center_crop",
        |x| transform::center_crop(x, [2, 3]),
        [2, 3, 2, 3],
        [0.49505, 0.861386, 0.227723, 0.693069, 0.059406, 0.425743, 0.485149, 0.851485],
        15.68317,
        261.356,
    ),
    (
        "center_crop beyond the edges",
        |x| transform::center_crop(x, [8, 4]),
        [2, 3, 8, 4],
        [0.0, 0.0, 0.0, 0.0, 0.732673, 0.09901, 0.465347, 0.831683],
        56.41584,
        5280.04,
    ),
    (
        "normalize",
        |x| transform::normalize(x, &[0.1, 0.2, 0.3], &[0.5, 0.25, 2.0]),
        [2, 3, 5, 6],
        [0.532673, 1.265347, -0.00198, 0.730693, 1.463366, 0.19604, 0.928713, 1.661386],
        126.24257,
        10107.347,
    ),
    (
        "rgb_to_grayscale",
        |x| transform::grayscale(x, 1),
        [2, 1, 5, 6],
        [0.358231, 0.724531, 0.090931, 0.457231, 0.823531, 0.189931, 0.556231, 0.922531],
        30.01584,
        901.144,
    ),
    (
        "gaussian_blur",
        |x| transform::gaussian_blur(x, 3, &scalar(x, 0.8)?),
        [2, 3, 5, 6],
        [0.636093, 0.58833, 0.432655, 0.445761, 0.437825, 0.367082, 0.625225, 0.566941],
        88.57461,
        7959.271,
    ),
    (
        "gaussian_blur, wide",
        |x| transform::gaussian_blur(x, 5, &scalar(x, 1.5)?),
        [2, 3, 5, 6],
        [0.548896, 0.555447, 0.499533, 0.458678, 0.405786, 0.415224, 0.553502, 0.551961],
        87.21451,
        7825.338,
    ),
    (
        "adjust_sharpness",
        |x| transform::adjust_sharpness(x, &scalar(x, 2.5)?),
        [2, 3, 5, 6],
        [0.366337, 0.732673, 0.09901, 0.465347, 0.831683, 0.19802, 0.564356, 1.0],
        88.16603,
        7921.306,
    ),
    (
        "solarize",
        |x| transform::solarize(x, 0.4),
        [2, 3, 5, 6],
        [0.366337, 0.267327, 0.09901, 0.534653, 0.168317, 0.19802, 0.435644, 0.069307],
        46.72277,
        4165.872,
    ),
    (
        "posterize",
        |x| transform::posterize(x, 2),
        [2, 3, 5, 6],
        [0.25, 0.5, 0.0, 0.25, 0.75, 0.0, 0.5, 0.75],
        67.0,
        6014.75,
    ),
    (
        "autocontrast",
        transform::autocontrast,
        [2, 3, 5, 6],
        [0.350515, 0.731959, 0.072165, 0.453608, 0.835052, 0.175258, 0.556701, 0.938144],
        90.22659,
        8128.545,
    ),
    (
        "pad",
        |x| transform::pad(x, [1, 2, 0, 1], Padding::Reflect),
        [2, 3, 8, 7],
        [0.128713, 0.762376, 0.128713, 0.49505, 0.861386, 0.227723, 0.594059, 0.930693],
        167.18813,
        27929.979,
    ),
    (
        "horizontal_flip",
        |x| augment::random_horizontal_flip(x, 1.0),
        [2, 3, 5, 6],
        [0.19802, 0.831683, 0.465347, 0.09901, 0.732673, 0.366337, 0.39604, 0.029703],
        89.62376,
        8040.782,
    ),
];

#[test]
fn transforms_are_those_of_torchvision() {
    let gpu = gpu().map(|gpu| (DType::F32, gpu));
    for (dtype, device) in [(DType::F64, Device::Cpu), (DType::F32, Device::Cpu)].into_iter().chain(gpu) {
        for (name, run, shape, first, sum, weighted) in KNOWN {
            let y = run(&images(dtype, device)).unwrap();
            assert_eq!(y.shape(), shape, "{name}");
            let y = y.to_f64().unwrap();
            let near = |a: f64, b: f64| (a - b).abs() <= 2e-6 * (1.0 + b.abs()).max(1.0);
            let sums = [y.iter().sum(), y.iter().zip(0..).map(|(y, i)| y * f64::from(i)).sum::<f64>()];
            assert!(y.iter().zip(first).all(|(a, b)| near(*a, *b)), "{name}: {:?}", &y[..8]);
            assert!(near(sums[0], *sum) && near(sums[1], *weighted), "{name}: {sums:?}");
        }
    }
}

#[test]
fn slopes_of_transforms_are_measured() {
    let x = images(DType::F64, Device::Cpu);
    // Rounding has no slope, and mirroring one of the kernels' tests.
    let rounded = ["posterize", "horizontal_flip"];
    for (name, run, ..) in KNOWN.iter().filter(|known| !rounded.contains(&known.0)) {
        slopes_are_measured(&|x| run(&x[0]), std::slice::from_ref(&x), &[true], name);
    }
}

fn drawn<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    with_stream(Key::new(seed), run)
}

#[test]
fn a_random_crop_is_a_window() {
    let x = images(DType::F32, Device::Cpu);
    let pixels = x.to_f32().unwrap();
    let mut places = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let y = drawn(seed, || random_crop(&x, [4, 4], 0, Padding::Constant(0.0))).unwrap();
        let found = y.to_f32().unwrap();
        for (n, picture) in found.chunks_exact(3 * 16).enumerate() {
            let at = |c: usize, row: usize, col: usize| pixels[((n * 3 + c) * 5 + row) * 6 + col];
            let is_at = |top: usize, left: usize| {
                (0..48).all(|i| picture[i] == at(i / 16, top + i % 16 / 4, left + i % 4))
            };
            let place = (0..2).flat_map(|top| (0..3).map(move |left| (top, left)));
            places.insert(place.into_iter().find(|&(top, left)| is_at(top, left)).expect("a window"));
        }
    }
    assert_eq!(places.len(), 6, "each of the six windows comes: {places:?}");
    assert!(random_crop(&x, [6, 4], 0, Padding::Constant(0.0)).is_err());
    let padded = drawn(1, || random_crop(&x, [9, 10], 2, Padding::Reflect)).unwrap();
    let expected = x.pad(&[[2; 2]; 2], Padding::Reflect).unwrap();
    assert_eq!(padded.to_f32().unwrap(), expected.to_f32().unwrap());
}

#[test]
fn what_is_drawn_depends_on_the_stream_alone() {
    let x = images(DType::F32, Device::Cpu);
    let still = Moved { degrees: [0.0; 2], translate: [0.0; 2], scale: [1.0; 2], shear: [0.0; 2] };
    let all = || -> Vec<Tensor> {
        vec![
            random_resized_crop(&x, [4, 4], [0.2, 1.0], [0.75, 1.33], false).unwrap(),
            random_erasing(&x, 0.7, [0.1, 0.4], [0.3, 3.3], None).unwrap(),
            random_affine("a", &x, &Moved { degrees: [-30.0, 30.0], translate: [0.2; 2], ..still }).unwrap(),
            augment::random_color_jitter(&x, [[0.5, 1.5], [0.5, 1.5], [0.5, 1.5], [-0.2, 0.2]]).unwrap(),
            augment::random_gaussian_blur(&x, 3, [0.1, 2.0]).unwrap(),
            augment::random_grayscale(&x, 0.5).unwrap(),
            augment::random_vertical_flip(&x, 0.5).unwrap(),
        ]
    };
    let [one, again, other] = [3, 3, 4].map(|seed| drawn(seed, all));
    for (a, b) in one.iter().zip(&again) {
        assert!(a.has_same_bits(b));
    }
    assert!(one.iter().zip(&other).any(|(a, b)| !a.has_same_bits(b)));
    let same = drawn(1, || random_affine("a", &x, &still)).unwrap();
    let apart = same.sub(&x).unwrap().abs().unwrap().max_dims(&[0, 1, 2, 3], false).unwrap();
    assert!(apart.item().unwrap() < 1e-5);
    let whole = drawn(1, || random_resized_crop(&x, [5, 6], [1.0, 1.0], [1.2, 1.2], false)).unwrap();
    let apart = whole.sub(&x).unwrap().abs().unwrap().max_dims(&[0, 1, 2, 3], false).unwrap();
    assert!(apart.item().unwrap() < 1e-5, "all of the image is itself");
}

/// As one sees it: images of one number, so that what is mixed in is known.
#[test]
fn mixed_images_have_mixed_labels() {
    let x = Tensor::from_data(vec![0.0f32, 1.0, 2.0], [3, 1, 1, 1], Device::Cpu).unwrap();
    let x = x.expand(&[3, 1, 8, 8]).unwrap();
    let labels = Tensor::from_data(vec![0i32, 1, 2], [3], Device::Cpu).unwrap();
    for (name, mix) in [("mixup", mixup as fn(_, _, _, _) -> _), ("cutmix", cutmix)] {
        for seed in 0..20 {
            let (images, shares) = drawn(seed, || mix(&x, &labels, 3, 1.0)).unwrap();
            let means = images.mean_dims(&[1, 2, 3], false).unwrap().to_f64().unwrap();
            let shares = shares.to_f64().unwrap();
            for (mean, share) in means.iter().zip(shares.chunks_exact(3)) {
                assert!((share.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{name}: {share:?}");
                let expected = share[1] + 2.0 * share[2];
                assert!((mean - expected).abs() < 1e-5, "{name}: {mean}, labels {share:?}");
            }
        }
    }
    let one = x.narrow(0, 1, 1).unwrap();
    let (same, _) = mixup(&one, &labels.narrow(0, 1, 1).unwrap(), 3, 1.0).unwrap();
    assert_eq!(same.to_f32().unwrap(), one.to_f32().unwrap());
}

#[test]
fn wrong_calls_say_what_is_expected() {
    let x = images(DType::F32, Device::Cpu);
    let whole = Tensor::from_data(vec![0i32; 4], [4], Device::Cpu).unwrap();
    let says = |result: Result<Tensor>, part: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    says(transform::normalize(&x, &[0.5], &[1.0]), "3 numbers, one a channel");
    says(transform::normalize(&x, &[0.5; 3], &[0.0; 3]), "other than 0");
    says(transform::resize(&x, [0, 3]), "at least 1 by 1");
    says(transform::resize(&x, [usize::MAX, 3]), "");
    says(transform::center_crop(&x, [usize::MAX / 2, 3]), "");
    says(transform::gaussian_blur(&x, 4, &scalar(&x, 1.0).unwrap()), "an odd number");
    says(transform::gaussian_blur(&x, 3, &scalar(&x, f64::NAN).unwrap()), "above 0");
    says(transform::posterize(&x, 9), "1 to 8");
    says(augment::random_horizontal_flip(&x, 1.5), "0 to 1");
    says(random_resized_crop(&x, [4, 4], [0.5, 0.1], [1.0, 1.0], false), "[low, high]");
    says(random_resized_crop(&x, [4, 4], [f64::NAN, 1.0], [1.0, 1.0], false), "[low, high]");
    says(mixup(&x, &whole, 3, 1.0).map(|(x, _)| x), "one for each image");
    says(mixup(&x, &whole.narrow(0, 0, 2).unwrap(), 3, 0.0).map(|(x, _)| x), "above 0");
}
