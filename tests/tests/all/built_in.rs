//! What a newcomer does first, in a folder that has nothing: plugins and scripts are in the program.

use std::fs;

use tests::{Bench, repository};

const SMALL: &[&str] =
    &["images=20", "channels=2", "iterations=2", "epochs=1", "batch=10", "passes=2", "generate_batch=20"];

/// `host run dtan --quiet`, small, and more.
fn dtan<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "dtan", "--quiet"], SMALL, more].concat()
}

#[test]
fn plugins_are_there_in_an_empty_folder() {
    let bench = Bench::empty();
    let listed = bench.host(["list"]).run().code(0).stdout;
    for line in ["dtan         Datasets That Are Not: ", "built in; presets: celeba, cifar, omniglot, paper"]
    {
        assert!(listed.contains(line), "{listed}");
    }
    assert!(listed.lines().all(|line| line.chars().count() <= 80), "{listed}");
    for plugin in ["dtan", "augintae", "sae", "boosted_gan", "noisy_gan", "classify"] {
        bench.host(["check", plugin]).run().code(0).shows(&["nothing wrong was found"]);
        let shown = bench.host(["params", plugin]).run().code(0).stdout;
        let wide: Vec<_> =
            shown.lines().filter(|line| line.chars().count() > 80 && line.contains(' ')).collect();
        assert!(wide.is_empty(), "{plugin}: {wide:#?}");
    }
    let shown = bench.host(["params", "boosted_gan"]).run().code(0);
    shown.shows(&["94 % right [float, from 0 to 1;", "presets (--preset NAME):\n  paper    The paper's"]);
    assert_eq!(fs::read_dir(bench.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_built_in_plugin_runs_and_goes_on_anywhere() {
    let bench = Bench::empty();
    bench.host(dtan(&[])).run().code(0);
    let whole = bench.only_run();
    let scripts = whole.record()["scripts"].clone();
    let text = |path: &str| {
        let scripts = scripts.as_array().unwrap().iter();
        let script =
            scripts.clone().find(|script| script["path"] == *path).unwrap_or_else(|| panic!("{path}"));
        script["text"].as_str().unwrap().to_owned()
    };
    let source = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    for path in ["plugins/dtan.rhai", "scripts/nets/wta.rhai", "scripts/files.rhai"] {
        assert_eq!(text(&format!("built-in:/{path}")), source(path));
    }

    let other = Bench::empty();
    other.host(dtan(&["--deadline", "0s"])).run().code(130);
    let run = other.only_run();
    other.resume(&run, &[]).run().code(0);
    run.assert_same_results(&whole);
}

#[test]
fn presets_are_built_in_and_named() {
    let bench = Bench::empty();
    let outcome = bench.host(["run", "sae", "--preset", "celebra"]).run().code(2);
    outcome.says(&["sae has no preset `celebra`", "help: did you mean `celeba`?"]);
    bench.host(["run", "sae", "--preset", "mine"]).run().code(2).says(&["it has celeba, paper"]);
    bench.host(["run", "dtan", "--preset", "paper", "images=0"]).run().code(2).says(&["at least 1"]);
    assert!(bench.runs().is_empty());
    // Presets stand beside the plugin that is run.
    bench.write("p.rhai", "let cfg = params(#{ a: 1 }); log(\"a\", cfg.a);");
    let none = bench.host(["run", "p.rhai", "--preset", "mine"]).run().code(2);
    none.says(&["p has no preset `mine`", "a preset is a file p.NAME.toml"]);
    bench.write("p.mine.toml", "a = 7");
    bench.host(["run", "p.rhai", "--preset", "mine", "--quiet"]).run().code(0);
    assert_eq!(bench.only_run().metric("a"), [7.0]);
}

#[test]
fn a_folder_of_ones_own_goes_before_what_is_built_in() {
    let bench = Bench::empty();
    bench.write("plugins/dtan.rhai", "//! Mine.\nprint(\"mine\");");
    let listed = bench.host(["list"]).run().code(0);
    listed.shows(&["Mine.", "plugins/dtan.rhai, in place of the built-in one", "sae "]);
    bench.host(["run", "dtan", "--quiet"]).run().code(0).says(&["mine"]);
    let built_in = ["run", "built-in:/plugins/dtan.rhai", "iterations=0"];
    bench.host(built_in).run().code(2).says(&["at least 1"]);
    // A script of one's own goes before the built-in one as well, also for a built-in plugin.
    bench.write("scripts/nets/sae.rhai", "fn unit(cfg, name) { throw \"my own unit\"; }");
    let small = ["images=70", "judged=20", "batch=4", "method=sae"];
    let outcome = bench.host([&["run", "sae", "--quiet"], &small[..]].concat()).run().code(1);
    outcome.says(&["scripts/nets/sae.rhai:1:", "my own unit", "called from built-in:/plugins/sae.rhai:"]);
    // And a plugin anywhere imports built-in scripts.
    bench.write("p.rhai", "import \"nets/wta\" as wta; import \"gann\" as gan;");
    bench.host(["run", "p.rhai", "--quiet"]).run().code(1).says(&[
        "gann.rhai",
        "built-in:/scripts/",
        "did you mean `gan`?",
    ]);
}

#[test]
fn a_copy_is_made_to_edit_and_nothing_is_overwritten() {
    let bench = Bench::empty();
    let copied = bench.host(["copy", "sae"]).run().code(0);
    copied.shows(&[
        "plugins/sae.rhai\n",
        "plugins/sae.celeba.toml\n",
        "plugins/sae.paper.toml\n",
        "`host copy files`",
    ]);
    let text = |path: &str| fs::read_to_string(bench.path().join(path)).unwrap();
    assert_eq!(text("plugins/sae.rhai"), fs::read_to_string(repository().join("plugins/sae.rhai")).unwrap());
    bench.host(["copy", "nets/sae"]).run().code(0).shows(&["scripts/nets/sae.rhai\n"]);
    bench.host(["check", "sae"]).run().code(0).shows(&["plugins/sae.rhai: nothing wrong"]);

    bench.write("plugins/sae.rhai", "edited");
    for name in ["sae", "sae.rhai", "plugins/sae"] {
        let again = bench.host(["copy", name]).run().code(2);
        again.says(&["plugins/sae.rhai is there already, and nothing is overwritten"]);
    }
    fs::remove_file(bench.path().join("plugins/sae.rhai")).unwrap();
    bench.host(["copy", "sae"]).run().code(2).says(&["plugins/sae.celeba.toml is there already"]);
    assert!(!bench.path().join("plugins/sae.rhai").exists(), "all or nothing");
    bench.host(["copy", "dtn"]).run().code(2).says(&["no built-in plugin or script dtn", "`dtan`"]);
    bench.host(["copy", "../sae"]).run().code(2);
    bench.host(["copy", "/etc/passwd"]).run().code(2);
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let bench = Bench::empty();
    bench
        .host(["resume", "runs/none"])
        .run()
        .code(2)
        .says(&["there is no run runs/none", "there are no runs in runs"]);
    bench.write("p.rhai", "log(\"a\", 1);");
    bench.host(["run", "p.rhai", "--quiet"]).run().code(0);
    let name = bench.only_run().path().file_name().unwrap().to_str().unwrap().to_owned();
    bench.host(["resume", "runs/none"]).run().code(2).says(&[&format!("the newest are runs/{name}")]);
    let near = format!("runs/{}", &name[..name.len() - 1]);
    bench.host(["resume", &near]).run().code(2).says(&[&format!("did you mean `{name}`?")]);
    let out = |out: &str| bench.host(["run", "p.rhai", "--out", out]).run().code(2);
    out("/proc/x")
        .says(&["/proc/x: the folder for runs cannot be made", "/proc is there, and takes no new folder"]);
    out("p.rhai").says(&["p.rhai is there, and is no folder"]);
    assert_eq!(bench.runs().len(), 1);
}

#[test]
fn help_explains_commands_as_well() {
    let bench = Bench::empty();
    let help = |words: &[&str]| bench.host([&["help"], words].concat()).run().code(0);
    help(&["run"]).shows(&[
        "Run a plugin",
        "--stop-on-nan",
        "Usage: host run",
        "Script functions of this name",
        "run(model",
    ]);
    help(&["resume"]).shows(&["Usage: host resume"]);
    help(&["data", "get"]).shows(&["Usage: host data get"]);
    help(&["copy"]).shows(&["Usage: host copy"]);
    help(&["log"]).shows(&["\"nan\"", "--stop-on-nan", "bar: true"]);
    help(&["resum"]).shows(&["no command or function is called `resum`", "host resume: Go on with a run"]);
}

#[test]
fn help_fits_80_columns() {
    let bench = Bench::empty();
    let commands = [
        "",
        "run",
        "resume",
        "params",
        "list",
        "copy",
        "help",
        "check",
        "bench",
        "bench steps",
        "bench kernels",
        "data",
        "data get",
        "onnx",
        "onnx check",
        "onnx info",
        "onnx run",
        "onnx bench",
        "onnx graph",
        "onnx diff",
        "export",
        "doctor",
    ];
    for command in commands {
        let help = bench.host(command.split_whitespace().chain(["--help"])).run().code(0).stdout;
        let wide: Vec<_> = help.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{command}: {wide:#?}");
    }
    let all = bench.host(["help"]).run().code(0).stdout;
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
}
