//! `host run --like` and `host params --toml`

use tests::Bench;

const TEXT: &str = "let cfg = params(#{ epochs: 3, // times through the data\n rate: 0.5, name: \"a b\" });\n\
                    log(\"rate\", cfg.rate); log(\"epochs\", cfg.epochs);";

#[test]
fn a_run_starts_from_the_settings_of_another() {
    let bench = Bench::new();
    bench.script(TEXT, &["rate=0.25", "epochs=7", "--seed", "5"]).run().code(0);
    let first = bench.only_run();
    let path = first.path().to_str().unwrap().to_owned();
    bench.host(["run", "--quiet", "--out", "others", "--like", &path, "epochs=2"]).run().code(0);
    bench.host(["run", "own", "--quiet", "--out", "others", "--seed", "6", "--like", &path]).run().code(0);
    let runs = bench.host(["runs", "others", "--json", "--sort", "seed"]).run().code(0).stdout;
    let runs: Vec<serde_json::Value> = runs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |i: usize| {
        let settings = &runs[i]["settings"];
        (
            runs[i]["seed"].as_u64().unwrap(),
            settings["epochs"].as_i64().unwrap(),
            settings["rate"].as_f64().unwrap(),
        )
    };
    assert_eq!([of(0), of(1)], [(5, 2, 0.25), (6, 7, 0.25)]);
    assert_eq!(runs[1]["metrics"]["rate"]["last"], 0.25);
    // As a preset, the run is below what the command line says, and goes on by itself.
    let bad = bench.host(["run", "--quiet", "--like", &path, "epoch=2"]).run().code(2);
    bad.says(&["there is no setting `epoch`", "did you mean `epochs`?"]);
    bench.host(["run", "--like", "runs/none"]).run().code(2).says(&["there is no run runs/none"]);
    bench.host(["run"]).run().code(2);
}

/// As on `host resume`, a record from elsewhere does not say which script is run.
#[test]
fn the_plugin_of_a_run_is_one_that_is_found_from_here() {
    let bench = Bench::new();
    bench.script(TEXT, &[]).run().code(0);
    let run = bench.only_run();
    let path = run.path().join("run.json");
    let mut record = run.record();
    let evil = tempfile::Builder::new().suffix(".rhai").tempfile().unwrap();
    record["arguments"]["plugin"] = evil.path().to_str().unwrap().into();
    std::fs::write(&path, record.to_string()).unwrap();
    let outcome = bench.host(["run", "--like", run.path().to_str().unwrap()]).run().code(2);
    outcome.says(&["is not found from here", "--like"]);
}

#[test]
fn the_settings_of_a_plugin_are_a_file_to_edit() {
    let bench = Bench::new();
    bench.script(TEXT, &[]).run().code(0);
    let toml = bench.host(["params", "own", "--toml"]).run().code(0).stdout;
    assert!(toml.contains("# times through the data [integer]\nepochs = 3\n"), "{toml}");
    bench.write("mine.toml", toml.replace("epochs = 3", "epochs = 9"));
    bench.script(TEXT, &["--config", "mine.toml", "--out", "others"]).run().code(0);
    let shown = bench.host(["runs", "others", "--columns", "epochs,name,rate"]).run().code(0).stdout;
    assert!(shown.lines().nth(1).unwrap().starts_with("     9"), "{shown}");
    for plugin in ["dtan", "boosted_gan", "augintae", "sae", "noisy_gan"] {
        let toml = bench.host(["params", plugin, "--toml"]).run().code(0).stdout;
        bench.write("all.toml", &toml);
        let config = std::fs::read_to_string(bench.path().join("all.toml")).unwrap();
        let parsed = config.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        assert!(parsed.clone().count() > 3 && parsed.clone().all(|line| line.contains(" = ")), "{toml}");
    }
}
