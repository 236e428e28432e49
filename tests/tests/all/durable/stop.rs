//! Ctrl-C and deadlines: the run stops within a step, with a checkpoint, and can be resumed.

use std::time::{Duration, Instant};

use tests::{Bench, RunFolder};

use super::{NESTED, undisturbed};

/// A loop that takes long, with a short step.
const LONG: &str = r#"
let net = nn::linear(64, 64);
let adam = optim::adam(net, #{});
let end = each("step", 1..=100000, #{ net: net, adam: adam, n: 0 }, |i, s| {
    let loss = s.net.forward(noise::normal([64, 64])).square().mean();
    s.adam.step(loss.backward());
    log("loss", loss);
    s.n += 1;
    s
});
"#;

fn assert_interrupted(run: &RunFolder) {
    assert_eq!(run.status(), "INTERRUPTED");
    assert!(run.record()["finished"] != "", "an interrupted run has an end");
    assert!(run.path().join("report.html").exists());
    run.assert_tidy();
}

#[test]
fn an_interrupted_run_ends_as_one_that_was_not() {
    let reference = Bench::new();
    let (expected, took) = undisturbed(&reference, &[]);
    let mut interrupted = 0;
    for i in 0..12 {
        let bench = Bench::new();
        let delay = took.mul_f64((f64::from(i) + 0.5) / 12.0);
        let outcome = bench.script(NESTED, &[]).start().signal_after(delay, libc::SIGINT);
        // A process that ends before it has written its record leaves nothing to resume.
        let begun = |run: &RunFolder| run.path().join("run.json").exists();
        let Some(run) = bench.runs().pop().filter(begun) else { continue };
        if outcome.status.code() == Some(130) {
            interrupted += 1;
            let outcome = outcome.says(&["interrupted: go on with `host resume"]);
            assert!(!outcome.stderr.contains("error"), "{}", outcome.stderr);
            assert_interrupted(&run);
            bench.resume(&run, &[]).run().code(0);
        } else if outcome.status.code().is_some() {
            outcome.code(0);
        } else {
            // Before the program listens, Ctrl-C ends it at once.
            bench.resume(&run, &[]).run().code(0);
        }
        run.assert_same_results(&expected);
    }
    assert!(interrupted > 0, "no run was interrupted");
}

#[test]
fn ctrl_c_stops_within_a_step_and_leaves_a_checkpoint() {
    let bench = Bench::new();
    let run = || bench.runs().pop();
    let running = bench.script(LONG, &["--checkpoint-every", "1h"]).start();
    // The lines of the log appear once a second.
    let running = running.until(|| {
        run().is_some_and(|run| run.path().join("metrics.jsonl").metadata().is_ok_and(|m| m.len() > 0))
    });
    running.signal(libc::SIGINT);
    running.wait().code(130);
    let run = bench.only_run();
    assert_interrupted(&run);
    assert!(run.has_checkpoint());
    let before = run.metrics().len();
    bench.resume(&run, &["--deadline", "300ms"]).run().code(130).says(&["the deadline is reached"]);
    assert_interrupted(&run);
    let losses = run.metrics();
    assert!(losses.len() >= before, "{} lines, {before} before", losses.len());
    for (i, line) in losses.iter().enumerate() {
        assert_eq!(line["step"], i, "no line is missing and none is there twice");
        assert_eq!(line["path"], format!("step/{}", i + 1));
    }
}

#[test]
fn ctrl_c_is_an_interruption_inside_a_module_of_the_script_too() {
    let text = r#"
        let net = nn::network(#{ a: nn::linear(200, 200) }, |m, x| {
            for i in 0..100000 { x = m.a.forward(x).tanh(); }
            x
        });
        net.training(false);
        no_grad(|| net.forward(ones([100, 200])));
    "#;
    let bench = Bench::new();
    let outcome = bench.script(text, &["--deadline", "400ms"]).run().code(130);
    assert!(outcome.took < Duration::from_secs(20));
    assert_interrupted(&bench.only_run());
}

#[test]
fn ctrl_c_cannot_be_caught_by_the_script() {
    let text = "loop { try { zeros([10]) + 1; } catch { } }";
    let bench = Bench::new();
    bench.script(text, &["--deadline", "200ms"]).run().code(130);
    assert_interrupted(&bench.only_run());
}

#[test]
fn a_deadline_stops_a_script_that_calls_nothing() {
    let bench = Bench::new();
    bench.script("let x = 0; loop { x += 1; }", &["--deadline", "100ms"]).run().code(130);
    assert_interrupted(&bench.only_run());
}

/// Single calls that take many seconds: of kernels, of libraries, of built-in sets.
const LONG_CALLS: [(&str, &str); 12] = [
    ("product", "let x = ones([14000, 14000]); x.matmul(x)"),
    ("product of f64", "let x = ones([9000, 9000]).cast(\"f64\"); x.matmul(x)"),
    ("convolution", "nn::conv2d(64, 128, 9).forward(ones([16, 64, 256, 256]))"),
    ("sort", "noise::uniform([60000000]).sort(0, false)"),
    ("sine", "noise::uniform([10000]).expand([25000, 10000]).sin()"),
    ("orthogonal", "nn::linear(6000, 6000).init_orthogonal(1)"),
    ("fid", "let x = noise::normal([3000, 3000]); metrics::fid(x, x)"),
    ("dirichlet", "noise::dirichlet([1, 100000000], 0.5)"),
    ("truncated", "noise::truncated_normal([300000000], 0.5)"),
    ("glyphs", "data::load(\"glyphs\").train(2000000)"),
    ("shapes", "data::load(\"shapes\").train(200000)"),
    ("similarity", "let x = noise::uniform([40, 3, 900, 900]); metrics::ms_ssim(x, x)"),
];

#[test]
fn one_call_that_takes_long_is_left_at_once_with_a_checkpoint() {
    let mut interrupted = 0;
    for (name, call) in LONG_CALLS {
        let bench = Bench::new();
        let body = format!("if i == 2 {{ log(\"begun\", 1); {call}; }} s.n = i; s");
        let text = format!("each(\"step\", 2, #{{ n: 0 }}, |i, s| {{ {body} }});");
        let running = bench.script(&text, &["--checkpoint-every", "1h"]).start();
        let running = running.until(|| {
            let log = |run: RunFolder| run.path().join("metrics.jsonl").metadata();
            bench.runs().pop().is_some_and(|run| log(run).is_ok_and(|log| log.len() > 0))
        });
        let asked = Instant::now();
        running.signal(libc::SIGTERM);
        let outcome = running.wait();
        if outcome.status.code() == Some(0) {
            println!("{name} was done before");
            continue;
        }
        outcome.code(130);
        interrupted += 1;
        // A loaded machine may need more than the second that it takes.
        assert!(asked.elapsed() < Duration::from_secs(6), "{name}: {:?}", asked.elapsed());
        println!("{name}: {:?}", asked.elapsed());
        let run = bench.only_run();
        assert_interrupted(&run);
        assert!(run.has_checkpoint(), "{name}");
        assert_eq!(run.metrics().len(), 1, "{name}");
    }
    assert!(interrupted > 0, "no run was interrupted");
}

/// The deadline of process `i`.
fn deadline(took: Duration, i: u32) -> String {
    format!("{}ms", (took / 4).mul_f64(1.1f64.powi(i as i32)).as_millis() + 20)
}

#[test]
fn a_run_is_carried_to_its_end_by_deadlines() {
    let reference = Bench::new();
    let (expected, took) = undisturbed(&reference, &[]);
    let bench = Bench::new();
    // A process that has to get further than the last one gets a little more time.
    let args = |i: u32| {
        ["--checkpoint-every", "0s", "--deadline"].map(String::from).into_iter().chain([deadline(took, i)])
    };
    let mut outcome = bench.script(NESTED, &[]).args(args(0)).run();
    for i in 1..50 {
        if outcome.status.code() != Some(130) {
            break;
        }
        let resumed = bench.runs().first().map(|run| bench.resume(run, &[]));
        outcome = resumed.unwrap_or_else(|| bench.script(NESTED, &[])).args(args(i)).run();
    }
    outcome.code(0);
    bench.only_run().assert_same_results(&expected);
}

#[test]
fn what_was_logged_is_the_same_before_and_after_an_interruption() {
    // An item that is run again sees the metrics as they were when it ran for the first time.
    let text = r#"
        let end = each("item", 3, #{ seen: [] }, |i, s| {
            s.seen.push(logged("x").len());
            for k in 0..40 { log("x", k); noise::normal([40000]).sum(); }
            s
        });
        for n in end.seen { log("seen", n); }
    "#;
    let reference = Bench::new();
    let took = reference.run(text).code(0).took;
    let expected = reference.only_run();
    for share in [0.3, 0.5, 0.7] {
        let bench = Bench::new();
        let outcome = bench.script(text, &[]).start().signal_after(took.mul_f64(share), libc::SIGINT);
        if outcome.status.code() == Some(130) {
            bench.resume(&bench.only_run(), &[]).run().code(0);
            bench.only_run().assert_same_results(&expected);
        }
    }
}

#[test]
fn calls_that_take_long_are_stopped() {
    // Each would take hours.
    let long = [
        "sleep(100000);",
        "sleep(1e300);",
        "let a = []; a.pad(4000000, 1); a.sort(|a, b| { for i in 0..1000 { } a - b });",
        "let a = []; a.pad(4000000, 1); a.filter(|x| { for i in 0..1000 { } true });",
        "let a = []; a.pad(4000000, 1); a.dedup(|a, b| { for i in 0..1000 { } false });",
        "let a = []; a.pad(300000, 1); parallel(a, |i| { for i in 0..100000 { } i });",
        "for x in ahead(1000000, [|i| i, |i| { sleep(1000); i }]) { }",
        "each(\"item\", 3, |i| { sleep(10000); });",
        "let a = [0]; while a.len() > 0 { try { sleep(10); } catch { } }",
    ];
    for script in long {
        let bench = Bench::new();
        let words = ["--deadline", "300ms", "--max-operations", "1000000000000"];
        bench
            .script(script, &words)
            .run()
            .code(130)
            .says(&["the deadline is reached", "interrupted: go on with"]);
        assert_interrupted(&bench.only_run());
    }
}

#[test]
fn many_items_side_by_side_begin_at_once() {
    let script = "let a = []; a.pad(300000, 1); print(parallel(a, |i| i).len());";
    Bench::new().script(script, &["--deadline", "100s"]).run().code(0);
}
