//! Modules made of others: copies, and the same module with other tensors.

use std::{collections::HashMap, sync::Arc};

use super::{Layer, Module, Parameter};
use crate::{Result, Tensor};

impl Module {
    /// A module of its own with the same layers, values and modes. What is tied stays tied.
    ///
    /// # Errors
    /// None that a module can cause; parameters are made anew.
    pub fn deep_copy(&self) -> Result<Self> {
        self.copy_with(&mut HashMap::new(), &mut HashMap::new())
    }

    fn copy_with(
        &self,
        parameters: &mut HashMap<usize, Parameter>,
        modules: &mut HashMap<usize, Module>,
    ) -> Result<Self> {
        let id = self.id();
        if let Some(copy) = modules.get(&id) {
            return Ok(copy.clone());
        }
        let mut own = Vec::new();
        for (name, parameter) in &self.0.parameters {
            let copy = match parameters.get(&parameter.id()) {
                Some(copy) => copy.clone(),
                None => parameter.copy()?,
            };
            parameters.insert(parameter.id(), copy.clone());
            own.push((name.clone(), copy));
        }
        let children = self.0.children.iter();
        let children = children
            .map(|(name, child)| Ok((name.clone(), child.copy_with(parameters, modules)?)))
            .collect::<Result<_>>()?;
        let copy = Self::from_parts(Arc::clone(&self.0.layer), own, children, self.is_training());
        modules.insert(id, copy.clone());
        Ok(copy)
    }

    /// The same module with another tensor, computed from anything, instead of one of its
    /// own parameters. The other parameters and the children are shared.
    ///
    /// # Errors
    /// [`Error::State`] when there is no parameter of that name.
    pub fn with_value(&self, name: &str, value: &Tensor) -> Result<Self> {
        self.value(name)?;
        let own = self.0.parameters.iter().map(|(known, parameter)| {
            let replaced = known == name;
            (known.clone(), if replaced { Parameter::computed(value) } else { parameter.clone() })
        });
        let children = self.0.children.clone();
        Ok(Self::from_parts(Arc::clone(&self.0.layer), own.collect(), children, self.is_training()))
    }

    /// The same module with tensors, computed from anything, instead of some parameters of its own and of
    /// its children. Everything else is shared.
    pub fn with_values(&self, values: &[(Parameter, Tensor)]) -> Self {
        let own = self.0.parameters.iter().map(|(name, parameter)| {
            let value = values.iter().find(|(replaced, _)| replaced.is_same(parameter));
            (name.clone(), value.map_or_else(|| parameter.clone(), |(_, value)| Parameter::computed(value)))
        });
        let children = self.0.children.iter().map(|(name, child)| (name.clone(), child.with_values(values)));
        let layer = Arc::clone(&self.0.layer);
        Self::from_parts(layer, own.collect(), children.collect(), self.is_training())
    }

    /// What the module computes, to be computed by another one as well.
    pub(in crate::nn) fn shared_layer(&self) -> Arc<dyn Layer> {
        Arc::clone(&self.0.layer)
    }

    /// A module of the same children with another layer and other parameters of its own.
    pub(in crate::nn) fn remade(&self, layer: Arc<dyn Layer>, parameters: Vec<(String, Parameter)>) -> Self {
        Self::from_parts(layer, parameters, self.0.children.clone(), self.is_training())
    }
}
