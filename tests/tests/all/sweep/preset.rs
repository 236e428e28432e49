//! The sweep that is shipped: table 1 of the boosting paper.

use std::fs;

use serde_json::Value as Json;
use tests::{Bench, onnxruntime, skipped};

use super::{TINY, jobs, runs, sweep, sweeps};

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
    // The folder, a line of heads and two rows.
    assert_eq!(outcome.stdout.lines().count(), 4, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("(62.26)") && outcome.stdout.contains("(88.56)"), "{}", outcome.stdout);
    let folder = bench.path().join(outcome.stdout.lines().next().unwrap());
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

/// Two methods by two rates, in another order than that of their names and sizes.
const TABLE: &str = "steps = 2\n[sweep]\nmethod = [\"b\", \"a\"]\nrate = [0.75, 0.25]\nseed = \"0..3\"\n\
                     [table]\nrows = \"method\"\ncolumns = \"rate\"\nvalue = \"sum\"\n\
                     paper = [[1.5, nan], [2, 3]]\n";

#[test]
fn a_sweep_ends_with_the_table_of_its_preset() {
    let bench = Bench::new();
    bench.write("plugins/own.small.toml", TABLE);
    let outcome = sweep(&bench, TINY, &["--preset", "small"]).run().code(0);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), ["method", "0.75", "0.25"]);
    assert!(lines[2].starts_with("b ") && lines[2].contains("(1.5)"), "{}", outcome.stdout);
    assert!(lines[3].starts_with("a ") && lines[3].contains("(2)") && lines[3].contains("(3)"));
    assert!(outcome.stderr.contains("over 3 runs; in brackets the paper's number"), "{}", outcome.stderr);

    let folder = bench.path().join(lines[0]);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("jobs.csv").lines().count(), 13);
    assert!(
        read("jobs.csv").starts_with("job,round,state,seed,method,rate,run,seconds,sum\n1,main,COMPLETED,")
    );
    assert_eq!(read("table.csv").lines().count(), 3);
    assert!(read("table.tex").contains("\\toprule") && read("table.typ").starts_with("#table("));
    let page = read("report.html");
    for text in ["12 of 12 completed", "(1.5)", "<svg"] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(page.matches("/report.html\">").count(), 12, "a link to the page of each run");

    // The mean of a cell is that of its three runs.
    let cell = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap();
    let last: Vec<f64> = runs(&folder)[..3].iter().map(|run| *run.metric("sum").last().unwrap()).collect();
    assert!((cell(lines[2]) - last.iter().sum::<f64>() / 3.0).abs() < 0.05, "{last:?} {}", lines[2]);
}

#[test]
fn a_table_that_does_not_fit_is_refused_before_anything_runs() {
    let bench = Bench::new();
    for (from, to, expected) in [
        ("rows = \"method\"", "rows = \"metod\"", "[table]: there is no setting `metod`"),
        (
            "[[1.5, nan], [2, 3]]",
            "[[1.5, nan]]",
            "`paper` has 1 rows of 2 numbers, the table has 2 rows of 2",
        ),
        ("columns =", "colums =", "unknown field `colums`"),
    ] {
        bench.write("plugins/own.small.toml", TABLE.replace(from, to));
        sweep(&bench, TINY, &["--preset", "small"]).run().code(2).says(&[expected]);
        bench.host(["check", "own"]).run().code(1).shows(&[expected]);
    }
    assert!(sweeps(&bench).is_empty());
    // Which metrics there are is known once a run is completed: then the runs are kept.
    bench.write("plugins/own.small.toml", TABLE.replace("\"sum\"", "\"sun\""));
    let outcome = sweep(&bench, TINY, &["--preset", "small"]).run().code(2);
    assert!(outcome.stderr.contains("no run logs the metric `sun`"), "{}", outcome.stderr);
    let plan = bench.path().join(outcome.stdout.trim()).join("sweep.toml");
    let mended = fs::read_to_string(&plan).unwrap().replace("\"sun\"", "\"sum\"");
    fs::write(&plan, mended).unwrap();
    let folder = plan.parent().unwrap().to_string_lossy().into_owned();
    let again = bench.host(["sweep", "resume", &folder, "--quiet"]).run().code(0);
    assert!(again.stdout.contains("(1.5)"), "{}", again.stdout);
}
