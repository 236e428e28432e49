//! A model's own functions, written out where they are called.

use std::{borrow::Cow, collections::HashMap, rc::Rc};

use prost::Message as _;

use crate::{
    Finding,
    build::{Builder, DEEPEST, Opsets, domain, opsets},
    file::proto::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto},
};

/// The most nodes after functions are written out, so that functions of functions end.
const MOST_NODES: usize = 200_000;

/// The most bytes that functions take where they are written out.
const MOST_BYTES: usize = 1 << 30;

/// A node with the versions of the operator sets that it is from.
pub(crate) type Written<'a> = (Cow<'a, NodeProto>, Rc<Opsets>);

/// A model's functions by domain, name and overload, and how much of them was written out.
pub(crate) struct Functions<'m> {
    known: HashMap<(&'m str, &'m str, &'m str), (&'m FunctionProto, Size)>,
    nodes: usize,
    bytes: usize,
}

/// How large a function is, for the names and attributes that its callers put into it.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: usize,
    names: usize,
    attributes: usize,
}

impl<'m> Functions<'m> {
    pub fn of(model: &'m ModelProto) -> Self {
        let key = |f: &'m FunctionProto| (domain(&f.domain), f.name.as_str(), f.overload.as_str());
        let sized = |f: &'m FunctionProto| {
            let mut size = Size { bytes: f.encoded_len(), ..Size::default() };
            size.add(&f.node);
            (key(f), (f, size))
        };
        Self { known: model.functions.iter().map(sized).collect(), nodes: 0, bytes: 0 }
    }
}

impl Size {
    fn add(&mut self, nodes: &[NodeProto]) {
        for node in nodes {
            self.names += node.input.len() + node.output.len() + 1;
            self.attributes += node.attribute.len();
            let graphs = node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs));
            graphs.for_each(|graph| self.add(&graph.node));
        }
    }

    /// At most so many bytes, called by `node`.
    fn called(self, node: &NodeProto, prefix: &str) -> usize {
        let names = node.input.iter().chain(&node.output).map(String::len);
        let name = names.max().unwrap_or(0).saturating_add(prefix.len());
        let attribute = node.attribute.iter().map(AttributeProto::encoded_len).max().unwrap_or(0);
        let given = self.names.saturating_mul(name).saturating_add(self.attributes.saturating_mul(attribute));
        self.bytes.saturating_add(given)
    }
}

impl Builder<'_> {
    /// The nodes of a graph, with the model's functions written out where they are called.
    pub fn written_out<'a>(&mut self, nodes: &'a [NodeProto], opsets: &Rc<Opsets>) -> Vec<Written<'a>> {
        let mut list = vec![];
        nodes.iter().for_each(|node| self.write_out(Cow::Borrowed(node), opsets, 0, &mut list));
        list
    }

    fn write_out<'a>(
        &mut self,
        node: Cow<'a, NodeProto>,
        outer: &Rc<Opsets>,
        depth: usize,
        list: &mut Vec<Written<'a>>,
    ) {
        self.functions.nodes += 1;
        let count = self.functions.nodes;
        if count > MOST_NODES {
            if count == MOST_NODES + 1 {
                self.find(Finding::Broken(format!("more than {MOST_NODES} nodes, functions written out")));
            }
            return;
        }
        let key = (domain(&node.domain), node.op_type.as_str(), node.overload.as_str());
        let Some((function, size)) = self.functions.known.get(&key).copied() else {
            list.push((node, Rc::clone(outer)));
            return;
        };
        let prefix = format!("{:.40}#{count}/", node.op_type);
        self.functions.bytes = self.functions.bytes.saturating_add(size.called(&node, &prefix));
        let trouble = if depth >= DEEPEST {
            Some(format!("the function `{}` calls itself", node.op_type))
        } else if self.functions.bytes > MOST_BYTES {
            Some(format!("functions of more than {} MB, written out", MOST_BYTES >> 20))
        } else {
            None
        };
        if let Some(text) = trouble {
            self.find(Finding::Broken(text));
            return self.lose(&node);
        }
        let opsets = Rc::new(opsets(&function.opset_import));
        for inner in inlined(function, &node, &prefix) {
            self.write_out(Cow::Owned(inner), &opsets, depth + 1, list);
        }
    }
}

/// The nodes of a function, called by `node`: names get `prefix`, but for those that the caller gives,
/// and attributes that stand for the function's own get the caller's values.
fn inlined(function: &FunctionProto, node: &NodeProto, prefix: &str) -> Vec<NodeProto> {
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
