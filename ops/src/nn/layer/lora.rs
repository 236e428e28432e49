//! Low-rank adapters (Hu et al., 2022, "LoRA: Low-Rank Adaptation of Large Language Models").

use std::collections::HashMap;

use super::{Fans, Layer, Module, Parameter, Value, init, value};
use crate::{Device, Error, Result, Spec, Tensor, ensure, no_grad};

const NAME: &str = "Lora";
const BASE: &str = "base";
const ADAPTERS: &str = "adapters";
const A: &str = ".lora_A";
const B: &str = ".lora_B";

/// A weight that gets an adapter.
#[derive(Debug, Clone)]
pub struct AdaptedWeight {
    /// The parameter's name in [`Module::state`].
    pub name: String,
    /// Whether the first dimension is that of the inputs, as in `x W`; otherwise it is that of the outputs.
    pub inputs_first: bool,
}

struct Lora {
    weights: Vec<AdaptedWeight>,
    rank: usize,
    scale: f64,
}

/// A module that computes with `W + alpha / rank B A` for each of these weights `W` of another one, which is
/// frozen and shared. As in peft, `A [rank, inputs ..]` begins uniform in `+-1 / sqrt(inputs)` and
/// `B [outputs, rank]` as 0, so that it computes what the other one does. Its children are `base`, and
/// `adapters` with the parameters `NAME.lora_A` and `NAME.lora_B`.
///
/// # Errors
/// [`Error::Argument`] for a rank of 0, [`Error::State`] for a name that is no parameter,
/// [`Error::Shape`] for a weight of fewer than two dimensions.
pub fn lora(module: &Module, weights: &[AdaptedWeight], rank: usize, alpha: f64) -> Result<Module> {
    ensure(rank > 0, || Error::argument("lora", "the rank", rank, "at least 1"))?;
    let parameters: HashMap<_, _> = module.named_parameters().into_iter().collect();
    let mut adapters = vec![];
    for weight in weights {
        let parameter = parameters.get(&weight.name);
        let parameter =
            parameter.ok_or_else(|| Error::State(format!("lora: no parameter `{}`", weight.name)))?;
        let [a, b] = adapter(&parameter.value(), weight.inputs_first, rank)?;
        adapters.push((format!("{}{A}", weight.name), a));
        adapters.push((format!("{}{B}", weight.name), b));
    }
    module.freeze();
    let layer = Lora { weights: weights.to_vec(), rank, scale: alpha / rank as f64 };
    let adapters = Module::new(Adapters, adapters, vec![]);
    Ok(Module::new(layer, vec![], vec![(BASE.into(), module.clone()), (ADAPTERS.into(), adapters)]))
}

/// A module of adapters with the weights that it computes with, as that of the other module it was made for:
/// gradients reach the adapters. None for any other module.
///
/// # Errors
/// Those of the operations.
pub fn merged(module: &Module) -> Result<Option<Module>> {
    let layer: &dyn std::any::Any = module.layer();
    let Some(lora) = layer.downcast_ref::<Lora>() else { return Ok(None) };
    lora.merged(module, Parameter::get).map(Some)
}

/// `A` and `B` for a weight.
fn adapter(weight: &Tensor, inputs_first: bool, rank: usize) -> Result<[Parameter; 2]> {
    let shape = weight.shape();
    let (Some(&first), Some(rest @ [_, ..])) = (shape.first(), shape.get(1..)) else {
        return Err(Error::shape("lora", format!("{shape:?}"), "a weight of at least two dimensions"));
    };
    let rest = rest.iter().product();
    let (inputs, outputs) = if inputs_first { (first, rest) } else { (rest, first) };
    let fans = Some(Fans { input: inputs, output: rank });
    let drawn =
        init::default_of_layers().draw(&Spec::new([rank, inputs], weight.dtype()), fans, Device::Cpu)?;
    let zeros = Tensor::full([outputs, rank], 0.0, weight.dtype(), weight.device())?;
    Ok([Parameter::with_fans(&drawn.to_device(weight.device())?, None)?, Parameter::with_fans(&zeros, None)?])
}

impl Lora {
    fn merged(&self, module: &Module, value: fn(&Parameter) -> Tensor) -> Result<Module> {
        let part = |name: &str| module.child(name).ok_or_else(|| Error::State(format!("lora: no {name}")));
        let (base, adapters) = (part(BASE)?, part(ADAPTERS)?);
        let own: HashMap<_, _> = base.state().into_iter().collect();
        let of = |list: &dyn Fn(&str) -> Option<Parameter>, name: &str| {
            list(name).ok_or_else(|| Error::State(format!("lora: no parameter `{name}`")))
        };
        let mut values = vec![];
        for AdaptedWeight { name, inputs_first } in &self.weights {
            let parameter = of(&|name| own.get(name).cloned(), name)?;
            let weight = value(&parameter);
            let adapter = |end: &str| of(&|name| adapters.parameter(name).cloned(), &format!("{name}{end}"));
            let (a, b) = (value(&adapter(A)?), value(&adapter(B)?));
            let change = b.matmul(&a)?.mul_scalar(self.scale)?;
            let change = if *inputs_first { change.transpose(0, 1)? } else { change };
            values.push((parameter, weight.add(&change.reshape(weight.shape())?)?));
        }
        Ok(base.with_values(&values))
    }
}

impl Layer for Lora {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> String {
        format!("rank {}, scale {}, {} weights", self.rank, self.scale, self.weights.len())
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        self.applied(module, inputs)?.call(inputs)
    }
}

impl Lora {
    /// A trace writes the merged weights.
    fn applied(&self, module: &Module, inputs: &[Value]) -> Result<Module> {
        match inputs.iter().flat_map(Value::tensors).any(Tensor::is_symbolic) {
            true => no_grad(|| self.merged(module, Parameter::value)),
            false => self.merged(module, Parameter::get),
        }
    }
}

/// The parameters of adapters, which are no function by themselves.
struct Adapters;

impl Layer for Adapters {
    fn name(&self) -> &str {
        "Adapters"
    }

    fn call(&self, _: &Module, _: &[Value]) -> Result<Value> {
        value::refuse("Adapters", "they compute within their network")
    }
}
