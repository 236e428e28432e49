//! `host runs rm`

use std::fs;

use libc::SIGKILL;
use tests::{Bench, FakeRun};

fn bench() -> Bench {
    let bench = Bench::empty();
    let folder = |name: &str| bench.path().join("runs").join(name);
    FakeRun::default().write(&folder("maker-aaaaaaaa"));
    bench.write("runs/maker-aaaaaaaa/models/g.onnx", "12345");
    let file = folder("maker-aaaaaaaa").canonicalize().unwrap().join("models/g.onnx");
    let reader = FakeRun { files: vec![file.display().to_string()], ..FakeRun::default() };
    reader.write(&bench.path().join("sweeps/s/runs/reader-bbbbbbbb"));
    FakeRun::default().write(&folder("third-cccccccc"));
    bench
}

#[test]
fn nothing_is_removed_that_was_not_named_and_meant() {
    let bench = bench();
    let third = bench.path().join("runs/third-cccccccc");
    let outcome = bench.host(["runs", "rm", "runs/third-cccccccc"]).run().code(2);
    outcome.shows(&["third-cccccccc  (2 files, "]).says(&["nothing is removed without --yes"]);
    assert!(third.exists());
    bench.host(["runs", "rm", "cccccccc", "--yes"]).run().code(0).shows(&["third-cccccccc"]);
    assert!(!third.exists());
    let left: Vec<_> =
        fs::read_dir(bench.path().join("runs")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name != ".third-cccccccc.removed"), "{left:?}");
    assert!(bench.path().join("runs/maker-aaaaaaaa/run.json").exists());
}

#[test]
fn a_run_that_others_read_from_stays() {
    let bench = bench();
    let (maker, reader) = ("runs/maker-aaaaaaaa", "sweeps/s/runs/reader-bbbbbbbb");
    let refused = bench.host(["runs", "rm", maker, "--yes"]).run().code(2);
    refused.says(&["has files that others read", "reader-bbbbbbbb"]);
    assert!(bench.path().join(maker).join("models/g.onnx").exists());
    bench.host(["runs", "rm", maker, reader, "--yes"]).run().code(0);
    assert!(!bench.path().join(maker).exists() && !bench.path().join(reader).exists());
}

#[test]
fn what_is_no_run_stays() {
    let bench = bench();
    bench.write("precious/file.txt", "precious");
    bench.write("damaged/run.json", "{");
    for (folder, problem) in [
        ("precious", "not the folder of a run"),
        ("runs", "not the folder of a run"),
        ("damaged", "is not the record of a run"),
        ("nowhere", "there is no run nowhere"),
    ] {
        // One that could go does not go before the other is refused.
        let words = ["runs", "rm", "runs/third-cccccccc", folder, "--yes"];
        bench.host(words).run().code(2).says(&[problem]);
    }
    assert!(
        bench.path().join("precious/file.txt").exists() && bench.path().join("damaged/run.json").exists()
    );
    assert!(bench.path().join("runs/third-cccccccc").exists());
}

#[test]
fn a_run_under_way_stays() {
    let bench = Bench::new();
    let text = "each(\"step\", 1..=100000, |i| { log(\"x\", i); for k in 0..1000 {} i });";
    let running = bench.script(text, &[]).start();
    let running = running.until(|| bench.runs().len() == 1);
    let run = bench.only_run();
    let path = run.path().to_owned();
    bench
        .host(["runs".as_ref(), "rm".as_ref(), path.as_os_str(), "--yes".as_ref()])
        .run()
        .code(2)
        .says(&["is still running"]);
    assert!(path.join("run.json").exists());
    running.signal_after(std::time::Duration::ZERO, SIGKILL);
    bench.host(["runs".as_ref(), "rm".as_ref(), path.as_os_str(), "--yes".as_ref()]).run().code(0);
    assert!(!path.exists());
}
