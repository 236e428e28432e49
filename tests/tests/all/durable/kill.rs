//! `kill -9`, then `host resume`: weights, figures and metrics are those of an undisturbed run.

use std::time::Duration;

use tests::{Bench, Outcome, RunFolder};

use super::{NESTED, undisturbed};

/// Small settings of the shipped plugin.
const DTAN: &[&str] = &[
    "run",
    "dtan",
    "--quiet",
    "images=40",
    "channels=4",
    "iterations=4",
    "epochs=3",
    "batch=10",
    "passes=3",
    "generate_batch=20",
];

/// Twenty moments of a run of a given length, spread evenly and then moved a little.
fn moments(took: Duration) -> impl Iterator<Item = (usize, Duration)> {
    let moved = |i: usize| f64::from((i as u32).wrapping_mul(2_654_435_761) >> 16) / 65536.0;
    (0..20).map(move |i| (i, took.mul_f64((i as f64 + moved(i)) / 20.0)))
}

/// Longer and shorter times between two checkpoints.
fn every(i: usize) -> &'static [&'static str] {
    [&["--checkpoint-every", "0s"][..], &["--checkpoint-every", "50ms"], &["--checkpoint-every", "1h"]][i % 3]
}

fn was_killed(outcome: &Outcome) -> bool {
    outcome.status.code().is_none()
}

/// Goes on with the run that was made here, if there is one that is not completed.
fn finish(bench: &Bench, args: &[&str]) -> Option<RunFolder> {
    let run = bench.runs().pop().filter(|run| run.path().join("run.json").exists())?;
    if run.status() != "COMPLETED" {
        bench.resume(&run, args).run().code(0);
    }
    assert_eq!(run.status(), "COMPLETED");
    run.assert_tidy();
    Some(run)
}

#[test]
fn a_run_killed_at_any_moment_goes_on_as_if_it_had_not_been() {
    let (reference, bench) = (Bench::new(), Bench::new());
    let (expected, took) = undisturbed(&reference, &[]);
    for (i, delay) in moments(took) {
        let bench = if i == 0 { &bench } else { &Bench::new() };
        let outcome = bench.script(NESTED, every(i)).start().signal_after(delay, libc::SIGKILL);
        if let Some(run) = finish(bench, every(i)) {
            println!("killed: {}, after {delay:?}", was_killed(&outcome));
            run.assert_same_results(&expected);
        }
    }
}

#[test]
fn dtan_killed_at_any_moment_goes_on_as_if_it_had_not_been() {
    let reference = Bench::new();
    let took = reference.host(DTAN).run().code(0).took;
    let expected = reference.only_run();
    for (i, delay) in moments(took) {
        let bench = Bench::new();
        bench.host(DTAN.iter().chain(every(i))).start().signal_after(delay, libc::SIGKILL);
        if let Some(run) = finish(&bench, every(i)) {
            run.assert_same_results(&expected);
        }
    }
}

/// ONNX Runtime gives the same numbers every time, so what it generates does not tell the two apart.
#[test]
fn dtan_with_onnx_runtime_is_killed_and_goes_on() {
    let Some(library) = tests::onnxruntime() else { return tests::skipped("there is no ONNX Runtime") };
    let library = library.to_string_lossy();
    let args = [DTAN, &["generator=onnxruntime", "--onnxruntime", &library]].concat();
    let reference = Bench::new();
    let took = reference.host(&args).run().code(0).took;
    let expected = reference.only_run();
    for (i, delay) in moments(took).skip(3).step_by(7) {
        let bench = Bench::new();
        bench.host(args.iter().chain(every(i))).start().signal_after(delay, libc::SIGKILL);
        // A record's own library is not loaded: it is given anew.
        let again = [every(i), &["--onnxruntime", &library]].concat();
        if let Some(run) = finish(&bench, &again) {
            run.assert_same_results(&expected);
        }
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_the_same() {
    let reference = Bench::new();
    let (expected, took) = undisturbed(&reference, &[]);
    let bench = Bench::new();
    let every = ["--checkpoint-every", "0s"];
    let mut delay = took / 4;
    let mut kills = 0;
    bench.script(NESTED, &every).start().signal_after(delay, libc::SIGKILL);
    while bench.only_run().status() != "COMPLETED" {
        kills += 1;
        // A process that has to get further than the last one gets a little more time.
        delay = delay.mul_f64(1.03);
        bench.resume(&bench.only_run(), &every).start().signal_after(delay, libc::SIGKILL);
    }
    println!("killed {kills} times");
    let run = bench.only_run();
    assert!(kills < 100 && run.record()["resumed"].as_u64() >= Some(2));
    run.assert_same_results(&expected);
}

#[test]
fn the_time_of_the_metrics_goes_on_after_a_kill() {
    let bench = Bench::new();
    let text = "each(\"a\", 400, |i| { log(\"x\", i); noise::normal([20000]).sum(); });";
    let killed = bench.script(text, &["--checkpoint-every", "0s"]).start();
    killed
        .until(|| bench.runs().iter().any(RunFolder::has_checkpoint))
        .signal_after(Duration::ZERO, libc::SIGKILL);
    let run = bench.only_run();
    bench.resume(&run, &[]).run().code(0);
    let text = String::from_utf8_lossy(&run.files("")["metrics.jsonl"]).into_owned();
    let times: Vec<f64> = text
        .lines()
        .map(|line| {
            let time =
                line.split("\"time\":").nth(1).and_then(|rest| rest.trim_end_matches('}').parse().ok());
            time.expect("a time")
        })
        .collect();
    assert_eq!(times.len(), 400);
    assert!(times.is_sorted(), "{times:?}");
}
