//! Gradients against central differences, in f64: the gradient of every differentiable operation, and
//! the gradient of its gradient.

use crate::support::cases::{
    self, Case, NOT_DIFFERENTIABLE,
    slopes::{differentiable, gradients, loss, penalty, tracked},
};
use ops::{DType, Device, Result, Tensor};

/// Half the distance of two points that a slope is measured between.
const STEP: f64 = 1e-5;

/// The slopes of a function by each element of input `i`, measured.
fn slopes(f: &dyn Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor], i: usize) -> Vec<f64> {
    let values = inputs[i].to_f64().unwrap();
    let at = |j: usize, step: f64| {
        let (mut moved, mut inputs) = (values.clone(), inputs.to_vec());
        moved[j] += step;
        inputs[i] = Tensor::from_data(moved, inputs[i].shape(), Device::Cpu).unwrap();
        f(&tracked(&inputs)).unwrap().item().unwrap()
    };
    (0..values.len()).map(|j| (at(j, STEP) - at(j, -STEP)) / (2.0 * STEP)).collect()
}

fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 + 1e-3 * b.abs();
    assert!(found.iter().zip(expected).all(close), "{what}: {found:?}, measured {expected:?}");
}

/// Holds the gradient of `f` against measured slopes, for each input of floats.
fn check(case: &Case, what: &str, f: &dyn Fn(&[Tensor]) -> Result<Tensor>) {
    let inputs = case.tensors(DType::F64, Device::Cpu);
    let leaves = tracked(&inputs);
    let y = f(&leaves).unwrap_or_else(|e| panic!("{} of {:?}: {e}", case.name, case.inputs));
    for (i, leaf) in leaves.iter().enumerate().filter(|(_, x)| x.is_tracked()) {
        let what = format!("{what} of {} by input {i} of {:?}", case.name, case.inputs);
        let measured = slopes(f, &inputs, i);
        if !y.is_tracked() {
            assert_close(&vec![0.0; measured.len()], &measured, &what);
            continue;
        }
        let found = y.gradient(&[leaf]).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_close(&found[0].to_f64().unwrap(), &measured, &what);
    }
}

#[test]
fn every_differentiable_operation_has_a_case() {
    let names: Vec<_> = differentiable().iter().map(|case| case.name).collect();
    cases::assert_complete(names.into_iter().chain(NOT_DIFFERENTIABLE));
}

#[test]
fn gradients_are_the_measured_slopes() {
    for case in differentiable() {
        check(&case, "gradient", &|x| loss(&(case.run)(x)?));
    }
}

#[test]
fn gradients_of_gradients_are_the_measured_slopes() {
    for case in differentiable() {
        check(&case, "second gradient", &|x| penalty(&case, x));
    }
}

#[test]
fn backward_and_gradient_agree() {
    for case in differentiable() {
        let leaves = tracked(&case.tensors(DType::F64, Device::Cpu));
        let y = loss(&(case.run)(&leaves).unwrap()).unwrap();
        let expected = gradients(&case, &leaves).unwrap();
        let found = y.backward().unwrap();
        for (leaf, expected) in leaves.iter().filter(|x| x.is_tracked()).zip(expected) {
            let zeros = leaf.zeros_like().unwrap();
            let found = found.of(leaf).unwrap_or(&zeros).to_f64().unwrap();
            assert_eq!(found, expected.to_f64().unwrap(), "{} of {:?}", case.name, case.inputs);
        }
    }
}
