//! Modules one after the other.

use super::function;
use crate::nn::Module;

/// Each module on the output of the one before it; the children are named `0`, `1`, ...
pub fn sequential(modules: Vec<Module>) -> Module {
    sequential_named(modules.into_iter().enumerate().map(|(i, module)| (i.to_string(), module)).collect())
}

/// [`sequential`] with names of one's own for the children.
pub fn sequential_named(modules: Vec<(String, Module)>) -> Module {
    let layer = function("Sequential", "", |module, x| {
        let mut children = module.children().iter();
        children.try_fold(x.clone(), |x, (name, child)| child.forward(&x).map_err(|e| e.within(name)))
    });
    Module::new(layer, vec![], modules)
}
