//! `host runs name`, `note` and `tag`

use std::fs;

use serde_json::{Value as Json, json};
use tests::{Bench, FakeRun};

const RUN: &str = "runs/dtan-aaaaaaaa";

fn bench() -> Bench {
    let bench = Bench::empty();
    FakeRun::default().write(&bench.path().join(RUN));
    FakeRun { seed: 1, ..FakeRun::default() }.write(&bench.path().join("runs/dtan-bbbbbbbb"));
    bench
}

#[test]
fn what_is_said_of_a_run_is_kept_beside_its_record() {
    let bench = bench();
    let path = bench.path().join(RUN);
    let record = fs::read(path.join("run.json")).unwrap();
    bench.host(["runs", "name", RUN, "the", "best one"]).run().code(0);
    bench.host(["runs", "note", "aaaaaaaa", "drops at step 3; see \u{1b}[31m"]).run().code(0);
    bench.host(["runs", "tag", "the best one", "x", "y"]).run().code(0);
    bench.host(["runs", "tag", RUN, "-y", "z"]).run().code(0);
    let notes: Json = serde_json::from_slice(&fs::read(path.join("notes.json")).unwrap()).unwrap();
    let expected =
        json!({ "name": "the best one", "note": "drops at step 3; see \u{1b}[31m", "tags": ["x", "z"] });
    assert_eq!(notes, expected);
    assert_eq!(fs::read(path.join("run.json")).unwrap(), record);
    let shown = bench.host(["runs", "--where", "tag=z name='the best one'"]).run().code(0);
    let shown = shown.shows(&["the best one", "x,z"]);
    assert_eq!(shown.stdout.lines().count(), 2, "the heads and one run");
    bench.host(["runs", "--columns", "run,note"]).run().code(0).shows(&["see \\x1b[31m"]);
    bench.host(["runs", "name", RUN]).run().code(0);
    assert!(!bench.host(["runs"]).run().code(0).stdout.contains("best one"));
}

#[test]
fn only_a_run_has_notes() {
    let bench = bench();
    bench.write("runs/other/file.txt", "");
    bench.host(["runs", "name", "runs/other", "x"]).run().code(2).says(&["not the folder of a run"]);
    bench
        .host(["runs", "name", "runs/dtan-aaaaaaab", "x"])
        .run()
        .code(2)
        .says(&["did you mean `dtan-aaaaaaaa`?"]);
    assert!(!bench.path().join("runs/other/notes.json").exists());
    bench.host(["runs", "name", "dtan-bbbbbbbb", "aaaaaaaa"]).run().code(0);
    bench.host(["runs", "note", "aaaaaaaa", "x"]).run().code(2).says(&["2 runs are called aaaaaaaa"]);
}
