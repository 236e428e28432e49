//! Boxes and arrows of a network whose scopes are partly folded.

use std::collections::{BTreeMap, HashMap, HashSet};

use onnx_net::proto::{TensorProto, ValueInfoProto};

use super::{super::words, labels, network::Network, scopes::Scopes};
use crate::figure::{DiagramArrow, DiagramBox};

/// Colours of inputs and outputs, and of folded scopes.
const PORT: [u8; 3] = [0xe4, 0xe8, 0xec];
const SCOPE: [u8; 3] = [0x1f, 0x6f, 0x8b];

/// How many tensors are listed in a box, and how many operators of a scope.
const TENSORS: usize = 5;
const OPERATORS: usize = 4;

/// The boxes: inputs, nodes or folded scopes in the order of the file, outputs; and arrows between them.
pub fn drawn(network: &Network, scopes: &Scopes) -> (Vec<DiagramBox>, Vec<DiagramArrow>) {
    let mut boxes: Vec<DiagramBox> = network.inputs.iter().map(|info| port(info)).collect();
    let inputs = network.inputs.iter().enumerate().map(|(i, info)| (info.name.as_str(), i));
    let inputs: HashMap<&str, usize> = inputs.collect();
    let box_of = placed(network, scopes, &mut boxes);
    let source = |name: &str| match network.producers.get(name) {
        Some(node) => Some((box_of[*node], network.shapes.get(name).cloned().unwrap_or_default())),
        None => inputs.get(name).map(|&at| (at, String::new())),
    };
    let mut arrows = Arrows::default();
    for (i, &to) in box_of.iter().enumerate() {
        network.reads(i).into_iter().filter_map(source).for_each(|from| arrows.add(from, to));
    }
    for info in &network.outputs {
        if let Some((from, _)) = source(&info.name) {
            arrows.add((from, String::new()), boxes.len());
        }
        boxes.push(port(info));
    }
    (boxes, arrows.list)
}

/// Adds the boxes of nodes and folded scopes; gives the box of each node.
fn placed(network: &Network, scopes: &Scopes, boxes: &mut Vec<DiagramBox>) -> Vec<usize> {
    let mut box_of = Vec::with_capacity(network.nodes.len());
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut scope_boxes: HashMap<usize, usize> = HashMap::new();
    for i in 0..network.nodes.len() {
        let next = boxes.len();
        let at = scopes.fold_of(i).map_or(next, |scope| *scope_boxes.entry(scope).or_insert(next));
        if at == next {
            boxes.push(DiagramBox::default());
        }
        members.entry(at).or_default().push(i);
        box_of.push(at);
    }
    for (at, nodes) in &members {
        boxes[*at] = match scopes.fold_of(nodes[0]) {
            Some(scope) => folded(network, scopes.path(scope), nodes),
            None => node(network, nodes[0]),
        };
    }
    box_of
}

/// Arrows, each once.
#[derive(Default)]
struct Arrows {
    list: Vec<DiagramArrow>,
    seen: HashSet<(usize, usize, String)>,
}

impl Arrows {
    fn add(&mut self, (from, label): (usize, String), to: usize) {
        // A folded scope leads to itself.
        if from != to && self.seen.insert((from, to, label.clone())) {
            self.list.push(DiagramArrow { from, to, label });
        }
    }
}

fn port(info: &ValueInfoProto) -> DiagramBox {
    DiagramBox { title: info.name.clone(), lines: vec![labels::port(info)], color: PORT }
}

/// A node: its operator, its name, the tensors that it reads, the graphs inside it.
fn node(network: &Network, i: usize) -> DiagramBox {
    let node = network.nodes[i];
    let mut lines: Vec<String> = labels::node(node).map(str::to_owned).into_iter().collect();
    let read = node.input.iter().filter_map(|name| network.tensors.get_key_value(name.as_str()));
    let tensors: Vec<_> =
        read.map(|(name, (tensor, is_constant))| labels::tensor(name, tensor, *is_constant)).collect();
    let more = tensors.len().saturating_sub(TENSORS);
    lines.extend(tensors.into_iter().take(TENSORS));
    if more > 0 {
        lines.push(format!("and {more} more tensors"));
    }
    for attribute in &node.attribute {
        let graphs = attribute.g.iter().chain(&attribute.graphs);
        lines.extend(graphs.map(|graph| format!("{}: {} nodes", attribute.name, graph.node.len())));
    }
    DiagramBox { title: words::operator(node), lines, color: labels::color(node) }
}

/// A folded scope: how many nodes it has, of which operators, with how many parameters.
fn folded(network: &Network, title: String, nodes: &[usize]) -> DiagramBox {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut tensors = BTreeMap::new();
    for &i in nodes {
        let node = network.nodes[i];
        *counts.entry(words::operator(node)).or_default() += 1;
        let read = node.input.iter().filter_map(|name| network.tensors.get_key_value(name.as_str()));
        let numbers =
            |tensor: &TensorProto| tensor.dims.iter().fold(1_i64, |n, &size| n.saturating_mul(size));
        tensors.extend(
            read.filter(|(_, (_, is_constant))| !is_constant).map(|(name, (t, _))| (*name, numbers(t))),
        );
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = sorted.len().saturating_sub(OPERATORS);
    let operators: Vec<_> = sorted.iter().take(OPERATORS).map(|(name, n)| format!("{name} {n}")).collect();
    let tail = if more > 0 { format!(" and {more} others") } else { String::new() };
    let numbers = tensors.values().fold(0_i64, |sum, &n| n.saturating_add(sum));
    let mut lines = vec![format!("{} nodes", nodes.len()), format!("{}{tail}", operators.join(", "))];
    if numbers > 0 {
        lines.push(format!("{numbers} parameters"));
    }
    DiagramBox { title, lines, color: SCOPE }
}
