//! Winner-take-all sparsity against PyTorch (`golden/wta.json`).

use crate::support::*;
use ops::{DType, Device, Error, Result, Spec, Tensor, kernels::sparsity, no_grad, op::Window, random};
use serde_json::Value;

/// What a case of the file asks for; `None` where we do not offer it.
fn sparse(case: &Value, x: &Tensor) -> Option<Result<Tensor>> {
    let rate = case["rate"].as_f64().unwrap_or(1.0);
    match case["function"].as_str().unwrap() {
        "spatial_wta" => (case["ties"] == "first").then(|| sparsity::spatial(x)),
        "wta(lifetime=False)" => Some(sparsity::spatial(x)),
        "lifetime_wta" => Some(sparsity::lifetime(x, rate)),
        "wta" => Some(sparsity::winner_take_all(x, rate)),
        _ => None,
    }
}

#[test]
fn sparsity_is_that_of_pytorch() {
    let file = golden("wta");
    let mut tested = 0;
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["output"].is_object()) {
        for (dtype, limit) in PRECISIONS {
            let x = tensor(&case["inputs"]["x"], dtype).track().unwrap();
            let Some(y) = sparse(case, &x) else { continue };
            let y = y.unwrap();
            assert_golden(&y, &case["output"], limit);
            let gradients = y.backward_with(&tensor(&case["ct"], dtype)).unwrap();
            assert_golden(gradients.of(&x).unwrap(), &case["grads"]["x"], limit);
            tested += 1;
        }
    }
    assert!(tested >= 20, "{tested} cases");
}

/// Every function, as (name, function).
type Sparsity = fn(&Tensor) -> Result<Tensor>;
const FUNCTIONS: [(&str, Sparsity); 4] = [
    ("spatial", sparsity::spatial),
    ("lifetime", |x| sparsity::lifetime(x, 0.3)),
    ("winner_take_all", |x| sparsity::winner_take_all(x, 0.3)),
    ("top_k", |x| sparsity::top_k(x, 1 + x.len() / x.shape()[0] / 3)),
];

/// Small whole numbers with many ties, and both zeros.
fn tied(shape: [usize; 4]) -> Tensor {
    let number = |i: usize| match (i * 7919 + i * i * 31) % 11 {
        0 => -0.0,
        n => n as f32 - 4.0,
    };
    floats(&(0..shape.iter().product()).map(number).collect::<Vec<_>>(), &shape)
}

/// Words, so that zeros have a sign and NaN equals itself.
fn words(x: &Tensor) -> Vec<u32> {
    x.to_f32().unwrap().into_iter().map(f32::to_bits).collect()
}

/// The kernel's output and gradient on a device.
fn outcome(f: Sparsity, x: &Tensor, device: Device) -> [Vec<u32>; 2] {
    let x = x.to_device(device).unwrap().track().unwrap();
    let y = f(&x).unwrap();
    let ct = Tensor::from_data((0..x.len()).map(|i| i as f32 + 1.0).collect::<Vec<_>>(), x.shape(), device);
    let dx = y.backward_with(&ct.unwrap()).unwrap();
    [words(&y), words(dx.of(&x).unwrap())]
}

const SIZES: [[usize; 4]; 9] = [
    [1, 1, 1, 1],
    [2, 3, 1, 31],
    [3, 2, 4, 8],
    [1, 5, 11, 3],
    [31, 2, 5, 1],
    [33, 3, 2, 2],
    [2, 2, 15, 17],
    [2, 3, 16, 16],
    [2, 1, 1, 257],
];

#[test]
fn kernels_are_the_plain_operations() {
    for (name, f) in FUNCTIONS {
        for shape in SIZES {
            let x = tied(shape);
            let [y, dx] = outcome(f, &x, Device::Cpu);
            let plain = x.cast(DType::F64).unwrap().track().unwrap();
            let expected = f(&plain).unwrap();
            let ct: Vec<f64> = (0..x.len()).map(|i| i as f64 + 1.0).collect();
            let ct = Tensor::from_data(ct, shape, Device::Cpu).unwrap();
            let gradient = expected.backward_with(&ct).unwrap();
            let positive = |x: &Tensor| words(&x.cast(DType::F32).unwrap().add_scalar(0.0).unwrap());
            let y =
                Tensor::from_data(y.into_iter().map(f32::from_bits).collect::<Vec<_>>(), shape, Device::Cpu);
            assert_eq!(positive(&y.unwrap()), positive(&expected), "{name} {shape:?}");
            assert_eq!(
                dx,
                words(&gradient.of(&plain).unwrap().cast(DType::F32).unwrap()),
                "{name} {shape:?}"
            );
        }
    }
}

#[test]
fn kernels_give_the_same_bits_on_a_gpu() {
    let Some(gpu) = gpu() else { return };
    for (name, f) in FUNCTIONS {
        for shape in SIZES {
            let x = tied(shape);
            assert_eq!(outcome(f, &x, gpu), outcome(f, &x, Device::Cpu), "{name} {shape:?}");
        }
        let view = tied([5, 4, 3, 7]).permute(&[3, 1, 0, 2]).unwrap();
        assert_eq!(outcome(f, &view, gpu), outcome(f, &view, Device::Cpu), "{name} of a view");
    }
}

#[test]
fn not_a_number_wins_and_infinity_is_a_number() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let x = floats(&[1.0, nan, inf, nan, -inf, -inf, -inf, -inf, 2.0, inf, -nan, 3.0], &[3, 1, 2, 2]);
    for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
        let y = words(&sparsity::spatial(&x.to_device(device).unwrap()).unwrap());
        let y: Vec<f32> = y.into_iter().map(f32::from_bits).collect();
        assert!(y[1].is_nan() && y[3] == 0.0 && y[2] == 0.0, "{device:?}: {y:?}");
        assert_eq!(y[4..8], [-inf, 0.0, 0.0, 0.0], "{device:?}");
        assert!(y[9] == 0.0 && y[10].is_nan(), "{device:?}: {y:?}");
        let y = sparsity::top_k(&x.to_device(device).unwrap(), 2).unwrap().to_f32().unwrap();
        assert!(y[1].is_nan() && y[3].is_nan() && y[2] == 0.0, "{device:?}: {y:?}");
    }
}

#[test]
fn both_at_once_are_one_after_the_other() {
    for dtype in [DType::F32, DType::F64] {
        let values: Vec<f64> = (0..7 * 3 * 4 * 5).map(|i| f64::from(i * 37 % 101 % 13) - 6.0).collect();
        let x = Tensor::from_data(values, [7, 3, 4, 5], Device::Cpu).unwrap().cast(dtype).unwrap();
        for rate in [0.01, 0.29, 0.5, 1.0] {
            let expected = sparsity::lifetime(&sparsity::spatial(&x).unwrap(), rate).unwrap();
            let found = sparsity::winner_take_all(&x, rate).unwrap();
            assert_eq!(found.to_f64().unwrap(), expected.to_f64().unwrap(), "rate {rate}, {dtype}");
        }
    }
}

#[test]
fn gradients_of_gradients_pass_through_the_winners() {
    let x = floats(&[1.0, 3.0, -2.0, 0.5], &[1, 1, 2, 2]).track().unwrap();
    let y = sparsity::spatial(&x).unwrap();
    let slope = y.mul(&y).unwrap().sum().unwrap().gradient(&[&x]).unwrap();
    let curvature = slope[0].sum().unwrap().gradient(&[&x]).unwrap();
    assert_eq!(slope[0].to_f32().unwrap(), [0.0, 6.0, 0.0, 0.0]);
    assert_eq!(curvature[0].to_f32().unwrap(), [0.0, 2.0, 0.0, 0.0]);
}

#[test]
fn a_trace_of_spatial_sparsity_has_its_shape() {
    let x = Tensor::symbolic(Spec::new([2, 3, 4, 4], DType::F32), Device::Cpu);
    assert_eq!(no_grad(|| sparsity::spatial(&x)).unwrap().shape(), [2, 3, 4, 4]);
}

/// Loss, code and all gradients of a small autoencoder with winner-take-all sparsity in the middle.
fn autoencoder(dtype: DType, window: Window, through_zeros: bool) -> Vec<Tensor> {
    let normal = |shape: &[usize]| random::normal(shape, Device::Cpu).unwrap().cast(dtype).unwrap();
    random::with_stream(random::Key::new(7), || {
        let x = normal(&[7, 2, 11, 9]).track().unwrap();
        let [w, v] = [normal(&[5, 2, 3, 2]), normal(&[5, 3, 3, 2])].map(|w| w.track().unwrap());
        let [b, c] = [normal(&[5]), normal(&[3])].map(|b| b.track().unwrap());
        let hidden = x.conv2d(&w, Some(&b), window).unwrap().relu().unwrap();
        let code = sparsity::winner_take_all(&hidden, 0.5).unwrap();
        // The same code, no more known to be one: adding 0 writes its zeros out.
        let code = if through_zeros { code.add_scalar(0.0).unwrap() } else { code };
        let y = code.conv_transpose2d(&v, Some(&c), window, [0; 2]).unwrap();
        let loss = y.mul(&y).unwrap().sum().unwrap();
        let gradients = loss.gradient(&[&x, &w, &b, &v, &c]).unwrap();
        // And once more, as a gradient penalty does.
        let penalty = gradients[0].mul(&gradients[0]).unwrap().sum().unwrap();
        let again = penalty.gradient(&[&w, &v, &b]).unwrap();
        let first = loss.backward().unwrap();
        let of_leaves = [&x, &w, &b, &v, &c].map(|leaf| first.of(leaf).unwrap().clone());
        [vec![loss, code], gradients, again, of_leaves.to_vec()].concat()
    })
}

#[test]
fn what_skips_the_zeros_computes_what_does_not() {
    let plain = Window { groups: 1, ..Window::default() };
    let windows = [
        plain,
        Window { stride: [2, 1], padding: [1, 2], ..plain },
        Window { stride: [1, 2], padding: [2, 1], dilation: [2, 1], ..plain },
        Window { dilation: [1, 3], padding: [0, 1], ..plain },
    ];
    for window in windows {
        let exact = autoencoder(DType::F64, window, true);
        for through_zeros in [false, true] {
            let found = autoencoder(DType::F32, window, through_zeros);
            for (i, (a, b)) in found.iter().zip(&exact).enumerate() {
                println!("{window:?} {i} {through_zeros}");
                assert_near(&a.to_f64().unwrap(), &b.to_f64().unwrap(), 2e-5);
            }
        }
    }
}

#[test]
fn the_gradient_at_a_code_is_whole() {
    // Of an intermediate tensor that is asked for, zeros have gradients too.
    let x = floats(&[1.0, 3.0, -2.0, 0.5], &[1, 1, 2, 2]).track().unwrap();
    let weight = floats(&[2.0], &[1, 1, 1, 1]);
    let code = sparsity::spatial(&x).unwrap();
    let y = code.conv_transpose2d(&weight, None, Window::default(), [0; 2]).unwrap();
    let sum = y.sum().unwrap();
    for found in [sum.gradient(&[&code, &x]).unwrap(), no_grad(|| sum.gradient(&[&code, &x])).unwrap()] {
        assert_eq!(found[0].to_f32().unwrap(), [2.0; 4]);
        assert_eq!(found[1].to_f32().unwrap(), [0.0, 2.0, 0.0, 0.0]);
    }
    assert!(!no_grad(|| sum.gradient(&[&x])).unwrap()[0].is_tracked());
}

#[test]
fn a_code_may_have_several_readers() {
    let outcome = |dtype| {
        let x = Tensor::from_data(
            (0..64).map(|i| f64::from(i * 37 % 64)).collect::<Vec<_>>(),
            [2, 2, 4, 4],
            Device::Cpu,
        );
        let x = x.unwrap().cast(dtype).unwrap().track().unwrap();
        let weight = floats(&[2.0, -1.0], &[2, 1, 1, 1]).cast(dtype).unwrap();
        let code = sparsity::winner_take_all(&x, 0.5).unwrap();
        let y = code.conv_transpose2d(&weight, None, Window::default(), [0; 2]).unwrap();
        let loss =
            [y.square().unwrap().sum(), code.square().unwrap().mean(), code.narrow(3, 1, 2).unwrap().sum()];
        let loss = loss.map(Result::unwrap).into_iter().reduce(|a, b| a.add(&b).unwrap()).unwrap();
        let slope = loss.gradient(&[&x]).unwrap().remove(0);
        let gradients = loss.backward().unwrap();
        [loss, slope, gradients.of(&x).unwrap().clone()].map(|x| x.to_f64().unwrap())
    };
    for (found, expected) in outcome(DType::F32).iter().zip(&outcome(DType::F64)) {
        assert_near(found, expected, 1e-6);
    }
}

#[test]
fn infinity_times_zero_is_no_number_in_sparse_maps_too() {
    let mut code = vec![0.0; 2 * 16];
    (code[3], code[16 + 9]) = (1.5, -2.0);
    let mut weight = vec![1.0; 2 * 3 * 2 * 2];
    weight[5] = f64::INFINITY;
    let infinite = |dtype| {
        let [code, weight] =
            [(code.clone(), [1, 2, 4, 4]), (weight.clone(), [2, 3, 2, 2])].map(|(x, shape)| {
                Tensor::from_data(x, shape, Device::Cpu).unwrap().cast(dtype).unwrap().track().unwrap()
            });
        let y = code.conv_transpose2d(&weight, None, Window::default(), [0; 2]).unwrap();
        let of_weight = y.mul(&y).unwrap().sum().unwrap().gradient(&[&weight]).unwrap().remove(0);
        [y, of_weight].map(|x| x.to_f64().unwrap().into_iter().map(f64::is_nan).collect::<Vec<_>>())
    };
    let found = infinite(DType::F32);
    assert!(found.iter().all(|x| x.contains(&true)));
    assert_eq!(found, infinite(DType::F64));
}

#[test]
fn misuse_is_refused() {
    let x = floats(&[1.0; 8], &[2, 1, 2, 2]);
    for rate in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(matches!(sparsity::winner_take_all(&x, rate), Err(Error::Argument { .. })), "{rate}");
    }
    for k in [0, 5] {
        assert!(matches!(sparsity::top_k(&x, k), Err(Error::Argument { .. })), "{k}");
    }
    let flat = floats(&[1.0; 8], &[2, 4]);
    assert!(matches!(sparsity::spatial(&flat), Err(Error::Shape { .. })));
    assert!(matches!(sparsity::winner_take_all(&flat, 0.5), Err(Error::Shape { .. })));
}
