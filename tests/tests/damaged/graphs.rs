//! Damage to the messages of a network, which is a file of the format all the same.

use onnx_net::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, StringStringEntryProto, TensorProto,
};
use prost::Message as _;
use tests::repository;

use crate::random::Random;

/// The names of operators.
fn operators() -> &'static [String] {
    static LIST: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    LIST.get_or_init(|| {
        let text = std::fs::read_to_string(repository().join("tests/fuzz/onnx.dict")).unwrap();
        text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"')).map(Into::into).collect()
    })
}

/// One to six changes to the messages; the bytes as they are where they hold none.
pub fn damage(random: &mut Random, bytes: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let Ok(mut model) = ModelProto::decode(bytes) else { return bytes.to_vec() };
    for _ in 0..=random.below(6) {
        let other = random.choose(others).and_then(|bytes| ModelProto::decode(&bytes[..]).ok());
        match (random.below(12), &mut model.graph) {
            (0, _) => model.opset_import.iter_mut().for_each(|set| set.version = 1 + random.below(30) as i64),
            (_, Some(graph)) => change(random, graph, other.and_then(|other| other.graph)),
            _ => {}
        }
    }
    model.encode_to_vec()
}

/// The elements of some tensors in the file `w.bin`, or in one that is not there.
pub fn elsewhere(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let Ok(mut model) = ModelProto::decode(bytes) else { return bytes.to_vec() };
    for tensor in model.graph.iter_mut().flat_map(|graph| &mut graph.initializer) {
        if random.once_in(3) {
            continue;
        }
        tensor.data_location = 1;
        tensor.raw_data.clear();
        let places = ["w.bin", "./w.bin", "..", "/w.bin", "", "none", "w.bin/x"];
        let some = if random.once_in(4) { places.len() } else { 2 };
        let mut entries = vec![("location", places[random.below(some)].to_owned())];
        for key in ["offset", "length"] {
            if random.once_in(2) {
                let number = if random.once_in(2) { random.below(66) as i64 } else { random.number() };
                entries.push((key, number.to_string()));
            }
        }
        let entry = |(key, value): (&str, String)| StringStringEntryProto { key: key.into(), value };
        tensor.external_data = entries.into_iter().map(entry).collect();
        if random.once_in(4) {
            resize(random, tensor);
        }
    }
    model.encode_to_vec()
}

fn change(random: &mut Random, graph: &mut GraphProto, other: Option<GraphProto>) {
    let names = names(graph);
    match random.below(10) {
        0..4 => {
            if let Some(node) = random.choose_mut(&mut graph.node) {
                change_node(random, node, &names);
            }
        }
        4 | 5 => {
            if let Some(tensor) = random.choose_mut(&mut graph.initializer) {
                change_tensor(random, tensor);
            }
        }
        6 => {
            let ports = if random.once_in(2) { &mut graph.input } else { &mut graph.output };
            let port = random.choose_mut(ports);
            let Some(tensor) = port.and_then(|port| port.r#type.as_mut()?.tensor_type.as_mut()) else {
                return;
            };
            if random.once_in(3) {
                tensor.elem_type = random.below(20) as i32;
            } else if let Some(shape) = &mut tensor.shape {
                match random.choose_mut(&mut shape.dim) {
                    Some(dim) if !random.once_in(4) => dim.value = Some(Dimension::DimValue(random.number())),
                    _ => shape.dim.extend(shape.dim.clone().pop()),
                }
            }
        }
        // Nodes in another order, twice, or from another network.
        7 => {
            let (a, b) = (random.below(graph.node.len()), random.below(graph.node.len()));
            if !graph.node.is_empty() {
                graph.node.swap(a, b);
            }
        }
        8 => {
            let Some(other) = other else { return };
            graph.node.extend(other.node);
            graph.initializer.extend(other.initializer);
        }
        _ => {
            if let (Some(port), Some(name)) = (random.choose_mut(&mut graph.output), random.choose(&names)) {
                port.name.clone_from(name);
            }
        }
    }
}

/// All names of values.
fn names(graph: &GraphProto) -> Vec<String> {
    let ports = graph.input.iter().map(|port| &port.name);
    let tensors = graph.initializer.iter().map(|tensor| &tensor.name);
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    ports.chain(tensors).chain(outputs).cloned().collect()
}

fn change_node(random: &mut Random, node: &mut NodeProto, names: &[String]) {
    match random.below(7) {
        0 => node.op_type = random.choose(operators()).cloned().unwrap_or_default(),
        1 => {
            if let (Some(input), Some(name)) = (random.choose_mut(&mut node.input), random.choose(names)) {
                input.clone_from(name);
            }
        }
        2 => node.input.extend(random.choose(names).cloned()),
        3 => drop(node.input.pop()),
        4 => {
            let place = random.below(node.attribute.len());
            if place < node.attribute.len() {
                node.attribute.remove(place);
            }
        }
        _ => match random.choose_mut(&mut node.attribute) {
            Some(attribute) => change_attribute(random, attribute),
            None => node.op_type = random.choose(operators()).cloned().unwrap_or_default(),
        },
    }
}

fn change_attribute(random: &mut Random, attribute: &mut AttributeProto) {
    if let Some(graph) = &mut attribute.g {
        return change(random, graph, None);
    }
    if let Some(tensor) = &mut attribute.t {
        return change_tensor(random, tensor);
    }
    attribute.i = random.number();
    attribute.f = random.float();
    match random.choose_mut(&mut attribute.ints) {
        Some(number) if !random.once_in(4) => *number = random.number(),
        Some(_) => drop(attribute.ints.pop()),
        None => {}
    }
    if let Some(number) = random.choose_mut(&mut attribute.floats) {
        *number = random.float();
    }
    if random.once_in(8) {
        attribute.r#type = random.below(15) as i32;
    }
}

fn change_tensor(random: &mut Random, tensor: &mut TensorProto) {
    match random.below(5) {
        0 => resize(random, tensor),
        1 => tensor.data_type = random.below(20) as i32,
        // Numbers in their list or in the bytes.
        2 | 3 => {
            let (number, float) = (random.number(), random.float());
            random.choose_mut(&mut tensor.int64_data).into_iter().for_each(|x| *x = number);
            random.choose_mut(&mut tensor.int32_data).into_iter().for_each(|x| *x = number as i32);
            random.choose_mut(&mut tensor.float_data).into_iter().for_each(|x| *x = float);
            let at = random.below(tensor.raw_data.len() / 8) * 8;
            if let Some(bytes) = tensor.raw_data.get_mut(at..at + 8) {
                bytes.copy_from_slice(&number.to_le_bytes());
            }
        }
        _ => {
            tensor.int64_data.push(random.number());
            tensor.dims = vec![tensor.int64_data.len() as i64];
        }
    }
}

fn resize(random: &mut Random, tensor: &mut TensorProto) {
    match random.choose_mut(&mut tensor.dims) {
        Some(size) if !random.once_in(3) => *size = random.number(),
        _ => tensor.dims.push(random.below(3) as i64),
    }
}
