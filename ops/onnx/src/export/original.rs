//! What was read from a file, written again: the same file with the present values of its parameters.

use std::collections::{BTreeMap, HashMap, HashSet};

use ops::{
    Result, Tensor,
    nn::{self, Module, Parameter},
};

use super::{Metadata, messages};
use crate::{
    BUFFER, Graph, OnnxFile, broken,
    build::{Locations, WeightGrid},
    file::{
        elements,
        proto::{GraphProto, ModelProto, TensorProto},
        stored,
        visit::{ModelPart, visit},
    },
};

/// A model without the elements of its parameters, and of what memory holds as a tensor.
pub(crate) struct Original {
    model: ModelProto,
    /// Large constants, by their index in [`visit`]'s order.
    constants: HashMap<usize, Tensor>,
    /// The parameters that tensors are, by the tensor's index in [`visit`]'s order.
    tensors: HashMap<usize, usize>,
    /// The grids of parameters that are quantised numbers in the file, by their numbers.
    grids: HashMap<usize, WeightGrid>,
    /// Parameters that began as the values of others or of constants, and the names of their tensors.
    added: BTreeMap<usize, String>,
}

/// The first version of the format whose initialisers are not listed among the inputs too.
const PLAIN_INITIALISERS: i64 = 4;

/// The file that a module was read from, with its parameters and buffers as they are now, and other metadata.
/// Nodes, names, inputs and outputs are those of the file, and so is its batch size where that is fixed. None
/// for a module that was not read from a file, and for the rare file that has nowhere to put a parameter (an
/// initialiser in a graph inside a function; a running average in a function that is also something else).
///
/// # Errors
/// [`ops::Error::Backend`] when a device does not give its values.
pub fn original(module: &Module, metadata: Metadata) -> Result<Option<ModelProto>> {
    let merged = nn::merged(module)?;
    let module = merged.as_ref().unwrap_or(module);
    let Some(original) = Graph::of(module).and_then(|graph| graph.original.as_ref()) else { return Ok(None) };
    let mut model = original.filled(module.own_parameters())?;
    model.metadata_props = metadata.into_iter().map(messages::entry).collect();
    Ok(Some(model))
}

/// A model without the elements of its graph's initialisers.
pub(crate) fn bare(model: &ModelProto) -> ModelProto {
    let bare = |tensor: &TensorProto| TensorProto {
        dims: tensor.dims.clone(),
        data_type: tensor.data_type,
        name: tensor.name.clone(),
        doc_string: tensor.doc_string.clone(),
        ..Default::default()
    };
    let graph = model.graph.as_ref().map(|graph| GraphProto {
        initializer: graph.initializer.iter().map(bare).collect(),
        node: graph.node.clone(),
        name: graph.name.clone(),
        sparse_initializer: graph.sparse_initializer.clone(),
        doc_string: graph.doc_string.clone(),
        input: graph.input.clone(),
        output: graph.output.clone(),
        value_info: graph.value_info.clone(),
    });
    ModelProto {
        graph,
        ir_version: model.ir_version,
        opset_import: model.opset_import.clone(),
        producer_name: model.producer_name.clone(),
        producer_version: model.producer_version.clone(),
        domain: model.domain.clone(),
        model_version: model.model_version,
        doc_string: model.doc_string.clone(),
        functions: model.functions.clone(),
        // How it was trained and described is of other values.
        training_info: vec![],
        metadata_props: vec![],
    }
}

/// A name that no other tensor or value has.
fn free(name: &str, taken: &HashSet<String>) -> String {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.push_str(".own");
    }
    name
}

/// A value as a tensor of the type and the name that it has in the file.
fn as_it_came(tensor: &TensorProto, value: &Tensor) -> Result<TensorProto> {
    if let Some(narrow) = stored::narrow(tensor.data_type) {
        let raw_data = stored::write(&value.to_f64()?, narrow);
        let written = messages::tensor(&tensor.name, value)?;
        return Ok(TensorProto { data_type: narrow as i32, raw_data, ..written });
    }
    let Ok(dtype) = elements::dtype(tensor.data_type) else {
        return broken(format!("the tensor `{}` is of no known type", tensor.name));
    };
    messages::tensor(&tensor.name, &value.cast(dtype)?)
}

impl Original {
    /// The model that was built of a file, with those elements of its initialisers that are no parameters.
    /// None where the file has nowhere to put a parameter, or does not give these elements again.
    pub fn new(
        mut model: ModelProto,
        file: &OnnxFile,
        locations: Locations,
        parameters: &[(String, Parameter)],
    ) -> Option<Self> {
        let Locations { tensors, inputs, grids, left, complete: true } = locations else { return None };
        let mut names = HashSet::new();
        visit(&mut model, |_, part| {
            match part {
                ModelPart::Tensor(tensor) => drop(names.insert(tensor.name.clone())),
                ModelPart::Node(node) => names.extend(node.output.iter().cloned()),
            }
            Ok(())
        })
        .ok()?;
        let added = inputs.values().flatten().map(|&(_, number)| number);
        let added: BTreeMap<_, _> =
            added.map(|number| (number, free(&parameters[number].0, &names))).collect();
        visit(&mut model, |index, part| {
            match part {
                ModelPart::Tensor(tensor) => {
                    if tensors.contains_key(&index) {
                        *tensor = TensorProto {
                            name: tensor.name.clone(),
                            doc_string: tensor.doc_string.clone(),
                            data_type: tensor.data_type,
                            ..Default::default()
                        };
                    }
                }
                ModelPart::Node(node) => {
                    for (input, number) in inputs.get(&index).into_iter().flatten() {
                        node.input[*input].clone_from(&added[number]);
                    }
                }
            }
            Ok(())
        })
        .ok()?;
        // The walk begins with them.
        let initialisers = model.graph.iter_mut().flat_map(|graph| &mut graph.initializer);
        let is_made = |i: &usize| tensors.contains_key(i) || left.contains_key(i);
        for (i, bare) in initialisers.enumerate().filter(|(i, _)| !is_made(i)) {
            *bare = file.whole(i).ok()?.into_owned();
        }
        let constants = left.into_iter().filter(|(i, _)| !tensors.contains_key(i)).collect();
        Some(Self { model, constants, tensors, grids, added })
    }

    fn filled(&self, parameters: &[(String, Parameter)]) -> Result<ModelProto> {
        let mut model = self.model.clone();
        visit(&mut model, |index, part| {
            let ModelPart::Tensor(tensor) = part else { return Ok(()) };
            let mut write = |value: &Tensor| {
                let doc_string = std::mem::take(&mut tensor.doc_string);
                *tensor = TensorProto { doc_string, ..as_it_came(tensor, value)? };
                Ok(())
            };
            if let Some(&number) = self.tensors.get(&index) {
                let value = parameters[number].1.get().detach();
                let value = self.grids.get(&number).map_or(Ok(value.clone()), |grid| grid.numbers(&value))?;
                return write(&value);
            }
            self.constants.get(&index).map_or(Ok(()), write)
        })?;
        for (&number, name) in &self.added {
            let added = &parameters[number].1;
            let value = messages::tensor(name, &added.get().detach())?;
            model.ir_version = model.ir_version.max(PLAIN_INITIALISERS);
            let doc_string = if added.is_buffer() { BUFFER.into() } else { String::new() };
            let added = TensorProto { doc_string, ..value };
            model.graph.iter_mut().for_each(|graph| graph.initializer.push(added.clone()));
        }
        Ok(model)
    }
}
