//! What the initialisers of a graph become: constants, parameters, running averages.

use std::collections::{HashMap, HashSet};

use ops::{Tensor, nn::Parameter};

use crate::{
    BUFFER, Finding, Value,
    build::{
        Builder,
        functions::Written,
        names::is_worded,
        roles::{is_arithmetic, is_setting, only},
    },
    file::{
        elements,
        proto::{GraphProto, ModelProto, NodeProto, TensorProto},
    },
    network::plan::Slot,
    operators::Operator,
};

/// An initialiser of floats. The nodes that use it make it a parameter, a running average, or one of each.
struct Weight {
    name: String,
    value: Tensor,
    /// Whether the file says that it is a buffer.
    is_buffer: bool,
    /// Where the file holds it.
    place: usize,
    parameter: Option<usize>,
    average: Option<usize>,
}

/// The initialisers of floats of all graphs, and the parameters that nodes made of them so far.
pub(crate) struct Weights {
    list: Vec<Weight>,
    parameters: Vec<(String, Parameter)>,
    /// Which input of which node is which running average.
    uses: Vec<(usize, usize, usize)>,
    numbers: Vec<String>,
    /// Whether the file is one of [`crate::export`], which writes numbers of formulas as nodes.
    is_own: bool,
}

/// Where a model holds its parameters, by their numbers: tensors by their addresses, and nodes, whose inputs
/// are running averages that are no tensor of their own.
pub(crate) struct Places {
    pub tensors: HashMap<usize, usize>,
    pub inputs: HashMap<usize, Vec<(usize, usize)>>,
}

/// The name of the running average that began as another parameter or a constant.
const AVERAGE: &str = ".average";

pub(crate) fn address<T>(part: &T) -> usize {
    std::ptr::from_ref(part).addr()
}

impl Weights {
    pub fn new(model: &ModelProto) -> Self {
        let is_own = model.producer_name == crate::export::PRODUCER;
        Self { list: vec![], parameters: vec![], uses: vec![], numbers: vec![], is_own }
    }

    fn add(&mut self, name: &str, parameter: Parameter) -> usize {
        self.parameters.push((name.to_owned(), parameter));
        self.parameters.len() - 1
    }

    /// The number of the parameter that an initialiser is.
    fn parameter(&mut self, i: usize) -> Option<usize> {
        let Weight { name, value, is_buffer, parameter, .. } = &self.list[i];
        if parameter.is_none() {
            let made = if *is_buffer { Parameter::buffer(value) } else { Parameter::new(value).ok()? };
            let name = name.clone();
            self.list[i].parameter = Some(self.add(&name, made));
        }
        self.list[i].parameter
    }

    /// The number of the running average that begins as an initialiser.
    fn average(&mut self, i: usize) -> Option<usize> {
        let Weight { name, value, is_buffer, average, .. } = &self.list[i];
        if *is_buffer {
            return self.parameter(i);
        }
        if average.is_none() {
            let (name, made) = (name.clone(), Parameter::buffer(value));
            self.list[i].average = Some(self.add(&name, made));
        }
        self.list[i].average
    }

    /// Parameters by their names, each name once, with their places, and the numbers of formulas.
    pub fn finish(mut self) -> (Vec<(String, Parameter)>, Places, Vec<String>) {
        let mut tensors = HashMap::new();
        for weight in &self.list {
            if let Some(number) = weight.parameter.or(weight.average) {
                tensors.insert(weight.place, number);
            }
            if let (Some(_), Some(average)) = (weight.parameter, weight.average) {
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
        let in_tensors: HashSet<usize> = tensors.values().copied().collect();
        let mut inputs: HashMap<usize, Vec<_>> = HashMap::new();
        for (node, input, number) in self.uses {
            if !in_tensors.contains(&number) {
                inputs.entry(node).or_default().push((input, number));
            }
        }
        (self.parameters, Places { tensors, inputs }, self.numbers)
    }
}

impl Builder<'_> {
    /// Gives slots to the initialisers of a graph, which have these elements.
    pub fn initialisers(&mut self, graph: &GraphProto, elements: &[TensorProto], nodes: &[Written]) {
        for sparse in &graph.sparse_initializer {
            let name = sparse.values.as_ref().map_or("", |values| &values.name);
            self.find(Finding::Type(format!("the sparse tensor `{name}`")));
        }
        let (settings, computed) = (only(nodes, is_setting), only(nodes, is_arithmetic));
        for (proto, elements) in graph.initializer.iter().zip(elements) {
            let name = &*proto.name;
            if name.is_empty() || self.scope.names.contains_key(name) {
                self.find(Finding::Broken(format!("two initialisers are called `{name}`")));
                continue;
            }
            let value = match elements::tensor(elements) {
                Ok(value) => value,
                Err(error) => {
                    let text = error.to_string();
                    let unknown = elements::dtype(proto.data_type).is_err();
                    self.find(if unknown { Finding::Type(text) } else { Finding::Broken(text) });
                    self.scope.lost.insert(name.to_owned());
                    continue;
                }
            };
            let slot = self.scope.named(name);
            let is_buffer = proto.doc_string == BUFFER;
            match value {
                Value::Tensor(value)
                    if value.dtype().is_float() && (is_buffer || !settings.contains(name)) =>
                {
                    let is_number = value.rank() == 0 && !is_buffer;
                    if is_number && !(computed.contains(name) && (self.weights.is_own || is_worded(name))) {
                        self.weights.numbers.push(name.to_owned());
                        self.scope.known.insert(slot, value.into());
                        continue;
                    }
                    let (name, place) = (name.to_owned(), address(proto));
                    let weight = Weight { name, value, is_buffer, place, parameter: None, average: None };
                    self.scope.weights.insert(slot, self.weights.list.len());
                    self.weights.list.push(weight);
                }
                value => drop(self.scope.known.insert(slot, value)),
            }
        }
    }

    /// Makes a parameter of an initialiser that is computed with.
    pub fn parameter(&mut self, slot: Slot) {
        let weight = self.scope.weights.get(&slot);
        if let Some(number) = weight.and_then(|&i| self.weights.parameter(i)) {
            self.scope.parameters.insert(slot, number);
        }
    }

    /// Makes parameters of a node's inputs, and running averages of those that are: these are tensors of
    /// their own, whatever else the same initialiser or constant is for.
    pub fn claim(&mut self, operator: &Operator, node: &NodeProto, inputs: &mut [Option<Slot>]) {
        for (i, slot) in inputs.iter_mut().enumerate() {
            let Some(slot) = slot else { continue };
            if !operator.buffers.contains(&i) {
                self.parameter(*slot);
                continue;
            }
            let name = node.input.get(i).map_or("", String::as_str);
            let Some((average, number)) = self.average(*slot, name) else { continue };
            self.weights.uses.push((address(node), i, number));
            *slot = average;
        }
    }

    /// The slot and the number of the running average that begins as the value of a slot.
    fn average(&mut self, slot: Slot, name: &str) -> Option<(Slot, usize)> {
        if let Some(&average) = self.scope.averages.get(&slot) {
            return Some((average, *self.scope.parameters.get(&average)?));
        }
        let number = match (self.scope.weights.get(&slot), self.scope.known.get(&slot)) {
            (Some(&weight), _) => self.weights.average(weight)?,
            (_, Some(Value::Tensor(value))) if value.dtype().is_float() => {
                self.weights.add(&format!("{name}{AVERAGE}"), Parameter::buffer(value))
            }
            _ => return None,
        };
        let average = self.scope.slot();
        self.scope.averages.insert(slot, average);
        self.scope.parameters.insert(average, number);
        Some((average, number))
    }
}
