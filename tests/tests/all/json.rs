//! `--json`: every command that prints facts prints them for programs too.

use serde_json::{Value as Json, json};
use tests::{Bench, Outcome};

use crate::onnx_build::{F32, Net};

/// The objects that a command prints, one a line.
#[track_caller]
fn lines(outcome: &Outcome) -> Vec<Json> {
    let parsed = outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("an object a line"));
    parsed.inspect(|line: &Json| assert!(line.is_object(), "{line}")).collect()
}

#[track_caller]
fn one(outcome: &Outcome) -> Json {
    let mut all = lines(outcome);
    assert_eq!(all.len(), 1, "{}", outcome.stdout);
    all.remove(0)
}

#[test]
fn plugins_and_their_settings() {
    let bench = Bench::empty();
    let settings = "n: one_of(1, [1, 2]), lr: positive(0.5), data: path(\"\")";
    let text = format!("//! Own.\nlet cfg = params(#{{ {settings} }});\n");
    bench.write("plugins/own.rhai", text);
    bench.write("plugins/own.paper.toml", "# As printed.\nlr = 0.25\n");
    let all = lines(&bench.host(["list", "--json"]).run().code(0));
    let own = all.iter().find(|plugin| plugin["name"] == "own").expect("the plugin");
    assert_eq!(own["title"], "Own.");
    assert_eq!((&own["built_in"], &own["presets"]), (&json!(false), &json!(["paper"])));
    let dtan = all.iter().find(|plugin| plugin["name"] == "dtan").expect("a built-in plugin");
    assert_eq!(dtan["built_in"], true);

    let shown = one(&bench.host(["params", "own", "--json"]).run().code(0));
    assert_eq!(shown["presets"], json!([{ "name": "paper", "about": "As printed." }]));
    let settings = shown["settings"].as_array().unwrap();
    let of = |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap();
    assert_eq!((&of("n")["default"], &of("n")["choices"]), (&json!(1), &json!([1, 2])));
    assert_eq!((&of("n")["type"], &of("n")["paper"]), (&json!("integer"), &Json::Null));
    assert_eq!((&of("lr")["paper"], &of("lr")["rules"]), (&json!(0.25), &json!("more than 0")));
    assert_eq!(of("data")["type"], "path");
    bench.host(["params", "own", "--json", "--toml"]).run().code(2);
}

#[test]
fn findings_with_their_positions() {
    let bench = Bench::new();
    bench.write("plugins/own.rhai", "let x = 1;\nfoo(x);\n");
    let findings = lines(&bench.host(["check", "own", "--json"]).run().code(1));
    let foo = findings.iter().find(|f| f["message"].as_str().unwrap().contains("foo")).expect("a finding");
    assert_eq!((&foo["line"], &foo["column"]), (&json!(2), &json!(1)));
    bench.write("plugins/own.rhai", "let x = 1;\nprint(x);\n");
    assert!(lines(&bench.host(["check", "own", "--json"]).run().code(0)).is_empty());
}

#[test]
fn sets_and_the_machine() {
    let bench = Bench::new();
    let sets = lines(&bench.host(["data", "--json"]).run().code(0));
    let of = |name: &str| sets.iter().find(|set| set["name"] == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(of("glyphs")["train"], json!({ "found": true, "path": null }));
    assert!(of("mnist")["test"]["wanted"].is_string() || of("mnist")["test"]["path"].is_string());
    let doctor = one(&bench.host(["doctor", "--json", "--onnxruntime", "nowhere.so"]).run().code(0));
    assert!(doctor["threads"].as_u64().unwrap() >= 1);
    assert_eq!(doctor["onnxruntime"]["path"], Json::Null);
    assert!(doctor["onnxruntime"]["problem"].as_str().unwrap().contains("nowhere.so"));
}

#[test]
fn onnx_files() {
    let bench = Bench::new();
    let net = |last: f32| {
        let net = Net::new().input("x", F32, &[-1, 2]).floats("w", &[2, 2], &[1.0, 2.0, 3.0, last]);
        net.op("MatMul", "x w -> y", vec![]).output("y")
    };
    bench.write("a.onnx", net(4.0).bytes());
    bench.write("b.onnx", net(5.0).bytes());
    let info = one(&bench.host(["onnx", "info", "a.onnx", "--json"]).run().code(0));
    assert_eq!(info["inputs"], json!([{ "name": "x", "kind": "tensor", "dtype": "f32", "shape": ["N", 2] }]));
    assert_eq!(info["parameters"], json!([{ "dtype": "f32", "numbers": 4, "tensors": 1, "bytes": 16 }]));
    assert_eq!(info["operators"], json!({ "MatMul": 1 }));
    let check = one(&bench.host(["onnx", "check", "a.onnx", "--json"]).run().code(0));
    let tensor = json!({
        "name": "w", "shape": [2, 2], "dtype": "f32", "node": "MatMul (node `MatMul_y`)", "trained": true,
        "reason": "a weight",
    });
    assert_eq!((&check["trains"], &check["tensors"]), (&json!(true), &json!([tensor])));
    let same = one(&bench.host(["onnx", "diff", "a.onnx", "a.onnx", "--json"]).run().code(0));
    assert_eq!(same, json!({ "equal": true, "differences": [] }));
    let other = one(&bench.host(["onnx", "diff", "a.onnx", "b.onnx", "--json"]).run().code(1));
    assert!(!other["equal"].as_bool().unwrap() && !other["differences"].as_array().unwrap().is_empty());
}
