//! What a run was started with, in its record and in records of before.

use std::fs;

use serde_json::{Value as Json, json};
use tests::Bench;

/// A record as all were before they had arguments: tests/fixtures/run-before-arguments.json was written by a
/// run of that time.
#[test]
fn a_run_whose_record_has_only_a_command_goes_on() {
    let bench = Bench::new();
    let old = fs::read(tests::repository().join("tests/fixtures/run-before-arguments.json")).unwrap();
    let record: Json = serde_json::from_slice(&old).unwrap();
    assert!(record.get("arguments").is_none());
    let text = record["scripts"][0]["text"].as_str().unwrap();
    let words = ["rate=0.25", "gate=gate.safetensors", "--checkpoint-every", "0s", "--seed", "7"];
    bench.script(text, &words).run().code(1).says(&["gate.safetensors"]);
    let run = bench.only_run();
    bench.script("nn::linear(1, 1).save(\"gate\");", &["--out", "gates"]).run().code(0);
    let made = fs::read_dir(bench.path().join("gates")).unwrap().next().unwrap().unwrap().path();
    fs::copy(made.join("models/gate.safetensors"), bench.path().join("gate.safetensors")).unwrap();
    bench.write("plugins/own.rhai", text);
    fs::write(run.path().join("run.json"), &old).unwrap();
    bench.resume(&run, &[]).run().code(0);
    assert_eq!(run.metric("sum"), [0.25, 0.5, 0.75]);
    assert_eq!((&run.record()["seed"], &run.record()["resumed"]), (&json!(7), &json!(1)));
}

#[test]
fn the_record_has_what_a_run_was_started_with() {
    let bench = Bench::new();
    let words = ["--checkpoint-every", "2s", "--max-operations", "1000000", "--device", "auto"];
    bench.script("log(\"a\", 1);", &words).run().code(0);
    let arguments = &bench.only_run().record()["arguments"];
    let expected = json!({
        "plugin": "own", "device": "auto", "preset": null, "config": null, "data": null, "allow_read": [],
        "exact": false, "onnxruntime": null, "deadline": null, "checkpoint_every": 2.0, "stop_on_nan": false,
        "max_operations": 1_000_000,
    });
    assert_eq!(arguments, &expected);
}

#[test]
fn exact_convolutions_stay_exact_on_resume_and_like_that_run() {
    let text = r#"
        let cfg = params(#{ items: 2 });
        each("a", cfg.items, |i| {
            let weight = noise::normal([64, 64, 3, 3]);
            log("y", noise::normal([16, 64, 16, 16]).conv2d(weight, #{ padding: 1 }).square().sum());
        });
    "#;
    let sums = |bench: &Bench, words: &[&str]| {
        bench.script(text, words).run().code(0);
        bench.only_run().metric("y")
    };
    let (plain, exact, stopped) = (Bench::new(), Bench::new(), Bench::new());
    let expected = sums(&exact, &["--exact"]);
    assert_ne!(sums(&plain, &[]), expected);
    let first = exact.only_run();
    assert_eq!(first.record()["arguments"]["exact"], true);
    let like = first.path().display().to_string();
    sums(&stopped, &["--like", &like, "items=1"]);
    let run = stopped.only_run();
    stopped.resume(&run, &["items=2"]).run().code(0);
    assert_eq!(run.metric("y"), expected);
}
