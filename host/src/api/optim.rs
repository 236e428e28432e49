//! `optim::...`: optimisers, schedules, clipping.

use ops::{
    Gradients, Tensor,
    nn::{
        Module, Optimiser, Parameter,
        optim::{Adam, RmsProp, Rule, Sgd},
        schedule,
    },
};
use rhai::{Array, Dynamic, Map};

use super::options::CallOptions;
use crate::{
    error::{Error, Result},
    script::{Adder, FromScript, Refusal, Table},
};

/// What an optimiser is made for: a module, or several in an array or a map.
pub struct Modules(Vec<(String, Module)>);

impl FromScript for Modules {
    const NAME: &'static str = "Module, or an array or map of them";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(module) = value.read_lock::<Module>() {
            return Ok(Self(vec![(String::new(), module.clone())]));
        }
        let named = |(name, value): (String, &Dynamic)| Ok((name + ".", Module::from_script(value)?));
        if let Some(map) = value.read_lock::<Map>() {
            return Ok(Self(map.iter().map(|(k, v)| named((k.to_string(), v))).collect::<Result<_, _>>()?));
        }
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        let numbered = array.iter().enumerate().map(|(i, v)| named((i.to_string(), v)));
        Ok(Self(numbered.collect::<Result<_, _>>()?))
    }
}

impl Modules {
    /// The values of all parameters.
    pub fn values(self) -> Vec<Tensor> {
        self.parameters().into_iter().map(|(_, parameter)| parameter.get()).collect()
    }

    fn parameters(self) -> Vec<(String, Parameter)> {
        let named = |(prefix, module): (String, Module)| {
            module.named_parameters().into_iter().map(move |(name, p)| (format!("{prefix}{name}"), p))
        };
        self.0.into_iter().flat_map(named).collect()
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let mut module =
        table.module("optim", "Optimisers (`step` takes what `backward` gives) and learning rates.");
    add_rules(&mut module);
    add_schedules(&mut module);
    add_methods(&mut table.global());
}

/// An optimiser of a rule that reads its own options; all have `lr`, with that default.
fn build<R: Rule>(
    function: &'static str,
    modules: Modules,
    map: Map,
    lr: f64,
    rule: impl FnOnce(&mut CallOptions) -> Result<R>,
) -> Result<Optimiser> {
    let (lr, rule) =
        CallOptions::read(function, map, |options| Ok((options.get("lr", lr)?, rule(options)?)))?;
    Ok(Optimiser::new(rule, lr, modules.parameters())?)
}

fn adam(options: &mut CallOptions, default: Adam) -> Result<Adam> {
    Ok(Adam {
        betas: [options.get("beta1", default.betas[0])?, options.get("beta2", default.betas[1])?],
        eps: options.get("eps", default.eps)?,
        weight_decay: options.get("weight_decay", default.weight_decay)?,
        decoupled: default.decoupled,
    })
}

fn add_rules(module: &mut Adder) {
    module
        .add(
            "sgd(modules, options)",
            "Gradient descent, with options lr (0.01), momentum (0), nesterov (false), weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::sgd(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.5\n\
             optim::sgd(nn::linear(1, 1), #{ momentum: 0.9 }).learning_rate => 0.01",
            |modules: Modules, map: Map| {
                build("optim::sgd", modules, map, 0.01, |options| {
                    Ok(Sgd {
                        momentum: options.get("momentum", 0.0)?,
                        nesterov: options.get("nesterov", false)?,
                        weight_decay: options.get("weight_decay", 0.0)?,
                        ..Sgd::default()
                    })
                })
            },
        )
        .add(
            "adam(modules, options)",
            "Adam (Kingma and Ba, 2015), with options lr (0.001), beta1 (0.9), beta2 (0.999), eps (1e-8), \
             weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::adam(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75",
            |modules: Modules, map: Map| {
                build("optim::adam", modules, map, 0.001, |options| adam(options, Adam::default()))
            },
        )
        .add(
            "adamw(modules, options)",
            "Adam with decoupled weight decay (Loshchilov and Hutter, 2019), with the options of adam.",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::adamw(n, #{ lr: 0.25, weight_decay: 0.5 }).step(n.forward(tensor([[2.0]])).sum()\
             .backward()); n.parameters().weight.item() } => 0.625\n\
             optim::adamw(nn::linear(1, 1), #{}).learning_rate => 0.001",
            |modules: Modules, map: Map| {
                build("optim::adamw", modules, map, 0.001, |options| adam(options, Adam::decoupled()))
            },
        )
        .add(
            "rmsprop(modules, options)",
            "RMSprop, with options lr (0.01), alpha (0.99), eps (1e-8), momentum (0), weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::rmsprop(n, #{ lr: 0.25, alpha: 0 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75\n\
             optim::rmsprop(nn::linear(1, 1), #{}).learning_rate => 0.01",
            |modules: Modules, map: Map| {
                build("optim::rmsprop", modules, map, 0.01, |options| {
                    let default = RmsProp::default();
                    Ok(RmsProp {
                        alpha: options.get("alpha", default.alpha)?,
                        eps: options.get("eps", default.eps)?,
                        momentum: options.get("momentum", default.momentum)?,
                        weight_decay: options.get("weight_decay", default.weight_decay)?,
                    })
                })
            },
        );
}

fn add_schedules(module: &mut Adder) {
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

fn add_methods(global: &mut Adder) {
    global
        .add(
            "step(optimiser, gradients)",
            "Moves every parameter that has a gradient.",
            "{ let n = nn::linear(1, 1); let o = optim::sgd(n, #{}); \
             o.step(n.forward(tensor([[1.0]])).sum().backward()); o.steps } => 1",
            |optimiser: Optimiser, gradients: Gradients| -> Result<(), Error> {
                Ok(optimiser.step(&gradients)?)
            },
        )
        .add(
            "get steps(optimiser)",
            "How many steps were made.",
            "optim::adam(nn::linear(1, 1), #{}).steps => 0",
            |optimiser: Optimiser| optimiser.steps() as i64,
        )
        .add(
            "get learning_rate(optimiser)",
            "The learning rate of the next step.",
            "optim::adam(nn::linear(1, 1), #{ lr: 0.5 }).learning_rate => 0.5",
            |optimiser: Optimiser| optimiser.learning_rate(),
        )
        .add(
            "set_learning_rate(optimiser, lr)",
            "Sets the learning rate of the steps to come.",
            "{ let o = optim::adam(nn::linear(1, 1), #{}); o.set_learning_rate(0.1); \
             o.learning_rate } => 0.1",
            |optimiser: Optimiser, lr: f64| optimiser.set_learning_rate(lr),
        )
        .add(
            "to_string(optimiser)",
            "The rule, its settings, and how far it is.",
            "type_of(optim::sgd(nn::linear(1, 1), #{}).to_string()) => string",
            |optimiser: Optimiser| optimiser.to_string(),
        )
        .add(
            "clip_norm(gradients, maximum)",
            "Gradients scaled down together so that their L2 norm is at most `maximum`.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().clip_norm(1).of(a).to_array() } => [1.0]",
            |gradients: Gradients, maximum: f64| gradients.clip_norm(maximum),
        )
        .add(
            "clip_value(gradients, maximum)",
            "Gradients with every element cut to -maximum..maximum.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().clip_value(2).of(a).to_array() } => [2.0]",
            |gradients: Gradients, maximum: f64| gradients.clip_value(maximum),
        )
        .add(
            "norm(gradients)",
            "The L2 norm of all gradients together.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().norm() } => 4.0",
            |gradients: Gradients| gradients.norm(),
        )
        .add(
            "add(gradients, other)",
            "The sum of two sets of gradients, of two losses for example.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().add((a * 1).backward()).of(a).to_array() } \
             => [5.0]",
            |gradients: Gradients, other: Gradients| gradients.add(&other),
        );
}
