//! `host export --tensorboard`, read by TensorBoard itself.

use std::{fs, path::Path, process::Command};

use serde_json::{Value as Json, json};
use tests::{Bench, FakeRun, repository, skipped};

/// What the data API of TensorBoard says of a folder with so many runs; nothing where it is not installed.
fn read(folder: &Path, runs: usize) -> Option<Json> {
    let packages = repository().join(".tensorboard/python");
    if !packages.is_dir() {
        skipped("there is no TensorBoard: scripts/tensorboard.sh brings it");
        return None;
    }
    let script = repository().join("tests/fixtures/tensorboard.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(folder)
        .arg(runs.to_string())
        .env("PYTHONPATH", packages)
        .output()
        .expect("Python");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {problem}")))
}

/// The event files in and below a folder.
fn event_files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(event_files(&path)),
            path => files.push(path.display().to_string()),
        }
    }
    files.sort();
    files
}

#[test]
fn tensorboard_shows_what_a_run_left() {
    let bench = Bench::empty();
    let script = r#"
        let cfg = params(#{
            lr:     0.25,     // the rate
            levels: [1, 2],   // a list
            name:   "a|b",    // a text
            fast:   true,     // a switch
        });
        let net = nn::linear(1, 1);
        each("epoch", 1..=3, #{ net: net }, |epoch, s| {
            log("loss", 1.0 / epoch);
            log("loss/odd name", if epoch == 2 { 0.0 / 0.0 } else { 1.0 * epoch });
            figure::lines(`curve-${epoch * 5}`, #{ loss: logged("loss") });
            s
        });
        figure::grid("sheet", zeros([4, 1, 8, 8]));
        table("errors", [["", "source"], ["ae", 2.5]]);
    "#;
    bench.script(script, &["lr=0.5", "--seed", "7"]).run().code(0);
    let run = bench.only_run();
    let name = run.path().file_name().unwrap().to_str().unwrap().to_owned();
    let outcome =
        bench.host(["export", &run.path().display().to_string(), "--tensorboard", "tb"]).run().code(0);
    assert_eq!(outcome.stdout.trim(), format!("tb/{name}"));
    let files = event_files(&bench.path().join("tb"));
    bench.host(["export", "runs", "--tensorboard", "tb"]).run().code(0);
    assert_eq!(event_files(&bench.path().join("tb")), files, "a second export replaces the first");
    assert_eq!(files.len(), 1);

    let Some(shown) = read(&bench.path().join("tb"), 1) else { return };
    assert_eq!(shown["runs"], json!([name]));
    let points = |tag: &str| shown["scalars"][format!("{name}:{tag}")].as_array().unwrap().clone();
    let values = |tag: &str| points(tag).iter().map(|point| json!([point[1], point[2]])).collect::<Vec<_>>();
    assert_eq!(values("loss"), [json!([0, 1.0]), json!([1, 0.5]), json!([2, 0.333_333_343_267_440_8])]);
    assert_eq!(values("loss/odd name"), [json!([0, 1.0]), json!([1, "NaN"]), json!([2, 3.0])]);
    let times: Vec<f64> = points("loss").iter().map(|point| point[0].as_f64().unwrap()).collect();
    assert!(times.is_sorted() && times[0] > 1.7e9, "{times:?}");

    let steps = |tag: &str| -> Vec<(Json, Json)> {
        let images = shown["images"][format!("{name}:{tag}")].as_array().unwrap();
        images.iter().map(|image| (image["step"].clone(), image["png"].clone())).collect()
    };
    assert_eq!(steps("curve"), [5, 10, 15].map(|step| (json!(step), json!(true))));
    assert_eq!(steps("sheet"), [(json!(0), json!(true))]);

    let text = |tag: &str| shown["text"][format!("{name}:{tag}")][0]["text"].as_str().unwrap().to_owned();
    for word in ["<td>lr</td>", "0.5", "the rate", "a|b"] {
        assert!(text("settings").contains(word), "no {word} in {}", text("settings"));
    }
    assert!(text("script/plugins/own.rhai").contains("figure::lines"), "{shown}");
    assert!(text("table/errors").contains("source"), "{shown}");

    let session = &shown["sessions"]["sessionGroups"][0];
    let expected = json!({ "lr": 0.5, "levels": "[1,2]", "name": "a|b", "fast": true, "seed": 7.0 });
    assert_eq!(session["hparams"], expected);
    assert_eq!(session["sessions"][0]["status"], "STATUS_SUCCESS");
    let metric = |tag: &str| {
        let metrics = session["metricValues"].as_array().unwrap();
        metrics.iter().find(|metric| metric["name"]["tag"] == tag).unwrap()["value"].clone()
    };
    assert_eq!(metric("loss/odd name"), json!(3.0));
}

#[test]
fn a_sweep_is_a_folder_for_each_run() {
    let bench = Bench::empty();
    for (i, status) in ["COMPLETED", "FAILED", "INTERRUPTED", "QUEUED"].into_iter().enumerate() {
        let run = FakeRun {
            seed: i as u64,
            status,
            settings: json!({ "lr": 0.1 }),
            metrics: vec![("loss", vec![1.0, i as f64])],
            ..FakeRun::default()
        };
        run.write(&bench.path().join(format!("sweeps/s-1/runs/gan-{i}")));
    }
    let outcome = bench.host(["export", "sweeps/s-1", "--tensorboard", "tb"]).run().code(0);
    let outcome = outcome.says(&["left out: 1 run has not begun", "tensorboard --logdir tb"]);
    assert_eq!(outcome.stdout, "tb/s-1/gan-0\ntb/s-1/gan-1\ntb/s-1/gan-2\n");
    let Some(shown) = read(&bench.path().join("tb"), 3) else { return };
    assert_eq!(shown["runs"], json!(["s-1/gan-0", "s-1/gan-1", "s-1/gan-2"]));
    let groups = shown["sessions"]["sessionGroups"].as_array().unwrap();
    let mut statuses: Vec<_> =
        groups.iter().map(|group| group["sessions"][0]["status"].to_string()).collect();
    statuses.sort();
    assert_eq!(statuses, ["\"STATUS_FAILURE\"", "\"STATUS_SUCCESS\"", "\"STATUS_UNKNOWN\""]);
    let last = |i: usize| shown["scalars"][format!("s-1/gan-{i}:loss")][1][2].clone();
    assert_eq!([last(0), last(1), last(2)], [0.0, 1.0, 2.0].map(|loss| json!(loss)));
}

#[test]
fn exports_that_make_no_sense_are_refused() {
    let bench = Bench::empty();
    FakeRun::default().write(&bench.path().join("runs/dtan-1"));
    let export = |runs: &str, to: &str| bench.host(["export", runs, "--tensorboard", to]).run();
    export("nowhere", "tb").code(2).says(&["there is no run nowhere"]);
    fs::create_dir(bench.path().join("empty")).unwrap();
    export("empty", "tb").code(2).says(&["there is no run to export in empty"]);
    export("runs", "runs").code(2).says(&["runs/dtan-1 is the folder of a run"]);
    bench.host(["export", "runs"]).run().code(2).says(&["--tensorboard <DIR>"]);
    fs::write(bench.path().join("file"), "").unwrap();
    export("runs", "file").code(1).says(&["file/dtan-1"]);
}
