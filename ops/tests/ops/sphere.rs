//! Codes on the sphere against PyTorch (`golden/slerp.json`, `golden/sae.json`), and the kernels against
//! plain operations.

use crate::support::kernels::*;
use crate::support::*;
use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    kernels::sphere::{Pairs, attraction, normalize, pair_loss, slerp},
};
use serde_json::Value;

/// Element types and devices, each with the difference allowed.
fn forms() -> Vec<(DType, Device, f64)> {
    let gpu = gpu().map(|gpu| (DType::F32, gpu, 2e-5));
    [(DType::F64, Device::Cpu, 1e-10), (DType::F32, Device::Cpu, 1e-5)].into_iter().chain(gpu).collect()
}

fn at(value: &Value, (dtype, device): (DType, Device)) -> Tensor {
    tensor(value, dtype).to_device(device).unwrap()
}

#[test]
fn slerp_is_that_of_pytorch() {
    let file = golden("slerp");
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases.iter().filter(|case| case["eps"].is_null() || case["eps"] == 1e-6) {
        for (dtype, device, limit) in forms() {
            // A GPU has no f64 for the few numbers that the weights near a half rotation are made of.
            let degenerate = case["gradient_defined"] != true && dtype == DType::F32;
            let limit = if degenerate { limit.max(1e-4) } else { limit };
            let leaf = |name: &str| at(&case["inputs"][name], (dtype, device)).track().unwrap();
            let x = ["a", "b", "alpha"].map(leaf);
            let units =
                if case["name"] == "from_unnormalised_rows" { normalize } else { |x: &Tensor| Ok(x.clone()) };
            let y = slerp(&units(&x[0]).unwrap(), &units(&x[1]).unwrap(), &x[2]).unwrap();
            assert_golden(&y, &case["output"], limit);
            let found = y.backward_with(&at(&case["ct"], (dtype, device))).unwrap();
            for (name, x) in ["a", "b", "alpha"].iter().zip(&x) {
                assert_golden(found.of(x).unwrap(), &case["grads"][name], limit);
            }
        }
    }
}

#[test]
fn attraction_is_that_of_pytorch() {
    let file = golden("sae");
    let cases = file["cases"].as_array().unwrap().iter().filter(|case| case["p"].is_number());
    let mut tested = 0;
    for case in cases {
        let [p, margin] = ["p", "eps"].map(|name| case[name].as_f64().unwrap());
        let x = tensor(&case["inputs"]["x"], DType::F64).track().unwrap();
        let y = attraction(&x, p, margin).unwrap();
        assert_golden(&y, &case["output"], 1e-10);
        let found = y.backward_with(&tensor(&case["ct"], DType::F64)).unwrap();
        assert_golden(found.of(&x).unwrap(), &case["grads"]["x"], 1e-10);
        tested += 1;
    }
    assert_eq!(tested, 8);
}

/// The losses of symbols `s` of images and `f` of generated images, by their names in the file.
fn terms(s: [&Tensor; 2], f: [&Tensor; 2], crossed: bool) -> Result<Vec<(&'static str, Tensor)>> {
    let own = if crossed { [s[1], s[0]] } else { s };
    Ok(vec![
        ("self0", pair_loss(s[0], s[0], 0.0, Pairs::Distinct)?),
        ("self1", pair_loss(s[1], s[1], 1.0, Pairs::Distinct)?),
        ("kernel", pair_loss(s[0], s[1], 1.0, Pairs::All)?),
        ("fake_kernel0", pair_loss(own[0], f[0], 0.0, Pairs::All)?),
        ("fake_kernel1", pair_loss(own[1], f[1], 0.0, Pairs::All)?),
        ("shell", pair_loss(s[0], s[1], 1.0, Pairs::Matched)?),
        ("fake_shell0", pair_loss(own[0], f[0], 1.0, Pairs::Matched)?),
        ("fake_shell1", pair_loss(own[1], f[1], 1.0, Pairs::Matched)?),
    ])
}

fn sum<'a>(terms: impl Iterator<Item = &'a (&'static str, Tensor)>) -> Tensor {
    terms.map(|(_, loss)| loss.clone()).reduce(|a, b| a.add(&b).unwrap()).unwrap()
}

#[test]
fn pair_losses_are_those_of_pytorch() {
    let file = golden("sae");
    let names = ["losses_crossed_True_diagonal_skip", "losses_crossed_False_diagonal_skip", "losses_n1"];
    for case in names.map(|name| case(&file, name)) {
        for (dtype, device, limit) in forms() {
            let limit = limit.max(if dtype == DType::F64 { 0.0 } else { 1e-4 });
            let leaves = || {
                ["s0", "s1", "f0", "f1"]
                    .map(|name| at(&case["inputs"][name], (dtype, device)).track().unwrap())
            };
            let crossed = case["name"] != "losses_crossed_False_diagonal_skip";
            let of = |x: &[Tensor; 4]| terms([&x[0], &x[1]], [&x[2], &x[3]], crossed).unwrap();
            for (name, loss) in of(&leaves()) {
                let expected = case["terms"][name].as_f64().unwrap();
                let found = loss.item().unwrap();
                assert!(
                    (found - expected).abs() <= limit * expected.abs().max(0.1),
                    "{name}: {found}, {expected}"
                );
            }
            for (total, gradients) in [("l_b", "grads_l_b"), ("l_g", "grads_l_g")] {
                let x = leaves();
                let of_g = |name: &str| name.starts_with("fake_shell");
                let all = of(&x);
                let loss = sum(all.iter().filter(|(name, _)| of_g(name) == (total == "l_g")));
                assert_number(&loss, &case["terms"][total], limit);
                let found = loss.backward().unwrap();
                for (name, x) in ["s0", "s1", "f0", "f1"].iter().zip(&x) {
                    assert_golden(found.of(x).unwrap(), &case[gradients][name], limit);
                }
            }
        }
    }
}

/// With the diagonal the self loss of unit 0 is that of the file's clamped form.
#[test]
fn the_diagonal_counts_where_it_is_asked_for() {
    let file = golden("sae");
    let case = case(&file, "losses_crossed_True_diagonal_clamp");
    for (dtype, device, limit) in forms() {
        let limit = limit.max(if dtype == DType::F64 { 0.0 } else { 1e-3 });
        for (name, p, term) in [("s0", 0.0, "self0"), ("s1", 1.0, "self1")] {
            let s = at(&case["inputs"][name], (dtype, device));
            assert_number(&pair_loss(&s, &s, p, Pairs::All).unwrap(), &case["terms"][term], limit);
        }
    }
}

const SIZES: [usize; 9] = [1, 2, 31, 32, 33, 97, 255, 256, 257];

#[test]
fn normalize_is_the_plain_operations() {
    // One number has no other direction: its gradient is 0, and what is found is rounding.
    let alone = normalize(&floats(&[-3.0, 0.5], &[2, 1])).unwrap();
    assert_eq!(alone.to_f32().unwrap(), [-1.0, 1.0]);
    for d in SIZES.into_iter().filter(|&d| d > 1) {
        for n in [1, 5] {
            let f = |x: &[Tensor]| normalize(&x[0]);
            agree(&f, &[spread(1, &[n, d])], &[true], [2e-5, 1e-4], &format!("{n} of {d}"));
        }
    }
    slopes_are_measured(&|x| normalize(&x[0]), &[spread(1, &[3, 2, 5])], &[true], "normalize");
}

#[test]
fn slerp_is_the_plain_operations() {
    for d in SIZES.into_iter().filter(|&d| d > 1) {
        for n in [1, 7] {
            let [a, b] = [1, 2].map(|seed| normalize(&spread(seed, &[n, d])).unwrap());
            let alpha = spread(3, &[n]);
            let f = |x: &[Tensor]| slerp(&x[0], &x[1], &x[2]);
            agree(&f, &[a, b, alpha], &[true; 3], [5e-4, 1e-3], &format!("{n} of {d}"));
        }
    }
    let [a, b] = [1, 2].map(|seed| normalize(&spread(seed, &[3, 4])).unwrap());
    slopes_are_measured(&|x| slerp(&x[0], &x[1], &x[2]), &[a, b, spread(3, &[3])], &[true; 3], "slerp");
}

#[test]
fn slerp_of_the_same_and_of_opposite_vectors_stays_on_the_sphere() {
    let a = floats(&[1.0, 0.0, 0.0, 0.6, 0.8, 0.0, 1.0, 0.0, 0.0], &[3, 3]);
    let b = floats(&[1.0, 0.0, 0.0, -0.6, -0.8, 0.0, -1.0, 1e-7, 0.0], &[3, 3]);
    for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
        let [a, b] = [&a, &b].map(|x| x.to_device(device).unwrap());
        let alpha = Tensor::scalar(0.25, DType::F32, device).unwrap();
        let y = slerp(&a, &b, &alpha).unwrap();
        assert_near(&y.norm_dims(&[1], false).unwrap().to_f64().unwrap(), &[1.0; 3], 1e-6);
        assert_near(&y.to_f64().unwrap()[..3], &[1.0, 0.0, 0.0], 1e-6);
    }
    let one = floats(&[1.0], &[1, 1]);
    let half = Tensor::scalar(0.5, DType::F32, Device::Cpu).unwrap();
    assert!(slerp(&one, &one.neg().unwrap(), &half).unwrap().item().unwrap().abs() < 1e-6);
}

#[test]
fn pair_loss_is_the_plain_operations() {
    for n in SIZES {
        for (p, pairs) in [(0.0, Pairs::All), (1.0, Pairs::Distinct), (0.3, Pairs::Distinct)] {
            let m = if pairs == Pairs::All { n + 3 } else { n };
            let sets = [(1, n), (2, m)].map(|(seed, n)| normalize(&spread(seed, &[n, 5])).unwrap());
            let f = move |x: &[Tensor]| pair_loss(&x[0], &x[1], p, pairs);
            agree(&f, &sets, &[true; 2], [1e-3, 1e-3], &format!("{n}, p {p}, {pairs:?}"));
        }
    }
    let sets = [1, 2].map(|seed| normalize(&spread(seed, &[4, 3])).unwrap());
    for pairs in [Pairs::All, Pairs::Distinct, Pairs::Matched] {
        let f = move |x: &[Tensor]| pair_loss(&x[0], &x[1], 0.3, pairs);
        slopes_are_measured(&f, &sets, &[true; 2], "pair_loss");
    }
    // One set on both sides.
    let f = |x: &[Tensor]| pair_loss(&x[0], &x[0], 0.0, Pairs::Distinct);
    slopes_are_measured(&f, &sets[..1], &[true], "pair_loss of one set");
    agree(&f, &sets[..1], &[true], [1e-3, 1e-3], "pair_loss of one set");
}

#[test]
fn not_a_number_is_not_lost() {
    let x = floats(&[f32::NAN, 1.0, 0.0, 1.0], &[2, 2]);
    for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
        let x = x.to_device(device).unwrap();
        let half = Tensor::scalar(0.5, DType::F32, device).unwrap();
        let y = normalize(&x).unwrap().to_f32().unwrap();
        assert!(y[..2].iter().all(|y| y.is_nan()) && y[2..] == [0.0, 1.0], "{y:?}");
        // Without an angle it is the linear mixture.
        let y = slerp(&x, &x, &half).unwrap().to_f32().unwrap();
        assert!(y[0].is_nan() && y[1..] == [1.0, 0.0, 1.0], "{y:?}");
        for p in [0.0, 0.5, 1.0] {
            assert!(pair_loss(&x, &x, p, Pairs::All).unwrap().item().unwrap().is_nan(), "{device}");
        }
    }
}

#[test]
fn a_trace_has_the_shapes() {
    let x = Tensor::symbolic(Spec::new([4, 3], DType::F32), Device::Cpu);
    let half = Tensor::scalar(0.5, DType::F32, Device::Cpu).unwrap();
    assert_eq!(normalize(&x).unwrap().shape(), [4, 3]);
    assert_eq!(slerp(&x, &x, &half).unwrap().shape(), [4, 3]);
    assert_eq!(pair_loss(&x, &x, 0.0, Pairs::Distinct).unwrap().shape(), [] as [usize; 0]);
}

#[test]
fn misuse_is_refused() {
    for dtype in [DType::F32, DType::F64] {
        let x = |shape: &[usize]| spread(1, shape).cast(dtype).unwrap();
        let shape = |result: Result<Tensor>| assert!(matches!(result, Err(Error::Shape { .. })));
        shape(normalize(&x(&[])));
        shape(slerp(&x(&[2, 3]), &x(&[3, 3]), &x(&[])));
        shape(slerp(&x(&[2, 3]), &x(&[2, 3]), &x(&[3])));
        shape(slerp(&x(&[2, 3]), &x(&[2, 3]), &x(&[1])));
        shape(slerp(&x(&[3]), &x(&[3]), &x(&[])));
        shape(pair_loss(&x(&[2, 3]), &x(&[2, 4]), 0.0, Pairs::All));
        shape(pair_loss(&x(&[2]), &x(&[2]), 0.0, Pairs::All));
        for pairs in [Pairs::Distinct, Pairs::Matched] {
            shape(pair_loss(&x(&[2, 3]), &x(&[4, 3]), 0.0, pairs));
        }
        for p in [-0.1, 1.1, f64::NAN] {
            let result = pair_loss(&x(&[2, 3]), &x(&[2, 3]), p, Pairs::All);
            assert!(matches!(result, Err(Error::Argument { op: "sphere::pair_loss", .. })), "{p}");
        }
        let ints = x(&[2, 3]).cast(DType::I32).unwrap();
        assert!(matches!(normalize(&ints), Err(Error::DType { op: "sphere::normalize", .. })));
        assert!(matches!(slerp(&ints, &ints, &x(&[])), Err(Error::DType { .. })));
        assert!(matches!(pair_loss(&ints, &ints, 0.0, Pairs::All), Err(Error::DType { .. })));
    }
}
