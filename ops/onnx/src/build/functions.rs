//! A model's own functions, written out where they are called.

use std::{borrow::Cow, collections::HashMap, rc::Rc};

use prost::Message as _;

use crate::{
    OnnxFinding,
    build::{MAX_DEPTH, Opsets, domain, opsets},
    file::{
        proto::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto},
        visit::node_indices,
    },
};

/// The maximum number of nodes after functions are written out, so that functions of functions end.
const MAX_NODES: usize = 200_000;

/// The maximum number of bytes that functions take where they are written out.
const MAX_BYTES: usize = 1 << 30;

/// A node with the versions of the operator sets that it is from.
pub(super) struct WrittenNode<'a> {
    pub node: Cow<'a, NodeProto>,
    pub opsets: Rc<Opsets>,
    /// Where the model holds it (see [`crate::file::visit`]); none for a copy of a function's.
    pub index: Option<usize>,
}

/// The nodes of a graph, with the model's functions written out where they are called.
#[derive(Default)]
pub(super) struct WrittenOut<'a> {
    pub nodes: Vec<WrittenNode<'a>>,
    pub findings: Vec<OnnxFinding>,
    /// What nobody computes, because its function could not be written out.
    pub lost: Vec<String>,
}

/// A model's functions by domain, name and overload, and how much of them was written out.
pub(super) struct ModelFunctions<'m> {
    known: HashMap<(&'m str, &'m str, &'m str), (&'m FunctionProto, FunctionSize)>,
    nodes: usize,
    bytes: usize,
}

/// How large a function is, for the names and attributes that its callers put into it.
#[derive(Clone, Copy, Default)]
struct FunctionSize {
    bytes: usize,
    names: usize,
    attributes: usize,
}

impl<'m> ModelFunctions<'m> {
    pub fn of(model: &'m ModelProto) -> Self {
        let key = |f: &'m FunctionProto| (domain(&f.domain), f.name.as_str(), f.overload.as_str());
        let sized = |f: &'m FunctionProto| {
            let mut size = FunctionSize { bytes: f.encoded_len(), ..FunctionSize::default() };
            size.add(&f.node);
            (key(f), (f, size))
        };
        Self { known: model.functions.iter().map(sized).collect(), nodes: 0, bytes: 0 }
    }

    /// The nodes of a graph, whose first part is of the index `start`.
    pub fn written_out<'a>(
        &mut self,
        graph: &'a GraphProto,
        opsets: &Rc<Opsets>,
        start: Option<usize>,
    ) -> WrittenOut<'a> {
        let mut out = WrittenOut::default();
        let mut indices = start.map(|start| node_indices(graph, start));
        for node in &graph.node {
            let index = indices.as_mut().and_then(Iterator::next);
            self.write_out(
                WrittenNode { node: Cow::Borrowed(node), opsets: Rc::clone(opsets), index },
                0,
                &mut out,
            );
        }
        out
    }

    fn write_out<'a>(&mut self, written: WrittenNode<'a>, depth: usize, out: &mut WrittenOut<'a>) {
        let node = &written.node;
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            if self.nodes == MAX_NODES + 1 {
                let text = format!("more than {MAX_NODES} nodes, functions written out");
                out.findings.push(OnnxFinding::Broken(text));
            }
            return;
        }
        let key = (domain(&node.domain), node.op_type.as_str(), node.overload.as_str());
        let Some((function, size)) = self.known.get(&key).copied() else {
            return out.nodes.push(written);
        };
        let prefix = format!("{:.40}#{}/", node.op_type, self.nodes);
        self.bytes = self.bytes.saturating_add(size.called(node, &prefix));
        if let Some(text) = self.refusal(node, depth) {
            out.findings.push(OnnxFinding::Broken(text));
            out.lost.extend(node.output.iter().filter(|name| !name.is_empty()).cloned());
            return;
        }
        let opsets = Rc::new(opsets(&function.opset_import));
        for inner in inlined(function, node, &prefix) {
            let inner = WrittenNode { node: Cow::Owned(inner), opsets: Rc::clone(&opsets), index: None };
            self.write_out(inner, depth + 1, out);
        }
    }

    /// Why a call is not written out.
    fn refusal(&self, node: &NodeProto, depth: usize) -> Option<String> {
        if depth >= MAX_DEPTH {
            Some(format!("the function `{}` calls itself", node.op_type))
        } else if self.bytes > MAX_BYTES {
            Some(format!("functions of more than {} MB, written out", MAX_BYTES >> 20))
        } else {
            None
        }
    }
}

impl FunctionSize {
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
    let caller = FunctionCaller { names, prefix, given: &node.attribute, default: &function.attribute_proto };
    function.node.iter().map(|inner| caller.node(inner)).collect()
}

struct FunctionCaller<'a> {
    names: HashMap<String, String>,
    prefix: &'a str,
    given: &'a [AttributeProto],
    default: &'a [AttributeProto],
}

impl FunctionCaller<'_> {
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
            let value = self.given.iter().find(named).or_else(|| self.default.iter().find(named))?;
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
