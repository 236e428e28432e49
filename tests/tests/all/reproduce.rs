//! The same seed gives the same bits, another one others, on any number of threads; memory does not grow.

use std::fs;
use std::time::Duration;

use tests::{Bench, RunFolder, skipped};

const NESTED: &str = include_str!("../../fixtures/nested.rhai");

/// Small settings of the shipped plugin.
const DTAN: &[&str] = &[
    "run",
    "dtan",
    "--quiet",
    "images=40",
    "channels=4",
    "iterations=2",
    "epochs=2",
    "passes=3",
    "generate_batch=20",
];

/// A finished run with its folder.
fn nested(seed: &str, threads: &str) -> (RunFolder, Bench) {
    let bench = Bench::new();
    bench.script(NESTED, &["--seed", seed]).env("RAYON_NUM_THREADS", threads).run().code(0);
    (bench.only_run(), bench)
}

fn dtan(seed: &str, threads: &str) -> (RunFolder, Bench) {
    let bench = Bench::new();
    let outcome = bench.host(DTAN).arg("--seed").arg(seed).env("RAYON_NUM_THREADS", threads).run();
    outcome.code(0);
    (bench.only_run(), bench)
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    for run in [nested, dtan] {
        let (first, _first_place) = run("3", "2");
        for threads in ["2", "1", "5"] {
            let (again, _place) = run("3", threads);
            again.assert_same_results(&first);
        }
    }
}

#[test]
fn another_seed_gives_other_bits() {
    for run in [nested, dtan] {
        let ((first, _first_place), (other, _other_place)) = (run("3", "2"), run("4", "2"));
        assert_ne!(first.metric("loss"), other.metric("loss"));
        for (name, bytes) in first.files("models") {
            assert!(bytes != other.files("models")[&name], "{name} is the same");
        }
    }
}

#[test]
fn the_seed_counts_inside_and_outside_of_loops() {
    let text = r#"
        log("outside", noise::uniform([1]));
        log("weights", nn::linear(5, 5).forward(ones([1, 5])).sum());
        log("stage", stage("s", || noise::normal([1])));
        each("a", 2, |i| { log("loop", noise::uniform([1])); });
        for batch in data::load("glyphs").train(100).batches(100) { log("order", batch.indices[0]); }
    "#;
    let runs: Vec<Vec<(String, f64)>> = ["0", "1", "18446744073709551615"]
        .iter()
        .map(|seed| {
            let bench = Bench::new();
            bench.script(text, &["--seed", seed]).run().code(0);
            let lines = bench.only_run().metrics();
            lines.iter().map(|line| (line["name"].to_string(), line["value"].as_f64().unwrap())).collect()
        })
        .collect();
    for ((first, second), third) in runs[0].iter().zip(&runs[1]).zip(&runs[2]) {
        assert!(first.1 != second.1 && first.1 != third.1, "{first:?}, {second:?}, {third:?}");
    }
    let draws = [&runs[0][3].1, &runs[0][4].1];
    assert!(draws[0] != draws[1], "every item has numbers of its own");
}

#[test]
fn the_numbers_of_a_loop_do_not_depend_on_what_came_before() {
    let text = "DRAW each(\"a\", 2, |i| { log(\"loop\", noise::uniform([1])); });";
    let values = ["", "noise::uniform([7]);"].map(|draw| {
        let bench = Bench::new();
        bench.run(&text.replace("DRAW", draw)).code(0);
        bench.only_run().metric("loop")
    });
    assert_eq!(values[0], values[1]);
}

/// A small network in training; every step is logged.
const TRAINING: &str = r#"
    let convs = [nn::conv2d(1, 8, 3), nn::relu(), nn::conv2d(8, 8, 3)];
    let net = nn::sequential(convs + [nn::flatten(), nn::linear(8 * 24 * 24, 10)]);
    let adam = optim::adam(net, #{ lr: 0.0001 });
    let set = data::load("glyphs").train(400);
    each("epoch", 30, #{ net: net, adam: adam }, |e, s| {
        for batch in set.batches(10) {
            let loss = s.net.forward(batch.images + noise::normal([10, 1, 28, 28])).square().mean();
            s.adam.step(loss.backward());
            log("loss", loss);
        }
        s
    });
"#;

#[test]
fn memory_does_not_grow_with_the_steps() {
    if !cfg!(target_os = "linux") {
        return skipped("the memory of a process is read from /proc");
    }
    let bench = Bench::new();
    let mut running = bench.script(TRAINING, &["--checkpoint-every", "1h"]).start();
    let mut samples: Vec<(usize, f64)> = Vec::new();
    while !running.is_over() {
        let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        let steps = bench.runs().first().map_or(0, |run| {
            fs::read(run.path().join("metrics.jsonl"))
                .unwrap_or_default()
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
        });
        if let Some(resident) = resident {
            samples.push((steps, resident));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    running.wait().code(0);
    // The log is a second late, so that the first sample with a hundred lines is of a later step.
    let at = |steps: usize| samples.iter().find(|sample| sample.0 >= steps);
    let (Some(early), Some(late)) = (at(100), samples.iter().rev().find(|sample| sample.0 >= 1000)) else {
        return skipped("the run was over too soon to be measured");
    };
    println!("{early:?} {late:?}");
    assert!(
        late.1 <= early.1 * 1.05,
        "{} kB after {} steps, {} kB after {}",
        early.1,
        early.0,
        late.1,
        late.0
    );
}
