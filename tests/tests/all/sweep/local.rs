//! Jobs as processes of this machine.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use tests::Bench;

use super::{TINY, folder, jobs, runs, states, sweep};

#[test]
fn the_jobs_are_the_product_of_the_axes_and_each_is_what_host_run_makes() {
    let bench = Bench::new();
    let axes = ["method=a,b", "seed=1..3", "levels=[0,0.25],[0,1]", "steps=2", "--jobs", "2"];
    let outcome = sweep(&bench, TINY, &axes).run().code(0).says(&["8 jobs: 8 COMPLETED"]);
    let folder = folder(&bench, &outcome);
    let jobs = jobs(&folder);
    let points: BTreeSet<String> =
        jobs.iter().map(|job| format!("{} {}", job["settings"], job["seed"])).collect();
    assert_eq!((jobs.len(), points.len()), (8, 8));
    assert_eq!(jobs[0]["settings"], json!({ "levels": [0.0, 0.25], "method": "a", "steps": 2 }));
    assert_eq!(
        (&jobs[0]["seed"], &jobs[2]["seed"], &jobs[0]["round"]),
        (&json!(1), &json!(2), &json!("main"))
    );
    let run = &runs(&folder)[7];
    assert_eq!(run.record()["given"], json!(["steps", "method", "levels"]));
    let words = ["levels=[0,1]", "method=b", "steps=2", "--seed", "2"];
    bench.script(TINY, &words).run().code(0);
    let alone = bench.only_run();
    run.assert_same_results(&alone);
    let (ours, theirs) = (run.record(), alone.record());
    for field in ["settings", "seed", "device", "scripts", "versions"] {
        assert_eq!(ours[field], theirs[field], "{field}");
    }
    assert_eq!(states(&bench, &folder), ["COMPLETED"; 8]);
}

#[test]
fn a_built_in_plugin_is_swept_anywhere() {
    let bench = Bench::empty();
    let small = ["images=20", "channels=2", "iterations=1", "epochs=1", "batch=10", "passes=2"];
    let words = ["sweep", "dtan", "--quiet", "seed=0,1", "generate_batch=20"];
    let outcome = bench.host(words).args(small).run().code(0).says(&["2 jobs: 2 COMPLETED"]);
    let path = folder(&bench, &outcome).to_string_lossy().into_owned();
    bench.host(["sweep", "retry", &path, "--quiet"]).run().code(0);
    bench
        .host(["sweep", "status", &path])
        .run()
        .code(0)
        .shows(&["2  COMPLETED    seed=1  sweeps/dtan-", "2 jobs: 2 COMPLETED"]);
}

#[test]
fn a_failed_job_stops_no_other_and_is_retried() {
    let bench = Bench::new();
    let outcome = sweep(&bench, TINY, &["fails=true,false", "seed=0..2"]).run().code(1);
    let folder = folder(&bench, &outcome);
    assert_eq!(states(&bench, &folder), ["FAILED", "FAILED", "COMPLETED", "COMPLETED"]);
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let again = format!("`host sweep retry sweeps/{name}`");
    outcome.says(&["job 1  fails=true seed=0  FAILED", "asked to fail", "2 COMPLETED, 2 FAILED", &again]);
    let before: Vec<_> = runs(&folder).iter().map(|run| run.record()).collect();
    let words = |action| bench.host(["sweep", action, &format!("sweeps/{name}"), "--quiet"]);
    words("resume").run().code(1).says(&["2 FAILED"]);
    assert_eq!(before, runs(&folder).iter().map(|run| run.record()).collect::<Vec<_>>());
    words("retry").run().code(1).says(&["2 FAILED"]);
    let after: Vec<_> = runs(&folder).iter().map(|run| run.record()["resumed"].clone()).collect();
    assert_eq!(after, [json!(1), json!(1), json!(0), json!(0)]);
}

#[test]
fn a_job_that_cannot_start_says_why_and_starts_when_it_can() {
    let bench = Bench::new();
    let text = "let cfg = params(#{ a: 1 });\nlog(\"a\", cfg.a);";
    let outcome = sweep(&bench, text, &["a=1,2"]).run().code(0);
    let folder = folder(&bench, &outcome);
    let run = runs(&folder).remove(1);
    std::fs::remove_dir_all(run.path()).unwrap();
    std::fs::create_dir_all(run.path()).unwrap();
    std::fs::write(run.path().join("other"), "").unwrap();
    let path = folder.to_string_lossy().into_owned();
    let resume = || bench.host(["sweep", "resume", &path, "--quiet"]).run();
    resume().code(1).says(&["job 2  a=2  FAILED", "is not empty: there is other in it"]);
    assert_eq!(states(&bench, &folder), ["COMPLETED", "QUEUED"]);
    std::fs::remove_file(run.path().join("other")).unwrap();
    resume().code(0);
    assert_eq!(run.status(), "COMPLETED");
}

#[test]
fn progress_is_a_line_a_job_and_stdout_has_the_folder() {
    let bench = Bench::new();
    bench.write("plugins/own.rhai", TINY);
    let outcome = bench.host(["sweep", "own", "seed=0,1"]).run().code(0);
    folder(&bench, &outcome);
    outcome.says(&["job 1/2  seed=0  COMPLETED", "job 2/2  seed=1  COMPLETED"]);
}

#[test]
fn drawn_points_are_the_same_for_the_same_seed() {
    let points = |args: &[&str]| {
        let bench = Bench::new();
        let outcome =
            sweep(&bench, TINY, &[&["rate=log:1e-3..1e-1", "method=a,b", "steps=1"], args].concat());
        let outcome = outcome.run().code(0);
        let jobs = jobs(&folder(&bench, &outcome));
        jobs.iter().map(|job| format!("{} {}", job["settings"], job["seed"])).collect::<Vec<_>>()
    };
    let three = points(&["--random", "3", "--seed", "7"]);
    assert_eq!(three, points(&["--random", "3", "--seed", "7", "--jobs", "3"]));
    assert_ne!(three, points(&["--random", "3", "--seed", "8"]));
    let seeds = points(&["--random", "2", "--seed", "7", "seed=7,9"]);
    assert_eq!(seeds.len(), 4);
    assert_eq!([&seeds[0], &seeds[2]], [&three[0], &three[1]]);
}

#[test]
fn ctrl_c_stops_every_job_with_a_checkpoint() {
    let bench = Bench::new();
    let args = ["steps=100000", "seed=0..3", "--jobs", "2", "--checkpoint-every", "1h"];
    let running = sweep(&bench, TINY, &args).start();
    let begun = || {
        let found = super::sweeps(&bench).pop().map(|folder| runs(&folder)).unwrap_or_default();
        let has_metrics =
            |run: &&tests::RunFolder| run.path().join("metrics.jsonl").metadata().is_ok_and(|m| m.len() > 0);
        found.iter().filter(has_metrics).count() == 2
    };
    let running = running.until(begun);
    running.signal(libc::SIGINT);
    let outcome =
        running.wait().code(130).says(&["2 INTERRUPTED, 1 QUEUED", "go on with `host sweep resume"]);
    let folder = folder(&bench, &outcome);
    assert_eq!(states(&bench, &folder), ["INTERRUPTED", "INTERRUPTED", "QUEUED"]);
    for run in &runs(&folder)[..2] {
        assert!(run.has_checkpoint());
        run.assert_tidy();
    }
    let path = folder.to_string_lossy().into_owned();
    let words = ["sweep", "resume", &path, "--quiet", "--deadline", "2s"];
    let outcome = bench.host(words).run().code(130);
    assert!(outcome.took < Duration::from_secs(30));
    assert_eq!(runs(&folder)[0].record()["resumed"], 1);
}
