//! One operation gives one answer: on the GPU as on the CPU, of a view as of a copy, and in a trace the
//! spec of what it would compute. Without a GPU the first of these is skipped; a software stand-in will do.

use crate::support::cases::{
    self, Case,
    slopes::{self, tracked},
};
use ops::{DType, Device, Tensor};

fn all() -> Vec<Case> {
    cases::all().into_iter().chain(cases::of_values_only()).collect()
}

fn run(case: &Case, inputs: &[Tensor], what: &str) -> Vec<Tensor> {
    (case.run)(inputs).unwrap_or_else(|e| panic!("{what}: {} of {:?}: {e}", case.name, case.inputs))
}

/// The same numbers: floats nearly, all others exactly. Whole numbers of 64 bits are shorter on a GPU.
fn assert_same(case: &Case, found: &[Tensor], expected: &[Tensor]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let spec = expected.spec().cast(found.device().held(expected.dtype()));
        assert_eq!(found.spec(), &spec, "{} of {:?}", case.name, case.inputs);
        let tolerance = if found.dtype().is_float() { (1e-5, 1e-4) } else { (0.0, 0.0) };
        let close = |a: f64, b: f64| a == b || (a - b).abs() <= tolerance.0 + tolerance.1 * b.abs();
        let (a, b) = (found.to_f64().unwrap(), expected.to_f64().unwrap());
        let same = a.iter().zip(&b).all(|(&a, &b)| close(a, b));
        assert!(same, "{} of {:?}: {found}, expected {expected}", case.name, case.inputs);
    }
}

/// The same elements in memory that is neither whole nor in their order.
fn view_of(x: &Tensor) -> Tensor {
    let view = || {
        // Three times as long, of which the middle is taken; each element of the last dimension twice, of
        // which every other one is taken; all dimensions in the opposite order in memory.
        let twice = Tensor::stack(&[x, x], -1)?.flatten(-2, -1)?;
        let wide = Tensor::concat(&[&twice, &twice, &twice], 0)?;
        let backwards: Vec<i64> = (0..x.rank() as i64).rev().collect();
        let stored = wide.permute(&backwards)?;
        let stored = Tensor::from_data(stored.to_data()?, stored.shape(), x.device())?;
        let wide = stored.permute(&backwards)?;
        let n = if x.rank() == 1 { 2 * x.shape()[0] } else { x.shape()[0] };
        wide.narrow(0, n, n)?.slice(-1, 0, None, 2)
    };
    view().expect("a view of a tensor exists")
}

#[test]
fn every_operation_has_a_case() {
    let names: Vec<_> = all().iter().map(|case| case.name).collect();
    cases::assert_complete(names);
}

#[test]
fn f32_gives_what_f64_gives() {
    for case in all() {
        let of = |dtype| run(&case, &case.tensors(dtype, Device::Cpu), "precision");
        let single = of(DType::F32);
        let double = of(DType::F64)
            .iter()
            .zip(&single)
            .map(|(y, like)| y.cast(like.dtype()).unwrap())
            .collect::<Vec<_>>();
        assert_same(&case, &single, &double);
    }
}

#[test]
fn the_gpu_agrees_with_the_cpu() {
    if cases::devices().contains(&Device::Gpu) {
        for case in all() {
            let on = |device| run(&case, &case.tensors(DType::F32, device), "device");
            assert_same(&case, &on(Device::Gpu), &on(Device::Cpu));
        }
    }
}

/// The gradients of a case, and those of its gradient penalty where it depends on anything.
fn gradients(case: &Case, device: Device) -> Vec<Tensor> {
    let leaves = tracked(&case.tensors(DType::F32, device));
    let mut found = slopes::gradients(case, &leaves).expect("the gradients exist");
    let penalty = slopes::penalty(case, &leaves).expect("the gradient penalty exists");
    if penalty.is_tracked() {
        let floats: Vec<_> = leaves.iter().filter(|x| x.is_tracked()).collect();
        found.extend(penalty.gradient(&floats).expect("the penalty has gradients"));
    }
    found
}

#[test]
fn gradients_on_the_gpu_agree_with_the_cpu() {
    if cases::devices().contains(&Device::Gpu) {
        for case in slopes::differentiable() {
            assert_same(&case, &gradients(&case, Device::Gpu), &gradients(&case, Device::Cpu));
        }
    }
}

/// A loss that is no number must show, whatever it was compared with on its way.
#[test]
fn what_is_no_number_is_neither_equal_nor_smaller_nor_larger() {
    for device in cases::devices() {
        let of = |values: [f32; 3]| Tensor::from_data(values.to_vec(), [3], device).unwrap();
        let (a, b) = (of([f32::NAN, 1.0, 2.0]), of([1.0, f32::NAN, 1.0]));
        for (y, last) in [(a.maximum(&b).unwrap(), 2.0), (a.minimum(&b).unwrap(), 1.0)] {
            let y = y.to_f32().unwrap();
            assert!(y[0].is_nan() && y[1].is_nan() && y[2] == last, "{device}: {y:?}");
        }
        assert_eq!(a.ne(&a).unwrap().to_f64().unwrap(), [1.0, 0.0, 0.0], "{device}");
        assert_eq!(a.ne_scalar(2.0).unwrap().to_f64().unwrap(), [1.0, 1.0, 0.0], "{device}");
    }
}

#[test]
fn a_view_gives_what_a_copy_gives() {
    for device in cases::devices() {
        for case in all() {
            let copies = case.tensors(DType::F32, device);
            let views: Vec<_> = copies
                .iter()
                .map(|x| if (1..6).contains(&x.rank()) { view_of(x) } else { x.clone() })
                .collect();
            assert_same(&case, &run(&case, &views, "view"), &run(&case, &copies, "copy"));
        }
    }
}

#[test]
fn a_trace_gives_the_spec_of_what_would_be_computed() {
    for case in all() {
        let inputs = case.tensors(DType::F32, Device::Cpu);
        let symbolic: Vec<_> =
            inputs.iter().map(|x| Tensor::symbolic(x.spec().clone(), Device::Cpu)).collect();
        let (traced, computed) = (run(&case, &symbolic, "trace"), run(&case, &inputs, "cpu"));
        for (traced, computed) in traced.iter().zip(&computed) {
            // What is made of the shape alone has a value in a trace too.
            assert!(
                traced.is_symbolic() || ["arange", "eye", "linspace"].contains(&case.name),
                "{}",
                case.name
            );
            assert_eq!(traced.spec(), computed.spec(), "{} of {:?}", case.name, case.inputs);
        }
        // One symbolic input is enough.
        let mixed: Vec<_> = symbolic[..1].iter().chain(&inputs[1..]).cloned().collect();
        for (mixed, traced) in run(&case, &mixed, "mixed").iter().zip(&traced) {
            assert_eq!((mixed.spec(), mixed.is_symbolic()), (traced.spec(), traced.is_symbolic()));
        }
    }
}
