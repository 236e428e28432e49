//! A single parameter as a module.

use super::{Layer, Module, Parameter, Value, value};
use crate::Result;

/// The layer's name.
const NAME: &str = "Parameter";

/// The name of its tensor.
const VALUE: &str = "value";

/// A module of one tensor and no function: what an optimiser, a state or a checkpoint holds of a parameter
/// alone. It shares the tensor with every other module that has it.
pub fn parameter(parameter: &Parameter) -> Module {
    let layer = Single(parameter.spec().to_string());
    Module::new(layer, vec![(VALUE.into(), parameter.clone())], vec![])
}

struct Single(String);

impl Layer for Single {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> String {
        self.0.clone()
    }

    fn call(&self, _: &Module, _: &[Value]) -> Result<Value> {
        value::refuse(NAME, "it is no function; its tensor is `value`")
    }
}

impl Module {
    /// The parameter of a module that [`parameter`] made.
    pub fn as_parameter(&self) -> Option<&Parameter> {
        if self.layer().name() == NAME { self.parameter(VALUE) } else { None }
    }
}
