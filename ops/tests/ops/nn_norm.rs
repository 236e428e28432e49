//! Normalisations: against PyTorch (`golden/norm_layers.json`), and by their definitions.

use crate::support::*;
use ops::{
    DType, Device, Error, Tensor,
    nn::{
        BatchNormOptions, batch_norm, class_batch_norm, group_norm, instance_norm, layer_norm, linear,
        spectral, spectral_norm,
    },
    random,
};

#[test]
fn spectral_normalisation() {
    let file = golden("norm_layers");
    for name in ["spectral_linear", "spectral_conv", "spectral_embedding"] {
        let case = case(&file, name);
        for (dtype, limit) in PRECISIONS {
            let w = tensor(&case["inputs"]["w"], dtype).track().unwrap();
            let found = spectral_norm(&w, &tensor(&case["u"], dtype)).unwrap();
            assert_golden(&found.weight, &case["output"], limit);
            assert_golden(&found.u, &case["u_next"], limit);
            assert_golden(&found.v, &case["v"], limit);
            assert_number(&found.sigma, &case["sigma"], limit);
            let gradients = found.weight.backward_with(&tensor(&case["ct"], dtype)).unwrap();
            assert_golden(gradients.of(&w).unwrap(), &case["grads"]["w"], limit);

            let mut last = found;
            for _ in 0..30 {
                last = spectral_norm(&w, &last.u).unwrap();
            }
            assert_number(&last.sigma, &case["sigma_after_31"], limit);
        }
    }
}

#[test]
fn a_spectral_module_iterates_in_training_only() {
    let inner = linear(6, 4, true).unwrap();
    let weight = inner.value("weight").unwrap();
    let module = spectral(inner).unwrap();
    let names: Vec<_> = module.state().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["u", "v", "module.weight", "module.bias"]);

    let x = random::normal(&[2, 6], Device::Cpu).unwrap();
    for _ in 0..60 {
        module.forward(&x).unwrap();
    }
    module.training(false);
    let before = module.value("u").unwrap().to_f32().unwrap();
    let y = module.forward(&x).unwrap();
    assert_eq!(module.value("u").unwrap().to_f32().unwrap(), before);
    assert!(y.backward_with(&y.ones_like().unwrap()).unwrap().of(&weight).is_some());

    // The largest singular value of what it computes with is 1: |W x| <= |x|, with equality for v.
    let v = module.value("v").unwrap().reshape(&[1, 6]).unwrap();
    let bias = module.child("module").unwrap().value("bias").unwrap();
    let norm = module.forward(&v).unwrap().sub(&bias).unwrap().norm_dims(&[], false).unwrap();
    assert_near(&[norm.item().unwrap()], &[1.0], 1e-4);
}

/// A gain and a bias for each of three samples: each is of a class of its own, so that the gradients of
/// the embeddings are those of the gains and biases.
#[test]
fn conditional_batch_normalisation() {
    let file = golden("norm_layers");
    for (name, f32_limit) in [("conditional_bn", 1e-5), ("conditional_bn_constant_channel", 1e-4)] {
        let case = case(&file, name);
        for (dtype, limit) in [(DType::F64, 1e-10), (DType::F32, f32_limit)] {
            let norm = class_batch_norm(2, 3, BatchNormOptions::default()).unwrap();
            norm.cast(dtype).unwrap();
            let [gain, bias] = ["gain", "bias"].map(|name| {
                let parameter = norm.child(name).unwrap().parameter("weight").unwrap().clone();
                parameter.set(&tensor(&case["inputs"][name], dtype)).unwrap();
                parameter
            });
            let x = tensor(&case["inputs"]["x"], dtype).track().unwrap();
            let y = norm.forward_with(&x, &labels(&[0, 1, 2])).unwrap();
            assert_golden(&y, &case["output"], limit);
            let gradients = y.backward_with(&tensor(&case["ct"], dtype)).unwrap();
            assert_golden(gradients.of(&x).unwrap(), &case["grads"]["x"], limit);
            assert_golden(gain.gradient(&gradients).unwrap(), &case["grads"]["gain"], limit);
            assert_golden(bias.gradient(&gradients).unwrap(), &case["grads"]["bias"], limit);
        }
    }
}

fn labels(values: &[i32]) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap()
}

/// Samples of one class are treated alike; in evaluation by the running averages.
#[test]
fn a_class_keeps_its_gain_in_evaluation() {
    let norm = class_batch_norm(1, 2, BatchNormOptions::default()).unwrap();
    let gain = norm.child("gain").unwrap().parameter("weight").unwrap();
    gain.set(&floats(&[0.0, 2.0], &[2, 1])).unwrap();
    norm.training(false);
    let x = floats(&[1.0, 1.0, 4.0], &[3, 1]);
    let y = norm.forward_with(&x, &labels(&[0, 1, 1])).unwrap();
    assert_near(&y.to_f64().unwrap(), &[1.0, 3.0, 12.0], 1e-5);
}

#[test]
fn conditions_that_do_not_fit_are_refused() {
    let norm = class_batch_norm(2, 3, BatchNormOptions::default()).unwrap();
    let x = random::normal(&[4, 2, 5], Device::Cpu).unwrap();
    let refused = |labels: &Tensor| norm.forward_with(&x, labels).unwrap_err().to_string();
    assert!(refused(&labels(&[0, 1])).contains("expected [4, 2], a number for each sample and channel"));
    assert!(refused(&labels(&[0, 1, 2, 3])).contains("an index is 3, expected 0 to 2"));
    assert!(refused(&random::normal(&[4], Device::Cpu).unwrap()).starts_with("embedding: the element type"));
    assert!(norm.forward(&x).unwrap_err().to_string().contains("depends on a condition"));
    assert!(linear(5, 2, true).unwrap().forward_with(&x, &x).unwrap_err().to_string().contains("one input"));
}

/// Channel 0 holds 1, 3, 5, 7 (mean 4, variance 5, unbiased 20/3), channel 1 is constant.
#[test]
fn batch_norm_learns_averages_and_recalls_them() {
    let norm = batch_norm(2, BatchNormOptions::default()).unwrap();
    let x = floats(&[1.0, 3.0, 2.0, 2.0, 5.0, 7.0, 2.0, 2.0], &[2, 2, 2]);
    let y = norm.forward(&x).unwrap().to_f64().unwrap();
    let unit = |x: f64| (x - 4.0) / (5.0 + 1e-5f64).sqrt();
    assert_near(&y, &[unit(1.0), unit(3.0), 0.0, 0.0, unit(5.0), unit(7.0), 0.0, 0.0], 1e-6);
    let buffer = |name| norm.value(name).unwrap().to_f64().unwrap();
    assert_near(&buffer("running_mean"), &[0.4, 0.2], 1e-6);
    assert_near(&buffer("running_var"), &[0.9 + 20.0 / 30.0, 0.9], 1e-6);

    norm.training(false);
    let y = norm.forward(&x).unwrap().to_f64().unwrap();
    let recalled = |x: f64, mean: f64, var: f64| (x - mean) / (var + 1e-5).sqrt();
    let first = |x| recalled(x, 0.4, 0.9 + 20.0 / 30.0);
    let second = recalled(2.0, 0.2, 0.9);
    assert_near(&y, &[first(1.0), first(3.0), second, second, first(5.0), first(7.0), second, second], 1e-6);
    assert_near(&buffer("running_mean"), &[0.4, 0.2], 1e-6);
}

#[test]
fn norms_refuse_what_they_cannot_normalise() {
    let norm = batch_norm(3, BatchNormOptions::default()).unwrap();
    let of = |shape: &[usize]| Tensor::full(shape, 1.0, DType::F32, Device::Cpu).unwrap();
    let error = norm.forward(&of(&[4, 2])).unwrap_err();
    assert_eq!(error.to_string(), "batch_norm: the shape is [4, 2], expected [N, 3, ..]");
    assert!(matches!(norm.forward(&of(&[1, 3])), Err(Error::Shape { .. })));
    norm.training(false);
    assert!(norm.forward(&of(&[1, 3])).is_ok());
    assert!(layer_norm(&[3], true).unwrap().forward(&of(&[3, 2])).is_err());
    assert!(group_norm(2, 3, true).is_err());
}

/// Means are 0 and variances 1 over whatever each of them normalises.
#[test]
fn each_norm_standardises_its_own_dimensions() {
    let x =
        random::normal(&[3, 4, 5, 6], Device::Cpu).unwrap().mul_scalar(3.0).unwrap().add_scalar(2.0).unwrap();
    let is_standard = |y: &Tensor, dims: &[i64]| {
        let mean = y.mean_dims(dims, false).unwrap().to_f64().unwrap();
        let var = y.var_dims(dims, false, 0).unwrap().to_f64().unwrap();
        assert!(mean.iter().all(|m| m.abs() < 1e-5), "{mean:?}");
        assert!(var.iter().all(|v| (v - 1.0).abs() < 1e-4), "{var:?}");
    };
    let y = batch_norm(4, BatchNormOptions::default()).unwrap().forward(&x).unwrap();
    is_standard(&y, &[0, 2, 3]);
    is_standard(&instance_norm(4, true).unwrap().forward(&x).unwrap(), &[2, 3]);
    is_standard(&layer_norm(&[5, 6], true).unwrap().forward(&x).unwrap(), &[2, 3]);
    let y = group_norm(2, 4, true).unwrap().forward(&x).unwrap();
    is_standard(&y.reshape(&[3, 2, 60]).unwrap(), &[2]);
}
