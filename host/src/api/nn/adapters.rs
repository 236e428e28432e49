//! Low-rank adapters of networks.

use onnx_net::{Graph, matches};
use ops::nn::{self, AdaptedWeight, Module};
use rhai::Map;

use crate::{
    api::options::CallOptions,
    error::{Error, Result},
    script::{Adder, did_you_mean},
};

/// What scripts may leave out, as in peft.
const RANK: usize = 8;
const ALPHA: f64 = 8.0;

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global.add(
        "lora(module, patterns, options)",
        "The network with low-rank adapters beside the weights whose names fit a pattern, in which `*` \
         stands for any text: it computes with W + alpha / rank B A, at first as before, and only the \
         adapters train (Hu et al., 2022). Options rank (8) and alpha (8). The weights are those of \
         the network, which is frozen. Its parts are `base` and `adapters`: `net.adapters.save(\"lora\")` \
         writes them apart, and `save_onnx` writes the merged weights.",
        "{ let n = nn::linear(3, 2); let l = n.lora([\"*\"], #{ rank: 1 }); \
         [(l.forward(ones([1, 3])) - n.forward(ones([1, 3]))).abs().max().item(), \
         l.parameters(\"adapters.*\").keys()] } => \
         [0.0, [\"adapters.weight.lora_A\", \"adapters.weight.lora_B\"]]",
        |module: Module, patterns: Vec<String>, options: Option<Map>| lora(&module, &patterns, options),
    );
}

fn lora(module: &Module, patterns: &[String], options: Option<Map>) -> Result<Module> {
    let (rank, alpha) = CallOptions::read("lora", options, |options| {
        Ok((options.get("rank", RANK)?, options.get("alpha", ALPHA)?))
    })?;
    let parameters = module.named_parameters();
    let mut weights = vec![];
    for (name, parameter) in &parameters {
        // A pattern is for weights; a bias is refused where its whole name is given.
        let fits = |pattern: &&String| match parameter.spec().shape.len() {
            0 | 1 => *pattern == name,
            _ => matches(pattern, name),
        };
        if patterns.iter().any(|pattern| fits(&pattern)) {
            let inputs_first = Graph::of(module).is_some_and(|graph| graph.has_inputs_first(name));
            weights.push(AdaptedWeight { name: name.clone(), inputs_first });
        }
    }
    let unfit = patterns.iter().find(|pattern| !weights.iter().any(|weight| matches(pattern, &weight.name)));
    if let Some(pattern) = unfit {
        let names = parameters.iter().map(|(name, _)| name.as_str());
        let help = did_you_mean(pattern, names);
        return Err(Error::usage(
            format!("lora: no weight of two or more dimensions fits `{pattern}`"),
            help.unwrap_or_else(|| "`net.parameters().keys()` lists them; `*` stands for any text".into()),
        ));
    }
    Ok(nn::lora(module, &weights, rank, alpha)?)
}
