//! Values and slopes where a function has an edge, as PyTorch has them: its `binary_cross_entropy`,
//! `atan2_backward`, `pow_backward_self`, `pow_backward_exponent`, `norm_backward`, `std_backward`.

use crate::support::gpu;
use ops::nn::loss::Reduction;
use ops::{
    DType, Device, Error, Result, Tensor,
    kernels::{
        augment::{Affine, Outside, affine},
        sphere,
    },
    nn::loss,
};

const INF: f64 = f64::INFINITY;

fn vector(values: &[f64], dtype: DType) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap().cast(dtype).unwrap()
}

/// The gradients of the sum of what `f` makes of some vectors.
fn slopes(x: &[&[f64]], dtype: DType, f: impl Fn(&[Tensor]) -> Result<Tensor>) -> Vec<Vec<f64>> {
    let x: Vec<_> = x.iter().map(|x| vector(x, dtype).track().unwrap()).collect();
    let gradients = f(&x).unwrap().sum().unwrap().backward().unwrap();
    x.iter().map(|x| gradients.of(x).unwrap().to_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    let close = |a: f64, b: f64| a == b || ((a - b) / b.abs().max(1e-30)).abs() < 1e-5;
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| close(*a, *b)),
        "{found:?}"
    );
}

#[test]
fn cross_entropy_of_what_is_wholly_wrong_is_100_with_a_slope() {
    for dtype in [DType::F32, DType::F64] {
        let (p, t) = ([1.0, 0.0, 0.25, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0, 0.0]);
        let y = loss::bce(&vector(&p, dtype), &vector(&t, dtype), Reduction::Mean).unwrap().item().unwrap();
        assert_close(&[y], &[(200.0 + 4f64.ln()) / 5.0]);
        let found = slopes(&[&p, &t], dtype, |x| loss::bce(&x[0], &x[1], Reduction::Mean)?.mul_scalar(5.0));
        assert_close(&found[0], &[1e12, -1e12, -4.0, 0.0, 0.0]);
        assert_close(&found[1], &[-100.0, 100.0, 3f64.ln(), -100.0, 100.0]);
    }
}

#[test]
fn cross_entropy_refuses_what_is_no_probability() {
    let one = vector(&[1.0, 1.0], DType::F32);
    for (wrong, shown) in [(1.5, "1.5"), (-0.5, "-0.5"), (f64::NAN, "NaN"), (INF, "inf")] {
        for dtype in [DType::F32, DType::F64] {
            let error = loss::bce(&vector(&[0.5, wrong], dtype), &one.cast(dtype).unwrap(), Reduction::Mean)
                .unwrap_err();
            let expected = format!("bce: a probability is {shown}, expected 0 to 1 (`x.sigmoid()` makes");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }
}

#[test]
fn what_a_gpu_computes_is_refused_when_it_is_read() {
    let Some(device) = gpu() else { return };
    let on = |values: &[f64]| vector(values, DType::F32).to_device(device).unwrap();
    let (target, other) = (on(&[1.0, 1.0]), on(&[2.0]));
    let fine = loss::bce(&on(&[0.5, 1.0]), &target, Reduction::Mean).unwrap();
    assert_close(&[fine.item().unwrap()], &[2f64.ln() / 2.0]);
    for _ in 0..3 {
        loss::bce(&on(&[0.5, 1.5]), &target, Reduction::Mean).unwrap();
    }
    let error = other.item().unwrap_err();
    assert!(matches!(error, Error::Argument { op: "bce", .. }), "{error}");
    assert_eq!(other.item(), Ok(2.0), "it is refused once");
}

#[test]
fn an_angle_has_slopes_everywhere() {
    for dtype in [DType::F32, DType::F64] {
        // The origin has none; the squares of the others are too small or too large for an f32.
        let (y, x) = ([0.0, 3e-30, -3e30, 1.0, 0.0], [0.0, 4e-30, 4e30, 0.0, -2.0]);
        let found = slopes(&[&y, &x], dtype, |x| x[0].atan2(&x[1]));
        assert_close(&found[0], &[0.0, 4e29 / 2.5, 4e-30 / 25.0 * 1.0, 0.0, -0.5]);
        assert_close(&found[1], &[0.0, -3e29 / 2.5, 3e-30 / 25.0 * 1.0, -1.0, 0.0]);
    }
}

#[test]
fn powers_of_nothing() {
    let (base, exponent) = ([0.0, 0.0, 0.0, 2.0, 0.0], [0.0, 2.0, -1.0, 0.0, 1.0]);
    let y = vector(&base, DType::F64).pow(&vector(&exponent, DType::F64)).unwrap();
    assert_close(&y.to_f64().unwrap(), &[1.0, 0.0, INF, 1.0, 0.0]);
    let found = slopes(&[&base, &exponent], DType::F64, |x| x[0].pow(&x[1]));
    assert_close(&found[0], &[0.0, 0.0, -INF, 0.0, 1.0]);
    assert_close(&found[1], &[0.0, 0.0, -INF, 2f64.ln(), 0.0]);
    let roots = slopes(&[&[0.0, 4.0]], DType::F64, |x| x[0].sqrt()?.add(&x[0].pow_scalar(0.5)?));
    assert_close(&roots[0], &[INF, 0.5]);
}

#[test]
fn lengths_and_deviations_of_nothing_have_no_slope() {
    for dtype in [DType::F32, DType::F64] {
        assert_close(&slopes(&[&[0.0, 0.0]], dtype, |x| x[0].norm_dims(&[], false))[0], &[0.0, 0.0]);
        assert_close(&slopes(&[&[3.0, 3.0]], dtype, |x| x[0].std_dims(&[], false, 1))[0], &[0.0, 0.0]);
        assert_close(&slopes(&[&[0.0, -2.0]], dtype, |x| x[0].abs())[0], &[0.0, -1.0]);
        // `F.normalize`: what is shorter than 1e-12 is divided by that.
        let unit = slopes(&[&[0.0, 0.0]], dtype, |x| sphere::normalize(&x[0].reshape(&[1, 2])?));
        assert_close(&unit[0], &[1e12, 1e12]);
    }
}

fn integers(values: &[i32]) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap()
}

#[test]
fn sums_of_whole_numbers_are_of_64_bits() {
    let large = integers(&[i32::MAX, 1, -1, 1]);
    let sum = large.sum().unwrap();
    assert_eq!((sum.item(), sum.dtype()), (Ok(2147483648.0), DType::I64));
    assert_eq!(large.cumsum(0).unwrap().to_f64().unwrap()[1], 2147483648.0);
    let product = |values: &[i32]| integers(values).prod_dims(&[], false).unwrap().item().unwrap();
    assert_eq!(product(&[65536, 65536, 3]), 3.0 * f64::from(1 << 16).powi(2));
    assert_eq!(product(&[i32::MIN, 1, -1]), 2147483648.0);
    let truths = integers(&[1, 0, 5]).cast(DType::Bool).unwrap();
    assert_eq!((truths.sum().unwrap().item(), truths.sum().unwrap().dtype()), (Ok(2.0), DType::I64));
}

#[test]
fn a_map_without_an_inverse_is_refused() {
    let number = |value: f64| Tensor::scalar(value, DType::F32, Device::Cpu).unwrap();
    let images = Tensor::full([2, 1, 3, 3], 1.0, DType::F32, Device::Cpu).unwrap();
    let moved = |rotation: f64, scale: f64| {
        let map = Affine {
            rotation: number(rotation),
            translation: number(0.0),
            scale: number(scale),
            shear: number(0.0),
        };
        affine(&images, &map, Outside::Zero).map(drop)
    };
    assert_eq!(moved(30.0, 0.5), Ok(()));
    for (rotation, scale) in [(0.0, 0.0), (INF, 1.0), (0.0, f64::NAN), (0.0, 1e-300)] {
        let error = moved(rotation, scale).unwrap_err().to_string();
        assert!(error.starts_with("augment::affine: a map is without an inverse, or not finite"), "{error}");
    }
}
