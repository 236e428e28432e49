//! What the tensors of graphs become: constants, parameters, running averages. [`declared`] finds them, and
//! nodes claim them.

mod declared;

use std::collections::{BTreeSet, HashMap, HashSet};

use ops::{Tensor, nn::Parameter};

use crate::{
    Choice, GraphValue,
    build::{
        functions::WrittenNode,
        quantised::{StoredNumbers, WeightGrid},
        scope::Scope,
    },
    export::PRODUCER,
    file::proto::{ModelProto, NodeProto},
    network::plan::Slot,
    operators::Operator,
    report::{FileTensor, SharedTensor},
};

/// A tensor of floats that may be trained: an initialiser, or that of a Constant node. The nodes that use it
/// make it a parameter, a running average, or one of each.
struct FloatInitialiser {
    name: String,
    value: Tensor,
    /// Whether the file says that it is a buffer.
    is_buffer: bool,
    /// Whether each node that uses it gets a parameter of its own.
    is_untied: bool,
    /// Where the model holds it (see [`crate::file::visit`]); none inside of a function.
    index: Option<usize>,
    parameter: Option<usize>,
    average: Option<usize>,
}

/// The tensors of floats of all graphs, and the parameters that nodes made of them so far.
pub(super) struct Initialisers {
    list: Vec<FloatInitialiser>,
    parameters: Vec<(String, Parameter)>,
    own: Vec<OwnUse>,
    /// What is said of each, with the number in `list` of what may be trained.
    facts: Vec<(FileTensor, Option<usize>)>,
    shared: Vec<SharedTensor>,
    inputs_first: HashSet<usize>,
    choice: Choice,
    /// The grids of parameters that came as quantised numbers: where the model holds these, the number of the
    /// parameter, its grid.
    grids: Vec<(Option<usize>, usize, WeightGrid)>,
    /// What was left in the file, by where the model holds it.
    left: HashMap<usize, Tensor>,
    /// Whether the file is one of [`crate::export`], which writes numbers of formulas as nodes.
    is_own: bool,
}

/// A parameter that only this node takes.
struct OwnUse {
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
    /// For a node: inputs that are parameters without a tensor of their own, with their numbers.
    pub inputs: HashMap<usize, Vec<(usize, usize)>>,
    /// The grids of parameters that are quantised numbers in the file.
    pub grids: HashMap<usize, WeightGrid>,
    /// What was left in the file.
    pub left: HashMap<usize, Tensor>,
    /// Whether all of them are here. What is inside of a function has no index.
    pub complete: bool,
}

/// What became of all initialisers.
pub(crate) struct Claimed {
    /// By their names, each name once.
    pub parameters: Vec<(String, Parameter)>,
    pub locations: Locations,
    /// All tensors, and what they are good for.
    pub tensors: Vec<FileTensor>,
    /// Equal tensors that are written once.
    pub shared: Vec<SharedTensor>,
    /// The weights of products whose first dimension is that of the inputs.
    pub inputs_first: HashSet<String>,
    /// A pattern that no tensor fits.
    pub unmatched: Option<String>,
}

/// The name of the running average that began as another parameter or a constant.
const AVERAGE: &str = ".average";

impl Initialisers {
    pub fn new(model: &ModelProto, choice: Choice) -> Self {
        let is_own = model.producer_name == PRODUCER;
        let (list, parameters, own, facts, shared, grids) = (vec![], vec![], vec![], vec![], vec![], vec![]);
        let (inputs_first, left) = (HashSet::new(), HashMap::new());
        Self { list, parameters, own, facts, shared, inputs_first, choice, grids, left, is_own }
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
        (written, label): (&WrittenNode, &str),
        inputs: &mut [Option<Slot>],
    ) {
        for (input, slot) in inputs.iter_mut().enumerate() {
            let Some(slot) = slot else { continue };
            let is_average = operator.buffers.contains(&input);
            let name = written.node.input.get(input).map_or("", String::as_str);
            let own = if let Some(own) = self.untied(scope, *slot, is_average, (name, label)) {
                Some(own)
            } else if is_average {
                self.claim_average(scope, *slot, name)
            } else {
                self.claim(scope, *slot);
                None
            };
            if is_product(&written.node, input) {
                self.inputs_first.extend(scope.parameters.get(&own.map_or(*slot, |(own, _)| own)));
            }
            let Some((own, number)) = own else { continue };
            self.own.push(OwnUse { node: written.index, input, number });
            *slot = own;
        }
    }

    /// A slot and the number of a parameter of its own, where this is one more use of an initialiser that is
    /// untied. It has the name by which the node takes it: exporters give equal tensors of several layers a
    /// name each.
    fn untied(
        &mut self,
        scope: &mut Scope,
        slot: Slot,
        is_average: bool,
        (name, label): (&str, &str),
    ) -> Option<(Slot, usize)> {
        let initialiser = &self.list[*scope.initialisers.get(&slot)?];
        let is_first = initialiser.parameter.is_none() && initialiser.average.is_none();
        if is_first || !initialiser.is_untied || initialiser.is_buffer {
            return None;
        }
        let value = &initialiser.value;
        let made = if is_average { Parameter::buffer(value) } else { Parameter::new(value).ok()? };
        let name = if name == initialiser.name { format!("{name}.{label}") } else { name.to_owned() };
        let (number, own) = (self.add(&name, made), scope.slot());
        scope.parameters.insert(own, number);
        Some((own, number))
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

    /// What the tensor of that number begins as.
    pub fn value(&self, i: usize) -> &Tensor {
        &self.list[i].value
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
        let names: BTreeSet<_> = self.facts.iter().map(|(fact, _)| fact.name.as_str()).collect();
        let unmatched = self.choice.unmatched(&names).map(str::to_owned);
        let list = &self.list;
        let name = |number: &usize| self.parameters[*number].0.clone();
        let inputs_first = self.inputs_first.iter().map(name).collect();
        let on_grid = |name: &str| {
            self.grids.iter().map(|(_, number, _)| *number).find(|&n| self.parameters[n].0 == name)
        };
        let tensors = self.facts.into_iter().map(|(fact, i)| FileTensor {
            parameter: match i {
                Some(i) => list[i].parameter.or(list[i].average),
                None => on_grid(&fact.name),
            },
            ..fact
        });
        Claimed {
            tensors: tensors.collect(),
            parameters: self.parameters,
            locations,
            shared: self.shared,
            inputs_first,
            unmatched,
        }
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
        for OwnUse { node, input, number } in &self.own {
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
        Locations { tensors, inputs, grids, left: self.left.clone(), complete }
    }
}

/// Whether that input is the matrix `W` of a product `x W`.
fn is_product(node: &NodeProto, input: usize) -> bool {
    let is_transposed = node.attribute.iter().any(|a| a.name == "transB" && a.i != 0);
    input == 1 && matches!(&*node.op_type, "MatMul" | "Gemm") && !is_transposed
}
