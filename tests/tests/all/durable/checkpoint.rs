//! Records of checkpoints that somebody changed, and those of older versions.

use std::fs;

use serde_json::{Value as Json, json};
use tests::{Bench, RunFolder};

const TEXT: &str = "let s = each(\"s\", 5, #{ n: 0 }, |i, s| { if i == 4 { throw \"stop\" } s.n += i; s });";

/// A run of `TEXT`, which stopped in its fourth item.
fn stopped(bench: &Bench) -> RunFolder {
    bench.script(TEXT, &["--checkpoint-every", "0s"]).run().code(1).says(&["stop"]);
    bench.only_run()
}

/// Changes the record of the loop, with its checksum or without one.
fn change(run: &RunFolder, key: &str, value: Json, sealed: bool) {
    let path = run.path().join("checkpoints/s.json");
    let mut json: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    json[key] = value;
    if !sealed {
        json.as_object_mut().unwrap().remove("sha256");
    }
    fs::write(&path, json.to_string()).unwrap();
}

#[test]
fn a_record_that_was_changed_is_refused() {
    let bench = Bench::new();
    let run = stopped(&bench);
    let path = run.path().join("checkpoints/s.json");
    let whole = fs::read(&path).unwrap();
    let changes = [
        ("done", json!(2)),
        ("done", json!(99)),
        ("finished", json!(true)),
        ("state", json!({"map": {"n": {"int": 7}}})),
    ];
    for (key, value) in changes {
        change(&run, key, value, true);
        let refused = ["checkpoints/s.json: the checkpoint is damaged: this is not what was written"];
        bench.resume(&run, &[]).run().code(2).says(&refused).says(&["start a new run, or remove "]);
        fs::write(&path, &whole).unwrap();
    }
    bench.resume(&run, &[]).run().code(1).says(&["stop"]);
}

#[test]
fn a_record_without_a_checksum_is_read_where_its_numbers_can_be() {
    let bench = Bench::new();
    let run = stopped(&bench);
    let path = run.path().join("checkpoints/s.json");
    let whole = fs::read(&path).unwrap();
    let bad = [json!(-1), json!("x"), json!(1.5), json!(null)].map(|done| ("done", done));
    let bad =
        bad.into_iter().chain([("finished", json!("yes")), ("logged", json!(-3)), ("metrics", json!("0"))]);
    for (key, value) in bad {
        change(&run, key, value.clone(), false);
        let outcome = bench.resume(&run, &[]).run();
        assert!(matches!(outcome.status.code(), Some(1 | 2)), "{key} {value}: {}", outcome.stderr);
        outcome.says(&["checkpoints/s.json: the checkpoint is damaged", "start a new run, or remove "]);
        fs::write(&path, &whole).unwrap();
    }
    change(&run, "done", json!(3), false);
    bench.write("plugins/own.rhai", TEXT.replace("i == 4", "false"));
    bench.resume(&run, &["--changed"]).run().code(0);
}

#[test]
fn a_loop_that_has_fewer_items_than_are_done_is_refused() {
    let bench = Bench::new();
    let run = stopped(&bench);
    let says = ["the loop `s` has done 3 items, and now it has 2", "keep the items that are done"];
    bench.write("plugins/own.rhai", TEXT.replace("5,", "2,"));
    bench.resume(&run, &["--changed"]).run().code(1).says(&says);
    bench.write("plugins/own.rhai", TEXT);
    change(&run, "done", json!(99), false);
    bench.resume(&run, &["--changed"]).run().code(1).says(&["damaged: 99 of 5 items are done"]);
}

#[test]
fn without_its_checkpoints_a_run_computes_everything_again() {
    let bench = Bench::new();
    let run = stopped(&bench);
    fs::remove_dir_all(run.path().join("checkpoints")).unwrap();
    bench.resume(&run, &[]).run().code(1).says(&["stop"]);
}
