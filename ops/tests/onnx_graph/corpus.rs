//! Seeds for the fuzzing of the reader (`tests/fuzz`): small networks of every kind, written by hand when
//! they change: `cargo test --release --workspace --test onnx_graph -- --ignored`.

use std::{fs, path::Path};

use ops::nn::graph::{
    Model,
    proto::{AttributeProto, AttributeType, FunctionProto, OperatorSetIdProto, StringStringEntryProto},
};

use crate::build::*;

fn graph(name: &str, net: &Net) -> AttributeProto {
    let r#type = AttributeType::Graph as i32;
    AttributeProto { name: name.into(), r#type, g: net.0.graph.clone(), ..Default::default() }
}

/// One operator on `x` and what stands before it.
fn single(shape: &[i64], kind: &str, edges: &str, attributes: Vec<AttributeProto>) -> Net {
    Net::new()
        .input("x", F32, shape)
        .ints("sizes", &[2, 2])
        .ints("places", &[1, 0])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .op(kind, edges, attributes)
        .output("y")
}

fn branch() -> Net {
    let [one, other] = ["Neg", "Relu"].map(|kind| Net::new().op(kind, "x -> y", vec![]).output("y"));
    let attributes = vec![graph("then_branch", &one), graph("else_branch", &other)];
    Net::new().input("x", F32, &[2]).input("on", 9, &[]).op("If", "on -> y", attributes).output("y")
}

fn repeat() -> Net {
    let body = Net::new()
        .input("i", I64, &[])
        .input("on", 9, &[])
        .input("state", F32, &[-1, 2])
        .op("MatMul", "state w -> next", vec![])
        .op("Identity", "on -> still", vec![])
        .output("still")
        .output("next");
    let mut net =
        single(&[-1, 2], "Loop", "rounds _ x -> y", vec![graph("body", &body)]).ints("rounds", &[2]);
    net.graph().initializer.iter_mut().filter(|t| t.name == "rounds").for_each(|t| t.dims.clear());
    net
}

fn function() -> Net {
    let mut net = Net::new().input("x", F32, &[2]).op("Own", "x -> y", vec![]).output("y");
    net.graph().node[0].domain = "own".into();
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
    net.0.opset_import.push(opset("own", 1));
    net.0.functions.push(FunctionProto {
        name: "Own".into(),
        domain: "own".into(),
        input: vec!["a".into()],
        output: vec!["b".into()],
        opset_import: vec![opset("", 18)],
        node: vec![node("Exp", "a -> b", vec![])],
        ..Default::default()
    });
    net
}

fn elsewhere() -> Net {
    let mut net = single(&[-1, 2], "MatMul", "x w -> y", vec![]);
    let w = net.graph().initializer.iter_mut().find(|t| t.name == "w").unwrap();
    w.float_data.clear();
    w.data_location = 1;
    let entry = |key: &str, value: &str| StringStringEntryProto { key: key.into(), value: value.into() };
    w.external_data = vec![entry("location", "w.bin"), entry("offset", "0"), entry("length", "16")];
    net
}

fn all() -> Vec<(&'static str, Net)> {
    let image = [-1, 1, 4, 4];
    let kernel = |net: Net| net.floats("k", &[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let resized = vec![text("mode", "linear"), text("coordinate_transformation_mode", "tf_crop_and_resize")];
    let gates = |net: Net| net.floats("i", &[1, 8, 1], &[0.1; 8]).floats("r", &[1, 8, 2], &[0.1; 16]);
    vec![
        ("matmul", single(&[-1, 2], "MatMul", "x w -> y", vec![])),
        ("einsum", single(&[-1, 2], "Einsum", "x w -> y", vec![text("equation", "...i,ij->...j")])),
        ("conv", kernel(single(&image, "Conv", "x k -> y", vec![list("pads", &[1, 0, 1, 0])]))),
        (
            "transposed",
            kernel(single(&image, "ConvTranspose", "x k -> y", vec![list("output_shape", &[5, 6])])),
        ),
        ("pool", single(&image, "MaxPool", "x -> y", vec![list("kernel_shape", &[2, 2])])),
        ("resize", single(&[2, 2], "Resize", "x w _ sizes -> y", resized)),
        ("scatter", single(&[2], "ScatterElements", "x places x -> y", vec![text("reduction", "max")])),
        ("gather", single(&[-1, 2], "Gather", "x places -> y", vec![int("axis", 1)])),
        ("reshape", single(&[4], "Reshape", "x sizes -> y", vec![])),
        ("lstm", gates(single(&[3, -1, 1], "LSTM", "x i r -> y", vec![int("hidden_size", 2)]))),
        ("softmax", single(&[-1, 2], "Softmax", "x -> y", vec![int("axis", 1)])),
        ("branch", branch()),
        ("loop", repeat()),
        ("function", function()),
    ]
}

#[test]
fn the_seeds_are_networks() {
    for (name, net) in all() {
        net.module().unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    Model::from_bytes(&elsewhere().bytes()).unwrap();
}

#[test]
#[ignore = "writes files of the repository"]
fn the_corpus_is_written() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    let write = |target: &str, name: &str, net: &Net| {
        fs::create_dir_all(corpus.join(target)).unwrap();
        fs::write(corpus.join(target).join(name), net.bytes()).unwrap();
    };
    all().iter().for_each(|(name, net)| write("read", name, net));
    write("external", "elsewhere", &elsewhere());
}
