//! Which output of one file's nodes belongs to which of another's.

use std::collections::{HashMap, HashSet};

use onnx_net::proto::{GraphProto, NodeProto};

/// Two values that are to be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The node of the first file that gives it, by its place.
    pub node: usize,
    pub a: String,
    pub b: String,
}

/// All pairs, in the order of the first file's nodes.
#[derive(Debug, PartialEq, Eq)]
pub struct Pairs {
    pub list: Vec<Pair>,
    /// How many outputs of nodes have no counterpart, on each side.
    pub alone: [usize; 2],
}

impl Pairs {
    /// Nodes at the same place belong together where both files have the same operators one after another;
    /// else outputs of the same name do, and outputs of the networks at the same place.
    pub fn of(a: &GraphProto, b: &GraphProto) -> Self {
        let operators = |graph: &GraphProto| -> Vec<(String, String, usize)> {
            let kind = |node: &NodeProto| (node.domain.clone(), node.op_type.clone(), node.output.len());
            graph.node.iter().map(kind).collect()
        };
        let list = if operators(a) == operators(b) { by_place(a, b) } else { by_name(a, b) };
        let count = |graph: &GraphProto| outputs(graph).count();
        let alone = [count(a), count(b)].map(|all| all.saturating_sub(list.len()));
        Self { list, alone }
    }
}

/// The outputs of a graph's nodes that have a name, with the places of their nodes.
fn outputs(graph: &GraphProto) -> impl Iterator<Item = (usize, &String)> {
    let nodes = graph.node.iter().enumerate();
    nodes.flat_map(|(i, node)| node.output.iter().filter(|name| !name.is_empty()).map(move |name| (i, name)))
}

fn by_place(a: &GraphProto, b: &GraphProto) -> Vec<Pair> {
    let nodes = a.node.iter().zip(&b.node).enumerate();
    let all = nodes.flat_map(|(node, (x, y))| {
        let both = x.output.iter().zip(&y.output).filter(|(a, b)| !a.is_empty() && !b.is_empty());
        both.map(move |(a, b)| Pair { node, a: a.clone(), b: b.clone() })
    });
    all.collect()
}

fn by_name(a: &GraphProto, b: &GraphProto) -> Vec<Pair> {
    let names: HashSet<&String> = outputs(b).map(|(_, name)| name).collect();
    // Numbers for names are those of another trace.
    let says_something = |name: &str| !name.chars().all(|c| c.is_ascii_digit());
    let ends: HashMap<&String, &String> = match a.output.len() == b.output.len() {
        true => a.output.iter().zip(&b.output).map(|(x, y)| (&x.name, &y.name)).collect(),
        false => HashMap::new(),
    };
    let counterpart = |name: &String| match ends.get(name) {
        Some(end) if names.contains(*end) => Some((*end).clone()),
        _ => (names.contains(name) && says_something(name)).then(|| name.clone()),
    };
    outputs(a)
        .filter_map(|(node, name)| Some(Pair { node, a: name.clone(), b: counterpart(name)? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use onnx_net::proto::ValueInfoProto;

    use super::*;

    /// Nodes written as `Op:output`, the last being the network's output.
    fn graph(text: &str) -> GraphProto {
        let node = |word: &str| {
            let (op, output) = word.split_once(':').unwrap();
            NodeProto { op_type: op.into(), output: vec![output.into()], ..NodeProto::default() }
        };
        let nodes: Vec<_> = text.split(' ').map(node).collect();
        let name = nodes.last().unwrap().output[0].clone();
        let output = vec![ValueInfoProto { name, ..ValueInfoProto::default() }];
        GraphProto { node: nodes, output, ..GraphProto::default() }
    }

    fn pairs(a: &str, b: &str) -> (Vec<(String, String)>, [usize; 2]) {
        let Pairs { list, alone } = Pairs::of(&graph(a), &graph(b));
        (list.into_iter().map(|pair| (pair.a, pair.b)).collect(), alone)
    }

    fn both(words: &[(&str, &str)]) -> Vec<(String, String)> {
        words.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn equal_operators_belong_together_by_their_place() {
        assert_eq!(pairs("Conv:1 Relu:2", "Conv:2 Relu:3"), (both(&[("1", "2"), ("2", "3")]), [0, 0]));
    }

    #[test]
    fn others_by_their_names_and_the_network_s_outputs_by_place() {
        let found = pairs("Conv:c Add:3 Relu:r Relu:y", "Conv:c Mul:3 Relu:z");
        assert_eq!(found, (both(&[("c", "c"), ("y", "z")]), [2, 1]));
    }
}
