//! What tests of kernels have in common: outputs, gradients and gradients of gradients, on every device
//! and of views, held against the plain operations in f64; and these against measured slopes.

use ops::{DType, Device, Result, Tensor};

/// A function of some tensors.
pub type Function<'a> = &'a dyn Fn(&[Tensor]) -> Result<Tensor>;

/// Numbers in (-1, 1) that look random, f64 on the CPU.
pub fn spread(seed: u64, shape: &[usize]) -> Tensor {
    let number = |i: usize| {
        let word = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed * 0x1234_5677);
        let word = (word ^ (word >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        // Multiples of 1/4096, which f32 holds exactly.
        ((word >> 40) % 8191) as f64 / 4096.0 - 1.0 + 1.0 / 8192.0
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(number).collect();
    Tensor::from_data(values, shape, Device::Cpu).unwrap()
}

/// Asserts equality up to `limit` times the largest entry; what is not finite must be the same.
#[track_caller]
pub fn assert_close(found: &Tensor, expected: &Tensor, limit: f64, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let (found, expected) = (found.to_f64().unwrap(), expected.to_f64().unwrap());
    let largest = expected.iter().filter(|x| x.is_finite()).fold(1e-30, |m: f64, x| m.max(x.abs()));
    for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
        let same = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= limit * largest;
        assert!(same, "{what}, entry {i}: {a}, expected {b}");
    }
}

/// The output, the gradients of a weighted sum of it by the tracked inputs, and where it `records` these
/// once more, with the gradients of the sum of their squares.
fn outcome(f: Function, inputs: &[Tensor], tracked: &[bool], records: bool) -> Vec<Tensor> {
    let plain = f(inputs).unwrap();
    let leaves = || -> Vec<Tensor> {
        inputs.iter().zip(tracked).map(|(x, t)| if *t { x.track().unwrap() } else { x.clone() }).collect()
    };
    let weights = spread(99, plain.shape()).cast(plain.dtype()).unwrap();
    let weights = weights.to_device(plain.device()).unwrap();
    let x = leaves();
    let found = f(&x).unwrap().backward_with(&weights).unwrap();
    let gradient = |x: &Tensor| found.of(x).cloned().unwrap_or_else(|| x.zeros_like().unwrap());
    let of =
        |x: &[Tensor]| x.iter().zip(tracked).filter(|(_, t)| **t).map(|x| x.0.clone()).collect::<Vec<_>>();
    let mut all = vec![plain];
    all.extend(of(&x).iter().map(gradient));
    if !records {
        return all;
    }

    let x = leaves();
    let inner: Vec<Tensor> = of(&x);
    let inner: Vec<&Tensor> = inner.iter().collect();
    let first = f(&x).unwrap().mul(&weights).unwrap().sum().unwrap().gradient(&inner).unwrap();
    all.extend(first.iter().cloned());
    let squares = first.iter().map(|g| g.square().unwrap().sum().unwrap());
    let penalty = squares.reduce(|a, b| a.add(&b).unwrap()).unwrap();
    if penalty.is_tracked() {
        all.extend(penalty.gradient(&inner).unwrap());
    }
    all
}

/// The same elements with the dimensions in the opposite order in memory.
fn view(x: &Tensor) -> Tensor {
    let backwards: Vec<i64> = (0..x.rank() as i64).rev().collect();
    let stored = x.permute(&backwards).unwrap();
    let stored = Tensor::from_data(stored.to_data().unwrap(), stored.shape(), x.device()).unwrap();
    stored.permute(&backwards).unwrap()
}

/// Fills memory that the computation of these sizes will be given with numbers that would show.
fn poison(f: Function, inputs: &[Tensor]) {
    let poisoned = |x: &Tensor| x.mul_scalar(f64::NAN).and_then(|x| x.track()).unwrap();
    let poisoned: Vec<_> = inputs.iter().map(poisoned).collect();
    // Some functions refuse them: then there is nothing to fill.
    let _ = f(&poisoned).and_then(|y| y.sum()?.backward());
    let _ = ops::tensor::settle();
}

/// Holds the kernel's forms against the plain operations in f64. `tracked` says by which inputs there is
/// a gradient; `limits` are those of f32 on the CPU, and on the GPU.
#[track_caller]
pub fn agree(f: Function, inputs: &[Tensor], tracked: &[bool], limits: [f64; 2], what: &str) {
    let expected = outcome(f, inputs, tracked, true);
    let gpu = Device::gpu_name().map(|_| Device::Gpu);
    for (device, limit) in [(Some(Device::Cpu), limits[0]), (gpu, limits[1])] {
        let Some(device) = device else { continue };
        let of = |x: &Tensor| x.cast(DType::F32).unwrap().to_device(device).unwrap();
        let copies: Vec<_> = inputs.iter().map(of).collect();
        let views: Vec<_> = copies.iter().map(view).collect();
        for (form, inputs) in [("copy", copies), ("view", views)] {
            poison(f, &inputs);
            // What is recorded are plain operations, and slow on a stand-in for a GPU.
            let found = outcome(f, &inputs, tracked, device == Device::Cpu);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_close(found, expected, limit, &format!("{what}, {form} on {device}, result {i}"));
            }
        }
    }
}

/// Holds the gradients of the plain operations against central differences.
#[track_caller]
pub fn slopes_are_measured(f: Function, inputs: &[Tensor], tracked: &[bool], what: &str) {
    const STEP: f64 = 1e-5;
    let weights = spread(99, f(inputs).unwrap().shape());
    let loss = |x: &[Tensor]| f(x).unwrap().mul(&weights).unwrap().sum().unwrap().item().unwrap();
    let found = &outcome(f, inputs, tracked, false)[1..];
    for (k, i) in (0..inputs.len()).filter(|&i| tracked[i]).enumerate() {
        let values = inputs[i].to_f64().unwrap();
        let at = |j: usize, step: f64| {
            let (mut moved, mut x) = (values.clone(), inputs.to_vec());
            moved[j] += step;
            x[i] = Tensor::from_data(moved, inputs[i].shape(), Device::Cpu).unwrap();
            loss(&x)
        };
        let measured = (0..values.len()).map(|j| (at(j, STEP) - at(j, -STEP)) / (2.0 * STEP));
        let measured = Tensor::from_data(measured.collect::<Vec<_>>(), inputs[i].shape(), Device::Cpu);
        assert_close(&found[k], &measured.unwrap(), 1e-6, &format!("{what}, input {i}"));
    }
}
