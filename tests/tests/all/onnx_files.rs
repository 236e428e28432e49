//! `host onnx info`, `run`, `bench` and `diff`, on files that the tests write themselves.

use std::{ffi::OsStr, fs, path::Path};

use host::data::numpy;
use ops::Array;
use serde_json::Value as Json;
use tests::{Bench, Outcome, onnxruntime, skipped};

use crate::onnx_build::{self, F32, I64, Net};

/// `y = x w + b`, with a free number of rows.
fn dense() -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .floats("b", &[3], &[0.0, 0.0, 10.0])
        .op("MatMul", "x w -> product", vec![])
        .op("Add", "product b -> y", vec![])
        .output("y")
}

/// `host onnx ARGS` on files of these networks, `a.onnx`, `b.onnx` and so on.
fn onnx(nets: &[Net], args: &[&str]) -> Outcome {
    let bench = Bench::new();
    written(&bench, nets);
    bench.host([&["onnx"], args].concat()).run()
}

fn written(bench: &Bench, nets: &[Net]) {
    for (net, name) in nets.iter().zip(["a.onnx", "b.onnx"]) {
        bench.write(name, net.bytes());
    }
}

fn array(bench: &Bench, name: &str, shape: &[usize], values: &[f32]) {
    bench.write(name, numpy::to_bytes(&Array::new(shape, values.to_vec()).unwrap()));
}

/// A command that needs ONNX Runtime.
fn running(bench: &Bench, args: &[&str]) -> Option<Outcome> {
    let Some(library) = onnxruntime() else {
        skipped("there is no ONNX Runtime");
        return None;
    };
    let words = ["onnx"].iter().chain(args).map(OsStr::new);
    Some(bench.host(words).arg("--onnxruntime").arg(library).run())
}

#[test]
fn info_tells_what_a_file_holds() {
    let mut net = dense().ints("unused", &[1, 2]);
    net.0.producer_name = "a\x1bprogram".into();
    let outcome = onnx(&[net], &["info", "a.onnx"]).code(0).shows(&[
        "a.onnx: ",
        "bytes",
        "format      8",
        "opset       18",
        "made by     a\u{fffd}program",
        "takes       x: f32 [N, 2]",
        "gives       y: ",
        "parameters  9 f32 in 2 tensors, 36 bytes",
        "2 i64 in 1 tensors, 16 bytes",
        "operators   Add 1",
        "MatMul 1",
    ]);
    assert!(!outcome.stdout.contains('\x1b'), "{}", outcome.stdout);
    onnx(&[], &["info", "a.onnx"]).code(1).says(&["a.onnx"]);
}

#[test]
fn info_counts_the_operators_of_inner_graphs() {
    let inner = Net::new().op("Neg", "x -> y", vec![]).output("y");
    let body = |name: &str| onnx_net::proto::AttributeProto {
        name: name.into(),
        g: inner.0.graph.clone(),
        ..Default::default()
    };
    let net = Net::new()
        .input("c", 9, &[1])
        .input("x", F32, &[2])
        .op("If", "c -> y", vec![body("then_branch"), body("else_branch")])
        .output("y");
    onnx(&[net], &["info", "a.onnx"]).code(0).shows(&["If 1", "Neg 2"]);
}

#[test]
fn run_takes_and_gives_arrays() {
    let bench = Bench::new();
    written(&bench, &[dense()]);
    array(&bench, "rows.npy", &[2, 2], &[1.0, 0.0, 0.0, 1.0]);
    let words = ["run", "a.onnx", "--input", "x=rows.npy", "--output", "out"];
    let Some(outcome) = running(&bench, &words) else { return };
    outcome.code(0).shows(&["y: f32 [2, 3], 1.0000 to 16.0000, mean 6.8333", "out/y.npy"]);
    let found = numpy::read_array(&bench.path().join("out/y.npy")).unwrap();
    let expected = Array::new([2, 3], vec![1.0f32, 2.0, 13.0, 4.0, 5.0, 16.0]).unwrap();
    assert_eq!(found.array().unwrap(), expected);
}

#[test]
fn run_refuses_inputs_that_do_not_fit() {
    let bench = Bench::new();
    written(&bench, &[dense()]);
    array(&bench, "rows.npy", &[2, 3], &[0.0; 6]);
    bench.write("text.npy", "no array");
    let refused = |args: &[&str], code: i32, texts: &[&str]| {
        if let Some(outcome) = running(&bench, &[&["run", "a.onnx"], args].concat()) {
            outcome.code(code).says(texts);
        }
    };
    refused(&[], 2, &["input `x` is missing", "x: f32 [?, 2]"]);
    refused(&["--input", "y=rows.npy"], 2, &["no input `y`", "did you mean `x`"]);
    refused(&["--input", "x=rows.npy"], 2, &["input `x` is f32 [2, 3], expected x: f32 [?, 2]"]);
    refused(&["--input", "x=none.npy"], 1, &["none.npy"]);
    refused(&["--input", "x=text.npy"], 1, &["text.npy", "a NumPy array"]);
    refused(&["--input", "rows.npy"], 2, &["NAME=FILE.npy"]);
}

#[test]
fn bench_prints_a_line_of_json() {
    let bench = Bench::new();
    written(&bench, &[dense()]);
    let Some(outcome) = running(&bench, &["bench", "a.onnx", "--batch", "8", "--reps", "20"]) else { return };
    let line: Json = serde_json::from_str(&outcome.code(0).stdout).expect("a line of JSON");
    let seconds = ["p50_s", "p90_s", "p99_s"].map(|field| line[field].as_f64().expect(field));
    assert!(seconds[0] > 0.0 && seconds.is_sorted(), "{line}");
    assert!(line["items_per_s"].as_f64() > Some(0.0) && line["overhead"].as_f64() > Some(-1.0), "{line}");
    assert_eq!((line["name"].as_str(), line["batch"].as_u64()), (Some("a"), Some(8)), "{line}");
}

#[test]
fn the_same_network_is_equal_whatever_its_comments() {
    let mut other = dense();
    other.0.producer_name = "another".into();
    other.graph().doc_string = "a comment".into();
    other.graph().node[0].doc_string = "a comment".into();
    onnx(&[dense(), other], &["diff", "a.onnx", "b.onnx"]).code(0).shows(&["equal"]);
    // The same numbers, written otherwise.
    let mut raw = dense();
    let tensor = &mut raw.graph().initializer[1];
    tensor.raw_data = tensor.float_data.drain(..).flat_map(f32::to_le_bytes).collect();
    onnx(&[dense(), raw], &["diff", "a.onnx", "b.onnx"]).code(0);
}

#[test]
fn other_weights_are_measured() {
    let mut other = dense();
    other.graph().initializer[0].float_data[1] += 0.5;
    other.graph().initializer[0].float_data[5] -= 0.25;
    onnx(&[dense(), other], &["diff", "a.onnx", "b.onnx"])
        .code(1)
        .shows(&["initialiser `w`: 2 of 6 numbers differ, by 0.5000 at most, 0.1250 on average"]);
    let mut broken = dense();
    broken.graph().initializer[0].float_data[0] = f32::NAN;
    onnx(&[broken, dense()], &["diff", "a.onnx", "b.onnx"]).code(1).shows(&["1 of 6 numbers differ, by NaN"]);
}

#[test]
fn other_structure_is_named() {
    let mut other = dense().opset(17).input("z", I64, &[1]).op("Relu", "y -> z2", vec![]).output("z2");
    other.graph().initializer[1].dims = vec![1, 3];
    other.graph().initializer[0].name = "weight".into();
    other.graph().node[1].input[1] = "c".into();
    onnx(&[dense(), other], &["diff", "a.onnx", "b.onnx"]).code(1).shows(&[
        "opset `ai.onnx`: 18 became 17",
        "+ input `z`: z: i64 [1]",
        "+ output `z2`",
        "+ operator `Relu`: 1",
        "node 1: Add `Add_y`: the inputs product, b became product, c",
        "2 nodes became 3",
        "- initialiser `w`: f32 [2, 3]",
        "+ initialiser `weight`: f32 [2, 3]",
        "initialiser `b`: f32 [3] became f32 [1, 3]",
    ]);
}

#[test]
fn an_attribute_makes_a_difference() {
    let net = |axis| {
        Net::new()
            .input("x", F32, &[2, 2])
            .op("Softmax", "x -> y", vec![onnx_build::int("axis", axis)])
            .output("y")
    };
    onnx(&[net(0), net(1)], &["diff", "a.onnx", "b.onnx"])
        .code(1)
        .shows(&["node 0: Softmax `Softmax_y`: the attribute `axis` differs"]);
}

/// The overhead over ONNX Runtime itself is measured by hand, on a machine that does nothing else; here
/// every real file is only looked at and run once.
#[test]
fn real_files_are_shown_and_timed() {
    let models = std::env::var_os("HOST_MODELS").map(|folder| Path::new(&folder).to_owned());
    let Some(models) = models.filter(|folder| folder.is_dir()) else {
        return skipped("there is no folder HOST_MODELS");
    };
    let bench = Bench::new();
    for entry in fs::read_dir(models).unwrap() {
        let path = entry.unwrap().path();
        let (file, is_model) = (path.to_string_lossy(), path.extension().is_some_and(|e| e == "onnx"));
        if !is_model {
            continue;
        }
        bench.host(["onnx", "info", &file]).run().code(0).shows(&["takes", "gives", "operators"]);
        bench.host(["onnx", "diff", &file, &file]).run().code(0).shows(&["equal"]);
        if let Some(outcome) = running(&bench, &["bench", &file, "--reps", "1", "--warmup", "0"]) {
            outcome.code(0);
        }
    }
}
