//! What the initialisers of graphs become: constants, parameters, running averages.

use std::collections::{HashMap, HashSet};

use ops::{Tensor, nn::Parameter};

use crate::{
    BUFFER, GraphValue, OnnxFinding,
    build::{
        functions::WrittenNode,
        names::is_worded,
        quantised::{StoredNumbers, StoredUses, WeightGrid},
        roles::{is_arithmetic, is_setting, only},
        scope::Scope,
    },
    export::PRODUCER,
    file::{
        elements,
        proto::{GraphProto, ModelProto, NodeProto, TensorProto},
        stored,
    },
    network::plan::Slot,
    operators::Operator,
};

/// An initialiser of floats. The nodes that use it make it a parameter, a running average, or one of each.
struct FloatInitialiser {
    name: String,
    value: Tensor,
    /// Whether the file says that it is a buffer.
    is_buffer: bool,
    /// Where the model holds it (see [`crate::file::visit`]); none inside of a function.
    index: Option<usize>,
    parameter: Option<usize>,
    average: Option<usize>,
}

/// The initialisers of floats of all graphs, and the parameters that nodes made of them so far.
pub(super) struct Initialisers {
    list: Vec<FloatInitialiser>,
    parameters: Vec<(String, Parameter)>,
    averages: Vec<AverageUse>,
    /// The grids of parameters that came as quantised numbers: where the model holds these, the number of the
    /// parameter, its grid.
    grids: Vec<(Option<usize>, usize, WeightGrid)>,
    numbers: Vec<String>,
    /// Whether the file is one of [`crate::export`], which writes numbers of formulas as nodes.
    is_own: bool,
}

/// A running average that a node takes.
struct AverageUse {
    /// Where the model holds the node; none inside of a function.
    node: Option<usize>,
    input: usize,
    /// The number of the parameter.
    number: usize,
}

/// Where a model holds its parameters, by the indices of [`crate::file::visit`].
pub(crate) struct Locations {
    /// The number of the parameter that a tensor is.
    pub tensors: HashMap<usize, usize>,
    /// For a node: inputs that are running averages without a tensor of their own, with their numbers.
    pub inputs: HashMap<usize, Vec<(usize, usize)>>,
    /// The grids of parameters that are quantised numbers in the file.
    pub grids: HashMap<usize, WeightGrid>,
    /// Whether all of them are here. What is inside of a function has no index.
    pub complete: bool,
}

/// What became of all initialisers.
pub(crate) struct Claimed {
    /// By their names, each name once.
    pub parameters: Vec<(String, Parameter)>,
    pub locations: Locations,
    /// Single numbers that are taken for parts of a formula.
    pub numbers: Vec<String>,
}

/// The name of the running average that began as another parameter or a constant.
const AVERAGE: &str = ".average";

impl Initialisers {
    pub fn new(model: &ModelProto) -> Self {
        let is_own = model.producer_name == PRODUCER;
        Self { list: vec![], parameters: vec![], averages: vec![], grids: vec![], numbers: vec![], is_own }
    }

    /// Gives slots to the initialisers of a graph, which have these elements and begin at the index `start`;
    /// what is wrong with them is the answer.
    pub fn declare(
        &mut self,
        scope: &mut Scope,
        (graph, elements, start): (&GraphProto, &[TensorProto], Option<usize>),
        nodes: &[WrittenNode],
    ) -> Vec<OnnxFinding> {
        let sparse = graph.sparse_initializer.iter().map(|sparse| {
            let name = sparse.values.as_ref().map_or("", |values| &values.name);
            OnnxFinding::Type(format!("the sparse tensor `{name}`"))
        });
        let mut findings: Vec<_> = sparse.collect();
        let (mut settings, computed) = (only(nodes, is_setting), only(nodes, is_arithmetic));
        let mut stored = StoredUses::of(graph, nodes);
        settings.extend(stored.scales().map(str::to_owned));
        for (i, (proto, elements)) in graph.initializer.iter().zip(elements).enumerate() {
            let name = &*proto.name;
            let value = match value(scope, proto, elements) {
                Ok(value) => value,
                Err(finding) => {
                    findings.push(finding);
                    continue;
                }
            };
            let slot = scope.named(name);
            scope.types.extend(stored::narrow(proto.data_type).map(|narrow| (slot, narrow)));
            let is_buffer = proto.doc_string == BUFFER;
            let GraphValue::Tensor(value) = value else {
                scope.known.insert(slot, value);
                continue;
            };
            if let Some(stored) = stored.uses.remove(name) {
                let (name, kind, index) = (name.to_owned(), proto.data_type, start.map(|start| start + i));
                scope.stored.insert(slot, StoredNumbers { name, kind, index, stored });
            }
            if !value.dtype().is_float() || (!is_buffer && settings.contains(name)) {
                scope.known.insert(slot, value.into());
                continue;
            }
            let is_number = value.rank() == 0 && !is_buffer;
            if is_number && !(computed.contains(name) && (self.is_own || is_worded(name))) {
                self.numbers.push(name.to_owned());
                scope.known.insert(slot, value.into());
                continue;
            }
            let (name, index) = (name.to_owned(), start.map(|start| start + i));
            scope.initialisers.insert(slot, self.list.len());
            self.list.push(FloatInitialiser {
                name,
                value,
                is_buffer,
                index,
                parameter: None,
                average: None,
            });
        }
        findings
    }

    /// Makes a parameter of an initialiser that is computed with.
    pub fn claim(&mut self, scope: &mut Scope, slot: Slot) {
        let initialiser = scope.initialisers.get(&slot);
        if let Some(number) = initialiser.and_then(|&i| self.parameter(i)) {
            scope.parameters.insert(slot, number);
        }
    }

    /// Makes parameters of the inputs of the node of that index, and running averages of those that are:
    /// these are tensors of their own, whatever else the same initialiser or constant is for.
    pub fn claim_inputs(
        &mut self,
        scope: &mut Scope,
        operator: &Operator,
        (node, index): (&NodeProto, Option<usize>),
        inputs: &mut [Option<Slot>],
    ) {
        for (input, slot) in inputs.iter_mut().enumerate() {
            let Some(slot) = slot else { continue };
            if !operator.buffers.contains(&input) {
                self.claim(scope, *slot);
                continue;
            }
            let name = node.input.get(input).map_or("", String::as_str);
            let Some((average, number)) = self.claim_average(scope, *slot, name) else { continue };
            self.averages.push(AverageUse { node: index, input, number });
            *slot = average;
        }
    }

    /// The slot and the number of the running average that begins as the value of a slot.
    fn claim_average(&mut self, scope: &mut Scope, slot: Slot, name: &str) -> Option<(Slot, usize)> {
        if let Some(&average) = scope.averages.get(&slot) {
            return Some((average, *scope.parameters.get(&average)?));
        }
        let number = match (scope.initialisers.get(&slot), scope.known.get(&slot)) {
            (Some(&initialiser), _) => self.average(initialiser)?,
            (_, Some(GraphValue::Tensor(value))) if value.dtype().is_float() => {
                self.add(&format!("{name}{AVERAGE}"), Parameter::buffer(value))
            }
            _ => return None,
        };
        let average = scope.slot();
        scope.averages.insert(slot, average);
        scope.parameters.insert(average, number);
        Some((average, number))
    }

    /// Adds a parameter that came as quantised numbers.
    pub fn add_on_grid(&mut self, stored: &StoredNumbers, parameter: Parameter, grid: WeightGrid) -> usize {
        let number = self.add(&stored.name, parameter);
        self.grids.push((stored.index, number, grid));
        number
    }

    fn add(&mut self, name: &str, parameter: Parameter) -> usize {
        self.parameters.push((name.to_owned(), parameter));
        self.parameters.len() - 1
    }

    /// The number of the parameter that an initialiser is.
    fn parameter(&mut self, i: usize) -> Option<usize> {
        let FloatInitialiser { name, value, is_buffer, parameter, .. } = &self.list[i];
        if parameter.is_none() {
            let made = if *is_buffer { Parameter::buffer(value) } else { Parameter::new(value).ok()? };
            let name = name.clone();
            self.list[i].parameter = Some(self.add(&name, made));
        }
        self.list[i].parameter
    }

    /// The number of the running average that begins as an initialiser.
    fn average(&mut self, i: usize) -> Option<usize> {
        let FloatInitialiser { name, value, is_buffer, average, .. } = &self.list[i];
        if *is_buffer {
            return self.parameter(i);
        }
        if average.is_none() {
            let (name, made) = (name.clone(), Parameter::buffer(value));
            self.list[i].average = Some(self.add(&name, made));
        }
        self.list[i].average
    }

    /// What became of them, once all nodes are resolved.
    pub fn finish(mut self) -> Claimed {
        for initialiser in &self.list {
            if let (Some(_), Some(average)) = (initialiser.parameter, initialiser.average) {
                self.parameters[average].0.push_str(AVERAGE);
            }
        }
        let mut taken = HashSet::new();
        for (number, (name, _)) in self.parameters.iter_mut().enumerate() {
            if taken.contains(name) {
                *name = format!("{name}.{number}");
            }
            taken.insert(name.clone());
        }
        let locations = self.locations();
        Claimed { parameters: self.parameters, locations, numbers: self.numbers }
    }

    fn locations(&self) -> Locations {
        let (mut tensors, mut inputs) = (HashMap::new(), HashMap::<usize, Vec<_>>::new());
        let mut complete = true;
        let mut is_tensor = HashSet::new();
        for initialiser in &self.list {
            let Some(number) = initialiser.parameter.or(initialiser.average) else { continue };
            is_tensor.insert(number);
            match initialiser.index {
                Some(index) => drop(tensors.insert(index, number)),
                None => complete = false,
            }
        }
        for AverageUse { node, input, number } in &self.averages {
            match node {
                _ if is_tensor.contains(number) => {}
                Some(node) => inputs.entry(*node).or_default().push((*input, *number)),
                None => complete = false,
            }
        }
        for (index, number, _) in &self.grids {
            match index {
                Some(index) => drop(tensors.insert(*index, *number)),
                None => complete = false,
            }
        }
        let grids = self.grids.iter().map(|(_, number, grid)| (*number, grid.clone())).collect();
        Locations { tensors, inputs, grids, complete }
    }
}

/// The value of an initialiser, whose name is then lost where there is none.
fn value(scope: &mut Scope, proto: &TensorProto, elements: &TensorProto) -> Result<GraphValue, OnnxFinding> {
    let name = &*proto.name;
    if name.is_empty() || scope.names.contains_key(name) {
        return Err(OnnxFinding::Broken(format!("two initialisers are called `{name}`")));
    }
    elements::tensor(elements).map_err(|error| {
        scope.lost.insert(name.to_owned());
        let known = stored::held(proto.data_type).is_ok();
        if known { OnnxFinding::Broken(error.to_string()) } else { OnnxFinding::Type(error.to_string()) }
    })
}
