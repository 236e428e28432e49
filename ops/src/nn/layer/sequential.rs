//! Modules one after the other.

use crate::{
    Result, Tensor,
    nn::{Layer, Module},
};

struct Sequential;

/// Each module on the output of the one before it; the children are named `0`, `1`, ...
pub fn sequential(modules: Vec<Module>) -> Module {
    sequential_named(modules.into_iter().enumerate().map(|(i, module)| (i.to_string(), module)).collect())
}

/// [`sequential`] with names of one's own for the children.
pub fn sequential_named(modules: Vec<(String, Module)>) -> Module {
    Module::new(Sequential, vec![], modules)
}

impl Layer for Sequential {
    fn name(&self) -> &str {
        "Sequential"
    }

    fn forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let mut children = module.children().iter();
        children.try_fold(x.clone(), |x, (name, child)| child.forward(&x).map_err(|e| e.within(name)))
    }
}
