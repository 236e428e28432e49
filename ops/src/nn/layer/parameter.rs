//! A single parameter as a module.

use super::function;
use crate::{
    Error,
    nn::{Module, Parameter},
};

/// The layer's name.
const NAME: &str = "Parameter";

/// The name of its tensor.
const VALUE: &str = "value";

/// A module of one tensor and no function: what an optimiser, a state or a checkpoint holds of a parameter
/// alone. It shares the tensor with every other module that has it.
pub fn parameter(parameter: &Parameter) -> Module {
    let layer = function(NAME, parameter.spec().to_string(), |_, _| {
        Err(Error::Layer { layer: NAME.into(), reason: "it is no function; its tensor is `value`".into() })
    });
    Module::new(layer, vec![(VALUE.into(), parameter.clone())], vec![])
}

impl Module {
    /// The parameter of a module that [`parameter`] made.
    pub fn as_parameter(&self) -> Option<&Parameter> {
        if self.layer().name() == NAME { self.parameter(VALUE) } else { None }
    }
}
