//! Wrong settings and wrong commands.

use std::os::unix::ffi::OsStrExt;

use tests::{Bench, Outcome};

const PLUGIN: &str = r#"//! A test.

let cfg = params(#{
    epochs: 3, // times
    lr: 0.1, // rate
    name: "a", // word
    on: true, // or off
});
log("lr", cfg.lr);"#;

/// `host run own ARGS`, which is refused before a run is made.
#[track_caller]
fn refused(args: &[&str]) -> Outcome {
    let bench = Bench::new();
    let outcome = bench.script(PLUGIN, args).run();
    assert!(bench.runs().is_empty(), "a run was made");
    outcome
}

#[test]
fn an_unknown_setting_names_the_nearest_one() {
    refused(&["epoch=5"]).code(2).says(&["command line: there is no setting `epoch`", "`epochs`"]);
    refused(&["zzz=5"]).code(2).says(&["there is no setting `zzz`", "the settings are epochs, lr, name, on"]);
}

#[test]
fn a_wrong_type_names_the_setting_and_shows_how_to_write_it() {
    refused(&["epochs=2.5"])
        .code(2)
        .says(&["the setting `epochs` is of type integer, not `2.5`", "epochs=3"]);
    refused(&["lr=fast"]).code(2).says(&["the setting `lr` is of type float, not `fast`"]);
    refused(&["on=maybe"]).code(2).says(&["the setting `on` is of type bool, not `maybe`"]);
    refused(&["epochs="]).code(2).says(&["the setting `epochs`"]);
    refused(&["epochs=99999999999999999999"]).code(2).says(&["the setting `epochs`"]);
}

#[test]
fn whole_numbers_are_taken_for_floats() {
    let bench = Bench::new();
    bench.script(PLUGIN, &["lr=2"]).run().code(0);
    assert_eq!(bench.only_run().metric("lr"), [2.0]);
}

#[test]
fn mistakes_in_settings_files_have_a_line() {
    let bench = Bench::new();
    let run = |text: &str, args: &[&str]| {
        bench.write("c.toml", text);
        bench.write("plugins/own.small.toml", text);
        bench.script(PLUGIN, args).run()
    };
    for args in [["--config", "c.toml"], ["--preset", "small"]] {
        let file = if args[0] == "--config" { "c.toml" } else { "plugins/own.small.toml" };
        run("lr = 0.1\nepochs = = 3\n", &args).code(2).says(&[&format!("{file}:2:"), "epochs = = 3", "^"]);
        run("lr = 0.1\nepoch = 3\n", &args).code(2).says(&[&format!("{file}:2:1"), "`epoch`", "`epochs`"]);
        run("lr = 0.1\nepochs = \"3\"\n", &args)
            .code(2)
            .says(&[&format!("{file}:2:"), "`epochs` is of type integer"]);
        run("lr = [0.1]", &args).code(2).says(&[&format!("{file}:1:"), "`lr` is of type float"]);
    }
    assert!(bench.runs().is_empty());
}

#[test]
fn missing_files_are_named() {
    refused(&["--config", "nowhere.toml"]).code(1).says(&["nowhere.toml: "]);
    refused(&["--preset", "nowhere"]).code(2).says(&["own has no preset `nowhere`", "plugins/own.NAME.toml"]);
    let bench = Bench::new();
    bench.host(["run", "dtna"]).run().code(2).says(&["there is no plugin dtna", "`dtan`"]);
    bench.host(["run", "folder/x.rhai"]).run().code(2).says(&["there is no plugin folder/x.rhai"]);
    bench.host(["check", "dtna"]).run().code(2).says(&["there is no plugin dtna"]);
    bench.host(["params", "dtna"]).run().code(2).says(&["there is no plugin dtna"]);
    bench.host(["run", "dtan", "--device", "tpu"]).run().code(2).says(&["tpu"]);
}

#[test]
fn settings_that_are_declared_badly_are_reported() {
    let bench = Bench::new();
    let fails = |text: &str, texts: &[&str]| {
        bench.run(text).code(1).says(texts);
        assert!(bench.runs().is_empty(), "a run was made");
    };
    fails("let x = 1;\nlet cfg = params(#{ a: 1 });", &["own.rhai:1:", "may stand above `params`"]);
    fails("fn f() { params(#{ a: 1 }) }", &["own.rhai:1:10", "top level"]);
    fails("let c = params(#{ a: 1 });\nlet d = params(#{ b: 1 });", &["own.rhai:2:", "one `params` call"]);
    fails("let c = params(#{ a: |x| x });", &["own.rhai:1:"]);
    fails("let c = params(#{ a: zeros([1000000, 1000000]) });", &["own.rhai:1:"]);
}

#[test]
fn a_preset_that_the_settings_do_not_take_is_a_finding() {
    let bench = Bench::new();
    bench.write(
        "plugins/own.rhai",
        "let cfg = params(#{ method: one_of(\"a\", [\"a\", \"bee\"]) });\ncfg.method",
    );
    bench.write("plugins/own.right.toml", "method = \"bee\"");
    bench.host(["check", "own"]).run().code(0);
    bench.write("plugins/own.wrong.toml", "# Not that.\nmethod = \"bea\"");
    let shown = ["plugins/own.wrong.toml:2:10: the setting `method` is bea, expected one of a, bee", "`bee`"];
    bench.host(["check", "own"]).run().code(1).shows(&shown);
}

#[test]
fn a_setting_of_a_plugin_without_settings_is_refused() {
    let bench = Bench::new();
    bench
        .script("log(\"a\", 1);", &["x=1"])
        .run()
        .code(2)
        .says(&["there is no setting `x`: the plugin declares none"]);
}

#[test]
fn wrong_usage_exits_with_2() {
    let bench = Bench::new();
    for args in [
        &["frobnicate"][..],
        &[],
        &["run"],
        &["run", "dtan", "--no-such-flag"],
        &["run", "dtan", "words"],
        &["run", "dtan", "--seed", "-1"],
        &["run", "dtan", "--seed", "x"],
        &["run", "dtan", "--deadline", "soon"],
        &["run", "dtan", "--deadline=-1s"],
        &["run", "dtan", "--checkpoint-every", "1e99s"],
        &["run", "dtan", "--max-operations", "-5"],
        &["resume"],
        &["help", "frobnicate"],
        &["help", "noise::unifrom"],
    ] {
        let outcome = bench.host(args).run().code(2);
        assert!(!outcome.stderr.is_empty(), "{args:?}");
    }
    assert!(bench.runs().is_empty());
}

#[test]
fn a_name_that_is_not_unicode_is_no_reason_to_crash() {
    let bench = Bench::new();
    let odd = std::ffi::OsStr::from_bytes(b"plugins/od\xffd.rhai");
    if std::fs::write(bench.path().join(odd), "log(\"a\", 1);").is_err() {
        return tests::skipped("the file system takes no such names");
    }
    let outcome = bench.host(["run", "--quiet"]).arg(odd).run();
    assert!(matches!(outcome.status.code(), Some(0..=2)), "{outcome:?}");
}

#[test]
fn a_folder_for_runs_that_cannot_be_made_is_named() {
    let bench = Bench::new();
    bench.write("file", "");
    bench.script("log(\"a\", 1);", &["--out", "file"]).run().code(2).says(&["file: "]);
    bench.script("log(\"a\", 1);", &["--out", "file/runs"]).run().code(2).says(&["file"]);
    bench.script("log(\"a\", 1);", &["--out", "/proc/runs"]).run().code(2).says(&["/proc/runs"]);
}
