//! Winner-take-all sparsity against PyTorch (`golden/wta.json`).

mod nn_support;

use nn_support::*;
use ops::{DType, Device, Error, Result, Spec, Tensor, kernels::sparsity, no_grad};
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

#[test]
fn misuse_is_refused() {
    let x = floats(&[1.0; 8], &[2, 1, 2, 2]);
    for rate in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(matches!(sparsity::winner_take_all(&x, rate), Err(Error::Argument { .. })), "{rate}");
    }
    let flat = floats(&[1.0; 8], &[2, 4]);
    assert!(matches!(sparsity::spatial(&flat), Err(Error::Shape { .. })));
    assert!(matches!(sparsity::winner_take_all(&flat, 0.5), Err(Error::Shape { .. })));
}
