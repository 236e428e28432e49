//! The parts of an ONNX file in words.

use std::collections::{BTreeMap, HashSet};

use onnx_net::proto::{
    Dimension, DimensionProto, ElementTypeProto, GraphProto, ModelProto, NodeProto, TensorProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use serde_json::{Value as Json, json};

/// `x: f32 [batch, 1, 28, 28]`, or `y: sequence of f32 [?]`; `?` is a size that has no name.
pub fn port(info: &ValueInfoProto) -> String {
    let (kind, tensor) = held(info.r#type.as_ref());
    let Some(tensor) = tensor else { return format!("{}: {kind}", info.name) };
    let size = |dim: &DimensionProto| match &dim.value {
        Some(Dimension::DimValue(n)) if *n > 0 => n.to_string(),
        Some(Dimension::DimParam(name)) if !name.is_empty() => name.clone(),
        _ => "?".into(),
    };
    let shape = match &tensor.shape {
        Some(shape) => format!("[{}]", shape.dim.iter().map(size).collect::<Vec<_>>().join(", ")),
        None => "of any shape".into(),
    };
    let kind = if kind == TENSOR { String::new() } else { format!("{kind} of ") };
    format!("{}: {kind}{} {shape}", info.name, dtype(tensor.elem_type))
}

const TENSOR: &str = "tensor";

/// What a value is, and the type of the tensor that it is or holds.
fn held(info: Option<&TypeProto>) -> (&'static str, Option<&TensorTypeProto>) {
    match info {
        Some(TypeProto { tensor_type: Some(tensor), .. }) => (TENSOR, Some(tensor)),
        Some(TypeProto { sequence_type: Some(held), .. }) => ("sequence", inner(held)),
        Some(TypeProto { optional_type: Some(held), .. }) => ("optional", inner(held)),
        Some(_) => ("map, or sparse tensor", None),
        None => ("of no declared type", None),
    }
}

fn inner(held: &ElementTypeProto) -> Option<&TensorTypeProto> {
    held.elem_type.as_deref().and_then(|held| held.tensor_type.as_ref())
}

/// A port for programs: sizes are numbers, names or, where nothing is known, null; so is the shape.
pub fn port_json(info: &ValueInfoProto) -> Json {
    let (kind, tensor) = held(info.r#type.as_ref());
    let size = |dim: &DimensionProto| match &dim.value {
        Some(Dimension::DimValue(n)) if *n > 0 => json!(n),
        Some(Dimension::DimParam(name)) if !name.is_empty() => json!(name),
        _ => Json::Null,
    };
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    json!({
        "name": info.name,
        "kind": kind,
        "dtype": tensor.map(|tensor| dtype(tensor.elem_type)),
        "shape": shape.map(|shape| shape.dim.iter().map(size).collect::<Vec<_>>()),
    })
}

/// `f32 [10, 4]`
pub fn tensor(proto: &TensorProto) -> String {
    format!("{} {:?}", dtype(proto.data_type), proto.dims)
}

/// An element type, by our name or by ONNX's where it has none here.
pub fn dtype(number: i32) -> String {
    onnx_net::dtype(number).map_or_else(|name| name, |dtype| dtype.name().to_owned())
}

/// `Conv`, or `com.microsoft.Gelu`.
pub fn operator(node: &NodeProto) -> String {
    match &*node.domain {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}

/// The inputs that a caller gives: files of the first versions list initialisers among them too.
pub fn inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let inner: HashSet<_> = graph.initializer.iter().map(|tensor| &tensor.name).collect();
    graph.input.iter().filter(move |port| !inner.contains(&port.name))
}

/// All nodes: of the graph, of the graphs inside its nodes, and of the model's own functions.
pub fn nodes(model: &ModelProto) -> Vec<&NodeProto> {
    let own = model.graph.iter().flat_map(|graph| &graph.node);
    let mut found: Vec<&NodeProto> =
        own.chain(model.functions.iter().flat_map(|function| &function.node)).collect();
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        let graphs = node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs));
        found.extend(graphs.flat_map(|graph| &graph.node));
        at += 1;
    }
    found
}

/// How often each operator occurs, by name.
pub fn operators(model: &ModelProto) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    nodes(model).into_iter().for_each(|node| *counts.entry(operator(node)).or_default() += 1);
    counts
}

/// A number in a few digits.
pub fn number(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) { format!("{x:.4}") } else { format!("{x:.3e}") }
}

/// A text from a file, safe to be printed.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
