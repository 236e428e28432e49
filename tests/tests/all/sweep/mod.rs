//! Sweeps: many runs of one plugin, each the run that `host run` makes.

mod kill;
mod local;
mod preset;
mod refusals;
mod resume;
mod rounds;
mod slurm;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;
use tests::{Bench, Host, Outcome, RunFolder};

/// A plugin whose runs take a moment, and fail if they are asked to.
const TINY: &str = r#"//! Sums of random numbers.
let cfg = params(#{
    steps:  at_least(4, 1),             // numbers
    rate:   within(0.5, 0, 1),          // weight of each
    method: one_of("a", ["a", "b"]),    // of no consequence
    levels: [0.0, 0.5],                 // added
    title:  "none",                     // a text
    fails:  false,                      // whether it ends early
});
let net = nn::linear(3, 2);
let end = each("step", 1..=cfg.steps, #{ net: net, sum: 0.0 }, |i, s| {
    s.sum += cfg.rate * noise::uniform([1]).item() + cfg.levels[1];
    s.net.load_from(nn::linear(3, 2));
    log("sum", s.sum);
    s
});
if cfg.fails { throw "asked to fail"; }
end.net.save("net");
"#;

/// `host sweep own --quiet ARGS` of a plugin with that text.
fn sweep(bench: &Bench, text: &str, args: &[&str]) -> Host {
    bench.write("plugins/own.rhai", text);
    bench.host(["sweep", "own", "--quiet"].iter().chain(args))
}

/// The folder of the sweep: the one line that the command prints.
#[track_caller]
fn folder(bench: &Bench, outcome: &Outcome) -> PathBuf {
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}\n{}", outcome.stderr);
    bench.path().join(lines[0])
}

/// The jobs of a sweep.
fn jobs(folder: &Path) -> Vec<Json> {
    let text = fs::read_to_string(folder.join("jobs.jsonl")).expect("the jobs of a sweep");
    text.lines().map(|line| serde_json::from_str(line).expect("a job")).collect()
}

/// The runs of a sweep's jobs.
fn runs(folder: &Path) -> Vec<RunFolder> {
    let run = |job: &Json| RunFolder::at(folder.join(job["run"].as_str().expect("a folder")));
    jobs(folder).iter().map(run).collect()
}

/// What `host sweep status --json` says of each job.
fn states(bench: &Bench, folder: &Path) -> Vec<String> {
    shown(bench.host(["sweep", "status"]), folder)
}

/// What `host sweep status` shows of each job.
fn shown(status: Host, folder: &Path) -> Vec<String> {
    let outcome = status.arg(folder).arg("--json").run().code(0);
    let all: Json = serde_json::from_str(&outcome.stdout).expect("one JSON object");
    let jobs = all["jobs"].as_array().expect("jobs");
    jobs.iter().map(|job| job["state"].as_str().expect("a state").to_owned()).collect()
}

/// The sweeps that were made, which have a plan.
fn sweeps(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.path().join("sweeps")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.join("sweep.toml").exists());
    found
}
