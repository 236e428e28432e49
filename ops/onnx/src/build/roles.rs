//! How nodes use the values of names.

use std::collections::HashSet;

use crate::{
    build::{domain, functions::WrittenNode},
    file::proto::{GraphProto, NodeProto},
    is_in,
    operators::{self, Operator},
};

/// Operators that exporters apply directly to a trained number.
const ARITHMETIC: &str = "\
    Add Sub Mul Div PRelu Neg Exp Softplus Sigmoid Tanh Identity Reshape Unsqueeze Expand";

/// Whether an operator reads an input as plain numbers (bounds, scales, probabilities).
pub(super) fn is_setting(operator: &Operator, input: usize) -> bool {
    operator.settings.contains(&input)
}

/// Whether an operator computes with an input as a formula does.
pub(super) fn is_arithmetic(operator: &Operator, input: usize) -> bool {
    is_in(ARITHMETIC, operator.name) && !is_setting(operator, input)
}

/// The names that nodes, and graphs inside them, use in that way only.
pub(super) fn only(nodes: &[WrittenNode], way: fn(&Operator, usize) -> bool) -> HashSet<String> {
    let mut uses = Uses { way, so: HashSet::new(), otherwise: HashSet::new() };
    nodes.iter().for_each(|written| uses.node(&written.node, &mut vec![]));
    let Uses { mut so, otherwise, .. } = uses;
    so.retain(|name| !otherwise.contains(name));
    so
}

struct Uses {
    way: fn(&Operator, usize) -> bool,
    so: HashSet<String>,
    otherwise: HashSet<String>,
}

impl Uses {
    /// `inner` holds the names that belong to graphs inside the one that is looked at.
    fn node<'a>(&mut self, node: &'a NodeProto, inner: &mut Vec<HashSet<&'a str>>) {
        let operator = operators::find(domain(&node.domain), &node.op_type);
        for (i, name) in node.input.iter().enumerate() {
            if inner.iter().any(|names| names.contains(name.as_str())) {
                continue;
            }
            let so = operator.is_some_and(|operator| (self.way)(operator, i));
            if so { &mut self.so } else { &mut self.otherwise }.insert(name.clone());
        }
        for graph in node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs)) {
            inner.push(names(graph));
            graph.node.iter().for_each(|node| self.node(node, inner));
            inner.pop();
        }
    }
}

/// The names that a graph gives itself.
fn names(graph: &GraphProto) -> HashSet<&str> {
    let inputs = graph.input.iter().map(|port| &port.name);
    let initialisers = graph.initializer.iter().map(|tensor| &tensor.name);
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    inputs.chain(initialisers).chain(outputs).map(String::as_str).collect()
}
