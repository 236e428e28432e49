//! The sweep that is shipped: table 1 of the boosting paper.

use serde_json::Value as Json;
use tests::{Bench, onnxruntime, skipped};

use super::{folder, jobs, runs};

/// The smallest networks and sets that the plugin takes.
const SMALL: &[&str] = &[
    "images=64",
    "test=40",
    "channels=2",
    "latent=8",
    "weighed=20",
    "steps=4",
    "batch=8",
    "d_steps=1",
    "measure=4",
    "fixed=64",
    "width=2",
    "epochs=1",
    "batches=2",
    "batch_c=16",
    "drawn=20",
    "pairs=2",
    "tries=200",
    "threshold=0",
];

#[test]
fn table_1_trains_twelve_classifiers_of_each_gan() {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let bench = Bench::new();
    let words = ["sweep", "boosted_gan", "--preset", "table-1", "seed=3", "--jobs", "2", "--quiet"];
    let outcome = bench.host(words).args(SMALL).arg("--onnxruntime").arg(&library).run();
    let folder = folder(&bench, &outcome);
    let jobs = jobs(&folder);
    assert_eq!(jobs.len(), 13);
    let gan = runs(&folder)[0].path().join("models");
    assert!(gan.join("generator-1.onnx").exists(), "{}", outcome.stderr);
    let is_of_gan = |job: &Json| {
        let path = job["settings"]["generators"][0].as_str().unwrap();
        bench.path().join(path) == gan.join("generator-1.onnx")
    };
    assert!(jobs[1..].iter().all(is_of_gan));
    // A filter of a network that hardly learnt anything may let nothing through.
    for run in runs(&folder) {
        let is_done = run.status() == "COMPLETED";
        assert!(is_done || run.record()["error"].to_string().contains("the filter let"), "{:?}", run.path());
    }
}

#[test]
fn the_preset_is_in_order_and_others_are_held_against_the_settings() {
    let bench = Bench::new();
    bench.host(["check", "boosted_gan"]).run().code(0);
    bench.write("plugins/dtan.wide.toml", "[sweep]\nchannels = [16, 32]\nlr = \"log:1e-4..1e-2\"\n");
    bench.host(["check", "dtan"]).run().code(0);
    bench.write("plugins/dtan.wide.toml", "[sweep]\nchannel = [16, 32]\n");
    bench.host(["check", "dtan"]).run().code(1).shows(&["dtan.wide.toml:2:1: there is no setting `channel`"]);
}
