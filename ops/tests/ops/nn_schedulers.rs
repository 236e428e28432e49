//! Schedulers, groups of parameters and the newer rules, against torch 2.15 where it has them.

use crate::support::*;
use ops::{
    DType, Gradients, Tensor,
    nn::{
        Adagrad, Adam, Lion, Optimiser, Parameter, Schedule, Scheduler, Sgd,
        optim::{ParameterGroup, Plateau},
    },
};

fn parameter(values: &[f32]) -> Parameter {
    Parameter::new(&floats(values, &[values.len()])).unwrap()
}

fn one(name: &str, parameter: &Parameter) -> Vec<(String, Parameter)> {
    vec![(name.to_owned(), parameter.clone())]
}

fn gradients(parameter: &Parameter, gradient: &Tensor) -> Gradients {
    parameter.get().mul(gradient).unwrap().sum().unwrap().backward().unwrap()
}

fn sgd(rate: f64) -> Optimiser {
    Optimiser::new(Sgd::default(), rate, one("p", &parameter(&[1.0]))).unwrap()
}

#[track_caller]
fn check(schedule: Schedule, watched: &[Option<f64>], expected: &[f64]) {
    let optimiser = sgd(0.1);
    let scheduler = Scheduler::new(schedule, &optimiser).unwrap();
    let mut rates = vec![optimiser.learning_rate()];
    for watched in watched {
        scheduler.step(*watched).unwrap();
        rates.push(optimiser.learning_rate());
    }
    assert_near(&rates, expected, 1e-12);
}

/// The learning rates of a base of 0.1 before each step: torch.optim.lr_scheduler.StepLR(o, 2, 0.5) and so
/// on, as the schedules name them.
#[test]
fn rates_are_those_of_pytorch() {
    let none = |n: usize| vec![None; n];
    check(Schedule::Step { size: 2, gamma: 0.5 }, &none(5), &[0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
    let milestones = vec![1, 3, 3];
    check(Schedule::MultiStep { milestones, gamma: 0.5 }, &none(4), &[0.1, 0.05, 0.05, 0.0125, 0.0125]);
    check(Schedule::Exponential { gamma: 0.9 }, &none(3), &[0.1, 0.09, 0.081, 0.0729]);
    let third = 1.0 / 3.0;
    let rates = [0.0333333333333, 0.0555555555556, 0.0777777777778, 0.1, 0.1];
    check(Schedule::Linear { start: third, end: 1.0, total: 3 }, &none(4), &rates);
    // CosineAnnealingLR(o, 5, eta_min=0.01)
    let rates = [0.1, 0.0914057647469, 0.0689057647469, 0.0410942352531, 0.0185942352531, 0.01, 0.01];
    check(Schedule::Cosine { total: 5, floor: 0.01, warm_up: 0, start: third }, &none(6), &rates);
    // SequentialLR(o, [LinearLR(o, total_iters=2), CosineAnnealingLR(o, 4, eta_min=0.01)], [2])
    let rates = [0.0333333333333, 0.0666666666667, 0.1, 0.0868198051534, 0.055, 0.0231801948466, 0.01];
    check(Schedule::Cosine { total: 6, floor: 0.01, warm_up: 2, start: third }, &none(6), &rates);
    // OneCycleLR(o, 0.1, total_steps=8)
    let rates = [
        0.004,
        0.0819275104892,
        0.0971941777388,
        0.081174565395,
        0.0555984014123,
        0.0283060998209,
        0.00766415938343,
        4e-7,
        4e-7,
    ];
    let cycle = Schedule::OneCycle { total: 8, rise: 0.3, div: 25.0, final_div: 1e4, is_linear: false };
    check(cycle, &none(8), &rates);
    let rates = [
        0.02,
        0.0563636363636,
        0.0927272727273,
        0.0836666666667,
        0.06325,
        0.0428333333333,
        0.0224166666667,
        0.002,
    ];
    let cycle = Schedule::OneCycle { total: 8, rise: 0.4, div: 5.0, final_div: 10.0, is_linear: true };
    check(cycle, &none(7), &rates);
}

/// ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1), and one of mode="max"
#[test]
fn plateaus_are_those_of_pytorch() {
    let losses = [1.0, 0.9, 0.95, 0.91, 0.92, 0.93, 0.94, 0.5, 0.6, 0.7, 0.8].map(Some);
    let rates = [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125];
    let plateau = Plateau { factor: 0.5, patience: 1, cooldown: 1, ..Plateau::default() };
    check(Schedule::Plateau(plateau.clone()), &losses, &rates);
    let rates = [0.1, 0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03];
    let plateau =
        Plateau { is_max: true, threshold: 0.1, is_relative: false, floor: 0.03, cooldown: 0, ..plateau };
    check(Schedule::Plateau(plateau.clone()), &losses, &rates);
    let scheduler = Scheduler::new(Schedule::Plateau(plateau), &sgd(0.1)).unwrap();
    assert!(scheduler.step(None).is_err() && scheduler.step(Some(f64::NAN)).is_err());
    let scheduler = Scheduler::new(Schedule::Exponential { gamma: 0.5 }, &sgd(0.1)).unwrap();
    assert!(scheduler.step(Some(1.0)).is_err());
    let (total, floor, start) = (2, 0.0, 1.0);
    assert!(Scheduler::new(Schedule::Cosine { total, floor, warm_up: 2, start }, &sgd(0.1)).is_err());
    assert!(Scheduler::new(Schedule::Step { size: 0, gamma: 0.5 }, &sgd(0.1)).is_err());
}

/// torch.optim.Adagrad(lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.2); Lion by
/// algorithm 2 of its paper, with lr 0.1, betas 0.9 and 0.99, weight decay 0.02.
#[test]
fn three_steps_are_those_of_pytorch() {
    let steps = [[0.5, -1.0], [0.3, 0.2], [-0.7, 0.4]];
    let run = |dtype: DType, make: &dyn Fn(Vec<(String, Parameter)>) -> Optimiser| {
        let parameter = Parameter::new(&floats(&[1.0, -2.0], &[2]).cast(dtype).unwrap()).unwrap();
        let optimiser = make(one("p", &parameter));
        for step in steps {
            let gradient = floats(&step.map(|x: f64| x as f32), &[2]).cast(dtype).unwrap();
            optimiser.step(&gradients(&parameter, &gradient)).unwrap();
        }
        parameter.get().to_f64().unwrap()
    };
    let adagrad = Adagrad { lr_decay: 0.1, weight_decay: 0.01, initial: 0.2, ..Adagrad::default() };
    let lion = Lion { weight_decay: 0.02, ..Lion::default() };
    for dtype in [DType::F32, DType::F64] {
        let found = run(dtype, &|list| Optimiser::new(adagrad, 0.1, list).unwrap());
        assert_near(&found, &[0.9437565480174626, -1.949637978586764], 1e-6);
        let found = run(dtype, &|list| Optimiser::new(lion, 0.1, list).unwrap());
        assert_near(&found, &[0.8946115920000001, -2.088223584], 1e-6);
    }
    // No gradient, no step.
    let parameter = parameter(&[1.0]);
    let optimiser = Optimiser::new(Lion::default(), 0.1, one("p", &parameter)).unwrap();
    optimiser.step(&gradients(&parameter, &floats(&[0.0], &[1]))).unwrap();
    assert_eq!(parameter.get().item().unwrap(), 1.0);
}

#[test]
fn groups_have_rates_and_rules_of_their_own() {
    let (a, b) = (parameter(&[1.0]), parameter(&[1.0]));
    let groups = || {
        let decayed = Sgd { weight_decay: 1.0, ..Sgd::default() };
        vec![
            ParameterGroup::new(Sgd::default(), 0.5, one("0.a", &a)),
            // The first group has `a` already.
            ParameterGroup::new(decayed, 0.25, [one("1.a", &a), one("1.b", &b)].concat()),
        ]
    };
    let optimiser = Optimiser::of_groups(groups()).unwrap();
    let ones = floats(&[1.0], &[1]);
    let both = gradients(&a, &ones).add(&gradients(&b, &ones)).unwrap();
    optimiser.step(&both).unwrap();
    assert_eq!([a.get().item().unwrap(), b.get().item().unwrap()], [0.5, 0.5]);
    optimiser.set_learning_rate(1.0).unwrap();
    assert_eq!(optimiser.learning_rates(), [1.0, 0.5]);
    assert!(optimiser.set_learning_rates(&[1.0]).is_err());
    Scheduler::new(Schedule::Step { size: 1, gamma: 0.5 }, &optimiser).unwrap().step(None).unwrap();
    assert_eq!(optimiser.learning_rates(), [0.25, 0.125]);
    let state = optimiser.state();
    let again = Optimiser::of_groups(groups()).unwrap();
    again.load_state(&state).unwrap();
    assert_eq!(again.learning_rates(), [0.25, 0.125]);
    let alone = Optimiser::new(Sgd::default(), 0.5, one("0.a", &a)).unwrap();
    assert!(alone.load_state(&state).unwrap_err().to_string().contains("2 groups"));
}

/// The sum of two gradients is one step; what waits is part of the state, and of a file.
#[test]
fn gradients_are_accumulated_and_saved() {
    let make = || {
        let parameter = parameter(&[1.0, 2.0]);
        (Optimiser::new(Adam::default(), 0.1, one("p", &parameter)).unwrap(), parameter)
    };
    let (first, second) = (floats(&[0.25, 1.0], &[2]), floats(&[0.5, -3.0], &[2]));
    let (whole, whole_parameter) = make();
    let sum = first.add(&second).unwrap();
    whole.step(&gradients(&whole_parameter, &second)).unwrap();
    whole.step(&gradients(&whole_parameter, &sum)).unwrap();

    let (parts, parameter) = make();
    parts.step(&gradients(&parameter, &second)).unwrap();
    parts.accumulate(&gradients(&parameter, &first)).unwrap();
    let (restored, other) = make();
    other.set(&parameter.get()).unwrap();
    restored.load(&parts.save().unwrap()).unwrap();
    assert!(restored.state().accumulated.len() == 1 && restored.steps() == 1);
    restored.step(&gradients(&other, &second)).unwrap();
    assert_eq!(other.get().to_f32().unwrap(), whole_parameter.get().to_f32().unwrap());
    assert!(restored.state().accumulated.is_empty());

    assert!(restored.load(b"nothing").is_err());
    assert!(sgd(0.1).load(&restored.save().unwrap()).is_err());
}

#[test]
fn gradients_of_a_part_are_clipped() {
    let (a, b) = (parameter(&[1.0]), parameter(&[1.0]));
    let both = gradients(&a, &floats(&[3.0], &[1])).add(&gradients(&b, &floats(&[4.0], &[1]))).unwrap();
    let part = both.only(&[a.get()]);
    assert_eq!((part.len(), part.norm().unwrap(), both.norm().unwrap()), (1, 3.0, 5.0));
    let clipped = both.replaced(&part.clip_norm(1.0).unwrap());
    let of = |p: &Parameter| p.gradient(&clipped).unwrap().item().unwrap();
    assert_eq!([of(&a), of(&b)], [1.0, 4.0]);
}
