//! Distances, weights and draws for reweighting, against PyTorch (`golden/reweight.json`).

use crate::support::*;
use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    kernels::reweight::{self, Method, Range, Sampler},
    random::{Key, with_stream},
};
use serde_json::Value;

const METHODS: [&str; 4] = ["a_mu", "a_sigma", "b", "c"];
/// The names of the methods in the file.
const PRINTED: [&str; 4] = ["A_mu", "A_sigma", "B", "C"];

fn devices() -> Vec<Device> {
    [Some(Device::Cpu), gpu()].into_iter().flatten().collect()
}

/// f64 on the CPU, f32 on both devices.
fn forms() -> Vec<(DType, f64, Device)> {
    let both = devices().into_iter().map(|device| (DType::F32, 1e-5, device));
    [(DType::F64, 1e-10, Device::Cpu)].into_iter().chain(both).collect()
}

fn whole(numbers: &[i32]) -> Tensor {
    Tensor::from_data(numbers.to_vec(), [numbers.len()], Device::Cpu).unwrap()
}

fn weights(d: &Tensor, labels: &Tensor, method: &str, range: Range) -> Result<Tensor> {
    reweight::weights(d, labels, Method::parse(method)?, range)
}

#[test]
fn distances_and_weights_are_those_of_pytorch() {
    let file = golden("reweight");
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["d"].is_object()) {
        for (dtype, limit, device) in forms() {
            let [real, fake] =
                ["real", "generated"].map(|side| tensor(&case[side], dtype).to_device(device).unwrap());
            assert_golden(&reweight::distances(&real, &fake).unwrap(), &case["d"], limit);
        }
        let d = tensor(&case["d"], DType::F64);
        let labels = whole(&vec![7; d.len()]);
        for (name, range) in [("printed", Range::Printed), ("minmax", Range::MinMax)] {
            for (method, printed) in METHODS.into_iter().zip(PRINTED) {
                let found = weights(&d, &labels, method, range).unwrap();
                assert_golden(&found, &case["weights"][name][printed], 1e-10);
            }
        }
    }
}

/// All vectors of a list of classes, and their classes.
fn joined(classes: &Value) -> (Tensor, Tensor) {
    let classes: Vec<Tensor> = classes.as_array().unwrap().iter().map(|x| tensor(x, DType::F64)).collect();
    let labels = classes.iter().enumerate().flat_map(|(i, x)| vec![i as i32; x.shape()[0]]);
    let labels = whole(&labels.collect::<Vec<_>>());
    (Tensor::concat(&classes.iter().collect::<Vec<_>>(), 0).unwrap(), labels)
}

#[test]
fn classes_are_weighed_apart() {
    let file = golden("reweight");
    for (method, printed) in METHODS.into_iter().zip(PRINTED) {
        let case = case(&file, &format!("three_classes_{printed}"));
        let (real, real_labels) = joined(&case["features"]["real"]);
        let (fake, fake_labels) = joined(&case["features"]["generated"]);
        // The order of the samples is nothing that counts.
        let reversed = |x: &Tensor| x.flip(&[0]).unwrap();
        let (real, real_labels) = (reversed(&real), reversed(&real_labels));
        let d = reweight::distances_by_class(&real, &real_labels, &fake, &fake_labels).unwrap();
        let found = weights(&d, &real_labels, method, Range::Printed).unwrap();
        assert_golden(&reversed(&found), &case["weights"], 1e-10);
    }
}

#[test]
fn gradients_are_those_of_pytorch() {
    let file = golden("reweight");
    let case = case(&file, "gradient_of_d");
    for (dtype, limit, device) in forms() {
        let at = |value| tensor(value, dtype).to_device(device).unwrap();
        let [real, fake] = ["real", "generated"].map(|name| at(&case["inputs"][name]).track().unwrap());
        let d = reweight::distances(&real, &fake).unwrap();
        assert_golden(&d, &case["output"], limit);
        let gradients = d.backward_with(&at(&case["ct"])).unwrap();
        assert_golden(gradients.of(&real).unwrap(), &case["grads"]["real"], limit);
        assert_golden(gradients.of(&fake).unwrap(), &case["grads"]["generated"], limit);
    }
}

/// Vectors about a point that is far from 0, as features after a ReLU are.
fn vectors(number: u64, n: usize, features: usize) -> Tensor {
    let values = Key::new(3).draw(number).normal(n * features).into_iter().map(|x| x + 20.0);
    floats(&values.collect::<Vec<_>>(), &[n, features])
}

fn exact(real: &Tensor, fake: &Tensor) -> Vec<f64> {
    let (features, real, fake) = (real.shape()[1], real.to_f64().unwrap(), fake.to_f64().unwrap());
    let distance = |r: &[f64], g: &[f64]| r.iter().zip(g).map(|(r, g)| (r - g) * (r - g)).sum::<f64>().sqrt();
    real.chunks(features).map(|r| fake.chunks(features).map(|g| distance(r, g)).sum()).collect()
}

#[test]
fn sums_are_exact_at_all_sizes() {
    let sizes = [
        [1, 1, 1],
        [2, 3, 31],
        [31, 33, 32],
        [64, 64, 16],
        [65, 63, 17],
        [127, 511, 33],
        [128, 512, 8],
        [129, 513, 9],
        [257, 1031, 101],
        [5, 5003, 12],
    ];
    for [rows, columns, features] in sizes {
        let (real, fake) = (vectors(0, rows, features), vectors(1, columns, features));
        let expected = exact(&real, &fake);
        for device in devices() {
            let [real, fake] = [&real, &fake].map(|x| x.to_device(device).unwrap());
            let found = reweight::distances(&real, &fake).unwrap();
            for (a, b) in found.to_f64().unwrap().iter().zip(&expected) {
                assert!((a - b).abs() <= 3e-6 * b, "{device} {rows} {columns} {features}: {a}, expected {b}");
            }
        }
    }
}

#[test]
fn views_are_read_in_their_order() {
    let (real, fake) = (vectors(0, 40, 30), vectors(1, 50, 30));
    for device in devices() {
        let view = |x: &Tensor| {
            let x = x.to_device(device).unwrap().transpose(0, 1).unwrap();
            let stored = Tensor::from_data(x.to_data().unwrap(), x.shape(), device).unwrap();
            stored.transpose(0, 1).unwrap()
        };
        let found = reweight::distances(&view(&real), &view(&fake)).unwrap().to_f64().unwrap();
        assert_near(&found, &exact(&real, &fake), 3e-6);
    }
}

#[test]
fn equal_and_nearly_equal_vectors_keep_their_distance() {
    let real = vectors(0, 300, 64);
    let near = real.add_scalar(1e-4).unwrap();
    for device in devices() {
        let [real, near] = [&real, &near].map(|x| x.to_device(device).unwrap());
        let pair = |i: i64, other: &Tensor| {
            let row = |x: &Tensor| x.narrow(0, i as usize, 1).unwrap();
            (row(&real), row(other))
        };
        for i in [0, 1, 150, 299] {
            let (a, b) = pair(i, &real);
            assert_eq!(reweight::distances(&a, &b).unwrap().item().unwrap(), 0.0);
            let (a, b) = pair(i, &near);
            let expected = exact(&a, &b)[0];
            let found = reweight::distances(&a, &b).unwrap().item().unwrap();
            assert!((found - expected).abs() < 1e-5 * expected, "{found}, expected {expected}");
        }
    }
    // In a tile: each of 300 is equal to one and nearly equal to another.
    let both = Tensor::concat(&[&real, &near], 0).unwrap();
    assert_near(&reweight::distances(&real, &both).unwrap().to_f64().unwrap(), &exact(&real, &both), 3e-6);
}

#[test]
fn infinite_and_missing_numbers_stay_where_they_are() {
    let mut values = vectors(0, 70, 5).to_f32().unwrap();
    (values[5], values[11]) = (f32::INFINITY, f32::NAN);
    let (real, fake) = (floats(&values, &[70, 5]), vectors(1, 600, 5));
    for device in devices() {
        let [real, fake] = [&real, &fake].map(|x| x.to_device(device).unwrap());
        let d = reweight::distances(&real, &fake).unwrap().to_f32().unwrap();
        assert!(d[1] == f32::INFINITY && d[2].is_nan(), "{device}: {:?}", &d[..4]);
        assert!(d[0].is_finite() && d[3..].iter().all(|d| d.is_finite()), "{device}");
        let back = reweight::distances(&fake, &real).unwrap().to_f32().unwrap();
        assert!(back.iter().all(|d| d.is_nan()), "{device}");
    }
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let (real, fake) = (vectors(0, 300, 40), vectors(1, 5000, 40));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| reweight::distances(&real, &fake)).unwrap().to_f32().unwrap()
    };
    assert!(on(1) == on(2) && on(1) == on(3));
}

#[test]
fn gradients_in_tiles_are_those_of_the_whole() {
    // More differences than the gradient has in memory at once.
    let (real, fake) = (vectors(0, 90, 256), vectors(1, 400, 256));
    let gradients = |dtype: DType| {
        let [real, fake] = [&real, &fake].map(|x| x.cast(dtype).unwrap().track().unwrap());
        let d = reweight::distances(&real, &fake).unwrap();
        let gradients = d.square().unwrap().mean().unwrap().gradient(&[&real, &fake]).unwrap();
        gradients.iter().flat_map(|x| x.to_f64().unwrap()).collect::<Vec<_>>()
    };
    assert_near(&gradients(DType::F32), &gradients(DType::F64), 2e-5);
}

#[test]
fn slopes_are_those_that_are_measured() {
    let [real, fake] = [(0, 4), (1, 5)].map(|(i, n)| vectors(i, n, 3).cast(DType::F64).unwrap());
    let loss = |real: &Tensor, fake: &Tensor| {
        reweight::distances(real, fake).unwrap().square().unwrap().sum().unwrap()
    };
    let leaves = [&real, &fake].map(|x| x.track().unwrap());
    let found = loss(&leaves[0], &leaves[1]).gradient(&[&leaves[0], &leaves[1]]).unwrap();
    for (side, x) in [&real, &fake].into_iter().enumerate() {
        let values = x.to_f64().unwrap();
        let at = |i: usize, step: f64| {
            let mut moved = values.clone();
            moved[i] += step;
            let moved = Tensor::from_data(moved, x.shape(), Device::Cpu).unwrap();
            let [real, fake] = if side == 0 { [&moved, &fake] } else { [&real, &moved] };
            loss(real, fake).item().unwrap()
        };
        let measured: Vec<_> = (0..x.len()).map(|i| (at(i, 1e-5) - at(i, -1e-5)) / 2e-5).collect();
        assert_near(&found[side].to_f64().unwrap(), &measured, 1e-6);
    }
}

#[test]
fn a_gradient_of_the_kernel_is_differentiated_again() {
    let curvature = |dtype: DType| {
        let [real, fake] =
            [(0, 4), (1, 5)].map(|(i, n)| vectors(i, n, 3).cast(dtype).unwrap().track().unwrap());
        let d = reweight::distances(&real, &fake).unwrap().sum().unwrap();
        let slope = d.gradient(&[&real]).unwrap();
        let again = slope[0].square().unwrap().sum().unwrap().gradient(&[&real, &fake]).unwrap();
        again.iter().flat_map(|x| x.to_f64().unwrap()).collect::<Vec<_>>()
    };
    assert_near(&curvature(DType::F32), &curvature(DType::F64), 1e-4);
}

#[test]
fn indices_come_as_often_as_they_weigh() {
    let shares = [3.0f32, 0.0, 1.0, 0.5, 5.5, 0.0];
    let n = 1_000_000;
    let sampler = Sampler::new(&floats(&shares, &[6])).unwrap();
    let drawn = with_stream(Key::new(5), || sampler.draw(n)).unwrap().to_f64().unwrap();
    for (i, share) in shares.into_iter().enumerate() {
        let (p, found) = (f64::from(share) / 10.0, drawn.iter().filter(|x| **x == i as f64).count() as f64);
        let error = (n as f64 * p * (1.0 - p)).sqrt();
        assert!((found - n as f64 * p).abs() <= 4.0 * error, "{i}: {found}");
    }
    let again = with_stream(Key::new(5), || sampler.draw(n)).unwrap().to_f64().unwrap();
    assert!(drawn == again, "a draw is a function of the stream");
}

#[test]
fn a_sampler_of_many_weights_never_draws_a_weight_of_0() {
    let weights: Vec<f32> = (0..9973).map(|i| if i % 3 == 0 { 0.0 } else { 1.0 / i as f32 }).collect();
    let sampler = Sampler::new(&floats(&weights, &[9973])).unwrap();
    let drawn = with_stream(Key::new(6), || sampler.draw(500_000)).unwrap().to_f64().unwrap();
    assert!(drawn.iter().all(|i| weights[*i as usize] > 0.0));
    let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
    let (p, found) = (1.0 / total, drawn.iter().filter(|i| **i == 1.0).count() as f64);
    assert!((found - 5e5 * p).abs() < 4.0 * (5e5 * p * (1.0 - p)).sqrt(), "{found}");
}

#[test]
fn weights_that_are_all_0_are_equal() {
    let sampler = Sampler::new(&floats(&[0.0; 4], &[4])).unwrap();
    let drawn = with_stream(Key::new(7), || sampler.draw(40_000)).unwrap().to_f64().unwrap();
    for i in 0..4 {
        let found = drawn.iter().filter(|x| **x == f64::from(i)).count() as f64;
        assert!((found - 10_000.0).abs() < 4.0 * 7500f64.sqrt(), "{i}: {found}");
    }
}

#[test]
fn a_trace_of_distances_has_its_shape() {
    let [real, fake] = [3, 5].map(|n| Tensor::symbolic(Spec::new([n, 4], DType::F32), Device::Cpu));
    assert_eq!(reweight::distances(&real, &fake).unwrap().shape(), [3]);
}

#[test]
fn misuse_is_refused() {
    let (x, labels) = (vectors(0, 4, 3), whole(&[0, 0, 1, 1]));
    let is_shape = |found: Result<Tensor>| matches!(found, Err(Error::Shape { .. }));
    let is_argument = |found: Result<Tensor>| matches!(found, Err(Error::Argument { .. }));
    let is_dtype = |found: Result<Tensor>| matches!(found, Err(Error::DType { .. }));
    assert!(is_shape(reweight::distances(&x, &vectors(1, 4, 2))));
    assert!(is_shape(reweight::distances(&x, &floats(&[1.0; 3], &[3]))));
    assert!(is_dtype(reweight::distances(&x, &x.cast(DType::F64).unwrap())));
    assert!(is_dtype(reweight::distances(&labels, &labels)));
    // Class 1 has no generated vector.
    assert!(is_argument(reweight::distances_by_class(&x, &labels, &x, &whole(&[0, 0, 0, 2]))));
    assert!(is_shape(reweight::distances_by_class(&x, &whole(&[0]), &x, &labels)));
    let d = floats(&[1.0, 2.0, 3.0, 4.0], &[4]);
    assert!(is_shape(weights(&d, &whole(&[0, 1]), "c", Range::Printed)));
    assert!(is_shape(weights(&x, &labels, "c", Range::Printed)));
    assert!(is_dtype(weights(&d, &d, "c", Range::Printed)));
    assert!(is_dtype(weights(&labels, &labels, "c", Range::Printed)));
    for wrong in [f32::NAN, f32::INFINITY, -1.0] {
        let wrong = floats(&[1.0, wrong, 3.0, 4.0], &[4]);
        assert!(is_argument(weights(&wrong, &labels, "c", Range::Printed)));
        assert!(matches!(Sampler::new(&wrong), Err(Error::Argument { .. })));
    }
    assert!(matches!(Method::parse("d"), Err(Error::Argument { .. })));
    assert!(matches!(Sampler::new(&x), Err(Error::Shape { .. })));
    let truths = labels.cast(DType::Bool).unwrap();
    assert!(matches!(Sampler::new(&truths), Err(Error::DType { .. })));
    assert!(is_shape(Sampler::new(&d).unwrap().draw(0)));
}
