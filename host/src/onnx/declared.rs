//! What a file says of its outputs. Where that is wrong, ONNX Runtime computes what the nodes give.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use onnx_net::proto::{Dimension, DimensionProto, ModelProto, ValueInfoProto};

use crate::error::locked;

/// The shapes that a file declares for its outputs, and which of them were found to be others.
#[derive(Debug, Default)]
pub(super) struct Declared {
    shapes: BTreeMap<String, Vec<Option<usize>>>,
    /// The inputs of which not even the number of axes is said; ONNX Runtime calls them scalars.
    unshaped: BTreeSet<String>,
    /// The outputs that were said to be wrong already.
    known: Mutex<BTreeSet<String>>,
    found: Mutex<Vec<String>>,
}

impl From<&ModelProto> for Declared {
    fn from(model: &ModelProto) -> Self {
        let size = |dim: &DimensionProto| match dim.value {
            Some(Dimension::DimValue(n)) => usize::try_from(n).ok().filter(|&n| n > 0),
            _ => None,
        };
        let is_unshaped = |port: &&ValueInfoProto| {
            port.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).is_some_and(|t| t.shape.is_none())
        };
        let inputs = model.graph.iter().flat_map(|graph| &graph.input);
        let unshaped = inputs.filter(is_unshaped).map(|port| port.name.clone()).collect();
        let outputs = model.graph.iter().flat_map(|graph| &graph.output);
        let shapes = outputs.filter_map(|port| {
            let shape = port.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
            Some((port.name.clone(), shape.dim.iter().map(size).collect()))
        });
        Self { shapes: shapes.collect(), unshaped, ..Self::default() }
    }
}

impl Declared {
    /// Whether the file says how many axes an input has.
    pub fn is_shaped(&self, input: &str) -> bool {
        !self.unshaped.contains(input)
    }

    /// Compares the shape of an output with the declared one; `is_free`: its first axis may have any length.
    pub fn compare(&self, name: &str, found: &[usize], is_free: bool) {
        let Some(shape) = self.shapes.get(name) else { return };
        let equal = |(i, (declared, found)): (usize, (&Option<usize>, &usize))| {
            i == 0 && is_free || declared.is_none_or(|n| n == *found)
        };
        let is_right = shape.len() == found.len() && shape.iter().zip(found).enumerate().all(equal);
        if is_right || !locked(&self.known).insert(name.to_owned()) {
            return;
        }
        let sizes: Vec<_> = shape.iter().map(|d| d.map_or("?".to_owned(), |n| n.to_string())).collect();
        let sizes = sizes.join(", ");
        locked(&self.found).push(format!("the output `{name}` is declared as [{sizes}], and is {found:?}"));
    }

    /// What was found since the last call, each output once.
    pub fn found(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.found))
    }
}
