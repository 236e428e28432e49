//! Gradients through modules: by their inputs, of gradients, and of several losses at one point.

use crate::support::*;
use ops::{
    DType, Device, Tensor,
    nn::{Activation, Module, activation, linear, sequential},
    random,
};

/// The gradient of `sum tanh(x w)` by x is `(1 - tanh^2) w`, and its own gradient by w is known as well;
/// both against central differences.
#[test]
fn the_gradient_by_the_input_can_be_differentiated() {
    let net = sequential(vec![
        linear(3, 4, true).unwrap(),
        activation(Activation::Tanh),
        linear(4, 1, true).unwrap(),
    ]);
    net.cast(DType::F64).unwrap();
    let x = random::normal(&[2, 3], Device::Cpu).unwrap().cast(DType::F64).unwrap();
    let penalty = || net.input_gradient(&x, None).unwrap().square().unwrap().sum().unwrap();
    let total = |x: &Tensor| net.forward(x).unwrap().sum().unwrap().item().unwrap();

    let gradient = net.input_gradient(&x, None).unwrap();
    let weight = net.child("0").unwrap().parameter("weight").unwrap().clone();
    let second = penalty().backward().unwrap();
    let second = weight.gradient(&second).unwrap().to_f64().unwrap();

    let h = 1e-5;
    let moved = |t: &Tensor, i: usize, by: f64| {
        let mut numbers = t.to_f64().unwrap();
        numbers[i] += by;
        Tensor::from_data(numbers, t.shape(), Device::Cpu).unwrap()
    };
    let slope = |i: usize| (total(&moved(&x, i, h)) - total(&moved(&x, i, -h))) / (2.0 * h);
    assert_near(&gradient.to_f64().unwrap(), &(0..6).map(slope).collect::<Vec<_>>(), 1e-8);
    let start = weight.get();
    let slope = |i: usize| {
        let at = |by: f64| {
            weight.set(&moved(&start, i, by)).unwrap();
            penalty().item().unwrap()
        };
        (at(h) - at(-h)) / (2.0 * h)
    };
    assert_near(&second, &(0..12).map(slope).collect::<Vec<_>>(), 1e-7);
    assert!(ops::no_grad(|| net.input_gradient(&x, None)).is_err());
}

/// Two losses of one graph, each for another module: the same as each by itself.
#[test]
fn losses_are_differentiated_at_the_same_point() {
    let [a, b] = [0; 2].map(|_| linear(2, 2, true).unwrap());
    let x = random::normal(&[3, 2], Device::Cpu).unwrap();
    let leaves = |module: &Module| module.state().iter().map(|(_, p)| p.get()).collect::<Vec<_>>();
    let y = b.forward(&a.forward(&x).unwrap()).unwrap();
    let (first, second) = (y.sum().unwrap(), y.square().unwrap().sum().unwrap());
    let of_a = first.backward_for(&leaves(&a)).unwrap();
    let of_b = second.backward_for(&leaves(&b)).unwrap();
    assert_eq!((of_a.len(), of_b.len()), (2, 2));
    let (all_first, all_second) = (first.backward().unwrap(), {
        let y = b.forward(&a.forward(&x).unwrap()).unwrap();
        y.square().unwrap().sum().unwrap().backward().unwrap()
    });
    for (found, all, module) in [(&of_a, &all_first, &a), (&of_b, &all_second, &b)] {
        for leaf in leaves(module) {
            assert_eq!(found.of(&leaf).unwrap().to_f32().unwrap(), all.of(&leaf).unwrap().to_f32().unwrap());
        }
    }
    a.freeze();
    assert!(
        b.forward(&a.forward(&x).unwrap())
            .unwrap()
            .sum()
            .unwrap()
            .backward_for(&leaves(&a))
            .unwrap()
            .is_empty()
    );
    assert!(y.backward_for(&leaves(&b)).is_err());
}
