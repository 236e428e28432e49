//! What run.json says of where a run was made.

use std::fs;
use std::process::Command;

use tests::Bench;

const TEXT: &str = "each(\"a\", 3, #{ x: 0.0 }, |i, s| { s.x += 1.0; log(\"x\", s.x); s });";

fn git(bench: &Bench, words: &[&str]) -> bool {
    let mut git = Command::new("git");
    git.current_dir(bench.path()).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words);
    git.output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_run_says_where_it_was_made() {
    let bench = Bench::new();
    bench.run(TEXT).code(0);
    let run = bench.only_run();
    let here = run.record()["environments"][0].clone();
    for fact in ["host", "os"] {
        assert!(!here[fact].as_str().unwrap().is_empty(), "{here}");
    }
    assert!(
        here["threads"].as_u64().unwrap() > 0 && here["peak_memory"].as_u64().unwrap() > 1 << 20,
        "{here}"
    );
    assert!(here.get("commit").is_none(), "outside of a repository: {here}");
    let report = fs::read_to_string(run.path().join("report.html")).unwrap();
    assert!(report.contains("peak memory") && report.contains(here["host"].as_str().unwrap()));
    bench
        .host(["runs", "--where", &format!("host={}", here["host"].as_str().unwrap())])
        .run()
        .code(0)
        .says(&["1 run:"]);
}

#[test]
fn the_commit_of_the_plugin_is_recorded_and_a_change_shows() {
    let bench = Bench::new();
    bench.write("plugins/own.rhai", TEXT);
    let made = git(&bench, &["init", "-q"])
        && git(&bench, &["add", "."])
        && git(&bench, &["commit", "-qm", "first"]);
    if !made {
        tests::skipped("there is no git");
        return;
    }
    let environment = |out: &str| {
        bench.script(TEXT, &["--out", out]).run().code(0);
        let folder = fs::read_dir(bench.path().join(out)).unwrap().next().unwrap().unwrap().path();
        tests::RunFolder::at(folder).record()["environments"][0].clone()
    };
    let first = environment("first");
    assert_eq!((first["commit"].as_str().unwrap().len(), &first["clean"]), (40, &true.into()));
    bench.write("scripts/nets/wta.rhai", "// another one");
    let second = environment("second");
    assert_eq!((&second["commit"], &second["clean"]), (&first["commit"], &false.into()));
}

/// A run that began on another machine goes on, and has both in its record.
#[test]
fn a_run_goes_on_elsewhere_and_in_records_without_it() {
    let bench = Bench::new();
    let text = "each(\"a\", 1..=2, #{ x: 0.0 }, |i, s| {\n    s.x += 1.0;\n    \
                if i == 2 { nn::linear(1, 1).load(\"gate\"); }\n    s\n});";
    bench.script(text, &["--checkpoint-every", "0s", "--allow-read", "."]).run().code(1);
    let run = bench.only_run();
    let mut record = run.record();
    record["environments"][0]["host"] = "elsewhere".into();
    fs::write(run.path().join("run.json"), record.to_string()).unwrap();
    bench.resume(&run, &["--allow-read", "."]).run().code(1).says(&["gate"]);
    assert_eq!(run.record()["environments"].as_array().unwrap().len(), 2);
    bench.resume(&run, &["--allow-read", "."]).run().code(1);
    assert_eq!(run.record()["environments"].as_array().unwrap().len(), 2, "the same machine is noted once");
    let mut record = run.record();
    record.as_object_mut().unwrap().remove("environments");
    fs::write(run.path().join("run.json"), record.to_string()).unwrap();
    bench.resume(&run, &["--allow-read", "."]).run().code(1).says(&["gate"]);
}
