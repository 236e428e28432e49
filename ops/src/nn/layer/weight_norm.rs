//! Weights as a length and a direction.

use std::sync::Arc;

use super::{Layer, Module, Parameter, Value};
use crate::{Error, Result, Tensor, ensure};

const WEIGHT: &str = "weight";
const LENGTH: &str = "weight_g";
const DIRECTION: &str = "weight_v";

struct WeightNorm(Arc<dyn Layer>);

/// The module with its own `weight` computed as `g v / |v|`, the norm taken over all dimensions but the
/// first: the parameters `weight_g` `[outputs, 1, ..]`, which starts as that norm, and `weight_v` stand for
/// it (Salimans and Kingma, 2016).
///
/// # Errors
/// [`Error::State`] for a module without a `weight`.
pub fn weight_norm(module: &Module) -> Result<Module> {
    let weight = module.value(WEIGHT)?.detach();
    ensure(weight.rank() >= 1, || Error::shape("weight_norm", "[]", "a weight of at least one dimension"))?;
    let fans = module.parameter(WEIGHT).and_then(Parameter::fans);
    let mut parameters = vec![];
    for (name, parameter) in module.own_parameters() {
        if name == WEIGHT {
            parameters.push((LENGTH.to_owned(), Parameter::with_fans(&length(&weight)?, None)?));
            parameters.push((DIRECTION.to_owned(), Parameter::with_fans(&weight, fans)?));
        } else {
            parameters.push((name.clone(), parameter.clone()));
        }
    }
    Ok(module.remade(Arc::new(WeightNorm(module.shared_layer())), parameters))
}

/// The norms over all dimensions but the first, `[outputs, 1, ..]`.
fn length(v: &Tensor) -> Result<Tensor> {
    match v.rank() {
        1 => v.abs(),
        rank => v.norm_dims(&(1..rank as i64).collect::<Vec<_>>(), true),
    }
}

impl Layer for WeightNorm {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn describe(&self) -> String {
        format!("{}, weight norm", self.0.describe())
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let (g, v) = (module.value(LENGTH)?, module.value(DIRECTION)?);
        let weight = v.mul(&g.div(&length(&v)?)?)?;
        let kept = module.own_parameters().iter().filter(|(name, _)| name != LENGTH && name != DIRECTION);
        let computed = (WEIGHT.to_owned(), Parameter::computed(&weight));
        let parameters = [computed].into_iter().chain(kept.cloned()).collect();
        self.0.call(&module.remade(Arc::clone(&self.0), parameters), inputs)
    }

    fn depth(&self) -> usize {
        self.0.depth()
    }
}
