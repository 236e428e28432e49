//! How nodes use the values of names, seen through nodes that only reshape or convert them.

use std::collections::{HashMap, HashSet};

use crate::{
    build::{domain, functions::WrittenNode},
    file::proto::{GraphProto, NodeProto},
    is_in,
    operators::{self, Operator},
};

/// Operators whose output is their first input in another form.
const PASSING: &str = "\
    Cast CastLike DequantizeLinear Flatten Identity Reshape Squeeze Transpose Unsqueeze";

/// Operators that exporters apply directly to a trained number.
const ARITHMETIC: &str = "\
    Add Sub Mul Div PRelu Neg Exp Softplus Sigmoid Tanh Expand";

/// Operators that a bias is added after.
const LAYERS: &str = "\
    Conv ConvTranspose ConvInteger DeformConv Einsum FusedConv FusedGemm FusedMatMul Gemm MatMul \
    MatMulInteger";

/// Inputs that are sampling positions, by operator.
const POSITIONS: &[(&str, usize)] =
    &[("GridSample", 1), ("DeformConv", 2), ("RoiAlign", 1), ("MaxRoiPool", 1)];

/// What an input is to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Plain numbers, such as bounds, scales and probabilities.
    Setting,
    /// A running average.
    Average,
    /// A weight or bias of the operator's own.
    Weight,
    /// What is added to the output of a layer.
    Bias,
    /// An operand of arithmetic.
    Operand,
    Other,
}

/// One use of a value.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    pub role: Role,
    pub node: &'a NodeProto,
    pub input: usize,
    /// Where the node stands in [`Uses`].
    at: usize,
}

/// A name, and the number of the graph that it belongs to: 0 for the outermost.
type Key<'a> = (usize, &'a str);

/// The nodes of a graph and of those inside them, by the names that they read and give.
pub(super) struct Uses<'a> {
    nodes: Vec<UsingNode<'a>>,
    readers: HashMap<Key<'a>, Vec<(usize, usize)>>,
    makers: HashMap<Key<'a>, usize>,
    /// Inputs of the model.
    inputs: HashSet<&'a str>,
    graphs: usize,
}

struct UsingNode<'a> {
    node: &'a NodeProto,
    operator: Option<&'static Operator>,
    inputs: Vec<Key<'a>>,
    outputs: Vec<Key<'a>>,
}

impl<'a> Uses<'a> {
    pub fn of(nodes: &'a [WrittenNode], inputs: HashSet<&'a str>) -> Self {
        let (readers, makers) = (HashMap::new(), HashMap::new());
        let mut uses = Self { nodes: vec![], readers, makers, inputs, graphs: 0 };
        nodes.iter().for_each(|written| uses.add(&written.node, &mut vec![]));
        uses
    }

    /// `around` holds the names of the graphs that the node is in, from the outside in.
    fn add(&mut self, node: &'a NodeProto, around: &mut Vec<(usize, HashSet<&'a str>)>) {
        let key = |name: &'a String| {
            let owner = around.iter().rev().find(|(_, names)| names.contains(name.as_str()));
            (owner.map_or(0, |(graph, _)| *graph), name.as_str())
        };
        let keys = |names: &'a [String]| names.iter().map(key).collect::<Vec<_>>();
        let (inputs, outputs, at) = (keys(&node.input), keys(&node.output), self.nodes.len());
        for (i, input) in inputs.iter().enumerate().filter(|(_, (_, name))| !name.is_empty()) {
            self.readers.entry(*input).or_default().push((at, i));
        }
        self.makers.extend(outputs.iter().map(|&output| (output, at)));
        let operator = operators::find(domain(&node.domain), &node.op_type);
        self.nodes.push(UsingNode { node, operator, inputs, outputs });
        for graph in node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs)) {
            self.graphs += 1;
            around.push((self.graphs, names(graph)));
            graph.node.iter().for_each(|node| self.add(node, around));
            around.pop();
        }
    }

    /// The uses of a name of the outermost graph.
    pub fn of_name(&self, name: &'a str) -> Vec<Use<'a>> {
        let (mut found, mut passed) = (vec![], HashSet::new());
        let mut pending: Vec<Key> = vec![(0, name)];
        while let Some(key) = pending.pop() {
            for &(at, input) in self.readers.get(&key).into_iter().flatten() {
                let UsingNode { node, outputs, .. } = &self.nodes[at];
                if input > 0 || !is_in(PASSING, &node.op_type) {
                    found.push(Use { role: self.role(at, input), node, input, at });
                } else if passed.insert(at) {
                    pending.extend(outputs);
                }
            }
        }
        found
    }

    fn role(&self, at: usize, input: usize) -> Role {
        let Some(operator) = self.nodes[at].operator else { return Role::Other };
        match operator {
            _ if operator.settings.contains(&input) || operator.scales.contains(&input) => Role::Setting,
            _ if operator.buffers.contains(&input) => Role::Average,
            _ if operator.weights.contains(&input) => Role::Weight,
            _ if operator.name == "Add" && self.source(at, 1 - input.min(1)).is_some_and(is_layer) => {
                Role::Bias
            }
            _ if is_in(ARITHMETIC, operator.name) => Role::Operand,
            _ => Role::Other,
        }
    }

    /// The node that gives an input of another one, behind those that only reshape or convert it.
    fn source(&self, at: usize, input: usize) -> Option<&'a NodeProto> {
        let mut key = *self.nodes[at].inputs.get(input)?;
        for _ in 0..=self.nodes.len() {
            let maker = &self.nodes[*self.makers.get(&key)?];
            if !is_in(PASSING, &maker.node.op_type) {
                return Some(maker.node);
            }
            key = *maker.inputs.first()?;
        }
        None
    }

    /// Whether the other operand is an input of the model, perhaps in another form or less another number.
    pub fn meets_input(&self, found: &Use) -> bool {
        let Some(mut key) = self.nodes[found.at].inputs.get(1 - found.input.min(1)).copied() else {
            return false;
        };
        for _ in 0..=self.nodes.len() {
            match self.makers.get(&key).map(|&maker| &self.nodes[maker]) {
                Some(maker) if is_in(PASSING, &maker.node.op_type) || maker.node.op_type == "Sub" => {
                    match maker.inputs.first() {
                        Some(&first) => key = first,
                        None => return false,
                    }
                }
                Some(_) => return false,
                None => return key.0 == 0 && self.inputs.contains(key.1),
            }
        }
        false
    }

    /// Whether what comes of a use is a sampling position, with no other layer between.
    pub fn is_position(&self, found: &Use) -> bool {
        let (mut pending, mut seen) = (self.nodes[found.at].outputs.clone(), HashSet::new());
        while let Some(key) = pending.pop() {
            for &(at, input) in self.readers.get(&key).into_iter().flatten() {
                let UsingNode { node, outputs, .. } = &self.nodes[at];
                if POSITIONS.contains(&(&node.op_type, input)) {
                    return true;
                }
                if !is_layer(node) && seen.insert(at) {
                    pending.extend(outputs);
                }
            }
        }
        false
    }
}

fn is_layer(node: &NodeProto) -> bool {
    is_in(LAYERS, &node.op_type)
}

/// The names that a graph gives itself.
fn names(graph: &GraphProto) -> HashSet<&str> {
    let inputs = graph.input.iter().map(|port| &port.name);
    let initialisers = graph.initializer.iter().map(|tensor| &tensor.name);
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    inputs.chain(initialisers).chain(outputs).map(String::as_str).collect()
}
