//! Scripts that want too much.

use std::time::Duration;

use tests::{Bench, Outcome};

/// Runs a plugin that is stopped by a limit, soon.
#[track_caller]
fn stopped(text: &str, texts: &[&str]) -> Outcome {
    let bench = Bench::new();
    let outcome = bench.script(text, &["--max-operations", "3000000"]).run().code(1).says(texts);
    assert!(outcome.took < Duration::from_secs(60), "{:?}", outcome.took);
    assert_eq!(bench.only_run().status(), "FAILED");
    outcome
}

#[test]
fn an_endless_loop_ends() {
    stopped(
        "let n = 0;\nloop { n += 1; }",
        &["own.rhai:2:", "more than 3000000 operations", "an endless loop?"],
    );
    stopped("loop {}", &["more than 3000000 operations"]);
    stopped("while true { }", &["more than 3000000 operations"]);
    stopped("for i in 0..9223372036854775807 { }", &["more than 3000000 operations"]);
    stopped("loop { try { loop {} } catch { } }", &["more than 3000000 operations"]);
}

#[test]
fn an_endless_loop_inside_what_the_host_calls_back_ends() {
    stopped("each(\"a\", 2, |i| { loop {} });", &["more than 3000000 operations"]);
    stopped("stage(\"a\", || { loop {} });", &["more than 3000000 operations"]);
    stopped("no_grad(|| { loop {} });", &["more than 3000000 operations"]);
    stopped("[1].map(|x| { loop {} });", &["more than 3000000 operations"]);
    stopped("nn::network(#{}, |m, x| { loop {} }).forward(zeros([1]));", &["operations"]);
}

#[test]
fn deep_recursion_ends() {
    stopped("fn f(n) { f(n + 1) }\nf(0);", &["own.rhai:2:1", "functions call each other more than 64 deep"]);
    stopped("fn f(n) { g(n) }\nfn g(n) { f(n) }\nf(0);", &["more than 64 deep"]);
    stopped("let f = |f| f.call(f);\nf.call(f);", &["more than 64 deep"]);
    stopped("fn f(i) { each(\"a\", 1, |k| f(k)); }\nf(1);", &["deep"]);
    stopped("fn f(i) { no_grad(|| f(i)) }\nf(1);", &["deep"]);
    stopped(
        "fn f(n, x) { n.forward(x) }\nlet a = nn::network(#{}, |m, x| m.forward(x));\na.forward(zeros([1]));",
        &["deep"],
    );
}

#[test]
fn deep_expressions_are_refused() {
    let deep = format!("let x = {}1{};", "(".repeat(5000), ")".repeat(5000));
    Bench::new().run(&deep).code(1).says(&["this expression is nested too deeply"]);
    let deep = format!("let x = {}1{};", "[".repeat(5000), "]".repeat(5000));
    Bench::new().run(&deep).code(1).says(&["nested too deeply"]);
    let deep = format!("{}{}", "{".repeat(5000), "}".repeat(5000));
    Bench::new().run(&deep).code(1).says(&["nested too deeply"]);
}

#[test]
fn strings_arrays_and_maps_have_a_largest_size() {
    stopped("let s = \"ab\"; loop { s += s; }", &["own.rhai:1:", "larger than a script may make it"]);
    stopped("let a = [1]; loop { a += a; }", &["larger than a script may make it"]);
    stopped("let a = []; a.pad(1000000000, 0);", &["larger than a script may make it"]);
    stopped("let s = \"\"; s.pad(1000000000, 'x');", &["larger than a script may make it"]);
    stopped("let b = blob(1000000000);", &["larger than a script may make it"]);
    stopped("let b = blob(4000000); loop { b += b; }", &["larger than a script may make it"]);
    stopped("let s = \"\"; s.pad(9000000, '1'); s.to_blob();", &["larger than a script may make it"]);
    stopped(
        "let s = \"\"; s.pad(9000000, \"1,\"); parse_json(\"{\\\"a\\\":[\" + s + \"1]}\");",
        &["larger than a script"],
    );
    for text in ["zeros([30000000]).to_array()", "metrics::histogram([1.0], 0, 1, 30000000)"] {
        stopped(&format!("{text};"), &["a list of 30000000 items, and a list has at most 4194304", "help: "]);
    }
    stopped("metrics::histogram([1.0], 0, 1, 1000000000);", &["a list of 1000000000 items"]);
    let mixture = "data::mix([data::load(\"glyphs\").train(2).without_labels()], [1])";
    stopped(&format!("{mixture}.batch(30000000);"), &["a list of 30000000 items"]);
}

#[test]
fn no_nest_ends_the_process() {
    let deep = ["own.rhai:2:", "values are nested more than 50 deep", "help: "];
    stopped("let f = |x| x;\nfor i in 0..200000 { let g = f; f = |x| g.call(x); }", &deep);
    stopped("let a = #{};\nfor i in 0..200000 { a = #{ a: take(a) }; }", &deep);
    stopped("let a = [];\nparallel([1, 2], |i| { let a = []; loop { a = [take(a)]; } });", &deep[..2]);
    // Closures that are hung below others, from the first to the last, so that none is ever put into another.
    let chain = "let c = (); let first = || c; let set = |v| c = v;
        fn link(set) { let c = (); set.call(|| c); |v| c = v }
        for i in 0..200000 { set = link(set); }";
    let bench = Bench::new();
    let outcome = bench.script(chain, &["--max-operations", "100000000"]).run();
    assert!(matches!(outcome.status.code(), Some(0 | 1)), "{:?} {}", outcome.status, outcome.stderr);
}

#[test]
fn threads_have_a_bound() {
    let many = "let fs = [];\nfor i in 0..40000 { fs.push(|x| x); }\nfor x in ahead(3, fs) { print(x); }";
    stopped(many, &["own.rhai:3:10", "ahead: 40001 more threads", "at most 64 together"]);
}

#[test]
fn a_tensor_larger_than_the_memory_is_refused_before_it_is_made() {
    let too_large = ["needs 4000000.0 MB for a tensor of shape [1000000, 1000000]", "of the budget of"];
    stopped("let x = 1;\nlet y = zeros([1000000, 1000000]);", &["own.rhai:2:9"]).says(&too_large);
    stopped("noise::uniform([1000000, 1000000]);", &too_large);
    stopped("noise::normal([1000000, 1000000]);", &too_large);
    stopped("eye(1000000);", &too_large);
    stopped("arange(0, 1e12, 1);", &["arange: needs "]);
    stopped("zeros([1000000, 1]) + zeros([1, 1000000]);", &too_large);
    stopped("zeros([1000000, 1]).matmul(zeros([1, 1000000]));", &too_large);
    stopped("zeros([1, 1]).expand([1000000, 1000000]) + 1;", &too_large);
    for mode in ["nearest", "bilinear"] {
        let needs = ["interpolate: needs ", "[1, 1, 1000000000, 1000000000]"];
        stopped(&format!("zeros([1, 1, 4, 4]).interpolate(1000000000, \"{mode}\");"), &needs);
        // Each direction alone would fit.
        let outcome = stopped(
            &format!("zeros([1, 1, 3, 3]).interpolate([50000000, 50000000], \"{mode}\");"),
            &["interpolate: needs "],
        );
        assert!(outcome.took < Duration::from_secs(20), "{:?}", outcome.took);
    }
    stopped(
        "zeros([1, 1, 4, 4]).pad([[0, 0], [0, 0], [3000000000, 0], [0, 0]], \"replicate\");",
        &["needs "],
    );
    stopped("tensor([1]).cast(\"i32\").one_hot(1000000000000);", &["one_hot: "]);
    stopped("nn::linear(1000000, 1000000);", &["1000000"]);
    stopped("zeros([9223372036854775807, 9223372036854775807, 2]);", &["needs "]);
    stopped("data::load(\"glyphs\").train(1000000000000);", &["own.rhai:1:22", "1000000000000"]);
    stopped("data::load(\"glyphs\").train(9223372036854775807);", &["own.rhai:1:22"]);
}

#[test]
fn the_memory_of_a_refused_tensor_can_be_had_again() {
    let text = r#"
        for i in 0..1000 {
            try { zeros([1000000, 1000000]); } catch { }
            let x = zeros([1000, 1000]);
        }
    "#;
    Bench::new().run(text).code(0);
}

#[test]
fn a_graph_that_only_grows_is_refused_or_freed() {
    // A million numbers a step would be 4 GB after a thousand steps if evaluation kept its graph.
    let text = r#"
        let net = nn::linear(1000, 1000);
        let x = zeros([1000, 1000]);
        no_grad(|| for i in 0..1000 { x = net.forward(x).tanh(); });
    "#;
    Bench::new().script(text, &["--deadline", "100s"]).run().code(0);
}

#[test]
fn a_long_chain_of_views_is_as_quick_as_a_short_one() {
    // Each view once held on to the one before it: a hundred thousand of them took minutes.
    let text = "let x = zeros([2]);\nfor i in 0..100000 { x = x.reshape([2, 1]).reshape([2]); }";
    Bench::new().script(text, &["--deadline", "60s"]).run().code(0);
}

#[test]
fn odd_shapes_and_numbers_are_errors_with_a_place() {
    let fails = |text: &str, texts: &[&str]| {
        let outcome = Bench::new().run(text).code(1).says(texts).says(&["own.rhai:1:"]);
        assert!(!outcome.stderr.contains("backend failed"), "{}", outcome.stderr);
    };
    fails(
        "nn::conditional_batch_norm(3, nn::linear(5, 3), nn::linear(5, 3)).forward(noise::normal([]), \
         zeros([2, 5]));",
        &["conditional_batch_norm: the shape is [], expected [N, 3, ..]"],
    );
    fails("nn::instance_norm(3).fits([0, 3], [2]);", &["[0, 3], expected no dimension of size 0"]);
    fails(
        "nn::linear(3, 2).fits([9223372036854775807, 3], [2]);",
        &["fewer elements than memory has addresses"],
    );
    fails(
        "tensor([[3], [2]]).expand([2, 9223372036854775807]).to_array();",
        &["expand: the shape is [2, 9223372036854775807], expected fewer elements"],
    );
    fails(
        "ones([1]).expand([1000000000000]).to_array();",
        &["to_array: 1000000000000 elements are more than"],
    );
    fails("let a = []; a.pad(2000000, 0); let b = [a]; b.pad(2000000, 0); tensor(b);", &["differ in length"]);
}

#[test]
fn powers_without_bounds_have_values() {
    let bench = Bench::new();
    let text = "let x = ones([2]) ** (1.0 / 0.0); if x.sum().item() != 2.0 { throw \"wrong\" }\n\
                if (0.0 ** zeros([1])).item() != 1.0 { throw \"0 to the 0\" }\n\
                if (-2.0 ** tensor([2.0])).item() != 4.0 { throw \"of a negative number\" }";
    bench.run(text).code(0);
}
