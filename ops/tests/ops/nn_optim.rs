//! Optimisers against the numbers of PyTorch (`golden/optim.json`), and what they promise.

use crate::support::*;
use ops::{
    DType, Device, Gradients, Tensor,
    nn::{
        Parameter, linear,
        optim::{Adadelta, Adam, AdamForm, Adamax, Optimiser, OptimiserStep, RmsProp, Rule, Sgd},
    },
    random,
};

/// Gradients as a backward pass gives them: of `sum(p * g)`.
fn gradients(parameter: &Parameter, gradient: &Tensor) -> Gradients {
    parameter.get().mul(gradient).unwrap().sum().unwrap().backward().unwrap()
}

fn one(name: &str, parameter: &Parameter) -> Vec<(String, Parameter)> {
    vec![(name.to_owned(), parameter.clone())]
}

fn optimiser(case: &str, parameter: &Parameter) -> Optimiser {
    let adam = |first| Adam { betas: [first, 0.999], ..Adam::default() };
    let parameters = one("p", parameter);
    match case {
        "adam_default" => Optimiser::new(Adam::default(), 1e-3, parameters),
        "adam_b0.5_lr2e-4" => Optimiser::new(adam(0.5), 2e-4, parameters),
        "adam_b0.0_lr2e-4" => Optimiser::new(adam(0.0), 2e-4, parameters),
        _ => Optimiser::new(Sgd { momentum: 0.9, weight_decay: 1e-4, ..Sgd::default() }, 0.1, parameters),
    }
    .unwrap()
}

#[test]
fn four_steps_are_those_of_pytorch() {
    for case in golden("optim")["cases"].as_array().unwrap() {
        for (dtype, limit) in PRECISIONS {
            let parameter = Parameter::new(&tensor(&case["start"], dtype)).unwrap();
            let optimiser = optimiser(case["name"].as_str().unwrap(), &parameter);
            for (i, gradient) in case["grads"].as_array().unwrap().iter().enumerate() {
                optimiser.step(&gradients(&parameter, &tensor(gradient, dtype))).unwrap();
                assert_golden(&parameter.get(), &case["after_each"][i], limit);
            }
            assert_eq!(optimiser.steps(), 4);
        }
    }
}

/// The one pass over slices and the tensor operations are the same formula in f32, here over several
/// parts of a parameter.
#[track_caller]
fn assert_fused_is_plain(rule: impl Rule + Copy) {
    let n = 100_003;
    let mut value = random::normal(&[n], Device::Cpu).unwrap();
    let parameter = Parameter::new(&value).unwrap();
    let optimiser = Optimiser::new(rule, 0.01, one("p", &parameter)).unwrap();
    let mut moments: Vec<_> = rule.moments().iter().map(|_| value.zeros_like().unwrap()).collect();
    for number in 1..=5 {
        let gradient = random::normal(&[n], Device::Cpu).unwrap();
        optimiser.step(&gradients(&parameter, &gradient)).unwrap();
        let step = OptimiserStep { learning_rate: 0.01, number };
        value = rule.plain(step, &value, &gradient, &mut moments).unwrap();
        assert_near(&parameter.get().to_f64().unwrap(), &value.to_f64().unwrap(), 1e-7);
    }
}

#[test]
fn fused_steps_are_the_plain_ones() {
    let sgd = Sgd { momentum: 0.9, dampening: 0.2, weight_decay: 0.01, nesterov: false };
    assert_fused_is_plain(Sgd::default());
    assert_fused_is_plain(sgd);
    assert_fused_is_plain(Sgd { nesterov: true, dampening: 0.0, ..sgd });
    assert_fused_is_plain(Adam { weight_decay: 0.02, ..Adam::default() });
    assert_fused_is_plain(Adam { amsgrad: true, ..Adam::default() });
    assert_fused_is_plain(Adam::decoupled());
    assert_fused_is_plain(Adamax { weight_decay: 0.02, ..Adamax::default() });
    assert_fused_is_plain(Adadelta { weight_decay: 0.02, ..Adadelta::default() });
    assert_fused_is_plain(AdamForm { weight_decay: 0.02, ..AdamForm::rectified() });
    assert_fused_is_plain(AdamForm { decoupled: true, weight_decay: 0.02, ..AdamForm::nesterov(0.004) });
    assert_fused_is_plain(RmsProp::default());
    assert_fused_is_plain(RmsProp { centered: true, ..RmsProp::default() });
    assert_fused_is_plain(RmsProp { centered: true, momentum: 0.5, ..RmsProp::default() });
    assert_fused_is_plain(RmsProp { momentum: 0.5, weight_decay: 0.01, ..RmsProp::default() });
}

/// torch 2.15: eight steps of torch.optim.Adamax and the like from [1, -2, 0.5], with gradients (i + 1)
/// [0.3, -0.2, 1], every third times -0.5.
#[track_caller]
fn assert_eight_steps(rule: impl Rule + Copy, lr: f64, expected: &[f64]) {
    for (dtype, limit) in [(DType::F32, 2e-5), (DType::F64, 2e-7)] {
        let start = Tensor::from_data(vec![1.0, -2.0, 0.5], [3], Device::Cpu).unwrap().cast(dtype).unwrap();
        let parameter = Parameter::new(&start).unwrap();
        let optimiser = Optimiser::new(rule, lr, one("p", &parameter)).unwrap();
        for i in 0..8 {
            let size = f64::from(i + 1) * if i % 3 == 0 { -0.5 } else { 1.0 };
            let gradient = Tensor::from_data(vec![0.3, -0.2, 1.0], [3], Device::Cpu).unwrap();
            let gradient = gradient.cast(dtype).unwrap().mul_scalar(size).unwrap();
            optimiser.step(&gradients(&parameter, &gradient)).unwrap();
        }
        assert_near(&parameter.get().to_f64().unwrap(), expected, limit);
    }
}

#[test]
fn later_rules_step_as_pytorch() {
    let decay = 0.01;
    let adamax = Adamax { weight_decay: decay, ..Adamax::default() };
    assert_eight_steps(adamax, 0.1, &[0.8505202, -1.8430464, 0.3538515]);
    let adadelta = Adadelta { rho: 0.8, weight_decay: decay, ..Adadelta::default() };
    assert_eight_steps(adadelta, 0.5, &[0.9928502, -1.9927891, 0.4928787]);
    let radam = AdamForm { weight_decay: decay, ..AdamForm::rectified() };
    assert_eight_steps(radam, 0.1, &[0.8648867, -1.9013338, 0.076535]);
    let decoupled = AdamForm { decoupled: true, ..radam };
    assert_eight_steps(decoupled, 0.1, &[0.8624338, -1.895864, 0.0766043]);
    let nadam = |speed| AdamForm { weight_decay: decay, ..AdamForm::nesterov(speed) };
    assert_eight_steps(nadam(0.05), 0.1, &[0.6743009, -1.6679317, 0.1769379]);
    let decoupled = AdamForm { decoupled: true, ..nadam(0.004) };
    assert_eight_steps(decoupled, 0.1, &[0.6685362, -1.6605641, 0.1725222]);
    let amsgrad = Adam { betas: [0.9, 0.5], amsgrad: true, ..Adam::default() };
    assert_eight_steps(amsgrad, 0.1, &[0.8022737, -1.8022737, 0.3022737]);
    let centered = RmsProp { centered: true, ..RmsProp::default() };
    assert_eight_steps(centered, 0.1, &[-1.0645802, 0.0645804, -1.5645799]);
    let both = RmsProp { momentum: 0.5, weight_decay: decay, ..centered };
    assert_eight_steps(both, 0.1, &[-2.3911973, 1.4440668, -2.8832529]);
}

#[test]
fn a_tensor_that_somebody_holds_is_not_changed() {
    let parameter = Parameter::new(&floats(&[1.0, 2.0], &[2])).unwrap();
    let optimiser = Optimiser::new(Adam::default(), 0.1, one("p", &parameter)).unwrap();
    let ones = floats(&[1.0, 1.0], &[2]);
    optimiser.step(&gradients(&parameter, &ones)).unwrap();
    let held = parameter.get();
    let view = held.reshape(&[1, 2]).unwrap();
    let (state, before) = (optimiser.state(), held.to_f32().unwrap());
    let moments: Vec<_> = state.tensors.iter().map(|(_, t)| t.to_f64().unwrap()).collect();

    optimiser.step(&gradients(&parameter, &ones)).unwrap();
    drop(held);
    optimiser.step(&gradients(&parameter, &ones)).unwrap();

    assert_ne!(parameter.get().to_f32().unwrap(), before);
    assert_eq!(view.to_f32().unwrap(), before);
    assert_eq!(state.tensors.iter().map(|(_, t)| t.to_f64().unwrap()).collect::<Vec<_>>(), moments);
}

#[test]
fn a_restored_optimiser_goes_on_as_if_nothing_had_happened() {
    let ones = floats(&[1.0, -1.0], &[2]);
    let run = |restart: bool| {
        let parameter = Parameter::new(&floats(&[1.0, 2.0], &[2])).unwrap();
        let mut optimiser = Optimiser::new(Adam::default(), 0.1, one("p", &parameter)).unwrap();
        for i in 0..6 {
            if restart && i == 3 {
                let state = optimiser.state();
                optimiser = Optimiser::new(Adam::default(), 0.7, one("p", &parameter)).unwrap();
                let other_name = optimiser.clone();
                optimiser.load_state(&state).unwrap();
                assert!(optimiser.is_same(&other_name));
                assert_eq!((other_name.steps(), other_name.learning_rate()), (3, 0.1));
            }
            optimiser.step(&gradients(&parameter, &ones)).unwrap();
        }
        parameter.get().to_f32().unwrap()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_state_that_does_not_fit_changes_nothing_and_is_listed() {
    let parameter = Parameter::new(&floats(&[1.0, 2.0], &[2])).unwrap();
    let optimiser = Optimiser::new(Adam::default(), 0.1, one("p", &parameter)).unwrap();
    optimiser.step(&gradients(&parameter, &floats(&[1.0, 1.0], &[2]))).unwrap();
    let good = optimiser.state();
    assert_eq!(good.tensors.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["p.mean", "p.square"]);

    let mut bad = good.clone();
    bad.tensors[0].1 = floats(&[0.0], &[1]);
    bad.tensors[1].0 = "q.square".into();
    let message = optimiser.load_state(&bad).unwrap_err().to_string();
    for part in ["p.mean: is f32 [1], expected f32 [2]", "p.square: is missing", "q.square: is f32 [2], but"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(optimiser.state().tensors[1].1.to_f32().unwrap(), good.tensors[1].1.to_f32().unwrap());
}

#[test]
fn what_has_no_gradient_is_left_alone() {
    let [a, b] = [0, 1].map(|_| Parameter::new(&floats(&[1.0], &[1])).unwrap());
    let parameters = vec![("a".to_owned(), a.clone()), ("b".into(), b.clone())];
    let optimiser = Optimiser::new(Sgd { weight_decay: 0.1, ..Sgd::default() }, 0.5, parameters).unwrap();
    let one = floats(&[1.0], &[1]);
    optimiser.step(&gradients(&a, &one)).unwrap();
    assert_eq!(b.get().item().unwrap(), 1.0);
    assert!(optimiser.state().tensors.iter().all(|(name, _)| name.starts_with("a.")));

    let before = a.get().item().unwrap();
    let taken = gradients(&a, &one);
    a.set_frozen(true);
    optimiser.step(&taken).unwrap();
    assert_eq!(a.get().item().unwrap(), before);
}

#[test]
fn settings_outside_their_range_are_refused_by_name() {
    let parameter = Parameter::new(&floats(&[1.0], &[1])).unwrap();
    let beta = Adam { betas: [1.0, 0.999], ..Adam::default() };
    let message = Optimiser::new(beta, 0.1, one("p", &parameter)).err().unwrap().to_string();
    assert_eq!(message, "optimiser: the first beta is 1, expected at least 0 and below 1");
    let optimiser = Optimiser::new(Sgd::default(), 0.1, one("p", &parameter)).unwrap();
    assert!(optimiser.set_learning_rate(f64::NAN).is_err());
    assert_eq!(
        optimiser.to_string(),
        "SGD(momentum 0, weight decay 0), learning rate 0.1, 0 steps on 1 tensors"
    );
}

#[test]
fn lists_of_parameters_that_cannot_be_distinguished_are_refused() {
    let [a, b] = [0, 1].map(|_| Parameter::new(&floats(&[1.0], &[1])).unwrap());
    let list = vec![("w".to_owned(), a.clone()), ("w".to_owned(), b)];
    let message = Optimiser::new(Sgd::default(), 0.1, list).err().unwrap().to_string();
    assert_eq!(message, "optimiser: the list of parameters is two different `w`, expected a name for each");
    assert!(Optimiser::new(Sgd::default(), 0.1, vec![]).is_err());
    let tied = vec![("w".to_owned(), a.clone()), ("also".to_owned(), a)];
    assert_eq!(Optimiser::new(Sgd::default(), 0.1, tied).unwrap().parameters().len(), 1);
}

#[test]
fn a_gradient_from_before_a_conversion_is_refused_by_name() {
    let layer = linear(2, 1, false).unwrap();
    let optimiser = Optimiser::new(Sgd::default(), 0.1, layer.named_parameters()).unwrap();
    let y = layer.forward(&floats(&[1.0, 2.0], &[1, 2])).unwrap();
    let gradients = y.backward().unwrap();
    layer.cast(DType::F64).unwrap();
    let message = optimiser.step(&gradients).unwrap_err().to_string();
    assert_eq!(message, "step: the gradient of `weight` is f32 [1, 2] on cpu, expected f64 [1, 2] on cpu");
}

/// Without weight decay, over slices and in tensor operations: 0 times an infinite entry is no number.
#[test]
fn an_infinite_entry_without_a_gradient_stays() {
    fn check(rule: impl Rule + Copy) {
        let step = OptimiserStep { learning_rate: 0.01, number: 1 };
        let (start, gradient) = ([f32::NEG_INFINITY, 1.0, f32::INFINITY], [0.0, 1.0, 0.0]);
        let mut rows = vec![start.to_vec()];
        rows.resize(1 + rule.moments().len(), vec![0.0; 3]);
        rule.fused(step, &mut rows.iter_mut().map(|row| &mut row[..]).collect::<Vec<_>>(), &gradient);
        let tensor = |values: [f32; 3]| Tensor::from_data(values.to_vec(), [3], Device::Cpu).unwrap();
        let mut moments: Vec<_> = rule.moments().iter().map(|_| tensor([0.0; 3])).collect();
        let plain = rule.plain(step, &tensor(start), &tensor(gradient), &mut moments).unwrap();
        for found in [&rows[0], &plain.to_f32().unwrap()] {
            let [low, moved, high] = found[..] else { panic!("{found:?}") };
            assert!(low == start[0] && moved < 1.0 && high == start[2], "{}: {found:?}", rule.describe());
        }
    }
    check(Sgd::default());
    check(Sgd { momentum: 0.9, ..Sgd::default() });
    check(Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() });
    check(Adam::default());
    check(Adam::decoupled());
    check(RmsProp::default());
    check(RmsProp { momentum: 0.5, ..RmsProp::default() });
}
