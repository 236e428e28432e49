//! A module that also gives what its parts computed.

use std::sync::Arc;

use super::{Layer, Module, Value};
use crate::{Error, Result, nn::recorded};

/// What the module itself gives is called so.
const OUTPUT: &str = "output";

struct Record {
    layer: Arc<dyn Layer>,
    names: Vec<String>,
}

/// The same module, of the same parameters and parts, that gives a map: its own `output`, and by their names
/// what these parts gave (of one that is used several times, the last).
///
/// # Errors
/// [`Error::State`] for a part that there is not; when used, for one that the pass did not come to.
pub fn record(module: &Module, names: Vec<String>) -> Result<Module> {
    if let Some(name) = names.iter().find(|name| module.submodule(name).is_none()) {
        return Err(Error::State(format!("record: there is no part `{name}`")));
    }
    let layer = Record { layer: module.shared_layer(), names };
    Ok(module.remade(Arc::new(layer), module.own_parameters().to_vec()))
}

impl Layer for Record {
    fn name(&self) -> &str {
        self.layer.name()
    }

    fn describe(&self) -> String {
        format!("{} (records {})", self.layer.describe(), self.names.join(", ")).trim_start().to_owned()
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let part = |name: &String| Some((name.clone(), module.submodule(name)?.clone()));
        let parts: Vec<_> = self.names.iter().filter_map(part).collect();
        let (y, found) = recorded(&parts, || self.layer.call(module, inputs))?;
        let found = self.names.iter().cloned().zip(found);
        Ok(Value::Map([(OUTPUT.to_owned(), y)].into_iter().chain(found).collect()))
    }

    fn depth(&self) -> usize {
        self.layer.depth()
    }
}
