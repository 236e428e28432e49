//! What the initialisers of a graph are for.

use std::collections::HashSet;

use super::{
    build::domain,
    function::Written,
    operators,
    proto::{GraphProto, NodeProto},
};

/// What initialisers are for, by name.
#[derive(Default)]
pub(super) struct Roles {
    /// Read as plain numbers by all nodes that use them (bounds, scales, probabilities).
    pub settings: HashSet<String>,
    /// Running averages.
    pub buffers: HashSet<String>,
    /// Computed with.
    computed: HashSet<String>,
}

impl Roles {
    /// What the nodes of a graph, and of the graphs inside them, do with the graph's own names.
    pub fn of(nodes: &[Written]) -> Self {
        let mut roles = Self::default();
        nodes.iter().for_each(|(node, _)| roles.node(node, &mut vec![]));
        let Self { settings, buffers, computed } = &mut roles;
        settings.retain(|name| !computed.contains(name) && !buffers.contains(name));
        roles
    }

    /// `inner` holds the names that belong to graphs inside this one.
    fn node<'a>(&mut self, node: &'a NodeProto, inner: &mut Vec<HashSet<&'a str>>) {
        let own = domain(&node.domain).is_empty();
        let operator = if own { operators::find(&node.op_type) } else { None };
        let settings = operator.map_or(&[] as &[usize], |operator| operator.settings);
        let buffers = operator.map_or(&[] as &[usize], |operator| operator.buffers);
        for (i, name) in node.input.iter().enumerate() {
            if inner.iter().any(|names| names.contains(name.as_str())) {
                continue;
            }
            let set = match i {
                _ if settings.contains(&i) => &mut self.settings,
                _ if buffers.contains(&i) => &mut self.buffers,
                _ => &mut self.computed,
            };
            set.insert(name.clone());
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
