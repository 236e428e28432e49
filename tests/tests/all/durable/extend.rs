//! A run goes on with other settings, after its end too, and without the files of its scripts.

use std::fs;

use tests::{Bench, RunFolder};

/// Loops and values whose numbers tell whether anything was done twice or left out.
const TRAINED: &str = r#"
let cfg = params(#{
    epochs: at_least(3, 1), // times through the data
    lr: positive(0.5),
    stop: 0, // the epoch that ends the training early
    points: [1, 2],
});
let net = nn::linear(2, 1);
let sgd = optim::sgd(net, #{ lr: cfg.lr });
log("before", 1);
let s = each("epoch", cfg.epochs, #{ net: net, sgd: sgd, n: 0 }, |epoch, s| {
    let loss = losses::mse(s.net.forward(noise::normal([4, 2])), ones([4, 1]));
    s.sgd.step(loss.backward());
    log("loss", loss);
    log("lr", s.sgd.learning_rate);
    s.n += epoch;
    if epoch == cfg.stop { finish(s) } else { s }
});
each("point", cfg.points, |i| log("point", i * s.n));
log("after", s.n);
s.net.save("net");
"#;

/// A completed run with the defaults.
fn completed(bench: &Bench, settings: &[&str]) -> RunFolder {
    bench.script(TRAINED, settings).run().code(0);
    bench.only_run()
}

#[test]
fn a_completed_run_goes_on_as_one_that_had_the_setting_from_the_start() {
    let (bench, longer) = (Bench::new(), Bench::new());
    let run = completed(&bench, &[]);
    bench.resume(&run, &["epochs=5"]).run().code(0);
    longer.script(TRAINED, &["epochs=5"]).run().code(0);
    run.assert_same_results(&longer.only_run());
    assert_eq!(run.metric("before"), [1.0]);
    assert_eq!(run.metric("after"), [15.0]);
    assert_eq!(run.metric("point"), [15.0, 30.0]);
    let record = run.record();
    let change = &record["changed_settings"][0];
    assert_eq!((&change["name"], &change["resumed"]), (&"epochs".into(), &1.into()), "{change}");
    assert!(change["after"].to_string().contains('5'), "{change}");
    let report = String::from_utf8_lossy(&run.files("")["report.html"]).into_owned();
    assert!(report.contains("Changed on resume"), "the report says that the run was changed");

    // Once more, and its last loop.
    bench.resume(&run, &["points=[1,2,3]"]).run().code(0);
    assert_eq!(run.metric("point"), [15.0, 30.0, 45.0]);
    assert_eq!(run.metric("loss").len(), 5);
    run.assert_tidy();
}

#[test]
fn a_run_that_was_stopped_goes_on_with_other_settings() {
    let (bench, longer) = (Bench::new(), Bench::new());
    let fails = TRAINED.replace("log(\"after\"", "if cfg.epochs == 3 { throw \"stop\"; }\nlog(\"after\"");
    bench.script(&fails, &[]).run().code(1);
    let run = bench.only_run();
    bench.resume(&run, &["epochs=4"]).run().code(0);
    longer.script(&fails, &["epochs=4"]).run().code(0);
    run.assert_same_results(&longer.only_run());
}

#[test]
fn a_learning_rate_that_was_never_set_otherwise_follows_its_setting() {
    let bench = Bench::new();
    let run = completed(&bench, &[]);
    bench.resume(&run, &["epochs=5", "lr=0.125"]).run().code(0);
    assert_eq!(run.metric("lr"), [0.5, 0.5, 0.5, 0.125, 0.125]);
}

#[test]
fn what_a_loop_has_done_stays() {
    let bench = Bench::new();
    let run = completed(&bench, &[]);
    let before = run.metrics();
    let resume = |settings: &[&str]| bench.resume(&run, settings).run();
    resume(&["epochs=2"]).code(1).says(&["the loop `epoch` has done 3 items, and now it has 2"]);
    resume(&["epochs=3", "points=[2,2]"]).code(1).says(&["now its first 2 are others", "after them"]);
    resume(&["points=[1,2]"]).code(0).says(&["warning: no loop went on"]);
    assert_eq!(run.metrics(), before);
}

#[test]
fn a_loop_that_its_body_finished_stays_finished() {
    let bench = Bench::new();
    let run = completed(&bench, &["stop=2"]);
    bench.resume(&run, &["epochs=9"]).run().code(0).says(&["warning: no loop went on"]);
    assert_eq!(run.metric("loss").len(), 2);
}

#[test]
fn settings_on_resume_are_checked_as_those_of_a_run() {
    let bench = Bench::new();
    let run = completed(&bench, &[]);
    let before = run.files("");
    for (setting, said) in [
        ("epoch=5", "`epochs`"),
        ("epochs=no", "the setting `epochs` is of type"),
        ("epochs=0", "expected at least 1"),
        ("epochs", "a setting is written key=value"),
    ] {
        bench.resume(&run, &[setting]).run().code(2).says(&[said]);
    }
    bench.resume(&run, &[]).run().code(2).says(&["is completed", "epochs=40"]);
    assert!(before == run.files(""), "nothing was touched");
    let plain = Bench::new();
    plain.run("1").code(0);
    plain.resume(&plain.only_run(), &["a=1"]).run().code(2).says(&["the plugin declares none"]);
}

#[test]
fn a_run_whose_scripts_are_gone_goes_on_with_those_in_its_record() {
    let (bench, expected) = (Bench::new(), Bench::new());
    let library = "fn twice(x) { 2 * x }";
    let text = "import \"mine\" as mine;\nlet cfg = params(#{ n: 2 });\n\
                each(\"i\", cfg.n, |i| log(\"x\", mine::twice(i)));\nif cfg.n == 2 { throw \"stop\"; }";
    for bench in [&bench, &expected] {
        bench.write("scripts/mine.rhai", library);
    }
    bench.script(text, &[]).run().code(1);
    expected.script(text, &["n=4"]).run().code(0);
    let run = bench.only_run();
    fs::remove_file(bench.path().join("plugins/own.rhai")).unwrap();
    // What lies there now is another script, and not what the run goes on with.
    bench.write("scripts/mine.rhai", "fn twice(x) { 3 * x }");
    let command = format!("host resume {} --recorded", run.path().display());
    bench.resume(&run, &["n=4"]).run().code(2).says(&["is not taken from there", &command]);
    bench.resume(&run, &["n=4", "--recorded"]).run().code(0);
    run.assert_same_results(&expected.only_run());
    assert_eq!(run.record()["changed"], serde_json::json!([]));
}

#[test]
fn how_a_script_changed_is_shown() {
    let bench = Bench::new();
    let text = "let a = 1;\nlet b = 2;\nlet c = 3;\neach(\"i\", 2, |i| log(\"x\", i));\nthrow \"typo\";";
    bench.run(text).code(1);
    let run = bench.only_run();
    bench.write("plugins/own.rhai", text.replace("throw \"typo\";", "log(\"end\", c);"));
    let diff = ["-throw \"typo\";", "+log(\"end\", c);", "own.rhai (as the run began)"];
    let refused = bench.resume(&run, &[]).run().code(2).says(&diff);
    assert!(!refused.stderr.contains("let a"), "only what changed: {}", refused.stderr);
    bench.resume(&run, &["--changed"]).run().code(0).says(&diff);
    assert_eq!(run.metric("x"), [1.0, 2.0]);
    assert_eq!(run.metric("end"), [3.0]);
    let report = String::from_utf8_lossy(&run.files("")["report.html"]).into_owned();
    assert!(report.contains("another since resume 1"), "the report says what changed");
}

#[test]
fn the_only_line_on_stdout_is_the_folder() {
    let bench = Bench::new();
    let text = "print(\"hello\"); log(\"a\", 1);";
    bench.write("plugins/own.rhai", text);
    for words in [&["run", "own"][..], &["run", "own", "--quiet"]] {
        let outcome = bench.host(words).run().code(0).says(&["hello"]);
        let folder = bench.path().join(outcome.stdout.trim_end());
        assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
        assert!(folder.join("run.json").exists(), "{}", outcome.stdout);
    }
}
