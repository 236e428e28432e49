//! `host runs`

use std::fs;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tests::{Bench, FakeRun, fake_runs};

/// Four runs of two plugins, one of them in a sweep.
fn bench() -> Bench {
    let bench = Bench::empty();
    let write = |folder: &str, run: FakeRun| run.write(&bench.path().join(folder));
    let run = |lr: f64, loss: Vec<f64>, status: &'static str, hour: u32| FakeRun {
        status,
        settings: json!({ "lr": lr, "epochs": 3 }),
        started: format!("2026-01-01T{hour:02}:00:00Z"),
        metrics: vec![("loss", loss)],
        ..FakeRun::default()
    };
    write("runs/dtan,lr=0.1-aaaaaaaa", run(0.1, vec![1.0, 0.5, 0.75], "COMPLETED", 1));
    write("runs/dtan,lr=0.01-bbbbbbbb", run(0.01, vec![2.0, f64::NAN], "FAILED", 2));
    // It says that it runs, and nobody holds its lock.
    write("sweeps/s/runs/dtan,lr=1-cccccccc", run(1.0, vec![0.25], "RUNNING", 3));
    let other = FakeRun { plugin: "sae", settings: json!({ "size": 8 }), ..FakeRun::default() };
    write("runs/sae-dddddddd", other);
    bench
}

/// The last eight letters of the folders in the order of a list.
fn listed(bench: &Bench, args: &[&str]) -> Vec<String> {
    let args = ["runs", "--columns", "run"].iter().chain(args);
    let shown = bench.host(args).run().code(0).stdout;
    shown.lines().skip(1).map(|line| line[line.len() - 8..].to_owned()).collect()
}

#[test]
fn all_runs_are_listed_with_what_differs() {
    let outcome = bench().host(["runs"]).run().code(0);
    let outcome = outcome.says(&["4 runs: 2 completed, 1 failed, 1 interrupted"]);
    let outcome =
        outcome.shows(&["sweeps/s/runs/dtan,lr=1-cccccccc", "interrupted", "1 min 2 s", "loss:best"]);
    let line = outcome.stdout.lines().find(|line| line.contains("aaaaaaaa")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(
        words[words.len() - 3..],
        ["0.75", "0.5", "lr=0.1"],
        "epochs are the same, and left out: {line}"
    );
    let line = outcome.stdout.lines().find(|line| line.contains("bbbbbbbb")).unwrap();
    assert!(line.contains("NaN") && line.ends_with("lr=0.01"), "{line}");
}

#[test]
fn runs_are_chosen_and_sorted() {
    let bench = bench();
    assert_eq!(listed(&bench, &[]), ["cccccccc", "bbbbbbbb", "aaaaaaaa", "dddddddd"], "the newest first");
    assert_eq!(listed(&bench, &["--sort", "lr"]), ["bbbbbbbb", "aaaaaaaa", "cccccccc", "dddddddd"]);
    assert_eq!(listed(&bench, &["--sort", "-lr"]), ["cccccccc", "aaaaaaaa", "bbbbbbbb", "dddddddd"]);
    assert_eq!(listed(&bench, &["--sort", "loss:min"])[0], "cccccccc");
    assert_eq!(listed(&bench, &["--where", "plugin=dtan status=failed lr<0.1"]), ["bbbbbbbb"]);
    assert_eq!(listed(&bench, &["--where", "loss>=0.5"]), ["aaaaaaaa"]);
    assert_eq!(listed(&bench, &["sweeps"]), ["cccccccc"]);
    assert_eq!(listed(&bench, &["runs/sae-dddddddd"]), ["dddddddd"]);
    bench.host(["runs", "--where", "lss<1"]).run().code(2).says(&["called `lss`", "did you mean `loss`?"]);
    bench.host(["runs", "--sort", "epoch"]).run().code(2).says(&["did you mean `epochs`?"]);
    bench.host(["runs", "--columns", "stats"]).run().code(2).says(&["did you mean `status`?"]);
    bench
        .host(["runs", "--where", "loss<few"])
        .run()
        .code(2)
        .says(&["`loss` is a number, and `few` is none"]);
    bench.host(["runs", "nowhere"]).run().code(1).says(&["nowhere: "]);
}

#[test]
fn programs_get_a_line_of_json_for_each_run() {
    let shown =
        bench().host(["runs", "--json", "--where", "plugin=dtan", "--sort", "lr"]).run().code(0).stdout;
    let runs: Vec<Json> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(runs.len(), 3);
    assert_eq!(runs[0]["path"], "runs/dtan,lr=0.01-bbbbbbbb");
    assert_eq!(runs[0]["metrics"]["loss"]["last"], "nan");
    assert_eq!(
        runs[1]["metrics"]["loss"],
        json!({"count": 3, "last": 0.75, "min": 0.5, "max": 1.0, "best": 0.5})
    );
    assert_eq!(runs[2]["status"], "INTERRUPTED");
    assert_eq!(runs[2]["settings"], json!({ "lr": 1.0, "epochs": 3 }));
}

#[test]
fn a_list_fits_the_terminal_and_obeys_no_text() {
    let bench = bench();
    let evil = FakeRun { settings: json!({ "name": "\u{1b}[2J\nx" }), plugin: "sae", ..FakeRun::default() };
    evil.write(&bench.path().join("runs/sae-eeeeeeee"));
    let outcome = bench.host(["runs"]).env("COLUMNS", "70").run().code(0);
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 70), "{}", outcome.stdout);
    assert!(outcome.stdout.contains('…') && outcome.stdout.contains("aaaaaaaa"), "{}", outcome.stdout);
    let outcome = bench.host(["runs"]).run().code(0).shows(&["name=\\x1b[2J x"]);
    assert!(!outcome.stdout.contains('\u{1b}'));
    let narrow = bench.host(["runs"]).env("COLUMNS", "30").run().code(0);
    narrow.says(&["there was no room for", "choose with --columns"]);
}

#[test]
fn no_runs_and_damaged_ones_are_said() {
    let bench = Bench::empty();
    bench.host(["runs"]).run().code(0).says(&["no runs: there is no runs/ here"]);
    FakeRun::default().write(&bench.path().join("runs/a"));
    bench.write("runs/b/run.json", "{");
    bench.write("runs/c/notes.txt", "no run");
    let outcome = bench.host(["runs"]).run().code(0);
    outcome.says(&["warning: runs/b/run.json is not the record of a run", "1 run: 1 completed"]);
}

/// A run under way is RUNNING; killed, it is INTERRUPTED without anybody having written so.
#[test]
fn a_run_is_running_while_its_process_lives() {
    let bench = Bench::new();
    let text = "each(\"step\", 1..=10000, |i| { log(\"x\", i); for k in 0..1000 {} i });";
    let running = bench.script(text, &[]).start();
    let status = || {
        let shown = bench.host(["runs", "--json"]).run().code(0).stdout;
        let run: Option<Json> = shown.lines().next().map(|line| serde_json::from_str(line).unwrap());
        run.map(|run| run["status"].as_str().unwrap_or_default().to_owned())
    };
    let running = running.until(|| status().as_deref() == Some("RUNNING"));
    running.signal_after(Duration::ZERO, libc::SIGKILL);
    assert_eq!(status().as_deref(), Some("INTERRUPTED"));
}

/// The first list reads all files, the second one the index. How long both took is printed.
#[test]
fn thousands_of_runs_are_the_same_with_and_without_an_index() {
    const COUNT: usize = 2000;
    let bench = Bench::empty();
    fake_runs(&bench.path().join("runs"), COUNT, 50);
    let list = || bench.host(["runs", "--json"]).run().code(0);
    let (first, second) = (list(), list());
    assert_eq!(first.stdout.lines().count(), COUNT);
    assert!(first.stdout == second.stdout);
    let index = bench.path().join("runs/.index.json");
    fs::write(&index, "damaged").unwrap();
    assert!(list().stdout == first.stdout);
    println!("{COUNT} runs took {:?} without an index, {:?} with it", first.took, second.took);
}
