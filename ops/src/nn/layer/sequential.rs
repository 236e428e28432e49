//! Modules one after the other.

use std::any::Any;

use crate::{
    Result, Tensor,
    nn::{Layer, Module},
};

struct Sequential;

/// Each module on the output of the one before it; the children are named `0`, `1`, ...
pub fn sequential(modules: Vec<Module>) -> Module {
    let children = modules.into_iter().enumerate().map(|(i, module)| (i.to_string(), module));
    Module::new(Sequential, vec![], children.collect())
}

impl Layer for Sequential {
    fn name(&self) -> &str {
        "Sequential"
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        module.children().iter().try_fold(x.clone(), |x, (_, child)| child.forward(&x))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
