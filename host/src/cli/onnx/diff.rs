//! `host onnx diff`: where two files differ, in structure and in weights, and in what their nodes give.

mod apart;
mod inputs;
mod numbers;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};

use onnx_net::{
    GraphValue, OnnxFile,
    proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto},
};

use serde_json::json;

use super::words;
use crate::{
    cli::{OnnxDiff, outcome::Outcome},
    error::Result,
};
use apart::Apart;

/// The maximum number of nodes that are named: after the first difference often all nodes differ.
const MAX_NODES: usize = 20;

/// Prints every difference: of operator sets, inputs, outputs, operators, nodes, initialisers and their
/// numbers. Comments, metadata and who made a file make no difference. Where there is an input, then how what
/// the nodes give for it differs.
pub fn run(args: &OnnxDiff) -> Result<Outcome> {
    let (first, second) = (OnnxFile::read(&args.a)?, OnnxFile::read(&args.b)?);
    let models = [first.proto(), second.proto()];
    let differences = compare(models[0], models[1]);
    let numbers = (!args.numbers.is_empty()).then(|| numbers::compare(args, models)).transpose()?;
    let is_equal = differences.is_empty() && numbers.as_ref().is_none_or(numbers::Numbers::are_equal);
    if args.json {
        let mut facts = json!({ "equal": is_equal, "differences": differences });
        if let Some(numbers) = &numbers {
            facts["numbers"] = numbers.json();
        }
        out!("{facts}");
        return Ok(if is_equal { Outcome::Done } else { Outcome::Failed });
    }
    match differences.is_empty() {
        true => out!("equal"),
        false => differences.iter().for_each(|line| out!("{}", words::printable(line))),
    }
    numbers.iter().for_each(numbers::Numbers::print);
    Ok(if is_equal { Outcome::Done } else { Outcome::Failed })
}

fn compare(a: &ModelProto, b: &ModelProto) -> Vec<String> {
    let opsets = |model: &ModelProto| {
        let named = |domain: &str| if domain.is_empty() { "ai.onnx".to_owned() } else { domain.to_owned() };
        model.opset_import.iter().map(|set| (named(&set.domain), set.version.to_string())).collect()
    };
    let mut lines = entries("opset", opsets(a), opsets(b));
    let empty = GraphProto::default();
    let graphs @ [one, other] = [a, b].map(|model| model.graph.as_ref().unwrap_or(&empty));
    let ports = |list: &mut dyn Iterator<Item = &ValueInfoProto>| -> BTreeMap<String, String> {
        list.map(|port| (port.name.clone(), words::port(port))).collect()
    };
    lines.extend(entries("input", ports(&mut words::inputs(one)), ports(&mut words::inputs(other))));
    lines.extend(entries("output", ports(&mut one.output.iter()), ports(&mut other.output.iter())));
    let counts = |model: &ModelProto| -> BTreeMap<String, String> {
        words::operators(model).into_iter().map(|(name, n)| (name, n.to_string())).collect()
    };
    lines.extend(entries("operator", counts(a), counts(b)));
    lines.extend(nodes(&one.node, &other.node));
    if one.sparse_initializer != other.sparse_initializer {
        lines.push("sparse initialisers differ".into());
    }
    let functions = [a, b].map(|model| {
        let plain = |f: &onnx_net::proto::FunctionProto| {
            let node = f.node.iter().map(plain).collect();
            onnx_net::proto::FunctionProto { node, doc_string: String::new(), ..f.clone() }
        };
        model.functions.iter().map(plain).collect::<Vec<_>>()
    });
    if functions[0] != functions[1] {
        lines.push("functions of the model's own differ".into());
    }
    lines.extend(initialisers(graphs));
    lines
}

/// What only one side has (`-` the first, `+` the second), and what both have otherwise.
fn entries(what: &str, a: BTreeMap<String, String>, b: BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let line = |name: &String| match (a.get(name), b.get(name)) {
        (Some(x), Some(y)) if x == y => None,
        (Some(x), Some(y)) => Some(format!("{what} `{name}`: {x} became {y}")),
        (Some(x), None) => Some(format!("- {what} `{name}`: {x}")),
        (None, y) => Some(format!("+ {what} `{name}`: {}", y.map_or("", String::as_str))),
    };
    names.into_iter().filter_map(line).collect()
}

/// Nodes of the same index that differ; of two lists of different lengths only the first.
fn nodes(a: &[NodeProto], b: &[NodeProto]) -> Vec<String> {
    let label = |node: &NodeProto| {
        let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
        format!("{} `{}`", words::operator(node), name.map_or("", String::as_str))
    };
    let differ = |(i, (one, other)): (usize, (&NodeProto, &NodeProto))| {
        let (one, other) = (plain(one), plain(other));
        if one == other {
            return None;
        }
        let [x, y] = [label(&one), label(&other)];
        Some(if x == y {
            format!("node {i}: {x}: {}", parts(&one, &other))
        } else {
            format!("node {i}: {x} became {y}")
        })
    };
    let mut lines: Vec<_> = a.iter().zip(b).enumerate().filter_map(differ).collect();
    let more = lines.len().saturating_sub(if a.len() == b.len() { MAX_NODES } else { 1 });
    lines.truncate(lines.len() - more);
    if more > 0 {
        lines.push(format!("and {more} more nodes"));
    }
    if a.len() != b.len() {
        lines.push(format!("{} nodes became {}", a.len(), b.len()));
    }
    lines
}

/// A node without what makes no difference: comments, and the order of its attributes.
fn plain(node: &NodeProto) -> NodeProto {
    let untyped = |attribute: &AttributeProto| AttributeProto { r#type: 0, ..attribute.clone() };
    let mut attribute: Vec<_> = node.attribute.iter().map(untyped).collect();
    attribute.sort_by(|x, y| x.name.cmp(&y.name));
    NodeProto { attribute, doc_string: String::new(), metadata_props: vec![], ..node.clone() }
}

/// Which parts of two nodes differ.
fn parts(a: &NodeProto, b: &NodeProto) -> String {
    let names = a.attribute.iter().chain(&b.attribute).map(|attribute| &attribute.name);
    let find = |node: &NodeProto, name: &String| node.attribute.iter().find(|x| x.name == *name).cloned();
    let changed: BTreeSet<&String> = names.filter(|name| find(a, name) != find(b, name)).collect();
    let mut parts: Vec<String> =
        changed.into_iter().map(|name| format!("the attribute `{name}` differs")).collect();
    for (what, x, y) in [("inputs", &a.input, &b.input), ("outputs", &a.output, &b.output)] {
        if x != y {
            parts.push(format!("the {what} {} became {}", x.join(", "), y.join(", ")));
        }
    }
    parts.join("; ")
}

/// Initialisers that one side has alone, that have another shape or type, or other numbers.
fn initialisers(graphs: [&GraphProto; 2]) -> Vec<String> {
    let named = |graph: &GraphProto| -> BTreeMap<String, String> {
        graph.initializer.iter().map(|tensor| (tensor.name.clone(), words::tensor(tensor))).collect()
    };
    let [a, b] = graphs;
    let mut lines = entries("initialiser", named(a), named(b));
    let others: BTreeMap<&str, &TensorProto> = b.initializer.iter().map(|x| (x.name.as_str(), x)).collect();
    for tensor in &a.initializer {
        let same =
            others.get(tensor.name.as_str()).filter(|other| words::tensor(other) == words::tensor(tensor));
        if let Some(text) = same.and_then(|other| weights(tensor, other)) {
            lines.push(format!("initialiser `{}`: {text}", tensor.name));
        }
    }
    lines
}

/// How far two tensors of one shape and type are apart; none where they are equal.
fn weights(a: &TensorProto, b: &TensorProto) -> Option<String> {
    if a == b {
        return None;
    }
    let numbers = |tensor: &TensorProto| match onnx_net::read_tensor(tensor).ok()? {
        GraphValue::Tensor(tensor) => tensor.to_f64().ok(),
        _ => Some(vec![]),
    };
    let (Some(x), Some(y)) = (numbers(a), numbers(b)) else {
        let plain = |tensor: &TensorProto| TensorProto { doc_string: String::new(), ..tensor.clone() };
        let text = "the bytes differ (numbers of this type are not compared)";
        return (plain(a) != plain(b)).then(|| text.into());
    };
    Apart::of(&x, &y).map(|apart| apart.to_string())
}
