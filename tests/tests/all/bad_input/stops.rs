//! A stop, a limit and an error are what they are wherever the script's own functions are called from.

use tests::Bench;

/// Calls of a module `n`, from everything that calls a script's functions.
const CALLS: [&str; 9] = [
    "n.forward(zeros([1, 2]));",
    "n.fits([1, 2], [1, 7]);",
    "n.save_onnx(\"n\", [2]);",
    "each(\"a\", 1, |i| { n.fits([1, 2], [1, 7]); });",
    "parallel([1, 2], |i| n.forward(zeros([1, 2])));",
    "for x in ahead(2, |i| n.forward(zeros([1, 2]))) { print(x); }",
    "[1].map(|i| nn::network(#{ n: n }, |m, x| m.n.forward(x)).fits([1, 2], [1, 7]));",
    "[2, 1].sort(|a, b| { n.forward(zeros([1, 2])); 1 });",
    "no_grad(|| nn::sequential([n]).forward(zeros([1, 2])));",
];

#[test]
fn a_stop_inside_a_function_of_a_module_ends_the_run() {
    let endless = "let n = nn::network(#{}, |m, x| { loop { } x });\n";
    for call in CALLS.into_iter().chain(["try { n.fits([1], [1]); } catch { }"]) {
        let bench = Bench::empty();
        let outcome = bench.script(&format!("{endless}{call}"), &["--deadline", "300ms"]).run();
        outcome.code(130).says(&["interrupted: go on with"]);
        assert_eq!(bench.only_run().record()["status"], "INTERRUPTED", "{call}");
    }
}

#[test]
fn a_limit_inside_a_function_of_a_module_is_shown_as_the_limit() {
    let endless = "let n = nn::network(#{}, |m, x| { loop { } x });\n";
    for call in CALLS {
        let outcome =
            Bench::empty().script(&format!("{endless}{call}"), &["--max-operations", "10000"]).run();
        // Rhai gives limits the place of the outermost call.
        outcome.code(1).says(&["own.rhai:", "the script ran more than 10000 operations"]);
    }
}

#[test]
fn an_error_inside_a_function_of_a_module_is_shown_where_it_is() {
    let text = "let n = nn::network(#{ l: nn::linear(2, 2) }, |m, x| {\n    let y = m.l.forward(x);\n    \
                y.reshape([1, 7])\n});\n";
    for call in CALLS {
        let outcome = Bench::empty().run(&format!("{text}{call}")).code(1).says(&[
            "plugins/own.rhai:3:7: reshape: ",
            "3 |     y.reshape([1, 7])",
            "in a closure, called from plugins/own.rhai:5:",
        ]);
        assert_eq!(outcome.stderr.matches("reshape: ").count(), 1, "{}", outcome.stderr);
        for raw in ["module: ", "Runtime error", "closure call", "anon$"] {
            assert!(!outcome.stderr.contains(raw), "{call}: {}", outcome.stderr);
        }
    }
}

#[test]
fn an_error_inside_a_function_of_another_script_is_shown_there() {
    let bench = Bench::empty();
    bench.write(
        "plugins/lib.rhai",
        "fn net() {\n    nn::network(#{}, |m, x| {\n        x.reshape([7])\n    })\n}",
    );
    for call in ["n.forward(zeros([2]));", "parallel([1], |i| n.forward(zeros([2])));"] {
        let outcome = bench.run(&format!("import \"lib\" as lib;\nlet n = lib::net();\n{call}")).code(1);
        outcome.says(&["plugins/lib.rhai:3:11: reshape: ", "in a closure, called from plugins/own.rhai:3:"]);
    }
}

#[test]
fn a_module_that_calls_itself_is_shown_in_a_few_lines() {
    let outcome =
        Bench::empty().run("let n = nn::network(#{}, |m, x| m.forward(x));\nn.forward(zeros([1]));");
    let outcome = outcome.code(1).says(&["own.rhai:1:35: ", "call each other more than 16 deep"]);
    assert_eq!(outcome.stderr.matches("call each other").count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.len() < 1000, "{}", outcome.stderr);
}

#[test]
fn what_the_function_of_a_module_captured_may_not_change() {
    for (variable, change) in [("0", "n += 1"), ("[]", "n.push(x)"), ("#{ k: 1 }", "n.k = 2")] {
        let text = format!("let n = {variable};\nlet f = nn::network(#{{}}, |m, x| {{ {change}; x }});\n");
        let outcome = Bench::empty().run(&format!("{text}f.forward(zeros([1]));")).code(1);
        outcome.says(&["own.rhai:3:", "the function of a module changed `n`, which it captured"]);
    }
}
