//! `optim::...`: optimisers, schedules, clipping.

mod methods;
mod schedule;

use ops::{
    Tensor,
    nn::{
        Module, Optimiser, Parameter,
        optim::{Adagrad, Adam, Lbfgs, Lion, ParameterGroup, RmsProp, Rule, Sgd},
    },
};
use rhai::{Array, Dynamic, Map};

use super::options::CallOptions;
use crate::{
    error::{Error, Result},
    script::{Adder, FromScript, Refusal, Table},
};

/// What an optimiser is made for: a module, or several in arrays and maps.
pub struct Modules(Vec<(String, Module)>);

impl FromScript for Modules {
    const NAME: &'static str = "Module, or an array or map of them";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let mut modules = Vec::new();
        collect(String::new(), value, &mut modules)?;
        Ok(Self(modules))
    }
}

fn collect(name: String, value: &Dynamic, modules: &mut Vec<(String, Module)>) -> Result<(), Refusal> {
    if let Some(module) = value.read_lock::<Module>() {
        modules.push((name, module.clone()));
        return Ok(());
    }
    if value.is::<Tensor>() {
        let help = "make it a parameter, whose tensor is its `value`: `let w = nn::parameter(x)`";
        return Err(Refusal::Value(Error::usage("a Tensor never changes, so it cannot be trained", help)));
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.iter().try_for_each(|(key, v)| collect(format!("{name}{key}."), v, modules));
    }
    let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
    array.iter().enumerate().try_for_each(|(i, v)| collect(format!("{name}{i}."), v, modules))
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

/// Modules with the options of their own that each group of them has.
struct Groups(Vec<(Modules, Map)>);

impl FromScript for Groups {
    const NAME: &'static str = "Module, or an array or map of them, or an array of groups";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let group = |value: &Dynamic| {
            let mut options = value.read_lock::<Map>()?.clone();
            options.remove("params").map(|modules| (modules, options))
        };
        let array = value.read_lock::<Array>();
        let groups = array.and_then(|array| array.iter().map(group).collect::<Option<Vec<_>>>());
        match groups.filter(|groups| !groups.is_empty()) {
            None => Ok(Self(vec![(Modules::from_script(value)?, Map::new())])),
            Some(groups) => {
                let read = |(modules, options)| Ok::<_, Refusal>((Modules::from_script(&modules)?, options));
                groups.into_iter().map(read).collect::<Result<_, _>>().map(Self)
            }
        }
    }
}

/// Adds the functions of this folder.
pub fn add(table: &mut Table) {
    let mut module = table.module(
        "optim",
        "Optimisers (`step` takes what `backward` gives) and learning rates. What is trained is a module, or \
         several in an array or a map, or groups, which have options of their own: \
         [#{ params: net.parameters(\"*.bias\"), weight_decay: 0.0 }, #{ params: net }]; a parameter belongs \
         to the first group that has it.",
    );
    add_rules(&mut module);
    add_other_rules(&mut module);
    schedule::add(&mut module);
    methods::add(&mut table.global());
    schedule::add_methods(&mut table.global());
}

/// An optimiser of a rule that reads its own options, for each group; all have `lr`, with that default.
fn build<R: Rule>(
    function: &'static str,
    groups: Groups,
    map: Map,
    lr: f64,
    rule: impl Fn(&mut CallOptions) -> Result<R>,
) -> Result<Optimiser> {
    let is_one = groups.0.len() == 1;
    let group = |(number, (modules, own)): (usize, (Modules, Map))| {
        let mut options = map.clone();
        options.extend(own);
        let read = |options: &mut CallOptions| Ok::<_, Error>((options.get("lr", lr)?, rule(options)?));
        let (lr, rule) = CallOptions::read(function, options, read)?;
        let named = |(name, parameter)| match is_one {
            true => (name, parameter),
            false => (format!("{number}.{name}"), parameter),
        };
        Ok(ParameterGroup::new(rule, lr, modules.parameters().into_iter().map(named).collect()))
    };
    let groups = groups.0.into_iter().enumerate().map(group).collect::<Result<Vec<_>>>()?;
    Ok(Optimiser::of_groups(groups)?)
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
            "sgd(params, options)",
            "Gradient descent, with options lr (0.01), momentum (0), nesterov (false), weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::sgd(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.5\n\
             optim::sgd(nn::linear(1, 1), #{ momentum: 0.9 }).learning_rate => 0.01\n\
             { let n = nn::linear(1, 1); optim::sgd([#{ params: n[\"bias\"], lr: 0.5 }, #{ params: n }], #{})\
             .learning_rates } => [0.5, 0.01]",
            |groups: Groups, map: Map| {
                build("optim::sgd", groups, map, 0.01, |options| {
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
            "adam(params, options)",
            "Adam (Kingma and Ba, 2015), with options lr (0.001), beta1 (0.9), beta2 (0.999), eps (1e-8), \
             weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::adam(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75",
            |groups: Groups, map: Map| {
                build("optim::adam", groups, map, 0.001, |options| adam(options, Adam::default()))
            },
        )
        .add(
            "adamw(params, options)",
            "Adam with decoupled weight decay (Loshchilov and Hutter, 2019), with the options of adam.",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::adamw(n, #{ lr: 0.25, weight_decay: 0.5 }).step(n.forward(tensor([[2.0]])).sum()\
             .backward()); n.parameters().weight.item() } => 0.625\n\
             optim::adamw(nn::linear(1, 1), #{}).learning_rate => 0.001",
            |groups: Groups, map: Map| {
                build("optim::adamw", groups, map, 0.001, |options| adam(options, Adam::decoupled()))
            },
        )
        .add(
            "rmsprop(params, options)",
            "RMSprop, with options lr (0.01), alpha (0.99), eps (1e-8), momentum (0), weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::rmsprop(n, #{ lr: 0.25, alpha: 0 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75\n\
             optim::rmsprop(nn::linear(1, 1), #{}).learning_rate => 0.01",
            |groups: Groups, map: Map| {
                build("optim::rmsprop", groups, map, 0.01, |options| {
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

fn add_other_rules(module: &mut Adder) {
    module
        .add(
            "adagrad(params, options)",
            "Adagrad (Duchi et al., 2011), with options lr (0.01), lr_decay (0), weight_decay (0), \
             initial_accumulator_value (0), eps (1e-10).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::adagrad(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75",
            |groups: Groups, map: Map| {
                build("optim::adagrad", groups, map, 0.01, |options| {
                    let default = Adagrad::default();
                    Ok(Adagrad {
                        lr_decay: options.get("lr_decay", default.lr_decay)?,
                        weight_decay: options.get("weight_decay", default.weight_decay)?,
                        initial: options.get("initial_accumulator_value", default.initial)?,
                        eps: options.get("eps", default.eps)?,
                    })
                })
            },
        )
        .add(
            "lion(params, options)",
            "Lion (Chen et al., 2023): steps of one size by the sign, with options lr (0.0001), beta1 (0.9), \
             beta2 (0.99), weight_decay (0).",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::lion(n, #{ lr: 0.25 }).step(n.forward(tensor([[2.0]])).sum().backward()); \
             n.parameters().weight.item() } => 0.75",
            |groups: Groups, map: Map| {
                build("optim::lion", groups, map, 1e-4, |options| {
                    let default = Lion::default();
                    Ok(Lion {
                        betas: [
                            options.get("beta1", default.betas[0])?,
                            options.get("beta2", default.betas[1])?,
                        ],
                        weight_decay: options.get("weight_decay", default.weight_decay)?,
                    })
                })
            },
        )
        .add(
            "lbfgs(params, options)",
            "L-BFGS (Liu and Nocedal, 1989), as torch.optim.LBFGS: `step(|| loss)` evaluates the loss \
             several times, so that has to be of the same data at each call. Options: lr (1), max_iter (20), \
             max_eval (5/4 of it), tolerance_grad (1e-7), tolerance_change (1e-9), history_size (100), \
             line_search (\"none\", \"strong_wolfe\"). One group.",
            "{ let w = nn::parameter(tensor([4.0])); let o = optim::lbfgs(w, #{ line_search: \
             \"strong_wolfe\" }); o.step(|| (w.value - 3).square().sum()); w.value.item().round(3) } => 3.0",
            |groups: Groups, map: Map| {
                build("optim::lbfgs", groups, map, 1.0, |options| {
                    let default = Lbfgs::default();
                    Ok(Lbfgs {
                        max_iter: options.get("max_iter", default.max_iter)?,
                        max_eval: options.find("max_eval")?,
                        tolerance_grad: options.get("tolerance_grad", default.tolerance_grad)?,
                        tolerance_change: options.get("tolerance_change", default.tolerance_change)?,
                        history_size: options.get("history_size", default.history_size)?,
                        strong_wolfe: options
                            .choice("line_search", &[("none", false), ("strong_wolfe", true)])?,
                    })
                })
            },
        );
}
