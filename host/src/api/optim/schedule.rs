//! Learning rates as functions of the step, and schedulers, which give them to an optimiser.

use ops::nn::{Optimiser, Schedule, Scheduler, optim::Plateau, schedule};
use rhai::Map;

use crate::{api::options::CallOptions, error::Result, script::Adder};

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    add_rates(module);
    add_by_step(module);
    add_by_shape(module);
}

fn add_rates(module: &mut Adder) {
    module
        .add(
            "step_decay(lr, every, factor, step)",
            "The learning rate at a step: multiplied by `factor` after every `every` steps.",
            "optim::step_decay(0.5, 10, 0.5, 20) => 0.125",
            |lr: f64, every: usize, factor: f64, step: usize| {
                schedule::step(lr, every as u64, factor, step as u64)
            },
        )
        .add(
            "cosine(lr, total, floor, step)",
            "The learning rate at a step: half a cosine from `lr` down to `floor` over `total` steps.",
            "optim::cosine(1.0, 10, 0.0, 5) => 0.5\n\
             optim::cosine(1.0, 10, 0.0, 10) => 0.0",
            |lr: f64, total: usize, floor: f64, step: usize| {
                schedule::cosine(lr, total as u64, floor, step as u64)
            },
        )
        .add(
            "warm_up(length, step)",
            "A factor that rises from 0 to 1 over the first `length` steps.",
            "optim::warm_up(10, 5) => 0.6\n\
             optim::warm_up(10, 20) => 1.0",
            |length: usize, step: usize| schedule::warm_up(length as u64, step as u64),
        );
}

/// A scheduler of a schedule that reads its own options.
fn scheduler(
    function: &'static str,
    optimiser: &Optimiser,
    options: Map,
    schedule: impl FnOnce(&mut CallOptions) -> Result<Schedule>,
) -> Result<Scheduler> {
    Ok(Scheduler::new(CallOptions::read(function, options, schedule)?, optimiser)?)
}

fn count(options: &mut CallOptions, name: &'static str, default: usize) -> Result<u64> {
    Ok(options.get(name, default)? as u64)
}

fn add_by_step(module: &mut Adder) {
    module
        .add(
            "step_lr(optimiser, options)",
            "A scheduler, as all here: `step()` gives the optimiser the learning rate of its next step, \
             counted from the one that it was made with; it belongs into the state of a loop beside the \
             optimiser. This one multiplies it by gamma (0.1) every step_size (1) steps.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::step_lr(o, #{ step_size: 2, gamma: 0.5 }); \
             for i in 0..4 { s.step(); } o.learning_rate } => 0.125",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::step_lr", &optimiser, options, |options| {
                    Ok(Schedule::Step {
                        size: count(options, "step_size", 1)?,
                        gamma: options.get("gamma", 0.1)?,
                    })
                })
            },
        )
        .add(
            "multi_step_lr(optimiser, options)",
            "A scheduler: times gamma (0.1) at each of the milestones [..].",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::multi_step_lr(o, #{ milestones: [1, 3], gamma: 0.5 }); \
             for i in 0..2 { s.step(); } o.learning_rate } => 0.25",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::multi_step_lr", &optimiser, options, |options| {
                    let milestones = options.get::<Vec<usize>>("milestones", vec![])?;
                    Ok(Schedule::MultiStep {
                        milestones: milestones.into_iter().map(|step| step as u64).collect(),
                        gamma: options.get("gamma", 0.1)?,
                    })
                })
            },
        )
        .add(
            "exponential_lr(optimiser, options)",
            "A scheduler: times gamma (0.1) at each step.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::exponential_lr(o, #{ gamma: 0.5 }); s.step(); o.learning_rate } => 0.25",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::exponential_lr", &optimiser, options, |options| {
                    Ok(Schedule::Exponential { gamma: options.get("gamma", 0.1)? })
                })
            },
        )
        .add(
            "reduce_lr_on_plateau(optimiser, options)",
            "A scheduler whose `step(loss)` multiplies the learning rate by factor (0.1) where the loss did \
             not become better for more than patience (10) steps. Options: mode (\"min\", \"max\"), \
             threshold (0.0001), threshold_mode (\"rel\", \"abs\"), cooldown (0), min_lr (0), eps (1e-8).",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::reduce_lr_on_plateau(o, #{ patience: 1, factor: 0.5 }); \
             for loss in [3.0, 3.0, 3.0] { s.step(loss); } o.learning_rate } => 0.25",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::reduce_lr_on_plateau", &optimiser, options, plateau)
            },
        );
}

fn plateau(options: &mut CallOptions) -> Result<Schedule> {
    let default = Plateau::default();
    Ok(Schedule::Plateau(Plateau {
        is_max: options.choice("mode", &[("min", false), ("max", true)])?,
        factor: options.get("factor", default.factor)?,
        patience: count(options, "patience", default.patience as usize)?,
        threshold: options.get("threshold", default.threshold)?,
        is_relative: options.choice("threshold_mode", &[("rel", true), ("abs", false)])?,
        cooldown: count(options, "cooldown", default.cooldown as usize)?,
        floor: options.get("min_lr", default.floor)?,
        eps: options.get("eps", default.eps)?,
    }))
}

fn add_by_shape(module: &mut Adder) {
    module
        .add(
            "linear_lr(optimiser, options)",
            "A scheduler: from start_factor (1/3) to end_factor (1) times the learning rate over total_iters \
             (5) steps.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::linear_lr(o, #{ start_factor: 0, total_iters: 2 }); s.step(); o.learning_rate } \
             => 0.25",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::linear_lr", &optimiser, options, |options| {
                    Ok(Schedule::Linear {
                        start: options.get("start_factor", 1.0 / 3.0)?,
                        end: options.get("end_factor", 1.0)?,
                        total: count(options, "total_iters", 5)?,
                    })
                })
            },
        )
        .add(
            "cosine_annealing_lr(optimiser, options)",
            "A scheduler: half a wave down to eta_min (0) at step T_max, where it stays. With warm_up (0) \
             steps it first rises to the learning rate from start_factor (1/3) times it.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::cosine_annealing_lr(o, #{ T_max: 6, warm_up: 2, start_factor: 0 }); \
             let rates = []; for i in 0..6 { s.step(); rates.push(o.learning_rate); } \
             [rates[0], rates[1], rates[3], rates[5]] } => [0.25, 0.5, 0.25, 0.0]",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::cosine_annealing_lr", &optimiser, options, |options| {
                    Ok(Schedule::Cosine {
                        total: count(options, "T_max", 0)?,
                        floor: options.get("eta_min", 0.0)?,
                        warm_up: count(options, "warm_up", 0)?,
                        start: options.get("start_factor", 1.0 / 3.0)?,
                    })
                })
            },
        )
        .add(
            "one_cycle_lr(optimiser, options)",
            "A scheduler of total_steps: up to the optimiser's learning rate, the peak, from one div_factor \
             (25) below in a share pct_start (0.3) of them, then down to one final_div_factor (10000) below \
             the start; anneal_strategy \"cos\" or \"linear\" (Smith, Topin, 2018). Momentum stays as it is.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::one_cycle_lr(o, #{ total_steps: 10, pct_start: 0.5, div_factor: 2 }); \
             let first = o.learning_rate; for i in 0..4 { s.step(); } [first, o.learning_rate] } => [0.25, \
             0.5]",
            |optimiser: Optimiser, options: Map| {
                scheduler("optim::one_cycle_lr", &optimiser, options, |options| {
                    Ok(Schedule::OneCycle {
                        total: count(options, "total_steps", 0)?,
                        rise: options.get("pct_start", 0.3)?,
                        div: options.get("div_factor", 25.0)?,
                        final_div: options.get("final_div_factor", 1e4)?,
                        is_linear: options.choice("anneal_strategy", &[("cos", false), ("linear", true)])?,
                    })
                })
            },
        );
}

/// Adds the methods of schedulers.
pub fn add_methods(global: &mut Adder) {
    global
        .add(
            "step(scheduler, watched)",
            "Gives the optimiser the learning rate of its next step; of a plateau for the loss that it \
             watches.",
            "{ let o = optim::sgd(nn::linear(1, 1), #{ lr: 0.5 }); \
             let s = optim::exponential_lr(o, #{ gamma: 0.5 }); s.step(); s.steps } => 1",
            |scheduler: Scheduler, watched: Option<f64>| scheduler.step(watched),
        )
        .add(
            "get steps(scheduler)",
            "How many steps were made.",
            "optim::exponential_lr(optim::sgd(nn::linear(1, 1), #{}), #{}).steps => 0",
            |scheduler: Scheduler| scheduler.steps() as i64,
        )
        .add(
            "to_string(scheduler)",
            "The schedule, its settings, and how far it is.",
            "type_of(optim::exponential_lr(optim::sgd(nn::linear(1, 1), #{}), #{}).to_string()) => string",
            |scheduler: Scheduler| scheduler.to_string(),
        );
}
