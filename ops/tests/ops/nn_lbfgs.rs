//! L-BFGS against torch 2.15: `torch.optim.LBFGS` in float64, from one script that printed for each step its
//! loss, how often the closure had run, and the parameters.

use crate::support::*;
use ops::{
    Error, Gradients, Result, Tensor,
    nn::{
        Parameter,
        optim::{Lbfgs, Optimiser, ParameterGroup, Sgd},
    },
};

fn doubles(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, ops::Device::Cpu).unwrap()
}

fn parameter(values: &[f64], shape: &[usize]) -> Parameter {
    Parameter::new(&doubles(values, shape)).unwrap()
}

/// `(1 - a)^2 + 100 (b - a^2)^2`
fn rosenbrock(p: &Tensor) -> Result<Tensor> {
    let (a, b) = (p.narrow(0, 0, 1)?, p.narrow(0, 1, 1)?);
    let valley = b.sub(&a.square()?)?.square()?.mul_scalar(100.0)?;
    a.neg()?.add_scalar(1.0)?.square()?.add(&valley)?.sum()
}

#[track_caller]
fn assert_rosenbrock(rule: Lbfgs, lr: f64, steps: &[(f64, usize, [f64; 2])], limit: f64) {
    let p = parameter(&[-1.2, 1.0], &[2]);
    let optimiser = Optimiser::new(rule, lr, vec![("p".into(), p.clone())]).unwrap();
    let mut calls = 0;
    for (loss, evaluated, values) in steps {
        let found = optimiser.step_with(|| {
            calls += 1;
            rosenbrock(&p.get())
        });
        assert_near(&[found.unwrap().item().unwrap()], &[*loss], limit);
        assert_near(&p.value().to_f64().unwrap(), values, limit);
        assert_eq!(calls, *evaluated);
    }
    assert_eq!(optimiser.steps(), steps.len() as u64);
}

#[test]
fn the_valley_of_rosenbrock_with_fixed_lengths() {
    let rule = Lbfgs { max_iter: 4, ..Lbfgs::default() };
    let steps = [
        (24.199999999999996, 4, [-0.9253632377854821, 1.0207786998275232]),
        (6.412442546983449, 8, [-0.988348906307429, 0.988272746663466]),
        (3.9666168709954874, 12, [-0.15316577185606484, -0.38063995611619095]),
    ];
    assert_rosenbrock(rule, 1.0, &steps, 1e-9);
    let rule = Lbfgs { max_iter: 5, history_size: 2, ..rule };
    let steps = [
        (24.199999999999996, 5, [-1.098903173940419, 1.043041649049817]),
        (7.112950805813274, 10, [-1.0731883270546636, 1.0551729488873023]),
        (5.230497765552921, 15, [-1.056349771953122, 1.0611480246057685]),
    ];
    assert_rosenbrock(rule, 0.1, &steps, 1e-9);
}

#[test]
fn the_valley_of_rosenbrock_by_strong_wolfe() {
    let rule = Lbfgs { strong_wolfe: true, ..Lbfgs::default() };
    let steps = [
        (24.199999999999996, 25, [0.38062264334648777, 0.12491013187293636]),
        (0.4234823024380289, 44, [0.9999814210791366, 0.9999619651810989]),
    ];
    assert_rosenbrock(rule, 1.0, &steps, 1e-6);
    let steps = [
        (24.199999999999996, 6, [-1.0276177663827242, 1.0584120782656612]),
        (4.111816451757751, 12, [-0.7745797354515831, 0.5476256792320806]),
        (3.423165462292753, 19, [-0.2560895768966468, 0.03726198161622369]),
    ];
    assert_rosenbrock(Lbfgs { max_iter: 5, ..rule }, 1.0, &steps, 1e-8);
    let rule = Lbfgs { max_iter: 6, history_size: 2, max_eval: Some(7), ..rule };
    let steps = [
        (24.199999999999996, 7, [-1.0197614762019205, 1.0341075031417615]),
        (4.082807343944086, 14, [-0.5125309076136719, 0.21876859574661656]),
        (2.4806405496741535, 21, [-0.1359458547764193, -0.018305441212345404]),
    ];
    assert_rosenbrock(rule, 1.0, &steps, 1e-8);
}

/// `mean((W2 tanh(W1 x + b1) + b2 - y)^2)`
struct Net([Parameter; 4]);

impl Net {
    fn new() -> Self {
        Self([
            parameter(&[0.5, -0.3, 0.2, 0.8, -0.6, 0.1], &[3, 2]),
            parameter(&[0.1, -0.2, 0.3], &[3]),
            parameter(&[0.7, -0.4, 0.2], &[1, 3]),
            parameter(&[0.0], &[1]),
        ])
    }

    fn named(&self) -> Vec<(String, Parameter)> {
        self.0.iter().enumerate().map(|(i, p)| (format!("p{i}"), p.clone())).collect()
    }

    fn loss(&self) -> Result<Tensor> {
        let x = doubles(&[0., 0., 0., 1., 1., 0., 1., 1., 0.5, -1.], &[5, 2]);
        let [w1, b1, w2, b2] = self.0.each_ref().map(Parameter::get);
        let hidden = x.matmul(&w1.transpose(0, 1)?)?.add(&b1)?.tanh()?;
        let y = hidden.matmul(&w2.transpose(0, 1)?)?.add(&b2)?;
        y.sub(&doubles(&[0., 1., 1., 0., 0.5], &[5, 1]))?.square()?.mean()
    }

    fn last(&self) -> Vec<f64> {
        self.0[2..].iter().flat_map(|p| p.value().to_f64().unwrap()).collect()
    }
}

const FIXED: Lbfgs = Lbfgs {
    max_iter: 6,
    max_eval: None,
    tolerance_grad: 1e-7,
    tolerance_change: 1e-9,
    history_size: 100,
    strong_wolfe: false,
};
const SEARCHED: Lbfgs = Lbfgs { strong_wolfe: true, ..FIXED };

#[test]
fn a_net_of_least_squares() {
    let fixed = [
        (
            0.4354330441934036,
            [0.662400791295271, -0.13549109901807663, 0.31806847335314886, 0.1939260355099515],
        ),
        (
            0.19643292248758043,
            [0.7063652462099352, -0.5883659518807924, 0.4218533914125248, 0.23568156901363138],
        ),
        (
            0.14608585925341933,
            [0.9570645718644522, -0.9014879105979398, 0.6606176146505787, 0.48979042913017984],
        ),
    ];
    let searched = [
        (
            0.4354330441934036,
            [0.5927886770834835, -0.30602331777817954, 0.32588650947951925, 0.19449984719343366],
        ),
        (
            0.17814127555959108,
            [0.761964735214714, -0.9657689409922419, 0.25965028198857604, 0.2973901040346377],
        ),
        (
            0.1038504634093447,
            [1.3465958427828406, -1.8711123832135217, 0.8966428624533095, 0.6747502281124982],
        ),
    ];
    for (rule, lr, steps) in [(FIXED, 0.5, fixed), (SEARCHED, 1.0, searched)] {
        let net = Net::new();
        let optimiser = Optimiser::new(rule, lr, net.named()).unwrap();
        for (loss, last) in steps {
            assert_near(&[optimiser.step_with(|| net.loss()).unwrap().item().unwrap()], &[loss], 1e-8);
            assert_near(&net.last(), &last, 1e-7);
        }
    }
}

#[test]
fn a_restored_one_goes_on_to_the_same_bits() {
    for rule in [FIXED, SEARCHED, Lbfgs { history_size: 3, ..SEARCHED }] {
        let run = |restart: bool| {
            let net = Net::new();
            let mut optimiser = Optimiser::new(rule, 0.5, net.named()).unwrap();
            for i in 0..4 {
                if restart {
                    let (state, bytes) = (optimiser.state(), optimiser.save().unwrap());
                    assert!(state.is_same(&optimiser.state()));
                    optimiser = Optimiser::new(rule, 0.7, net.named()).unwrap();
                    if i % 2 == 0 { optimiser.load_state(&state) } else { optimiser.load(&bytes) }.unwrap();
                }
                optimiser.step_with(|| net.loss()).unwrap();
            }
            net.last()
        };
        assert_eq!(run(true), run(false));
    }
}

#[test]
fn a_state_of_other_parameters_is_refused() {
    let (net, p) = (Net::new(), parameter(&[1.0], &[1]));
    let optimiser = Optimiser::new(FIXED, 0.5, net.named()).unwrap();
    optimiser.step_with(|| net.loss()).unwrap();
    let other = Optimiser::new(FIXED, 0.5, vec![("p".into(), p)]).unwrap();
    let message = other.load_state(&optimiser.state()).unwrap_err().to_string();
    assert!(message.contains("direction: is f64 [13], expected f64 [1]"), "{message}");
}

#[test]
fn gradients_alone_and_several_groups_are_refused() {
    let p = parameter(&[1.0], &[1]);
    let named = vec![("p".to_owned(), p.clone())];
    let optimiser = Optimiser::new(FIXED, 0.5, named.clone()).unwrap();
    for outcome in [optimiser.step(&Gradients::default()), optimiser.accumulate(&Gradients::default())] {
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("give it a function"), "{message}");
    }
    let groups = [ParameterGroup::new(FIXED, 1.0, named), ParameterGroup::new(FIXED, 0.1, vec![])];
    assert!(Optimiser::of_groups(groups.into()).is_err());
}

#[test]
fn a_loss_that_fails_or_is_no_number_ends_the_step() {
    let p = parameter(&[1.0], &[1]);
    let optimiser = Optimiser::new(SEARCHED, 0.5, vec![("p".into(), p.clone())]).unwrap();
    let failed = optimiser.step_with(|| Err(Error::State("no loss".into())));
    assert_eq!(failed.unwrap_err().to_string(), "no loss");
    optimiser.step_with(|| p.get().mul_scalar(f64::NAN)?.sum()).unwrap();
}

#[test]
fn other_rules_take_a_function_too() {
    let p = parameter(&[1.0], &[1]);
    let optimiser = Optimiser::new(Sgd::default(), 0.25, vec![("p".into(), p.clone())]).unwrap();
    assert_eq!(optimiser.step_with(|| p.get().square()?.sum()).unwrap().item().unwrap(), 1.0);
    assert_eq!(p.value().item().unwrap(), 0.5);
}
