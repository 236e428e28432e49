//! Gradients where functions have a bend: at ties, at bounds, at infinities; and the functions that are made
//! of such parts. All numbers are torch 2.15's, by the calls that the comments name.

use crate::support::cases;
use ops::{
    DType, Device, Result, Tensor,
    nn::loss::{Reduction, huber, smooth_l1},
};

const INF: f64 = f64::INFINITY;

fn on(values: &[f64], shape: &[usize], device: Device) -> Tensor {
    cases::tensor(values, shape, DType::F32, device)
}

#[track_caller]
fn close(found: &Tensor, expected: &[f64]) {
    let found = found.to_f64().unwrap();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    let near =
        |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() < 3e-6 * (1.0 + b.abs());
    assert!(found.iter().zip(expected).all(near), "{found:?}, expected {expected:?}");
}

/// The gradient of the sum of f at x, on all devices.
#[track_caller]
fn slopes(values: &[f64], shape: &[usize], expected: &[f64], f: impl Fn(&Tensor) -> Result<Tensor>) {
    for device in cases::devices() {
        let x = on(values, shape, device).track().unwrap();
        let gradients = f(&x).unwrap().sum().unwrap().backward().unwrap();
        close(gradients.of(&x).unwrap(), expected);
    }
}

/// x.amax(..), x.max(), x.amin(..): equal elements share.
#[test]
fn equal_extremes_share_the_gradient() {
    slopes(&[1.0, 1.0, 2.0, 2.0], &[4], &[0.0, 0.0, 0.5, 0.5], |x| x.max_dims(&[], false));
    let x = [1.0, 1.0, 2.0, 2.0, 2.0, 0.0];
    slopes(&x, &[2, 3], &[0.0, 0.0, 1.0, 0.5, 0.5, 0.0], |x| x.max_dims(&[1], false));
    slopes(&x, &[2, 3], &[0.5, 0.5, 0.0, 0.0, 0.0, 1.0], |x| x.min_dims(&[-1], true));
    let third = 1.0 / 3.0;
    slopes(&x, &[2, 3], &[0.0, 0.0, third, third, third, 0.0], |x| x.max_dims(&[0, 1], false));
    // Pooling takes the first.
    slopes(&x, &[2, 3], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0], |x| x.first_max_dims(&[1], false));
}

/// torch.maximum, torch.minimum: each gets half, and both get all where one is no number.
#[test]
fn equal_operands_share_the_gradient() {
    for device in cases::devices() {
        let both =
            || [[1.0, 2.0, f64::NAN], [1.0; 3]].map(|values| on(&values, &[3], device).track().unwrap());
        let [a, b] = both();
        let gradients = a.maximum(&b).unwrap().sum().unwrap().backward().unwrap();
        close(gradients.of(&a).unwrap(), &[0.5, 1.0, 1.0]);
        close(gradients.of(&b).unwrap(), &[0.5, 0.0, 1.0]);
        let [a, b] = both();
        let gradients = a.minimum(&b).unwrap().sum().unwrap().backward().unwrap();
        close(gradients.of(&a).unwrap(), &[0.5, 0.0, 1.0]);
        close(gradients.of(&b).unwrap(), &[0.5, 1.0, 1.0]);
    }
}

/// x.clamp(0, 6), x.clamp(min=0), x.clamp(max=6)
#[test]
fn bounds_of_clamps_have_no_gradient() {
    let x = [-1.0, 0.0, 3.0, 6.0, 7.0];
    slopes(&x, &[5], &[0.0, 0.0, 1.0, 0.0, 0.0], |x| x.clamp(0.0, 6.0));
    slopes(&x, &[5], &[0.0, 0.0, 1.0, 1.0, 1.0], |x| x.clamp_min(0.0));
    slopes(&x, &[5], &[1.0, 1.0, 1.0, 0.0, 0.0], |x| x.clamp_max(6.0));
}

/// F.relu6, F.hardtanh, ... with their gradients.
#[test]
fn activations_and_their_slopes() {
    const X: [f64; 9] = [-4.0, -3.0, -1.0, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0];
    type F = fn(&Tensor) -> Result<Tensor>;
    let rows: [(F, [f64; 9], [f64; 9]); 12] = [
        (
            |x| x.hardtanh(-1.0, 1.0),
            [-1.0, -1.0, -1.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
        ),
        (
            Tensor::relu6,
            [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 6.0],
            [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        ),
        (
            Tensor::hardsigmoid,
            [0.0, 0.0, 0.3333333, 0.5, 0.5833333, 0.6666667, 1.0, 1.0, 1.0],
            [0.0, 0.0, 0.1666667, 0.1666667, 0.1666667, 0.1666667, 0.0, 0.0, 0.0],
        ),
        (
            Tensor::hardswish,
            [0.0, 0.0, -0.3333333, 0.0, 0.2916667, 0.6666667, 3.0, 6.0, 7.0],
            [0.0, 0.0, 0.1666667, 0.5, 0.6666667, 0.8333334, 1.0, 1.0, 1.0],
        ),
        (
            Tensor::mish,
            [-0.0725918, -0.1456475, -0.3034014, 0.0, 0.3752452, 0.8650984, 2.9865351, 5.9999266, 6.9999886],
            [-0.0537732, -0.0933931, 0.0592167, 0.6, 0.8864244, 1.0490363, 1.021107, 1.000134, 1.0000217],
        ),
        (
            Tensor::selu,
            [-1.7258986, -1.6705687, -1.1113307, 0.0, 0.5253505, 1.050701, 3.1521029, 6.3042059, 7.354907],
            [0.0322007, 0.0875306, 0.6467686, 1.7580993, 1.050701, 1.050701, 1.050701, 1.050701, 1.050701],
        ),
        (
            |x| x.celu(0.5),
            [-0.4998323, -0.4987606, -0.4323324, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0],
            [0.0003355, 0.0024788, 0.1353353, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        ),
        (
            |x| x.elu(0.7),
            [-0.6871791, -0.665149, -0.4424844, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0],
            [0.0128209, 0.0348509, 0.2575156, 0.7, 1.0, 1.0, 1.0, 1.0, 1.0],
        ),
        (
            Tensor::softsign,
            [-0.8, -0.75, -0.5, 0.0, 0.3333333, 0.5, 0.75, 0.8571429, 0.875],
            [0.04, 0.0625, 0.25, 1.0, 0.4444445, 0.25, 0.0625, 0.0204082, 0.015625],
        ),
        (
            |x| x.hardshrink(0.5),
            [-4.0, -3.0, -1.0, 0.0, 0.0, 1.0, 3.0, 6.0, 7.0],
            [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        ),
        (
            |x| x.softshrink(0.5),
            [-3.5, -2.5, -0.5, 0.0, 0.0, 0.5, 2.5, 5.5, 6.5],
            [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        ),
        (
            |x| x.threshold(0.5, -2.0),
            [-2.0, -2.0, -2.0, -2.0, -2.0, 1.0, 3.0, 6.0, 7.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        ),
    ];
    for (f, values, gradients) in rows {
        close(&f(&on(&X, &[9], Device::Cpu)).unwrap(), &values);
        slopes(&X, &[9], &gradients, f);
    }
    close(&on(&[1.0, 2.0, 3.0, -1.0], &[1, 4], Device::Cpu).glu(-1).unwrap(), &[0.9525741, 0.5378829]);
    // F.prelu(x, [0.25]) at 0
    slopes(&[-1.0, 0.0, 1.0], &[3], &[0.25, 0.25, 1.0], |x| x.prelu(&on(&[0.25], &[1], x.device())));
    // F.elu at the ends
    slopes(&[-INF, INF], &[2], &[0.0, 1.0], |x| x.elu(1.0));
}

/// F.huber_loss, F.smooth_l1_loss with infinite errors
#[test]
fn infinite_errors_have_the_slope_of_their_side() {
    for x in [[-INF, 1.0], [INF, 1.0]] {
        let side = 0.5 * x[0].signum();
        let zeros = |x: &Tensor| x.zeros_like();
        slopes(&x, &[2], &[side, 0.5], |x| huber(x, &zeros(x)?, 1.0, Reduction::Mean));
        slopes(&x, &[2], &[side, 0.5], |x| smooth_l1(x, &zeros(x)?, 0.5, Reduction::Mean));
    }
    // Small errors keep their digits.
    slopes(&[1e-6], &[1], &[1e-6], |x| huber(x, &x.zeros_like()?, 1.0, Reduction::Mean));
}

/// torch.linalg.vector_norm(x, p, 1) with its gradient
#[test]
fn norms_of_any_order() {
    let x = [3.0, -4.0, 0.0, 1.0, 2.0, -2.0];
    let rows: [(f64, [f64; 2], [f64; 6]); 5] = [
        (1.0, [7.0, 5.0], [1.0, -1.0, 0.0, 1.0, 1.0, -1.0]),
        (1.5, [5.5842505, 3.5387187], [0.7329564, -0.8463452, 0.0, 0.5315902, 0.7517821, -0.7517821]),
        (3.0, [4.4979415, 2.5712817], [0.4448513, -0.7908468, 0.0, 0.1512519, 0.6050074, -0.6050074]),
        (INF, [4.0, 2.0], [0.0, -1.0, 0.0, 0.0, 0.5, -0.5]),
        (-INF, [0.0, 1.0], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
    ];
    for (p, values, gradients) in rows {
        close(&on(&x, &[2, 3], Device::Cpu).norm_of(p, &[1], false).unwrap(), &values);
        slopes(&x, &[2, 3], &gradients, |x| x.norm_of(p, &[1], false));
    }
    close(&on(&x, &[2, 3], Device::Cpu).norm_of(0.0, &[1], false).unwrap(), &[2.0, 3.0]);
}

/// torch.lgamma, digamma, polygamma, mvlgamma, erfinv, erfc in f64, with their gradients
#[test]
fn functions_of_analysis() {
    let f64s = |values: &[f64]| cases::tensor(values, &[values.len()], DType::F64, Device::Cpu);
    let x = f64s(&[0.3, 1.0, 2.5, -0.7, 7.0, 25.0]).track().unwrap();
    let slope = |y: &Tensor, x: &Tensor| y.sum().unwrap().gradient(&[x]).unwrap().remove(0);
    let digamma = [-3.5025242, -0.5772157, 0.7031566, -2.0739528, 1.8727843, 3.1987425];
    let trigamma = [12.2453645, 1.6449341, 0.4903578, 14.2861809, 0.1535452, 0.0408107];
    let y = x.lgamma().unwrap();
    close(&y, &[1.095798, 0.0, 0.2846829, 1.4524729, 6.5792512, 54.7847294]);
    close(&slope(&y, &x), &digamma);
    close(&x.digamma().unwrap(), &digamma);
    close(&slope(&x.digamma().unwrap(), &x), &trigamma);
    close(&x.polygamma(1).unwrap(), &trigamma);
    let third = [743.1417647, 6.4939394, 0.2239058, 768.1313523, 0.0071982, 0.0001359];
    close(&x.polygamma(3).unwrap(), &third);
    close(&f64s(&[7.0, 25.0]).mvlgamma(3).unwrap(), &[18.7463998, 161.2989943]);
    let z = f64s(&[0.0, 0.1, -0.5, 0.9, 0.999, 0.9999999]).track().unwrap();
    let y = z.erfinv().unwrap();
    close(&y, &[0.0, 0.088856, -0.4769363, 1.1630872, 2.3267538, 3.7665626]);
    close(
        &slope(&y, &z).narrow(0, 0, 5).unwrap(),
        &[0.8862269, 0.8932517, 1.1125848, 3.4280428, 198.9395178],
    );
    close(&f64s(&[1.0, -1.0, 1.5]).erfinv().unwrap(), &[INF, -INF, f64::NAN]);
    let z = f64s(&[0.0, 0.5, -1.0, 3.0]).track().unwrap();
    let y = z.erfc().unwrap();
    close(&y, &[1.0, 0.4795001221869535, 1.8427007929497148, 2.209049699858544e-05]);
    close(&slope(&y, &z), &[-std::f64::consts::FRAC_2_SQRT_PI, -0.8787826, -0.4151075, -0.0001393]);
    assert!(f64s(&[1.0]).polygamma(21).is_err() && f64s(&[1.0]).mvlgamma(0).is_err());
}

/// torch.expm1 in f32, torch.fmod, torch.heaviside, torch.xlogy, torch.hypot, F.max_pool2d
#[test]
fn numbers_that_round() {
    for device in cases::devices() {
        let x = on(&[-8.0, -1e-4, 0.0, 1e-7, 0.3, 5.0], &[6], device);
        let y = x.expm1().unwrap().to_f64().unwrap();
        let expected = [
            -0.9996645450592041,
            -9.999499889090657e-05,
            0.0,
            1.000000082740371e-07,
            0.349858820438385,
            147.4131622314453,
        ];
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 3e-6 * b.abs();
        assert!(y.iter().zip(&expected).all(near), "{y:?}");
        let (a, b) = (on(&[-7.0, 7.0, -7.5, 5.5], &[4], device), on(&[3.0, -3.0, 2.0, -2.0], &[4], device));
        close(&a.fmod(&b).unwrap(), &[-1.0, 1.0, -1.5, 1.5]);
        close(
            &on(&[-1.0, 0.0, 2.0], &[3], device).heaviside(&on(&[0.5], &[], device)).unwrap(),
            &[0.0, 0.5, 1.0],
        );
        let (x, y) = (on(&[0.0, 2.0, 0.0], &[3], device), on(&[0.0, 3.0, f64::NAN], &[3], device));
        close(&x.xlogy(&y).unwrap(), &[0.0, 2.1972246, f64::NAN]);
    }
    let large = on(&[3e20, 0.0], &[2], Device::Cpu).hypot(&on(&[4e20, 0.0], &[2], Device::Cpu)).unwrap();
    close(&large, &[5e20, 0.0]);
    let numbers: Vec<f64> = (0..42).map(|i| f64::from(i * 17 % 42)).collect();
    let images = on(&numbers, &[1, 1, 6, 7], Device::Cpu);
    let pooled = |kernel, padding, dilation, ceil| {
        images.max_pool2d_dilated([kernel; 2], [2, 2], [padding; 2], [dilation; 2], ceil).unwrap()
    };
    close(&pooled(2, 0, 2, false), &[34.0, 34.0, 26.0, 28.0, 40.0, 40.0]);
    close(&pooled(2, 0, 1, true), &[35.0, 34.0, 36.0, 18.0, 38.0, 37.0, 29.0, 39.0, 31.0, 41.0, 40.0, 32.0]);
    close(
        &pooled(3, 1, 1, true),
        &[35.0, 34.0, 36.0, 36.0, 38.0, 38.0, 37.0, 39.0, 38.0, 41.0, 40.0, 39.0, 24.0, 41.0, 33.0, 25.0],
    );
}
