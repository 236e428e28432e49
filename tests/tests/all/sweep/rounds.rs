//! Rounds: a later one takes files of an earlier one.

use std::fs;

use serde_json::json;
use tests::{Bench, Outcome};

use super::{folder, jobs, runs, states, sweep};

/// Makes a network, or judges one.
pub const PARTS: &str = r#"//! Two parts.
let cfg = params(#{
    part:  one_of("make", ["make", "judge"]), // what to do
    width: 2,                                 // of the network
    nets:  paths([]),                         // networks to judge
    bias:  0.0,                               // added
    title: "",                                // a text
    fails: false,                             // whether it ends early
});
let net = nn::linear(cfg.width, 2);
if cfg.fails { throw "asked to fail"; }
if cfg.part == "make" {
    net.save("net");
} else {
    net.load(cfg.nets[0]);
    log("sum", net.forward(ones([1, cfg.width])).sum().item() + cfg.bias);
}
"#;

pub const PRESET: &str = r#"# Two rounds.
[[round]]
name = "make"
seed = "0..2"
width = [2, 3]

[[round]]
name = "judge"
part = "judge"
seed = "0..2"
width = [2, 3]
nets = ["@make/models/net.safetensors"]
settings = [{ bias = 0.0 }, { bias = 1.0, title = "one" }]
"#;

fn rounds(bench: &Bench, preset: &str, args: &[&str]) -> Outcome {
    bench.write("plugins/own.p.toml", preset);
    sweep(bench, PARTS, &[&["--preset", "p"], args].concat()).run()
}

#[test]
fn a_file_is_that_of_the_run_with_the_same_values() {
    let bench = Bench::new();
    let outcome = rounds(&bench, PRESET, &["--jobs", "2"]).code(0).says(&["12 jobs: 12 COMPLETED"]);
    let folder = folder(&bench, &outcome);
    let (jobs, runs) = (jobs(&folder), runs(&folder));
    for (job, run) in jobs.iter().zip(&runs).skip(4) {
        let source = jobs[..4]
            .iter()
            .find(|made| made["seed"] == job["seed"] && made["settings"]["width"] == job["settings"]["width"])
            .unwrap();
        assert_eq!(job["needs"], json!([{ "job": source["job"], "file": "models/net.safetensors" }]));
        let path = run.record()["settings"]["nets"][0].as_str().unwrap().to_owned();
        let expected = folder.join(source["run"].as_str().unwrap()).join("models/net.safetensors");
        assert_eq!(bench.path().join(path), expected);
        assert_eq!(run.record()["files"].as_array().unwrap().len(), 1);
    }
    // 4 jobs with bias 0, then the same 4 with bias 1.
    for i in 4..8 {
        let difference = runs[i + 4].metric("sum")[0] - runs[i].metric("sum")[0];
        assert!((difference - 1.0).abs() < 1e-5);
    }
    assert_eq!(jobs[11]["settings"]["title"], "one");
    // The same again takes in both rounds.
    let again = super::folder(&bench, &rounds(&bench, PRESET, &[]).code(0));
    assert_eq!(fs::read_dir(again.join("runs")).unwrap().count(), 0);
}

#[test]
fn a_command_line_goes_before_the_preset() {
    let bench = Bench::new();
    let outcome = rounds(&bench, PRESET, &["seed=5", "width=3", "bias=2"]).code(0);
    let jobs = jobs(&folder(&bench, &outcome));
    assert_eq!(jobs.len(), 3, "one network, two titles");
    assert!(jobs.iter().all(|job| job["seed"] == 5 && job["settings"]["bias"] == 2.0));
}

#[test]
fn what_failed_blocks_what_needs_it_until_it_is_retried() {
    let bench = Bench::new();
    let preset = PRESET.replacen("width", "fails = true\nwidth", 1);
    let outcome = rounds(&bench, &preset, &["width=2", "seed=0"]).code(1);
    let folder = folder(&bench, &outcome);
    outcome.says(&[
        "job 1  make  FAILED",
        "asked to fail",
        "job 2  judge bias=0.0",
        "BLOCKED",
        "job 1 is FAILED",
    ]);
    assert_eq!(states(&bench, &folder), ["FAILED", "BLOCKED", "BLOCKED"]);
    // As if the cause was gone: the run is completed by hand.
    let run = runs(&folder).remove(0);
    fs::remove_dir_all(run.path()).unwrap();
    let words = ["run", "own", "--quiet", "width=2", "--folder"];
    bench.host(words).arg(run.path()).run().code(0);
    let path = folder.to_string_lossy().into_owned();
    bench.host(["sweep", "retry", &path, "--quiet"]).run().code(0);
    assert_eq!(states(&bench, &folder), ["COMPLETED"; 3]);
}

#[test]
fn a_file_that_no_run_left_blocks() {
    let bench = Bench::new();
    let preset = PRESET.replace("models/net.safetensors", "models/other.safetensors");
    let outcome = rounds(&bench, &preset, &["width=2", "seed=0"]).code(1);
    outcome.says(&["BLOCKED", "job 1 left no models/other.safetensors", "1 COMPLETED, 2 BLOCKED"]);
    // Now that the run is there, it is known before anything runs.
    let outcome = rounds(&bench, &preset, &["width=2", "seed=0"]).code(2);
    outcome.says(&[
        "@make/models/other.safetensors: the run",
        "left no such file",
        "it left models/net.safetensors",
    ]);
}

#[test]
fn references_that_lead_nowhere_are_refused() {
    let refused = |from: &str, to: &str, args: &[&str]| {
        let bench = Bench::new();
        let outcome = rounds(&bench, &PRESET.replace(from, to), args).code(2);
        assert!(super::sweeps(&bench).is_empty());
        outcome
    };
    refused("@make", "@maek", &[]).says(&["there is no round `maek`", "did you mean `make`?"]);
    refused("@make", "@judge", &[]).says(&["round `judge` does not come before round `judge`"]);
    refused("@make/models", "@make/../models", &[]).says(&["is no file in the folder of a run"]);
    refused("\"one\"", "\"@make/x\"", &[]).says(&["needs a setting that is declared as a path, not `title`"]);
    let seeds = "part = \"judge\"\nseed = \"0..2\"";
    refused(seeds, "part = \"judge\"\nseed = \"1..3\"", &[])
        .says(&["round `make` has no job with width=2 seed=2"]);
    let widths = "width = [2, 3]\nnets";
    refused(widths, "nets", &[])
        .says(&["the jobs of round `make` differ in `width`, which round `judge` does not"]);
}
