//! Modules one after the other.

use super::{Layer, Module, Value};
use crate::Result;

/// Each module on the output of the one before it; the children are named `0`, `1`, ...
pub fn sequential(modules: Vec<Module>) -> Module {
    sequential_named(modules.into_iter().enumerate().map(|(i, module)| (i.to_string(), module)).collect())
}

/// [`sequential`] with names of one's own for the children.
pub fn sequential_named(modules: Vec<(String, Module)>) -> Module {
    Module::new(Sequential, vec![], modules)
}

/// The first module takes what comes in, be it several inputs; each other one what the one before it gives.
struct Sequential;

impl Layer for Sequential {
    fn name(&self) -> &str {
        "Sequential"
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let mut values = inputs.to_vec();
        for (name, child) in module.children() {
            values = vec![child.call(&values).map_err(|e| e.within(name))?];
        }
        match <[Value; 1]>::try_from(values) {
            Ok([value]) => Ok(value),
            Err(values) => Ok(Value::List(values)),
        }
    }
}
