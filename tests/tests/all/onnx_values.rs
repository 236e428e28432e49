//! What goes into files in ONNX Runtime and comes out of them, beside tensors of floats: short numbers,
//! texts, sequences and maps, caches, axes of length 0.

use host::data::numpy::{self, Texts};
use onnx_net::proto::{AttributeProto, AttributeType, OperatorSetIdProto, StringStringEntryProto};
use ops::{Array, DType, tensor::Data};
use serde_json::{Value as Json, json};
use tests::{Bench, Outcome, onnxruntime, skipped};

use crate::onnx_build::{F32, Net, int, list};

const TEXT: i32 = 8;
const F16: i32 = 10;
const U8: i32 = 2;
const BF16: i32 = 16;

/// A folder with that file, and with arrays.
fn bench(net: &Net, arrays: &[(&str, Array)]) -> Bench {
    let bench = Bench::new();
    bench.write("net.onnx", net.bytes());
    for (name, array) in arrays {
        bench.write(name, numpy::to_bytes(array));
    }
    bench
}

/// `host onnx ARGS`, where there is ONNX Runtime.
fn onnx(bench: &Bench, args: &[&str]) -> Option<Outcome> {
    let Some(library) = onnxruntime() else {
        skipped("there is no ONNX Runtime");
        return None;
    };
    Some(bench.host([&["onnx"], args].concat()).arg("--onnxruntime").arg(library).run())
}

/// A script that calls `expect(what, condition)` on what it makes of `model`.
fn script(bench: &Bench, body: &str) -> Option<Outcome> {
    let Some(library) = onnxruntime() else {
        skipped("there is no ONNX Runtime");
        return None;
    };
    let text = format!(
        "fn expect(what, is_so) {{ if !is_so {{ throw what; }} }}\n\
         let cfg = params(#{{ net: path(\"net.onnx\") }});\n\
         let model = onnx::model(cfg.net);\n{body}"
    );
    let library = library.to_string_lossy();
    Some(bench.script(&text, &["net=net.onnx", "--onnxruntime", &library]).run())
}

fn array(shape: &[usize], data: impl Into<Data>) -> Array {
    Array::new(shape, data).unwrap()
}

/// `present` is `past` with `x` behind it, and `y` their sum over time: a decoder with its cache.
fn decoder() -> Net {
    Net::new()
        .input("x", F32, &[1, -1, 3])
        .input("past", F32, &[1, -1, 3])
        .op("Concat", "past x -> present", vec![int("axis", 1)])
        .ints("time", &[1])
        .op("ReduceSum", "present time -> y", vec![int("keepdims", 0)])
        .output("y")
        .output("present")
}

/// `y = x + x`, of an element type.
fn doubled(dtype: i32) -> Net {
    Net::new().input("x", dtype, &[-1]).op("Add", "x x -> y", vec![]).output("y")
}

/// scikit-learn's classifiers end so: a probability for each class, by its number.
fn classifier() -> Net {
    let classes = vec![list("classlabels_int64s", &[3, 7])];
    learnt(Net::new().input("x", F32, &[-1, 2]).op("ZipMap", "x -> probabilities", classes), 1)
        .output("probabilities")
}

/// Some texts in capital letters, and `_Unused` for all others.
fn capitals() -> Net {
    let texts = |name: &str, texts: &[&str]| AttributeProto {
        name: name.into(),
        r#type: AttributeType::Strings as i32,
        strings: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        ..Default::default()
    };
    let keys = texts("keys_strings", &["a", "b", "b=c", "\u{e9}t\u{e9}"]);
    let values = texts("values_strings", &["A", "B", "B=C", "\u{c9}T\u{c9}"]);
    learnt(Net::new().input("x", TEXT, &[-1]).op("LabelEncoder", "x -> y", vec![keys, values]), 2).output("y")
}

/// The first node's operator is one of the set that scikit-learn's models use.
fn learnt(mut net: Net, version: i64) -> Net {
    net.graph().node[0].domain = "ai.onnx.ml".into();
    net.0.opset_import.push(OperatorSetIdProto { domain: "ai.onnx.ml".into(), version });
    net
}

#[test]
fn a_decoder_starts_with_an_empty_cache() {
    let arrays = [
        ("x.npy", array(&[1, 1, 3], vec![1.0f32, 2.0, 3.0])),
        ("past.npy", Array::zeros(&[1, 0, 3], DType::F32)),
    ];
    let bench = bench(&decoder(), &arrays);
    let inputs = ["--input", "x=x.npy", "--input", "past=past.npy"];
    let Some(outcome) = onnx(&bench, &[&["run", "net.onnx"], &inputs[..]].concat()) else { return };
    outcome.code(0).shows(&["y: f32 [1, 3], 1.0000 to 3.0000", "present: f32 [1, 1, 3]"]);
    let words = [&["run", "net.onnx", "--outputs", "present"], &inputs[..]].concat();
    let outcome = onnx(&bench, &words).unwrap().code(0).shows(&["present: f32"]);
    assert!(!outcome.stdout.contains("y:"), "{}", outcome.stdout);
    let words = [&["run", "net.onnx", "--outputs", "presnt"], &inputs[..]].concat();
    onnx(&bench, &words).unwrap().code(2).says(&["no output `presnt`", "did you mean `present`"]);
}

#[test]
fn a_script_runs_a_decoder_token_by_token() {
    let bench = bench(&decoder(), &[]);
    let outcome = script(
        &bench,
        r#"
let cache = model.zeros("past", [1, 0, 3]);
expect("its shape", cache.shape == [1, 0, 3]);
let sum = 0.0;
for i in 0..4 {
    let out = model.run(#{ x: ones([1, 1, 3]) * i, past: cache }, #{ keep: ["pres*"] });
    cache = out.present;
    sum = out.y.sum().item();
}
expect("the sum of all tokens", sum == 18.0);
expect("the cache grew", cache.shape == [1, 4, 3]);
expect("the cache is read", cache.read().sum().item() == 18.0);
let out = model.run(#{ x: ones([1, 1, 3]), past: cache }, #{ outputs: ["y"] });
expect("one output", out.keys() == ["y"]);
"#,
    );
    let Some(outcome) = outcome else { return };
    outcome.code(0);
    for (call, says) in [
        ("model.run(#{ x: ones([1, 1, 3]) })", "input `past` is missing"),
        ("model.run(#{}, #{ keep: [\"pasts\"] })", "no output `pasts`"),
        ("model.run(#{}, #{ kept: [] })", "run has no option `kept`"),
        ("model.zeros(\"pats\", [1, 0, 3])", "did you mean `past`"),
        ("model.run(#{ x: 1, past: 2 })", "input `past` is f32 [], expected past: f32 [?, ?, 3]"),
        ("model.run(#{ past: () })", "run: the input `past` is a ()"),
    ] {
        script(&bench, call).unwrap().code(1).says(&[says]);
    }
}

#[test]
fn short_numbers_are_those_of_the_file() {
    let same = Net::new().input("x", BF16, &[-1]).op("Identity", "x -> y", vec![]).output("y");
    for (net, given, sums, kind) in [
        (doubled(F16), array(&[2], Data::from_numbers([0.5, 2.0], DType::F16)), [1.0, 4.0], DType::F16),
        // NumPy has no bfloat16.
        (same, array(&[2], vec![0.5f32, 2.0]), [0.5, 2.0], DType::F32),
    ] {
        let bench = bench(&net, &[("x.npy", given)]);
        let words = ["run", "net.onnx", "--input", "x=x.npy", "--output", "."];
        let Some(outcome) = onnx(&bench, &words) else { return };
        outcome.code(0);
        let y = numpy::read_array(&bench.path().join("y.npy")).unwrap().array().unwrap();
        assert_eq!((y.dtype(), y.data().to_f64()), (kind, sums.to_vec()));
    }
}

#[test]
fn scripts_give_and_get_the_nearest_tensors() {
    let net = Net::new().input("x", U8, &[-1]).op("Identity", "x -> y", vec![]).output("y");
    let bench = bench(&net, &[]);
    let outcome = script(
        &bench,
        r#"
let y = model.run(tensor([0, 255]).cast("i32"));
expect("i32", y.dtype == "i32" && y.to_array() == [0, 255]);
model.run(tensor([0, 256]).cast("i32"));
"#,
    );
    let Some(outcome) = outcome else { return };
    outcome.code(1).says(&["input `x` is i32 [2], expected x: u8 [?]", "256 (element 1)", "u8 holds"]);
    let bench = self::bench(&doubled(F16), &[]);
    let body = "let y = model.run(tensor([0.5, 2.0]));\n\
                expect(\"f32\", y.dtype == \"f32\" && y.to_array() == [1.0, 4.0]);\n\
                model.run(tensor([1e6]));";
    script(&bench, body).unwrap().code(1).says(&["1000000 (element 0)", "f16 holds"]);
}

#[test]
fn texts_are_texts_and_arrays_of_numpy() {
    let bench = bench(&capitals(), &[]);
    let texts = Texts::new([2], vec!["a".into(), "\u{e9}t\u{e9}".into()]).unwrap();
    bench.write("x.npy", texts.to_bytes());
    let words = ["run", "net.onnx", "--input", "x=x.npy", "--output", "."];
    let Some(outcome) = onnx(&bench, &words) else { return };
    outcome.code(0).shows(&["y: text [2] [\"A\",", "y.npy"]);
    let found = numpy::read_texts(&bench.path().join("y.npy")).unwrap().unwrap();
    assert_eq!(found.values(), ["A", "\u{c9}T\u{c9}"]);
    let outcome = onnx(&bench, &["run", "net.onnx", "--input", "x=[\"b=c\"]", "--json"]).unwrap().code(0);
    let line: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&line["dtype"], &line["value"]), (&json!("text"), &json!(["B=C"])));
    onnx(&bench, &["run", "net.onnx", "--input", "x=[1]"]).unwrap().code(2).says(&["expected x: text [?]"]);
    let body = r#"
expect("texts", model.run(#{ x: ["a", "b"] }).y == ["A", "B"]);
expect("a text", model.run(#{ x: "a" }).y == ["A"]);
expect("its type", model.inputs[0].dtype == "text");
model.run(#{ x: ones([1]) });
"#;
    script(&bench, body).unwrap().code(1).says(&["input `x` is f32 [1], expected x: text [?]"]);
}

#[test]
fn a_classifier_gives_a_map_for_each_row() {
    let rows = array(&[2, 2], vec![0.25f32, 0.75, 1.0, 0.0]);
    let bench = bench(&classifier(), &[("x.npy", rows)]);
    let words = ["run", "net.onnx", "--input", "x=x.npy", "--output", "."];
    let Some(outcome) = onnx(&bench, &words) else { return };
    outcome.code(0).shows(&[r#"probabilities: [{"3":0.25,"7":0.75},{"3":1.0,"7":0.0}]"#]);
    let written = std::fs::read_to_string(bench.path().join("probabilities.json")).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&written).unwrap()[1], json!({ "3": 1.0, "7": 0.0 }));
    let body = r#"
let rows = model.run(tensor([[0.25, 0.75]]));
expect("a map", rows.len() == 1 && rows[0]["7"] == 0.75);
expect("its kind", model.outputs[0].dtype == "sequence of map of i64 to f32");
"#;
    script(&bench, body).unwrap().code(0);
    let outcome = onnx(&bench, &["bench", "net.onnx", "--reps", "1", "--warmup", "0"]).unwrap();
    outcome.code(0);
}

#[test]
fn a_sequence_is_an_array() {
    let net = Net::new()
        .input("x", F32, &[2])
        .op("SequenceConstruct", "x x -> both", vec![])
        .ints("last", &[-1])
        .op("SequenceInsert", "both x -> more", vec![])
        .output("more");
    let bench = bench(&net, &[]);
    let body = r#"
let more = model.run(tensor([1.0, 2.0]));
expect("three", more.len() == 3 && more[2].to_array() == [1.0, 2.0]);
"#;
    let Some(outcome) = script(&bench, body) else { return };
    outcome.code(0);
}

#[test]
fn a_wrongly_declared_output_is_a_warning() {
    let net = Net::new().input("x", F32, &[-1, 2]).op("Neg", "x -> y", vec![]).gives("y", F32, &[-1, 5]);
    let bench = bench(&net, &[("x.npy", array(&[1, 2], vec![1.0f32, 2.0]))]);
    let warning = "net.onnx: the output `y` is declared as [?, 5], and is [1, 2]";
    let Some(outcome) = onnx(&bench, &["run", "net.onnx", "--input", "x=x.npy"]) else { return };
    outcome.code(0).shows(&["y: f32 [1, 2]"]).says(&["warning: ", warning]);
    script(&bench, "for i in 0..3 { model.run(ones([1, 2])); }").unwrap().code(0);
    let log = std::fs::read_to_string(bench.only_run().path().join("log.txt")).unwrap();
    assert_eq!(log.matches(warning).count(), 1, "{log}");
}

#[test]
fn bench_finds_sizes_that_run() {
    let net = |parts| {
        Net::new()
            .input("x", F32, &[1, -1])
            .ints("shape", &[1, parts, -1])
            .op("Reshape", "x shape -> y", vec![])
            .output("y")
    };
    let words = ["bench", "net.onnx", "--reps", "1", "--warmup", "0"];
    let Some(outcome) = onnx(&bench(&net(4), &[]), &words) else { return };
    outcome.code(0);
    let outcome = onnx(&bench(&net(11), &[]), &words).unwrap();
    outcome.code(2).says(&["no sizes were found", "x [?, N]", "--input 'x=FILE.npy'"]);
    let sized = bench(&net(11), &[("x.npy", Array::zeros(&[1, 22], DType::F32))]);
    onnx(&sized, &[&words[..], &["--input", "x=x.npy"]].concat()).unwrap().code(0);
    for dtype in [F16, U8] {
        let net = Net::new().input("x", dtype, &[-1]).op("Identity", "x -> y", vec![]).output("y");
        onnx(&bench(&net, &[]), &words).unwrap().code(0);
    }
    onnx(&bench(&capitals(), &[]), &words).unwrap().code(0);
    // The rows of a file that fixes four and adds them up.
    let sums = Net::new().input("x", F32, &[4, 2]).ints("axis", &[0]).op("CumSum", "x axis -> y", vec![]);
    let fixed = bench(&sums.gives("y", F32, &[4, 2]), &[]);
    let line: Json = serde_json::from_str(&onnx(&fixed, &words).unwrap().code(0).stdout).unwrap();
    assert_eq!(line["batch"], 4);
    onnx(&fixed, &[&words[..], &["--batch", "3"]].concat()).unwrap().code(2).says(&["takes 4 rows at once"]);
}

/// `y = x + w`, where the numbers of `w` are in another file.
fn external() -> Net {
    let net = Net::new().input("x", F32, &[2]).floats("w", &[2], &[]);
    let mut net = net.op("Add", "x w -> y", vec![]).output("y");
    let location = StringStringEntryProto { key: "location".into(), value: "net.onnx_data".into() };
    let weight = &mut net.graph().initializer[0];
    (weight.data_location, weight.external_data) = (1, vec![location]);
    net
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// As a Hugging Face cache lays them, in a folder that a setting names a file of.
#[cfg(unix)]
#[test]
fn elements_through_the_links_of_a_cache() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    bench.write("models--a--b/blobs/1", external().bytes());
    bench.write("models--a--b/blobs/2", floats(&[1.0, 2.0]));
    let snapshot = bench.path().join("models--a--b/snapshots/main");
    std::fs::create_dir_all(&snapshot).unwrap();
    symlink("../../blobs/1", snapshot.join("net.onnx")).unwrap();
    symlink("../../blobs/2", snapshot.join("net.onnx_data")).unwrap();
    let file = "models--a--b/snapshots/main/net.onnx";
    let Some(outcome) = onnx(&bench, &["run", file, "--input", "x=[10, 20]"]) else { return };
    outcome.code(0).shows(&["y: f32 [2], 11.0000 to 22.0000"]);
    let library = onnxruntime().unwrap().to_string_lossy().into_owned();
    let text = "let cfg = params(#{ net: path(\"\") });\n\
                let x = ones([2]);\n\
                let y = onnx::model(cfg.net).run(x);\n\
                let z = nn::from_onnx(cfg.net).forward(x);\n\
                if y.to_array() != [2.0, 3.0] || z.to_array() != [2.0, 3.0] { throw \"other sums\"; }";
    bench.script(text, &[&format!("net={file}"), "--onnxruntime", &library]).run().code(0);
    let record = bench.only_run().record().to_string();
    assert!(record.contains("net.onnx_data"), "{record}");
}

/// ONNX Runtime itself follows no link out of the folder.
#[cfg(unix)]
#[test]
fn elements_through_a_link_to_a_folder_that_may_be_read() {
    let bench = Bench::new();
    bench.write("m/net.onnx", external().bytes());
    bench.write("store/w.bin", floats(&[1.0, 2.0]));
    std::os::unix::fs::symlink("../store/w.bin", bench.path().join("m/net.onnx_data")).unwrap();
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let library = library.to_string_lossy();
    let text = "let cfg = params(#{ net: path(\"\") });\n\
                let y = onnx::model(cfg.net).run(ones([2]));\n\
                if y.to_array() != [2.0, 3.0] { throw \"another sum\"; }";
    let words = ["net=m/net.onnx", "--onnxruntime", &library];
    bench.script(text, &words).run().code(1).says(&["goes through a link", "--allow-read"]);
    bench.script(text, &[&words[..], &["--allow-read", "store"]].concat()).run().code(0);
}
