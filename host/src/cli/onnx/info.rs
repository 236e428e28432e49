//! `host onnx info`: what a file holds, without running it.

use std::{collections::BTreeMap, path::Path};

use onnx_net::{
    OnnxFile,
    proto::{GraphProto, ModelProto, TensorProto},
};

use serde_json::{Map, Value as Json, json};

use super::words;
use crate::{
    cli::outcome::Outcome,
    error::{Error, Result},
    onnx::Header,
};

/// Prints inputs, outputs, operator sets, operators, parameters, bytes and metadata.
pub fn run(file: &Path, json: bool) -> Result<Outcome> {
    let bytes = file.metadata().map_err(Error::io(file))?.len();
    let model = OnnxFile::read(file)?;
    if json {
        out!("{}", as_json(file, bytes, model.proto()));
        return Ok(Outcome::Done);
    }
    out!("{}: {bytes} bytes", file.display());
    let mut before = "";
    for (label, text) in facts(model.proto()) {
        out!("  {:<11} {}", if label == before { "" } else { label }, words::printable(&text));
        before = label;
    }
    Ok(Outcome::Done)
}

/// The same for programs: counts are numbers, and a shape is a list of sizes and names.
fn as_json(file: &Path, bytes: u64, model: &ModelProto) -> Json {
    let header = Header::of(model);
    let opset = |(domain, version): &(String, u64)| json!({ "domain": domain, "version": version });
    let graph = model.graph.as_ref();
    let inputs = graph.into_iter().flat_map(words::inputs).map(words::port_json);
    let outputs = graph.into_iter().flat_map(|graph| &graph.output).map(words::port_json);
    let metadata: Map<_, _> = header.metadata.iter().map(|(key, text)| (key.clone(), json!(text))).collect();
    json!({
        "file": file,
        "bytes": bytes,
        "format": header.ir_version,
        "opsets": header.opsets.iter().map(opset).collect::<Vec<_>>(),
        "producer": header.producer,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "parameters": counted(graph).into_iter().map(held_json).collect::<Vec<_>>(),
        "operators": words::operators(model),
        "functions": model.functions.iter().map(|f| format!("{} {}", f.domain, f.name)).collect::<Vec<_>>(),
        "metadata": metadata,
    })
}

/// Each fact with its label.
fn facts(model: &ModelProto) -> Vec<(&'static str, String)> {
    let header = Header::of(model);
    let opset = |(domain, version): &(String, u64)| match &**domain {
        "" => version.to_string(),
        other => format!("{version} of {other}"),
    };
    let mut facts = vec![("format", header.ir_version.to_string())];
    facts.extend(header.opsets.iter().map(|set| ("opset", opset(set))));
    if !header.producer.is_empty() {
        facts.push(("made by", header.producer.clone()));
    }
    if let Some(graph) = &model.graph {
        facts.extend(words::inputs(graph).map(|port| ("takes", words::port(port))));
        facts.extend(graph.output.iter().map(|port| ("gives", words::port(port))));
        let described = |(name, [numbers, tensors, bytes]): (String, [usize; 3])| {
            format!("{numbers} {name} in {tensors} tensors, {bytes} bytes")
        };
        facts.extend(counted(Some(graph)).into_iter().map(|held| ("parameters", described(held))));
    }
    facts.extend(words::operators(model).into_iter().map(|(name, n)| ("operators", format!("{name} {n}"))));
    facts.extend(model.functions.iter().map(|f| ("functions", format!("{} {}", f.domain, f.name))));
    facts.extend(header.metadata.iter().map(|(key, value)| ("metadata", format!("{key} = {value}"))));
    facts
}

/// What [`counted`] says of a type, for programs.
fn held_json((dtype, [numbers, tensors, bytes]): (String, [usize; 3])) -> Json {
    json!({ "dtype": dtype, "numbers": numbers, "tensors": tensors, "bytes": bytes })
}

/// How many numbers of each type the initialisers hold, in how many tensors and bytes.
fn counted(graph: Option<&GraphProto>) -> BTreeMap<String, [usize; 3]> {
    let mut types: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for tensor in graph.into_iter().flat_map(|graph| &graph.initializer) {
        let sizes = tensor.dims.iter().map(|&size| usize::try_from(size).unwrap_or(0));
        let counts = types.entry(words::dtype(tensor.data_type)).or_default();
        counts[0] += sizes.fold(1, usize::saturating_mul);
        counts[1] += 1;
        counts[2] += bytes(tensor);
    }
    types
}

/// Bytes of a tensor's elements, however they are written.
fn bytes(tensor: &TensorProto) -> usize {
    let TensorProto { raw_data, float_data, int32_data, int64_data, double_data, uint64_data, .. } = tensor;
    let fours = float_data.len() + int32_data.len();
    let eights = int64_data.len() + double_data.len() + uint64_data.len();
    raw_data.len() + 4 * fours + 8 * eights + tensor.string_data.iter().map(Vec::len).sum::<usize>()
}
