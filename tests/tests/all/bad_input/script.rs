//! Mistakes in scripts.

use tests::Bench;

/// Runs a plugin that fails: exit code 1 and these texts.
#[track_caller]
fn fails(text: &str, texts: &[&str]) {
    let outcome = Bench::new().run(text).code(1).says(texts);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
}

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    fails("let x = 1;\nlet y = (2;\n", &["plugins/own.rhai:2:11: ", "2 | let y = (2;", "^"]);
    fails("let x = \"abc\n", &["own.rhai:1:", "this string has no end"]);
    fails("fn f() {\n", &["own.rhai:1:", "expected `}`"]);
    fails("let = 3;", &["own.rhai:1:5", "expected a name here"]);
}

#[test]
fn a_syntax_error_makes_no_run() {
    let bench = Bench::new();
    bench.run("let = 3;").code(1);
    assert!(bench.runs().is_empty());
}

#[test]
fn an_unknown_function_names_the_nearest_one() {
    fails(
        "let x = 1;\nlet y = nosie::uniform([2]);",
        &["own.rhai:2:9", "there is no module `nosie`", "`noise`"],
    );
    fails("noise::unifrom([2]);", &["own.rhai:1:", "`noise::unifrom`", "`noise::uniform`"]);
    fails("let x = zeros([2]);\nx.sqaure();", &["own.rhai:2:3", "`sqaure()`", "`square`"]);
    fails("let x = zeros([2]).shpae;", &["own.rhai:1:", "shpae"]);
    fails("let n = 3; n + m;", &["own.rhai:1:", "there is no variable `m`"]);
    fails("let cfg = 3; fn f() { cfg } f();", &["`cfg`", "a `fn` does not see it"]);
}

#[test]
fn a_wrong_type_says_what_came_and_what_was_expected() {
    fails(
        "let a = 1;\nzeros(\"2\");",
        &["own.rhai:2:1", "zeros: got (string), expected zeros(shape: shape)"],
    );
    fails("zeros([2]).sum(\"x\");", &["own.rhai:1:12", "got (Tensor, string)"]);
    fails("zeros([2, -1]);", &["own.rhai:1:1", "-1 is not a size", "not negative"]);
    fails(
        "let a = 1;\n  nn::linear(2.5, 1);",
        &["own.rhai:2:7", "  nn::linear(2.5, 1);", "nn::linear: got (float, integer), expected nn::linear("],
    );
    fails("zeros([2]) - \"a\";", &["own.rhai:1:12", "Tensor", "string"]);
    fails("optim::adam(5, #{});", &["optim::adam: got (integer, map)"]);
    fails("log(\"x\", \"y\");", &["log: got (string, string)"]);
    fails("tensor([[1, 2], [3]]);", &["tensor: the rows of the array differ in length"]);
    fails("tensor([1, \"x\"]);", &["tensor: a string among numbers"]);
    fails("data::from(5);", &["data::from: got (integer)"]);
}

#[test]
fn values_without_one_truth_are_not_compared() {
    for text in [
        "[tensor(2.0)] == [tensor(2.0)]",
        "[[tensor(2.0)]] != [[tensor(2.0)]]",
        "#{ a: tensor(2.0) } == #{ a: tensor(2.0) }",
        "tensor(2.0) in [tensor(2.0)]",
        "[tensor(2.0)].index_of(tensor(2.0))",
        "[tensor(2.0), tensor(2.0)].dedup()",
        "[tensor(2.0)] == [2.0]",
    ] {
        fails(&format!("let x = {{ {text} }};"), &["own.rhai:1:", "has a value for each element"]);
    }
    let same = "let a = [1, [2.0, \"x\"], #{ b: () }, 'c'];
        if a != [1, [2.0, \"x\"], #{ b: () }, 'c'] || a == [1] || a == [1, 2, 3, 4] { throw \"wrong\"; }
        if !(\"x\" in a[1]) || 3 in a { throw \"wrong\"; }
        if a.index_of('c') != 3 || a.index_of(1, 1) != -1 || a.index_of('c', -1) != 3 { throw \"wrong\"; }
        if a.index_of(|x| x == 1) != 0 || tensor(1.0) in [\"x\"] { throw \"wrong\"; }";
    Bench::empty().run(same).code(0);
    for (text, kind) in [("nn::relu()", "Module"), ("|x| x", "function")] {
        let outcome = Bench::empty().run(&format!("let a = {text};\na == a")).code(1);
        let outcome = outcome.says(&[&format!("there is no `==` of {kind} and {kind}")]);
        assert!(!outcome.stderr.contains("to_float"), "{}", outcome.stderr);
    }
}

#[test]
fn a_property_that_has_a_setter_names_it() {
    let text = "let o = optim::adam(nn::linear(1, 1), #{});\no.";
    fails(&format!("{text}learning_rate = 0.1;"), &["own.rhai:2:3", "with `.set_learning_rate(value)`"]);
    fails(&format!("{text}steps = 1;"), &["`steps` of Optimiser cannot be set", "it can only be read"]);
}

#[test]
fn an_error_names_the_function_that_was_called() {
    fails("zeros([0]);", &["own.rhai:1:1: zeros: the shape is [0]"]);
    fails("zeros([2, 0]).take(0);", &["zeros: the shape"]);
    fails("ones([2]).take(0);", &[": take: "]);
    fails("ones([2]).variance(3);", &[": variance: "]);
    fails("nn::linear(1000000, 1000000);", &["own.rhai:1:5: nn::linear: needs "]);
    fails("nn::linear(4, 2).forward(zeros([1, 3]));", &["forward: linear: the shape is [1, 3]"]);
    fails("each(\"a\", 1, #{ f: finish(1) }, |i, s| s);", &["s.f is a Finished, which cannot be saved"]);
    fails(
        "data::from(zeros([2, 1]), tensor([0, -1]));",
        &["data::from: the label of item 1 is -1", "from 0 to"],
    );
    fails("data::from(zeros([2, 1]), tensor([0]));", &["labels of shape [1] for items of shape [2, 1]"]);
    fails("ones([1]).expand([1000000000000]).to_array();", &["`x.slice(dim, start, end)`"]);
}

#[test]
fn shapes_that_do_not_fit_are_reported() {
    fails("zeros([2, 3]).matmul(zeros([2, 3]));", &["matmul: ", "[2, 3]", "own.rhai:1:15"]);
    fails("zeros([2]) + zeros([3]);", &["[2]", "[3]"]);
    fails("nn::conv2d(3, 8, 5).forward(zeros([1, 1, 9, 9]));", &["conv2d", "[1, 1, 9, 9]"]);
    fails("nn::linear(4, 2).forward(zeros([1, 3]));", &["[1, 3]"]);
    fails("zeros([2, 3]).reshape([4, 2]);", &["reshape: ", "[2, 3]"]);
    fails("zeros([2, 3]).sum(2);", &["sum: ", "2"]);
    fails("zeros([2, 3]).item();", &["item: ", "[2, 3]"]);
}

#[test]
fn misuse_of_gradients_is_reported() {
    fails(
        "zeros([1]).sum().backward();",
        &["backward: the tensor depends on nothing that is differentiated"],
    );
    fails(
        "let a = tensor(1.0).track(); let b = a * a; b.backward(); b.backward();",
        &["backward: this graph was differentiated before"],
    );
    fails("let a = ones([2]).track(); (a * a).backward();", &["backward: ", "[2]"]);
}

#[test]
fn an_unknown_option_names_the_nearest_one() {
    fails("nn::conv2d(1, 1, 3, #{ strid: 2 });", &["nn::conv2d has no option `strid`", "`stride`"]);
    fails("nn::conv2d(1, 1, 3, #{ stride: \"x\" });", &["the option `stride` of nn::conv2d is a string"]);
    fails(
        "optim::adam(nn::linear(1, 1), #{ momentum: 0.9 });",
        &["optim::adam has no option `momentum`", "it has lr"],
    );
    fails("optim::adam(nn::linear(1, 1), #{ lr: -1.0 });", &["learning rate"]);
}

#[test]
fn an_error_that_a_script_throws_is_shown_in_its_words() {
    fails("let x = 1;\nthrow \"no good\";", &["own.rhai:2:1: no good"]);
    fails(
        "import \"nets/wta\" as wta;\nwta::autoencoder(#{ channels: 2, output: \"odd\" });",
        &["scripts/nets/wta.rhai:", "expected \"linear\" or \"sigmoid\"", "called from plugins/own.rhai:2:"],
    );
}

#[test]
fn imports_stay_inside_the_script_folders() {
    let bench = Bench::new();
    bench.write("outside.rhai", "fn f() { 1 }");
    let fails = |import: &str, texts: &[&str]| {
        bench
            .run(&format!("let a = 1;\nimport \"{import}\" as x;"))
            .code(1)
            .says(&["own.rhai:2:"])
            .says(texts);
    };
    fails("../outside", &["`../outside` is not a name that can be imported"]);
    fails("nets/../../outside", &["is not a name that can be imported"]);
    let absolute = bench.path().join("outside");
    fails(&absolute.to_string_lossy(), &["is not a name that can be imported"]);
    fails("", &["is not a name that can be imported"]);
    fails("nets/wat", &["there is no script nets/wat.rhai", "`nets/wta`"]);
    fails("nets/wta.rhai", &["leave out the ending"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(bench.path().join("outside.rhai"), bench.path().join("scripts/link.rhai"))
            .unwrap();
        fails("link", &["link.rhai is a link to", "outside.rhai"]);
    }
    bench.write("scripts/a.rhai", "import \"b\" as b;");
    bench.write("scripts/b.rhai", "import \"a\" as a;");
    let outcome = bench.run("import \"a\" as a;").code(1);
    outcome.says(&["these scripts import each other in a circle"]);
}

#[test]
fn stop_on_nan_ends_the_run_and_keeps_the_last_good_checkpoint() {
    let text = r#"
        let net = nn::linear(2, 2);
        let adam = optim::sgd(net, #{ lr: 0.1 });
        each("step", 9, #{ net: net, adam: adam }, |i, s| {
            if i == 5 { s.adam.set_learning_rate(1e38); }
            for k in 0..4 {
                let loss = s.net.forward(ones([1, 2])).square().mean();
                s.adam.step(loss.backward());
                try { log("loss", loss); } catch { }
            }
            s.net.save(`net-${i}`);
            s
        });
    "#;
    let bench = Bench::new();
    let stop = ["--checkpoint-every", "0s", "--stop-on-nan"];
    let outcome = bench.script(text, &stop).run().code(1);
    outcome.says(&[
        ", at plugins/own.rhai:9:23",
        "log: \"loss\" is ",
        "at its step ",
        "(step/5)",
        "`host resume ",
        "last checkpoint",
    ]);
    let run = bench.only_run();
    assert_eq!(run.status(), "FAILED");
    assert!(run.record()["error"].as_str().is_some_and(|text| text.contains("log: \"loss\" is ")));
    let record = run.files("checkpoints")["checkpoints/step.json"].clone();
    let record = String::from_utf8_lossy(&record).into_owned();
    assert!(record.contains("\"done\":4"), "{record}");
    // It stops again at the same place, from the same good state, and without the flag goes on.
    bench.resume(&run, &stop).run().code(1).says(&["log: \"loss\" is ", "(step/5)"]);
    assert!(run.files("models").contains_key("models/net-4.safetensors"));
    bench.resume(&run, &[]).run().code(0).says(&["warning: log: \"loss\" is "]);
    assert_eq!(run.metric("loss").len(), 36);
}

#[test]
fn a_start_that_failed_before_any_checkpoint_promises_no_resume() {
    for text in
        ["let x = 1;\nthrow \"no good\";", "each(\"step\", 3, #{ n: 0 }, |i, s| { throw \"no good\"; s });"]
    {
        let outcome = Bench::new().run(text).code(1).says(&["failed: what there is lies in"]);
        assert!(!outcome.stderr.contains("resume"), "{}", outcome.stderr);
    }
    let later = "each(\"step\", 3, #{ n: 0 }, |i, s| { if i == 2 { throw \"no good\"; } s });";
    Bench::new().run(later).code(1).says(&["`host resume runs/own-", "` goes on from the last checkpoint"]);
}

#[test]
fn names_of_functions_are_not_doubled() {
    let outcome = Bench::new().run("let x = 1;\neach(\"step\", 3, |i| { x += i; });").code(1);
    outcome.says(&["own.rhai:2:1: each: the body of \"step\" changed `x`"]);
    fails("nn::conv2d(1, 1, 3, #{ strid: 2 });", &["own.rhai:1:5: nn::conv2d has no option"]);
}

#[test]
fn reading_is_confined() {
    let bench = Bench::new();
    let file = bench.write("secret.safetensors", "x");
    let load = format!("nn::linear(1, 1).load(\"{}\");", file.display());
    bench.run(&load).code(1).says(&["own.rhai:1:", "the script may not read this", "--allow-read"]);
    bench.run("nn::linear(1, 1).load(\"../../../../etc/passwd\");").code(1);
    let folder = bench.path().to_string_lossy().into_owned();
    bench.script(&load, &["--allow-read", &folder]).run().code(1).says(&["secret.safetensors"]);
}

#[test]
fn writing_is_confined() {
    let bench = Bench::new();
    let before = names(bench.path());
    let text = r#"
        for name in ["../../outside", "/tmp/outside-of-a-run", "a/b", "", "..", "CON", "x\n"] {
            nn::linear(1, 1).save(name);
            figure::grid(name, zeros([1, 1, 4, 4]));
        }
    "#;
    bench.run(text).code(0);
    let mut after = names(bench.path());
    after.retain(|name| name != "runs" && !before.contains(name));
    assert!(after.is_empty(), "{after:?}");
    assert_eq!(bench.only_run().files("figures").len(), 7);
    assert!(!std::path::Path::new("/tmp/outside-of-a-run.png").exists());
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// What `host check` finds in a plugin.
#[track_caller]
fn found(text: &str, texts: &[&str]) {
    let bench = Bench::new();
    bench.write("plugins/own.rhai", text);
    let outcome = bench.host(["check", "own"]).run().code(1);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    for text in texts {
        assert!(said.contains(text), "{said}");
    }
}

#[test]
fn a_step_without_gradients_is_an_error() {
    let start = "let net = nn::linear(2, 1); let o = optim::sgd(net, #{ lr: 0.1 });\n\
                 let loss = net.forward(ones([1, 2])).sum();\n";
    let text = format!("{start}loss.backward(); o.step();");
    fails(&text, &["own.rhai:3:20", "step: there are no gradients", "`o.step(loss.backward())`"]);
    found(&text, &["own.rhai:3:6", "the gradients that `backward` gives are dropped", "optimiser.step("]);
    fails(&format!("{start}o.step(loss);"), &["step: got (Optimiser, Tensor)"]);
    Bench::new().run(&format!("{start}o.accumulate(loss.backward()); o.step();")).code(0);
}

#[test]
fn results_that_nobody_takes_are_found() {
    let start =
        "let net = nn::linear(2, 1); let x = ones([1, 2]); let g = net.forward(x).sum().backward();\n";
    found(
        &format!("{start}g.clip_norm(1.0); print(g);"),
        &["2:3", "`clip_norm`", "`let g = g.clip_norm(...)`"],
    );
    found(&format!("{start}x.clamp(0, 1); print(x);"), &["2:3", "`clamp`", "`x = x.clamp(...)`"]);
    found(&format!("{start}for i in 0..2 {{ x.relu(); }} print(x + g.norm());"), &["2:19", "`relu`"]);
    let bench = Bench::new();
    let text = "let f = |x| x.relu(); let x = f.call(ones([2])); x = x.clamp(0, 1); x.item(); \
                fn g(x) { x.relu() } print(g(x)); if x.len() > 1 { x.abs() } else { x };";
    bench.write("plugins/own.rhai", text);
    bench.host(["check", "own"]).run().code(0);
}

#[test]
fn pytorchs_names_are_answered() {
    for (text, said) in [
        ("tensor([1]).view([1]);", "PyTorch's `view` is `reshape`"),
        ("randn([2]);", "PyTorch's `randn` is `noise::normal`"),
        ("tensor([1]).tolist();", "PyTorch's `tolist` is `to_array`"),
        ("nn::linear(1, 1).state_dict();", "net.parameters().keys()"),
        ("ones([1, 1]).mm(ones([1, 1]));", "PyTorch's `mm` is `matmul`"),
        ("tensor([1]).clone();", "a second name is a copy"),
        ("manual_seed(3);", "host run --seed 1"),
        ("tensor([1.0, 2.0]).var();", "PyTorch's `var` is `variance`"),
        ("torch::zeros([2]);", "functions need no `torch`"),
        ("nn::Linear(2, 3);", "linear`"),
        ("nn::linear(1, 1).eval();", "net.training(false)"),
        ("tensor([1.0]).add_(1);", "`+`"),
        ("tensor([1.0]).clamp_(0, 1);", "`clamp`"),
        ("nn::relu().register_forward_hook(|m, i, o| o);", "net.record("),
    ] {
        fails(text, &[said]);
        found(text, &[said]);
    }
    fails("let x = ones([1, 1]); x @ x;", &["`a.matmul(b)`"]);
    fails("tensor(1.0).track().grad;", &[".backward().of("]);
    fails(
        "let n = nn::network(#{ l: nn::relu() }, |m, x| m.l(x)); n.forward(ones([1]));",
        &[".l.forward(x)"],
    );
    fails("let n = nn::linear(1, 1); optim::sgd(n.parameters(), #{});", &["`optim::sgd(net, ...)`"]);
    fails("for p in nn::linear(1, 1).parameters() { print(p); }", &["`map.values()`"]);
}

#[test]
fn habits_of_pytorch_work() {
    let text = r#"
        for row in tensor([[1, 2], [3, 4]]) { assert(row.shape == [2], "rows"); }
        let net = nn::linear(2, 2).init_uniform(1, 1);
        assert(net["weight"].to_string().contains("[[1.0, 1.0], [1.0, 1.0]]"), "values");
        assert(arange(100).to_string().contains("[0, 1, 2, .., 97, 98, 99]"), "ends");
        net.save("m");
        let other = nn::linear(2, 2);
        other.load("m");
        assert((other["weight"].value == net["weight"].value).all().item(), "loaded");
        assert(nn::conv2d(1, 3, 3, #{ padding: "same" }).forward(zeros([1, 5, 6])).shape == [3, 5, 6], "one");
        assert(nn::max_pool2d(2).forward(zeros([3, 4, 4])).shape == [3, 2, 2], "pooled");
    "#;
    Bench::new().run(text).code(0);
    fails("let x = ones([2]); x[x > 10];", &["mask.any().item()"]);
    fails("zeros([0, 3]);", &["mask.sum()"]);
    fails("data::from(ones([4, 2]), ones([4]) * 0.5);", &["y[b.indices]"]);
    fails("losses::huber(ones([1]), ones([1]), #{ delta: 0 });", &["delta is 0, expected a number above 0"]);
    fails("ones([1, 1, 2]).conv1d(ones([1, 1, 3]));", &["conv1d", "signals of 2 under a kernel of 3"]);
    fails("nn::conv2d(1, 1, 2, #{ padding: \"same\" });", &["which has no middle"]);
}
