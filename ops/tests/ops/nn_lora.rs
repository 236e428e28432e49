//! Low-rank adapters against the formulas of peft: `y = W x + alpha / r B (A x)`, and of a convolution `A` of
//! the same kernel followed by a `B` of 1 x 1.

use ops::{
    Device, Tensor,
    nn::{self, AdaptedWeight, ConvOptions, Module, Optimiser, Sgd},
    op::Window,
    random,
};

fn weight(name: &str) -> AdaptedWeight {
    AdaptedWeight { name: name.into(), inputs_first: false }
}

fn normal(shape: &[usize]) -> Tensor {
    random::normal(shape, Device::Cpu).unwrap()
}

/// Gives both matrices of an adapter numbers, and gives these.
fn drawn(module: &Module, name: &str) -> [Tensor; 2] {
    let adapters = module.child("adapters").unwrap();
    ["A", "B"].map(|end| {
        let parameter = adapters.parameter(&format!("{name}.lora_{end}")).unwrap();
        parameter.set(&normal(&parameter.spec().shape)).unwrap();
        parameter.value()
    })
}

fn near(a: &Tensor, b: &Tensor) {
    let apart = a.sub(b).unwrap().abs().unwrap().to_f64().unwrap().into_iter().fold(0.0, f64::max);
    assert!(a.shape() == b.shape() && apart < 1e-5, "{apart}");
}

#[test]
fn a_linear_layer_has_the_formula_of_peft() {
    let base = nn::linear(5, 3, true).unwrap();
    let adapted = nn::lora(&base, &[weight("weight")], 2, 6.0).unwrap();
    let x = normal(&[4, 5]);
    let before = base.forward(&x).unwrap();
    assert_eq!(adapted.forward(&x).unwrap().to_f32().unwrap(), before.to_f32().unwrap());
    let [a, b] = drawn(&adapted, "weight");
    let transposed = |t: &Tensor| t.transpose(0, 1).unwrap();
    let low = x.matmul(&transposed(&a)).unwrap().matmul(&transposed(&b)).unwrap().mul_scalar(3.0).unwrap();
    near(&adapted.forward(&x).unwrap(), &before.add(&low).unwrap());
    assert_eq!(base.forward(&x).unwrap().to_f32().unwrap(), before.to_f32().unwrap());
}

#[test]
fn a_convolution_has_the_formula_of_peft() {
    let base = nn::conv2d(3, 4, [3, 3], ConvOptions { bias: false, ..ConvOptions::default() }).unwrap();
    let adapted = nn::lora(&base, &[weight("weight")], 2, 2.0).unwrap();
    let (x, [a, b]) = (normal(&[2, 3, 6, 6]), drawn(&adapted, "weight"));
    let first = a.reshape(&[2, 3, 3, 3]).unwrap();
    let low = x.conv2d(&first, None, Window::default()).unwrap();
    let low = low.conv2d(&b.reshape(&[4, 2, 1, 1]).unwrap(), None, Window::default()).unwrap();
    near(&adapted.forward(&x).unwrap(), &base.forward(&x).unwrap().add(&low).unwrap());
}

#[test]
fn only_adapters_are_trained_wherever_their_weight_is() {
    let inner = nn::linear(3, 3, true).unwrap();
    // The same layer twice: one weight, one adapter.
    let base = nn::sequential(vec![inner.clone(), nn::activation(nn::Activation::Tanh), inner]);
    let adapted = nn::lora(&base, &[weight("0.weight")], 1, 1.0).unwrap();
    drawn(&adapted, "0.weight");
    let (x, frozen) = (normal(&[4, 3]), base.save().unwrap());
    let optimiser = Optimiser::new(Sgd::default(), 0.1, adapted.named_parameters()).unwrap();
    let loss = || adapted.forward(&x).unwrap().square().unwrap().sum().unwrap();
    let before = loss();
    for _ in 0..5 {
        optimiser.step(&loss().backward().unwrap().clip_norm(1.0).unwrap()).unwrap();
    }
    assert!(loss().to_f64().unwrap() < before.to_f64().unwrap());
    assert_eq!(base.save().unwrap(), frozen);
    let merged = nn::merged(&adapted).unwrap().unwrap();
    let own = merged.state();
    assert!(own.iter().any(|(name, _)| name == "0.weight"), "{:?}", own.len());
    near(&merged.forward(&x).unwrap(), &adapted.forward(&x).unwrap());
    assert!(nn::merged(&base).unwrap().is_none());
}

#[test]
fn what_cannot_be_adapted_is_refused() {
    let base = nn::linear(5, 3, true).unwrap();
    let error = |name: &str, rank| nn::lora(&base, &[weight(name)], rank, 1.0).err().unwrap().to_string();
    assert!(error("bias", 1).contains("at least two dimensions"));
    assert!(error("wieght", 1).contains("no parameter `wieght`"));
    assert!(error("weight", 0).contains("at least 1"));
}
