//! The examples of the table of script functions, the reference, the shipped scripts, and every command.

use std::fs;

use host::{Host, Options, script::Source};
use rhai::{Array, Dynamic};
use tests::{Bench, repository, skipped};

/// The plugin that the design of this program began with.
const PAPER: &str = include_str!("../../fixtures/paper.rhai");

/// Functions whose example would need a file.
const NEED_A_FILE: &[&str] = &[
    "data::array(",
    "data::csv(",
    "data::text(",
    "load(module: Module, path: string",
    "load(optimiser: Optimiser, path: string",
    "nn::from_onnx(",
    "summary(module: Module, inputs: map)",
    "onnx::model(",
    "onnx::frozen(",
    "run(model: Model",
    "forward(model: Model",
    "fits(model: Model",
    "get inputs(model: Model)",
    "get outputs(model: Model)",
    "get opset(model: Model)",
    "get metadata(model: Model)",
    "to_string(model: Model)",
    "zeros(model: Model",
    "get shape(value: OnnxValue)",
    "read(value: OnnxValue)",
    "to_string(value: OnnxValue)",
];

/// A value as the examples write it.
fn shown(value: &Dynamic) -> String {
    match value.read_lock::<Array>() {
        Some(items) => format!("[{}]", items.iter().map(nested).collect::<Vec<_>>().join(", ")),
        None if value.is_unit() => "()".into(),
        None => value.to_string(),
    }
}

fn nested(value: &Dynamic) -> String {
    if value.is_string() { format!("{:?}", value.to_string()) } else { shown(value) }
}

#[test]
fn every_example_gives_its_value() {
    let table = Host::new(Options::default()).table;
    let mut wrong = Vec::new();
    for (code, expected) in table.entries().iter().flat_map(|entry| entry.examples()) {
        if expected.is_empty() {
            wrong.push(format!("{code}: an example is written `code => value`"));
            continue;
        }
        let host = Host::new(Options::default());
        match host.run(&Source::new("example", code)) {
            Ok(value) if shown(&value) == expected => {}
            Ok(value) => wrong.push(format!("{code} gives {}, not {expected}", shown(&value))),
            Err(error) => wrong.push(format!("{code}: {}", host.explain(&error, "example"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_what_needs_a_file_has_no_example() {
    let table = Host::new(Options::default()).table;
    // An operator with a number on one side is shown by its form for two tensors.
    let shown_elsewhere = |entry: &host::script::Entry| !entry.name.starts_with(|c: char| c.is_alphabetic());
    let is_bare = |entry: &&host::script::Entry| entry.examples().next().is_none();
    let bare = table.entries().iter().filter(is_bare).filter(|entry| !shown_elsewhere(entry));
    let bare: Vec<_> = bare.map(|entry| entry.signature()).collect();
    let unexplained = |signature: &&String| !NEED_A_FILE.iter().any(|start| signature.starts_with(start));
    let unexplained: Vec<_> = bare.iter().filter(unexplained).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let superfluous =
        NEED_A_FILE.iter().filter(|start| !bare.iter().any(|signature| signature.starts_with(**start)));
    assert_eq!(superfluous.collect::<Vec<_>>(), [] as [&&str; 0]);
}

#[test]
fn an_argument_that_may_be_left_out_needs_no_second_entry() {
    let host = Host::new(Options::default());
    let entries = host.table.entries();
    let typed = |entry: &host::script::Entry| -> Vec<_> {
        entry.parameters.clone().into_iter().zip(entry.type_names()).collect()
    };
    // `-a` and `a - b` are two operations.
    for entry in entries.iter().filter(|entry| entry.name != "-") {
        let is_longer = |other: &&host::script::Entry| {
            let (short, long) = (typed(entry), typed(other));
            other.path() == entry.path() && long.len() > short.len() && long.starts_with(&short)
        };
        assert!(!entries.iter().any(|other| is_longer(&other)), "{}", entry.signature());
    }
    let uniform = entries.iter().find(|entry| entry.path() == "noise::uniform").unwrap();
    assert_eq!(uniform.signature(), "noise::uniform(shape: shape, stream?: string) -> Tensor");
    assert_eq!(uniform.arities(), 1..=2);
    let definitions = host::script::definitions(&host.engine);
    for form in ["fn uniform(shape: shape) -> Tensor;", "fn uniform(shape: shape, stream: string) -> Tensor;"]
    {
        assert!(definitions.contains(form), "{definitions}");
    }
    // What the host writes into scripts by itself, and nobody else.
    assert!(!definitions.contains("__"), "{definitions}");
    let bench = Bench::new();
    for (call, is_wrong) in
        [("()", true), ("([2])", false), ("([2], \"a\")", false), ("([2], \"a\", 3)", true)]
    {
        bench.write("plugins/own.rhai", format!("noise::uniform{call};"));
        bench.host(["check", "own"]).run().code(i32::from(is_wrong));
    }
}

#[test]
fn the_reference_is_what_the_program_writes() {
    let file = repository().join("docs/api.md");
    let Ok(text) = fs::read_to_string(file) else { return skipped("there is no docs/api.md") };
    let written = Bench::new().host(["help", "--markdown"]).run().code(0).stdout;
    for (line, (file, program)) in text.lines().zip(written.lines()).enumerate() {
        assert_eq!(
            file,
            program,
            "docs/api.md, line {}: write it anew with `host help --markdown`",
            line + 1
        );
    }
    assert_eq!(text, written);
}

/// The names of all shipped plugins.
fn plugins() -> Vec<String> {
    let entries = fs::read_dir(repository().join("plugins")).unwrap().map(|entry| entry.unwrap().path());
    let scripts = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    scripts.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn nothing_is_wrong_with_the_shipped_plugins() {
    let bench = Bench::new();
    for plugin in plugins() {
        bench.host(["check", &plugin]).run().code(0).shows(&["nothing wrong was found"]);
    }
}

#[test]
fn the_settings_of_a_plugin_are_shown() {
    let bench = Bench::new();
    for plugin in plugins() {
        let shown = bench.host(["params", &plugin]).run().code(0).stdout;
        assert!(shown.lines().count() > 3, "{shown}");
    }
    bench.host(["params", "dtan"]).run().code(0).shows(&["iterations", "20", "rounds of train", "mnist"]);
}

#[test]
fn the_paper_s_sizes_are_settings() {
    let bench = Bench::new();
    // Of no paper.
    for plugin in plugins().into_iter().filter(|plugin| plugin != "classify") {
        // The preset is read, and then stopped before anything is computed, or for want of the data set.
        let outcome = bench.host(["run", &plugin, "--preset", "paper", "--quiet", "--deadline", "0s"]).run();
        assert!(matches!(outcome.status.code(), Some(1 | 130)), "{outcome:?}");
    }
}

#[test]
fn mistakes_are_found_without_running() {
    let bench = Bench::new();
    let check = |text: &str| {
        bench.write("plugins/own.rhai", text);
        bench.host(["check", "own"]).run().code(1)
    };
    check("let x = zeros([2]);\nx.sqaure();").shows(&["own.rhai:2:3", "square"]);
    check("noise::unifrom([2]);").shows(&["own.rhai:1:", "uniform"]);
    check("let = 1;").shows(&["own.rhai:1:5"]);
    check("let cfg = params(#{ lr: 0.1 });\nprint(cfg.rate);").shows(&["own.rhai:2:", "rate"]);
    // Every fault is told, not only the first one.
    check("let x = ;\ny = 5;\nlet l = losses.mse(x, x);\nnn::conv2d(1, 2, 3, #{ strid: 2 });").shows(&[
        "own.rhai:1:9",
        "own.rhai:2:1: there is no variable `y` here",
        "`let y = ...`",
        "own.rhai:3:9: `losses` is a module",
        "`losses::mse(...)`",
        "own.rhai:4:24: `nn::conv2d` has no option `strid`",
        "did you mean `stride`?",
        "4 findings",
    ]);
    assert!(bench.runs().is_empty());
}

#[test]
fn variables_are_called_like_functions() {
    let host = Host::new(Options::default());
    let run = |text: &str| {
        shown(&host.run(&Source::new("own.rhai", text)).map_err(|e| host.explain(&e, "own.rhai")).unwrap())
    };
    assert_eq!(run("let f = |x, y| x - y; f(5, f(1, 2))"), "6");
    assert_eq!(run("let k = 2; let f = |x| x * k; let g = |x| f(f(x)); g(3) + [1].map(|x| g(x))[0]"), "16");
    assert_eq!(
        run("let net = nn::linear(2, 3); let scores = |x| net(x); scores(ones([4, 2])).shape"),
        "[4, 3]"
    );
    assert_eq!(run("fn twice(f, x) { f(f(x)) } twice(|x| x + 1, 1)"), "3");
    assert_eq!(run("let f = || 7; switch f() { 7 => f(), _ => 0 }"), "7");
    let error = host.run(&Source::new("own.rhai", "let w = ones([2]);\nlet x = 1 + w(1);")).unwrap_err();
    let error = host.explain(&error, "own.rhai");
    assert!(error.starts_with("own.rhai:2:13: this is a Tensor, which cannot be called"), "{error}");
}

#[test]
fn plugins_are_listed_with_their_first_lines() {
    let listed = Bench::new().host(["list"]).run().code(0).stdout;
    for plugin in plugins() {
        assert!(listed.lines().any(|line| line.starts_with(&plugin)), "{plugin} is not in:\n{listed}");
    }
}

#[test]
fn help_explains_functions_modules_and_itself() {
    let bench = Bench::new();
    let help = |args: &[&str]| bench.host([&["help"], args].concat()).run().code(0);
    help(&[]).shows(&["noise: ", "uniform", "host help NAME"]);
    help(&["noise::uniform"])
        .shows(&["noise::uniform(shape: shape, stream?: string) -> Tensor", "example: "]);
    help(&["uniform"]).shows(&["noise::uniform("]);
    help(&["noise"]).shows(&["noise::uniform(", "noise::normal("]);
    help(&["shape"]).shows(&["shape"]);
    help(&["--definitions"]).shows(&["fn "]);
    bench
        .host(["help", "unifrom"])
        .run()
        .code(2)
        .says(&["no command or script function `unifrom`", "`uniform`"]);
    // PyTorch's names, however they are written.
    help(&["view"]).shows(&["PyTorch's `view` is `reshape`", "reshape(x: Tensor"]);
    help(&["torch.nn.CrossEntropyLoss"]).shows(&["losses::cross_entropy("]);
    help(&["F.relu"]).shows(&["relu(x: Tensor) -> Tensor", "nn::relu()"]);
    help(&["x.cuda()"]).shows(&["--device gpu"]);
    help(&["MaxPool2d"]).shows(&["nn::max_pool2d("]);
    help(&["torch.no_grad"]).shows(&["no_grad(body: function)"]);
    // Scripts, and words in texts.
    help(&["scripts/judge"]).shows(&["import \"judge\" as judge;", "judge::log_answers("]);
    help(&["log_answers"]).shows(&["scripts/judge.rhai"]);
    help(&["learning rate"]).shows(&["set_learning_rate"]);
    help(&["reconstructions", "latest"]).shows(&["the setting passes of dtan"]);
    help(&["early stopping"]).shows(&["train::early_stopping("]);
    help(&["EarlyStopping"]).shows(&["train::early_stopping(patience)"]);
    help(&["Heusel"]).shows(&["metrics::fid"]);
    for args in [&["--help"][..], &["--version"], &["run", "--help"], &["resume", "--help"]] {
        assert!(!bench.host(args).run().code(0).stdout.is_empty());
    }
}

#[test]
fn the_reference_has_contents_and_the_script_library() {
    let text = Bench::new().host(["help", "--markdown"]).run().code(0).stdout;
    for line in ["- [nn](#nn): `linear` ", "- [Without a module](#without-a-module): `params` "] {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line}");
    }
    for line in [
        "## scripts/nets/wta.rhai",
        "### `wta::train(net, set, cfg)`",
        "- [scripts/judge.rhai](#scriptsjudgerhai): ",
    ] {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line}");
    }
    assert!(!text.contains("scripts/bench"));
}

#[test]
fn every_function_can_be_explained() {
    let table = Host::new(Options::default()).table;
    let bench = Bench::new();
    let names: std::collections::BTreeSet<_> = table.entries().iter().map(|entry| entry.path()).collect();
    for name in names.iter().filter(|name| !name.starts_with(['-', '!'])).step_by(7) {
        bench.host(["help", name]).run().code(0);
    }
}

#[test]
fn data_and_doctor_tell_what_there_is() {
    let bench = Bench::new();
    bench.host(["data"]).run().code(0).shows(&["glyphs: ", "built in", "mnist: ", "not found"]);
    bench.host(["data", "--data", "/nonexistent"]).run().code(0).shows(&["looked in: /nonexistent, data"]);
    bench.host(["doctor"]).run().code(0).shows(&[
        "cpu  ",
        "gpu  ",
        "onnx runtime  ",
        "data  ",
        "glyphs",
        "burn",
    ]);
}

#[test]
fn a_plugin_that_reads_like_the_paper_runs() {
    let bench = Bench::new();
    let small = ["images=40", "channels=4", "iterations=2", "epochs=1", "batch=20", "passes=3"];
    bench.script(PAPER, &small).run().code(0);
    let run = bench.only_run();
    let figures: Vec<_> = run.files("figures").into_keys().collect();
    assert_eq!(figures, ["figures/iteration-1.png", "figures/iteration-2.png"]);
    bench.host(["check", "own"]).run().code(0);
}

#[test]
fn the_shipped_plugins_run_in_small() {
    let bench = Bench::new();
    let small =
        ["images=40", "channels=4", "iterations=2", "epochs=1", "batch=20", "passes=3", "generate_batch=20"];
    bench.host(["run", "dtan", "--quiet"].iter().chain(&small)).run().code(0);
    let run = bench.only_run();
    assert_eq!(run.status(), "COMPLETED");
    for file in ["report.html", "metrics.jsonl", "log.txt", "run.json"] {
        assert!(run.path().join(file).metadata().is_ok_and(|file| file.len() > 0), "{file}");
    }
    assert!(!run.files("figures").is_empty());
    assert!(run.metric("loss").iter().all(|loss| loss.is_finite()));
}

#[test]
fn the_plugin_of_the_readme_runs() {
    let text = fs::read_to_string(repository().join("README.md")).unwrap_or_default();
    let Some((_, rest)) = text.split_once("```rhai\n") else { return skipped("README.md has no plugin") };
    let script = rest.split("```").next().unwrap_or_default();
    let bench = Bench::new();
    bench.script(&script.replace("train(2000)", "train(200)"), &["epochs=1"]).run().code(0);
    assert_eq!(bench.only_run().metric("loss").len(), 2);
    bench.host(["check", "own"]).run().code(0);
}
