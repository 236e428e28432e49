//! What a resumed run does not do twice, and what cannot be resumed.

use std::fs;
use std::time::Duration;

use tests::{Bench, Host, RunFolder};

use super::NESTED;

/// Starts a run and stops it with Ctrl-C as soon as it has its folder.
fn interrupted(bench: &Bench, host: Host) {
    let begun = || bench.runs().iter().any(|run| run.path().join("run.json").exists());
    host.start().until(begun).signal_after(Duration::ZERO, libc::SIGINT).code(130);
}

/// A run that stops with an error until there is a file `go` in its folder.
const STOPS_ONCE: &str = r#"
let cfg = params(#{ n: 3 });
let net = nn::linear(2, 2);
let name = net;
let part = nn::sequential([net]);
let value = stage("value", || { log("staged", 1); noise::uniform([2]) });
let first = each("first", 2, #{ net: net, n: 0 }, |i, s| {
    s.net.init_normal(0.0, 1.0);
    s.n += i;
    log("first", i);
    s
});
let again = each("again", 2, #{ n: 0 }, |i, s| { s.n += i; log("again", 1); s });
let again = each("again", 2, #{ n: 0 }, |i, s| { s.n += 10 * i; log("again", 2); s });
log("weights", part.forward(ones([1, 2])).sum());
log("weights", name.forward(ones([1, 2])).sum());
log("sums", again.n);
log("value", value.sum());
each("last", cfg.n, |i| {
    log("last", i);
    if i == 2 { stage("mark", || i); MIDDLE }
});
name.save("net");
"#;

/// `STOPS_ONCE` as an undisturbed run and as one that was killed in the middle of its last loop and resumed.
fn twice(checkpoints: &str) -> (RunFolder, RunFolder, [Bench; 2]) {
    let text = STOPS_ONCE.replace("MIDDLE", "for k in 0..2000 { noise::normal([30000]); }");
    let (reference, bench) = (Bench::new(), Bench::new());
    reference.run(&text).code(0);
    let args = ["--checkpoint-every", checkpoints];
    let running = bench.script(&text, &args).start();
    let reached = || bench.runs().iter().any(|run| run.path().join("checkpoints/last.json").exists());
    running.until(reached).signal_after(Duration::ZERO, libc::SIGKILL);
    let run = bench.only_run();
    assert_eq!(run.status(), "RUNNING", "a killed run cannot write its end");
    bench.resume(&run, &args).run().code(0);
    (reference.only_run(), run, [reference, bench])
}

#[test]
fn what_is_done_is_not_done_again() {
    let (expected, run, _places) = twice("0s");
    run.assert_same_results(&expected);
    assert_eq!(run.metric("staged"), [1.0]);
    assert_eq!(run.metric("again"), [1.0, 1.0, 2.0, 2.0]);
    let weights = run.metric("weights");
    assert_eq!(weights[0], weights[1], "a module that was restored is seen under every name");
    assert_eq!(run.record()["resumed"], 1);
    run.assert_tidy();
}

#[test]
fn a_stage_is_computed_once() {
    let bench = Bench::new();
    let text = r#"
        let x = stage("draw", || { print("computing"); noise::uniform([3]) });
        let y = stage("plain", || { print("computing"); #{ a: [1, 2.5, "x", true, ()], b: x } });
        if y.b.to_array() != x.to_array() { throw "not the same"; }
        if y.a != [1, 2.5, "x", true, ()] { throw "not the same"; }
        log("x", x.sum());
        throw "stop";
    "#;
    bench.run(text).code(1).says(&["own.rhai:7:9: stop"]);
    let run = bench.only_run();
    bench.resume(&run, &[]).run().code(1).says(&["own.rhai:7:9: stop"]);
    let log = String::from_utf8_lossy(&run.files("")["log.txt"]).into_owned();
    assert_eq!(log.matches("computing").count(), 2, "{log}");
    assert_eq!(run.metrics().len(), 1);
}

#[test]
fn a_resumed_run_keeps_its_settings_and_seed() {
    let text = r#"
        let cfg = params(#{ n: 1, name: "a" });
        log("n", cfg.n);
        each("step", 2, |i| {
            log("draw", noise::uniform([1]));
            if i == 2 { for k in 0..600 { noise::normal([30000]); } }
        });
        log("length", cfg.name.len());
    "#;
    let bench = Bench::new();
    let config = bench.write("c.toml", "name = \"from a file\"\n");
    let config = config.to_string_lossy().into_owned();
    interrupted(&bench, bench.script(text, &["n=5", "--config", &config, "--seed", "7"]));
    // What was resolved counts, not the file as it is now.
    fs::write(&config, "name = \"changed\"\n").unwrap();
    let run = bench.only_run();
    let refused =
        ["c.toml changed since the run began", "the settings of this run stay as run.json has them"];
    bench.resume(&run, &[]).run().code(2).says(&refused);
    fs::remove_file(&config).unwrap();
    bench.resume(&run, &[]).run().code(2).says(&["c.toml is gone since the run began"]);
    bench.resume(&run, &["--changed"]).run().code(0);
    assert_eq!(run.metric("n"), [5.0]);
    assert_eq!(run.metric("length"), [11.0]);
    let changed = run.record()["changed"].clone();
    assert!(changed[0]["name"].as_str().is_some_and(|name| name.ends_with("c.toml")), "{changed}");

    let other = Bench::new();
    other.script(text, &["n=5", "name=from a file", "--seed", "7"]).run().code(0);
    run.assert_same_results(&other.only_run());
}

#[test]
fn a_run_is_resumed_from_any_folder() {
    let bench = Bench::new();
    let text = "stage(\"wait\", || { for k in 0..600 { noise::normal([30000]); } }); log(\"i\", 1);";
    interrupted(&bench, bench.script(text, &[]));
    let run = bench.only_run();
    // Its plugin is not found from there, and not taken from its record.
    let elsewhere = Bench::new();
    let plugin = bench.path().join("plugins/own.rhai").display().to_string();
    let word = format!("--plugin {plugin}");
    elsewhere.resume(&run, &[]).run().code(2).says(&["is not taken from there", &word]);
    elsewhere.resume(&run, &["--plugin", &plugin]).run().code(0);
    assert_eq!(run.metric("i"), [1.0]);
    assert!(elsewhere.runs().is_empty());
}

#[test]
fn a_completed_run_is_not_resumed() {
    let bench = Bench::new();
    bench.run("log(\"a\", 1);").code(0);
    let run = bench.only_run();
    let before = run.files("");
    bench.resume(&run, &[]).run().code(2).says(&["is completed: there is nothing to resume", "host run"]);
    assert!(before == run.files(""), "nothing was touched");
}

#[test]
fn a_running_run_is_not_resumed() {
    let bench = Bench::new();
    let running = bench.script("loop { zeros([1]); }", &["--deadline", "60s"]).start();
    let running = running.until(|| bench.runs().iter().any(|run| run.path().join("run.json").exists()));
    bench.resume(&bench.only_run(), &[]).run().code(2).says(&["still running in another process"]);
    running.signal(libc::SIGKILL);
    running.wait();
    bench.resume(&bench.only_run(), &["--deadline", "100ms"]).run().code(130);
}

#[test]
fn a_run_whose_script_changed_is_not_resumed() {
    let bench = Bench::new();
    interrupted(&bench, bench.script(NESTED, &[]));
    let changed = NESTED.replace("lr: 0.01", "lr: 0.02");
    bench.write("plugins/own.rhai", changed);
    let run = bench.only_run();
    bench
        .resume(&run, &[])
        .run()
        .code(2)
        .says(&["own.rhai changed since the run began", "run.json has its text"]);
    assert_eq!(run.status(), "INTERRUPTED", "the run is as it was");
    fs::remove_file(bench.path().join("plugins/own.rhai")).unwrap();
    bench.resume(&run, &[]).run().code(2);
    bench.write("plugins/own.rhai", NESTED);
    bench.resume(&run, &[]).run().code(0);
}

#[test]
fn a_killed_run_whose_import_changed_is_not_resumed() {
    let bench = Bench::new();
    bench.write("scripts/mine.rhai", "fn f(x) { x + 1 }");
    let text = "import \"mine\" as mine;\nlet a = mine::f(1);\nstage(\"s\", || a);\nloop { zeros([1]); }";
    let running = bench.script(text, &["--checkpoint-every", "0s"]).start();
    let running = running.until(|| bench.runs().iter().any(RunFolder::has_checkpoint));
    running.signal(libc::SIGKILL);
    running.wait();
    bench.write("scripts/mine.rhai", "fn f(x) { x + 2 }");
    let outcome = bench.resume(&bench.only_run(), &["--deadline", "200ms"]).run();
    outcome.code(2).says(&["mine.rhai changed since the run began"]);
}

#[test]
fn what_is_no_run_is_not_resumed() {
    let bench = Bench::new();
    let resume = |path: &str| bench.resume(&RunFolder::at(bench.path().join(path)), &[]).run();
    resume("nothing").code(2).says(&["there is no run", "nothing"]);
    resume("scripts").code(2).says(&["scripts is not the folder of a run: it has no run.json"]);
    bench.write("broken/run.json", "{\"plugin\": \"a\"");
    resume("broken").code(2).says(&["run.json is not the record of a run"]);
    bench.write("odd/run.json", "[1, 2]");
    resume("odd").code(2).says(&["run.json is not the record of a run"]);
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let text = r#"
        let s = stage("s", || noise::uniform([100]));
        let t = each("a", 2, #{ x: s }, |i, s| s);
        each("b", 1, |i| { throw "stop" });
    "#;
    let bench = Bench::new();
    bench.run(text).code(1).says(&["stop"]);
    let run = bench.only_run();
    let resume = || bench.resume(&run, &[]).run();
    let files: Vec<String> = run.files("checkpoints").into_keys().collect();
    for name in files {
        let path = run.path().join(&name);
        let Ok(whole) = fs::read(&path) else { continue };
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let outcome = resume();
        assert!(matches!(outcome.status.code(), Some(1 | 2)), "{name}: {}", outcome.stderr);
        outcome.says(&["the checkpoint is damaged"]);
        fs::write(&path, &whole).unwrap();
    }
    resume().code(1).says(&["own.rhai:4:28: stop"]);
}

#[test]
fn what_a_killed_process_left_half_written_is_removed() {
    let bench = Bench::new();
    interrupted(&bench, bench.script(NESTED, &[]));
    let run = bench.only_run();
    for part in ["", "figures/", "models/", "checkpoints/", "checkpoints/tensors/"] {
        let path = run.path().join(format!("{part}.99999-0.new"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    }
    bench.resume(&run, &["--checkpoint-every", "0s"]).run().code(0);
    run.assert_tidy();
}

#[test]
fn loops_keep_apart_whatever_they_are_called() {
    let text = r##"
        each("a", 2, |i| { log("first", i); });
        each("a#2", 2, |i| { log("second", i); });
        each("a", 2, |i| { log("third", i); });
        each("b", 1, |i| { each("c", 2, |k| { log("fourth", k); }); });
        each("b/1/c", 2, |i| { log("fifth", i); });
        each("b.1.c", 2, |i| { log("sixth", i); });
        each("", 2, |i| { log("seventh", i); });
        each("../../x", 2, |i| { log("eighth", i); });
        let last = each("a\nb", 2, #{ x: zeros([1]) }, |i, s| { log("ninth", i); s });
        each("end", 1, |i| { throw "stop" });
    "##;
    let bench = Bench::new();
    bench.run(text).code(1).says(&["own.rhai:11:30: stop"]);
    let run = bench.only_run();
    let expected = run.metrics();
    assert_eq!(expected.len(), 18);
    bench.resume(&run, &[]).run().code(1).says(&["own.rhai:11:30: stop"]);
    assert_eq!(run.metrics(), expected);
}

/// Runs a script that fails at first for want of a file that the setting `gate` names, brings the file,
/// lets `meanwhile` happen, and resumes.
fn resumed(text: &str, settings: &[&str], meanwhile: impl Fn(&Bench)) -> tests::Outcome {
    let bench = Bench::new();
    bench.run("nn::linear(2, 3).save(\"net\");\nnn::linear(2, 3).save_onnx(\"net\", [2]);").code(0);
    let made = bench.only_run();
    let gate = bench.path().join("gate.safetensors");
    fs::copy(made.path().join("models/net.onnx"), bench.path().join("net.onnx")).unwrap();
    let given = format!("gate={}", gate.display());
    bench.script(text, &[&[given.as_str(), "--checkpoint-every", "0s"], settings].concat()).run().code(1);
    fs::copy(made.path().join("models/net.safetensors"), &gate).unwrap();
    meanwhile(&bench);
    let run = bench.runs().into_iter().find(|run| run.status() == "FAILED").expect("a run that failed");
    bench.resume(&run, &[]).run()
}

const PASS_GATE: &str = "if i == 2 { nn::linear(2, 3).load(cfg.gate); }";

/// Zeros of several types are the same bytes.
#[test]
fn equal_bytes_of_several_types_come_back_as_they_were() {
    let text = format!(
        r#"let cfg = params(#{{ gate: "x" }});
let state = #{{ a: zeros([3]), b: zeros([3]).cast("i32"), c: zeros([3]), d: zeros([3, 1]) }};
each("i", 1..=2, state, |i, s| {{
    {PASS_GATE}
    let found = [s.a.dtype, s.b.dtype, s.c.dtype, s.d.shape];
    if found != ["f32", "i32", "f32", [3, 1]] {{ throw `${{found}}`; }}
    s
}});"#
    );
    resumed(&text, &[], |_| {}).code(0);
}

#[test]
fn a_network_that_changed_since_the_run_began_is_reported() {
    let text = format!(
        r#"let cfg = params(#{{ gate: "x", net: "net.onnx" }});
let net = nn::from_onnx(cfg.net);
each("i", 1..=2, #{{ net: net }}, |i, s| {{ {PASS_GATE} s }});"#
    );
    let settings = ["net=./net.onnx"];
    resumed(&text, &settings, |_| {}).code(0);
    let outcome = resumed(&text, &settings, |bench| {
        let path = bench.path().join("net.onnx");
        let mut bytes = fs::read(&path).unwrap();
        // A field that no reader knows, and that changes nothing.
        bytes.extend([0xa0, 0x3f, 1]);
        fs::write(&path, bytes).unwrap();
    });
    outcome.code(2).says(&["net.onnx changed since the run began", "--changed", "start a new run"]);
}

#[test]
fn a_library_is_named_from_where_the_command_is_given() {
    let bench = Bench::new();
    bench.run("nn::linear(2, 3).save_onnx(\"net\", [2]);").code(0);
    let net = bench.only_run().path().join("models/net.onnx");
    let text = "let cfg = params(#{ net: \"x\" });\nonnx::model(cfg.net);";
    let settings = [&*format!("net={}", net.display()), "--onnxruntime", "none.so"];
    bench.script(text, &settings).run().code(1).says(&["does not exist: none.so"]);
    bench.write("below/fake.so", "no library");
    let run = bench.runs().into_iter().find(|run| run.status() == "FAILED").expect("a run that failed");
    let words = ["resume".as_ref(), run.path().as_os_str(), "--onnxruntime".as_ref(), "fake.so".as_ref()];
    let host = || Host::new(&bench.path().join("below"), words);
    let plugin = ["--plugin", "../plugins/own.rhai"];
    let allow = format!("--allow-read {}", net.display());
    host().run().code(2).says(&["--plugin", "plugins/own.rhai"]);
    host().args(plugin).run().code(2).says(&[&allow]);
    let outcome = host().args(plugin).args(allow.split(' ')).run().code(1);
    outcome.says(&["cannot load ONNX Runtime from", "below/fake.so"]);
}
