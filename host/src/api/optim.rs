//! `optim::...`: optimisers.

use ops::{
    Gradients,
    nn::{Adam, Module, Optimiser, Parameter},
};
use rhai::{Array, Dynamic, Map};

use super::options::Options;
use crate::{
    error::{Error, Result},
    script::{FromScript, Refusal, Table},
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
    fn parameters(self) -> Vec<(String, Parameter)> {
        let all = self.0.into_iter();
        all.flat_map(|(prefix, m)| m.named_parameters().into_iter().map(move |(n, p)| (format!("{prefix}{n}"), p)))
            .collect()
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table.module("optim", "Optimisers. `step` takes the gradients that `backward` gives.").add(
        "adam(modules, options)",
        "Adam (Kingma and Ba, 2015), with options lr (0.001), beta1 (0.9), beta2 (0.999), eps (1e-8), \
         weight_decay (0).",
        "{ let n = nn::linear(1, 1); let o = optim::adam(n, #{ lr: 0.1 }); \
         o.step(n.forward(tensor([[1.0]])).sum().backward()); o.steps() } => 1",
        |modules: Modules, options: Map| -> Result<Optimiser> {
            let mut options = Options::new("optim::adam", options);
            let lr = options.get("lr", 0.001)?;
            let rule = Adam {
                betas: [options.get("beta1", 0.9)?, options.get("beta2", 0.999)?],
                eps: options.get("eps", 1e-8)?,
                weight_decay: options.get("weight_decay", 0.0)?,
                ..Adam::default()
            };
            options.end()?;
            Ok(Optimiser::new(rule, lr, modules.parameters())?)
        },
    );
    table
        .global()
        .add(
            "step(optimiser, gradients)",
            "Moves every parameter that has a gradient.",
            "{ let n = nn::linear(1, 1); let o = optim::adam(n, #{}); \
             o.step(n.forward(tensor([[1.0]])).sum().backward()); o.steps() } => 1",
            |optimiser: Optimiser, gradients: Gradients| -> Result<(), Error> { Ok(optimiser.step(&gradients)?) },
        )
        .add(
            "steps(optimiser)",
            "How many steps were made.",
            "optim::adam(nn::linear(1, 1), #{}).steps() => 0",
            |optimiser: Optimiser| optimiser.steps() as i64,
        );
}
