//! What of a file is drawn: nodes with what they read, and where values come from.

use std::collections::{HashMap, HashSet};

use onnx_net::proto::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

use super::{super::words, labels};

/// The main graph of a file. Constants are parts of the nodes that read them.
pub struct Network<'a> {
    pub inputs: Vec<&'a ValueInfoProto>,
    pub outputs: Vec<&'a ValueInfoProto>,
    pub nodes: Vec<&'a NodeProto>,
    /// Initialisers and the tensors of constants, by name, and whether it is a constant.
    pub tensors: HashMap<&'a str, (&'a TensorProto, bool)>,
    /// Shapes of values as they are written at arrows.
    pub shapes: HashMap<&'a str, String>,
    /// The node that gives a value.
    pub producers: HashMap<&'a str, usize>,
}

impl<'a> Network<'a> {
    /// The main graph of a model.
    pub fn of(model: &'a ModelProto) -> Self {
        let Some(graph) = &model.graph else { return Self::empty() };
        let mut tensors: HashMap<&str, (&TensorProto, bool)> =
            graph.initializer.iter().map(|tensor| (tensor.name.as_str(), (tensor, false))).collect();
        let mut nodes: Vec<&NodeProto> = vec![];
        for node in &graph.node {
            match constant(node) {
                Some((name, tensor)) => _ = tensors.insert(name, (tensor, true)),
                None => nodes.push(node),
            }
        }
        let values = graph.value_info.iter().chain(&graph.output).chain(&graph.input);
        let shapes = values.filter_map(|info| Some((info.name.as_str(), labels::shape(info)?))).collect();
        let of_node = |(i, node): (usize, &&'a NodeProto)| {
            let node: &'a NodeProto = node;
            node.output.iter().filter(|name| !name.is_empty()).map(move |name| (name.as_str(), i))
        };
        let producers = nodes.iter().enumerate().flat_map(of_node).collect();
        Self {
            inputs: words::inputs(graph).collect(),
            outputs: graph.output.iter().collect(),
            nodes,
            tensors,
            shapes,
            producers,
        }
    }

    fn empty() -> Self {
        let (tensors, shapes, producers) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { inputs: vec![], outputs: vec![], nodes: vec![], tensors, shapes, producers }
    }

    /// The values that a node reads, also in the graphs inside it, each once.
    pub fn reads(&self, node: usize) -> Vec<&'a str> {
        let node = self.nodes[node];
        let mut names: Vec<&str> = node.input.iter().map(String::as_str).collect();
        graphs(node).for_each(|graph| captured(graph, &mut names));
        let mut seen = HashSet::new();
        names.retain(|name| !name.is_empty() && seen.insert(*name));
        names
    }
}

/// The graphs inside a node.
fn graphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

/// Adds what a graph and those inside it read of the graphs around.
fn captured<'a>(graph: &'a GraphProto, names: &mut Vec<&'a str>) {
    let own: HashSet<&str> = graph
        .input
        .iter()
        .map(|port| port.name.as_str())
        .chain(graph.initializer.iter().map(|tensor| tensor.name.as_str()))
        .chain(graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str)))
        .collect();
    let mut read: Vec<&str> = graph.output.iter().map(|port| port.name.as_str()).collect();
    for node in &graph.node {
        read.extend(node.input.iter().map(String::as_str));
        graphs(node).for_each(|inner| captured(inner, &mut read));
    }
    names.extend(read.into_iter().filter(|name| !own.contains(name)));
}

/// The name and the tensor of a node that only holds one.
fn constant(node: &NodeProto) -> Option<(&str, &TensorProto)> {
    let [name] = &node.output[..] else { return None };
    let tensor = node.attribute.iter().find_map(|attribute| attribute.t.as_ref());
    (node.op_type == "Constant" && node.input.is_empty()).then_some((name.as_str(), tensor?))
}
