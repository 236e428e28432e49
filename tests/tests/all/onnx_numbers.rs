//! `host onnx diff --numbers`: where the numbers of two files part.

use host::data::numpy;
use ops::Array;
use serde_json::{Value as Json, json};
use tests::{Bench, Outcome, onnxruntime, skipped};

use crate::onnx_build::{F32, Net};

/// `y = relu(x w) + b` with one weight of its own.
fn net(weight: f32, bias: f32) -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, weight, 4.0])
        .floats("b", &[2], &[bias, 0.0])
        .op("MatMul", "x w -> product", vec![])
        .op("Relu", "product -> positive", vec![])
        .op("Add", "positive b -> y", vec![])
        .output("y")
}

fn bench(nets: [&Net; 2]) -> Bench {
    let bench = Bench::new();
    bench.write("a.onnx", nets[0].bytes());
    bench.write("b.onnx", nets[1].bytes());
    bench.write("x.npy", npy(&[1, 2], &[1.0, 1.0]));
    bench
}

fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    numpy::to_bytes(&Array::new(shape, values.to_vec()).unwrap())
}

fn diff(bench: &Bench, options: &[&str]) -> Option<Outcome> {
    let Some(library) = onnxruntime() else {
        skipped("there is no ONNX Runtime");
        return None;
    };
    let words = [&["onnx", "diff", "a.onnx", "b.onnx"], options].concat();
    Some(bench.host(words).arg("--onnxruntime").arg(library).run())
}

#[test]
fn equal_files_give_equal_numbers() {
    let bench = bench([&net(3.0, 0.0), &net(3.0, 0.0)]);
    let Some(outcome) = diff(&bench, &["--numbers", "x.npy"]) else { return };
    outcome.code(0).shows(&["equal", "numbers: 3 outputs of nodes are equal"]);
}

/// x w is [4, 6] and [4.5, 6]; the bias makes y [5, 6] and [4.5, 6].
#[test]
fn the_first_node_that_differs_is_named_with_how_far() {
    let bench = bench([&net(3.0, 1.0), &net(3.5, 0.0)]);
    let Some(outcome) = diff(&bench, &["--numbers", "x=x.npy"]) else { return };
    outcome.code(1).shows(&[
        "initialiser `w`: 1 of 4 numbers differ",
        "numbers: 3 of 3 outputs of nodes differ",
        "first: node 0, MatMul `MatMul_product`, output `product`: 1 of 2 numbers differ, by 0.5000 at most, \
         0.2500 on average (0.0833 of the largest number)",
    ]);
    let only = diff(&bench, &["--numbers", "x.npy", "--json"]).unwrap().code(1);
    let facts: Json = serde_json::from_str(&only.stdout).unwrap();
    assert_eq!((&facts["equal"], &facts["numbers"]["compared"]), (&json!(false), &json!(3)));
    let first = &facts["numbers"]["first"];
    assert_eq!((&first["node"], &first["operator"]), (&json!(0), &json!("MatMul")), "{facts}");
    assert_eq!(
        (&first["numbers"]["largest"], &first["numbers"]["differ"]),
        (&json!(0.5), &json!(1)),
        "{facts}"
    );
    assert_eq!(facts["numbers"]["differences"].as_array().unwrap().len(), 3);
}

#[test]
fn what_lies_within_the_tolerance_is_equal() {
    let bench = bench([&net(3.0, 0.0), &net(3.5, 0.0)]);
    let Some(outcome) = diff(&bench, &["--numbers", "x.npy", "--tolerance", "0.08"]) else { return };
    outcome.code(1).shows(&["3 of 3 outputs"]);
    let outcome = diff(&bench, &["--numbers", "x.npy", "--tolerance", "0.084"]).unwrap();
    // The weights still differ.
    outcome.code(1).shows(&["numbers: 3 outputs of nodes are equal"]);
    diff(&bench, &["--tolerance", "0.1"]).unwrap().code(2);
    diff(&bench, &["--numbers", "x.npy", "--tolerance", "-1"]).unwrap().code(2);
}

/// Other names for the same nodes, as another export gives them, and another name for the input.
#[test]
fn nodes_of_other_names_belong_together_by_their_place() {
    let mut other = net(3.0, 1.0);
    let graph = other.graph();
    graph.input[0].name = "input".into();
    graph.node[0].input[0] = "input".into();
    graph.node[0].output[0] = "7".into();
    graph.node[1].input[0] = "7".into();
    graph.node[1].output[0] = "product".into();
    graph.node[2].input[0] = "product".into();
    let bench = bench([&net(3.0, 0.0), &other]);
    let Some(outcome) = diff(&bench, &["--numbers", "x=x.npy"]) else { return };
    outcome
        .code(1)
        .shows(&["numbers: 1 of 3 outputs of nodes differ", "first: node 2, Add `Add_y`, output `y`"]);
}

#[test]
fn of_other_structures_the_common_names_are_compared() {
    let other = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .op("MatMul", "x w -> product", vec![])
        .op("Identity", "product -> z", vec![])
        .output("z");
    let bench = bench([&net(3.0, 1.0), &other]);
    let Some(outcome) = diff(&bench, &["--numbers", "x.npy"]) else { return };
    outcome.code(1).shows(&[
        "numbers: 1 of 2 outputs of nodes differ",
        "first: node 2, Add `Add_y`, output `y`: 1 of 2 numbers differ, by 1.0000 at most",
        "without a counterpart: 1 outputs of the first file, 0 of the second",
    ]);
}

#[test]
fn another_shape_is_told() {
    let mut other = net(3.0, 0.0);
    other.graph().initializer[1].dims = vec![2, 1];
    let bench = bench([&net(3.0, 0.0), &other]);
    let Some(outcome) = diff(&bench, &["--numbers", "x.npy"]) else { return };
    outcome.code(1).shows(&["output `y`: f32 [1, 2] became f32 [2, 2]"]);
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let two = |name: &str| {
        Net::new()
            .input("x", F32, &[-1, 2])
            .input(name, F32, &[-1, 2])
            .op("Add", &format!("x {name} -> y"), vec![])
            .output("y")
    };
    let bench = bench([&two("z"), &two("u")]);
    let refused = |options: &[&str], code: i32, texts: &[&str]| {
        if let Some(outcome) = diff(&bench, options) {
            outcome.code(code).says(texts);
        }
    };
    refused(&["--numbers", "x.npy"], 2, &["a.onnx has the inputs `x`, `z`", "NAME=FILE.npy"]);
    refused(&["--numbers", "x=x.npy"], 2, &["the input `z` is missing"]);
    refused(&["--numbers", "none.npy"], 1, &["none.npy"]);
    bench.write("wrong.npy", npy(&[1, 3], &[0.0; 3]));
    refused(&["--numbers", "x=wrong.npy", "--numbers", "z=x.npy"], 2, &["`x` is f32 [1, 3]"]);
    // All in one file: the second takes at its place what the first calls otherwise.
    let archive = archive(&[("x", npy(&[1, 2], &[1.0, 1.0])), ("z", npy(&[1, 2], &[2.0, 2.0]))]);
    bench.write("all.npz", archive);
    if let Some(outcome) = diff(&bench, &["--numbers", "all.npz"]) {
        outcome.code(1).shows(&["numbers: 1 outputs of nodes are equal"]);
    }
}

/// A zip file of arrays that are only stored, as `numpy.savez` writes it.
fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut files, mut list) = (vec![], vec![]);
    for (name, bytes) in arrays {
        let name = format!("{name}.npy");
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        let size = (bytes.len() as u32).to_le_bytes();
        // Version, flags, method, time, date, checksum, both sizes, lengths of the name and of what is extra.
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
            &sum.sum().to_le_bytes(),
            &size,
            &size,
            &[name.len() as u8, 0, 0, 0],
        ]
        .concat();
        let start = (files.len() as u32).to_le_bytes();
        list.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &start, name.as_bytes()].concat());
        files.extend([b"PK\x03\x04", &common[..], name.as_bytes(), bytes].concat());
    }
    let count = (arrays.len() as u16).to_le_bytes();
    let (size, start) = ((list.len() as u32).to_le_bytes(), (files.len() as u32).to_le_bytes());
    [&files[..], &list, b"PK\x05\x06", &[0; 4], &count, &count, &size, &start, &[0; 2]].concat()
}
