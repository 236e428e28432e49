//! A model's own functions, written out where they are called.

use std::collections::HashMap;

use super::proto::{AttributeProto, FunctionProto, GraphProto, NodeProto};

/// The nodes of a function, called by `node`: names get `prefix`, but for those that the caller gives,
/// and attributes that stand for the function's own get the caller's values.
pub(super) fn inlined(function: &FunctionProto, node: &NodeProto, prefix: &str) -> Vec<NodeProto> {
    let mut names = HashMap::new();
    for (inner, outer) in [(&function.input, &node.input), (&function.output, &node.output)] {
        for (i, name) in inner.iter().enumerate() {
            names.insert(name.clone(), outer.get(i).cloned().unwrap_or_default());
        }
    }
    // An output that the caller leaves out still has to be computed where the function itself uses it.
    for name in &function.output {
        if names.get(name).is_some_and(String::is_empty) {
            names.insert(name.clone(), format!("{prefix}{name}"));
        }
    }
    let caller = Caller { names, prefix, given: &node.attribute, usual: &function.attribute_proto };
    function.node.iter().map(|inner| caller.node(inner)).collect()
}

struct Caller<'a> {
    names: HashMap<String, String>,
    prefix: &'a str,
    given: &'a [AttributeProto],
    usual: &'a [AttributeProto],
}

impl Caller<'_> {
    fn name(&self, name: &str) -> String {
        match self.names.get(name) {
            Some(outer) => outer.clone(),
            None if name.is_empty() => String::new(),
            None => format!("{}{name}", self.prefix),
        }
    }

    fn node(&self, node: &NodeProto) -> NodeProto {
        NodeProto {
            input: node.input.iter().map(|name| self.name(name)).collect(),
            output: node.output.iter().map(|name| self.name(name)).collect(),
            name: format!("{}{}", self.prefix, node.name),
            attribute: node.attribute.iter().filter_map(|a| self.attribute(a)).collect(),
            ..node.clone()
        }
    }

    /// An attribute that refers to one that nobody gave is itself not given.
    fn attribute(&self, attribute: &AttributeProto) -> Option<AttributeProto> {
        let mut found = if attribute.ref_attr_name.is_empty() {
            attribute.clone()
        } else {
            let named = |a: &&AttributeProto| a.name == attribute.ref_attr_name;
            let value = self.given.iter().find(named).or_else(|| self.usual.iter().find(named))?;
            AttributeProto { name: attribute.name.clone(), ..value.clone() }
        };
        if let Some(graph) = &mut found.g {
            self.graph(graph);
        }
        found.graphs.iter_mut().for_each(|graph| self.graph(graph));
        Some(found)
    }

    fn graph(&self, graph: &mut GraphProto) {
        graph.node = graph.node.iter().map(|node| self.node(node)).collect();
        graph.initializer.iter_mut().for_each(|tensor| tensor.name = self.name(&tensor.name));
        let ports = graph.input.iter_mut().chain(&mut graph.output);
        ports.for_each(|port| port.name = self.name(&port.name));
    }
}
