//! The rules that keep durable loops honest: what a body may change, what it has to return.

use tests::Bench;

/// Runs a script that has to fail: its messages contain these texts, and the place of the call.
#[track_caller]
fn refused(text: &str, texts: &[&str]) {
    let bench = Bench::new();
    bench.run(text).code(1).says(texts).says(&["plugins/own.rhai:"]);
    assert_eq!(bench.only_run().status(), "FAILED");
}

/// Runs a script that has to succeed, and that checks its values itself.
#[track_caller]
fn passes(text: &str) {
    Bench::new().run(text).code(0);
}

#[test]
fn a_captured_variable_that_changes_is_named() {
    refused(
        r#"let total = 0; each("step", 3, #{ n: 0 }, |i, s| { total += i; s });"#,
        &["the body of \"step\" changed `total`", "not in the state", "s.name"],
    );
    refused(r#"let seen = []; each("step", 3, |i| { seen.push(i); });"#, &["\"step\" changed `seen`"]);
    refused(r#"let m = #{ a: [1] }; each("step", 3, |i| { m.a[0] = i; });"#, &["\"step\" changed `m`"]);
    refused(
        r#"let a = 1; let b = 2; let c = 3; each("step", 3, |i| { let x = a + c; b = x + i; });"#,
        &["\"step\" changed `b`"],
    );
    refused(r#"let x = zeros([2]); each("step", 3, |i| { x = x + i; });"#, &["\"step\" changed `x`"]);
    refused(
        r#"let d = data::load("glyphs").train(4); each("step", 3, |i| { d = d.take(2); });"#,
        &["\"step\" changed `d`"],
    );
}

#[test]
fn a_captured_handle_that_changes_is_named() {
    refused(
        r#"
        let net = nn::linear(2, 2);
        each("step", 3, #{ n: 0 }, |i, s| { net.init_normal(0.0, 1.0); s });
        "#,
        &["\"step\" changed `net`"],
    );
    refused(
        r#"
        let net = nn::linear(2, 2);
        let adam = optim::adam(net, #{});
        each("step", 3, #{ net: net }, |i, s| { adam.step(s.net.forward(ones([1, 2])).sum().backward()); s });
        "#,
        &["\"step\" changed `adam`"],
    );
    refused(
        r#"
        let nets = #{ a: [nn::linear(2, 2)] };
        each("step", 3, |i| { nets.a[0].init_normal(0.0, 1.0); });
        "#,
        &["\"step\" changed `nets`"],
    );
    refused(
        r#"
        let net = nn::network(#{ a: nn::linear(2, 2), b: nn::linear(2, 2) });
        each("step", 3, #{ a: net.a }, |i, s| { net.b.init_normal(0.0, 1.0); s });
        "#,
        &["\"step\" changed `net`"],
    );
}

#[test]
fn a_handle_that_changes_behind_a_captured_function_is_refused() {
    refused(
        r#"
        let net = nn::linear(2, 2);
        let shake = || net.init_normal(0.0, 1.0);
        each("step", 3, #{ n: 0 }, |i, s| { shake.call(); s });
        "#,
        &["\"step\" changed `shake`"],
    );
}

#[test]
fn the_change_is_refused_in_the_item_that_makes_it() {
    let bench = Bench::new();
    let text = r#"let t = 0; each("step", 9, |i| { log("i", i); if i == 4 { t = 1; } });"#;
    bench.run(text).code(1).says(&["`t`", "own.rhai:1:"]);
    assert_eq!(bench.only_run().metric("i"), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn other_names_for_what_is_in_the_state_may_be_used() {
    passes(
        r#"
        let net = nn::network(#{ a: nn::linear(2, 2), b: nn::linear(2, 2) });
        let part = net.a;
        let cfg = #{ n: 1 };
        let end = each("step", 3, #{ net: net }, |i, s| {
            part.init_normal(0.0, 1.0);
            let unused = cfg.n + i;
            s
        });
        let x = ones([1, 2]);
        if part.forward(x).sum().item() != end.net.a.forward(x).sum().item() { throw "two modules"; }
        "#,
    );
}

#[test]
fn a_body_returns_the_whole_state() {
    refused(
        r#"each("step", 3, #{ n: 0 }, |i, s| { s.n += i; });"#,
        &["\"step\" returned nothing, expected the state", "end the body with the whole state: `s`"],
    );
    refused(
        r#"each("step", 3, #{ n: 0 }, |i, s| s.n + i);"#,
        &["\"step\" returned something other than the state"],
    );
    refused(
        r#"each("step", 3, #{ n: 0 }, |i, s| #{ n: 1, more: 2 });"#,
        &["a state of (more, n), expected (n)"],
    );
    refused(r#"each("step", 3, #{ a: 0, b: 1 }, |i, s| #{ a: 1 });"#, &["a state of (a), expected (a, b)"]);
    refused(r#"each("step", 3, #{ a: 0 }, |i, s| finish(#{ b: 1 }));"#, &["a state of (b), expected (a)"]);
}

#[test]
fn a_state_holds_what_can_be_saved() {
    refused(
        r#"each("step", 3, #{ f: |x| x }, |i, s| s);"#,
        &["s.f is a ", "cannot be saved in a checkpoint"],
    );
    refused(r#"each("step", 3, #{ a: [0, timestamp()] }, |i, s| s);"#, &["s.a[1] is a "]);
    refused(r#"each("step", 3, #{ a: 0 }, |i, s| { s.a = |x| x; s });"#, &["s.a is a "]);
    refused(r#"stage("model", || optim::adam(nn::linear(1, 1), #{}).step);"#, &["own.rhai:1:"]);
}

#[test]
fn a_module_that_is_replaced_is_copied_into_the_first_one() {
    passes(
        r#"
        let net = nn::linear(2, 2);
        let end = each("step", 3, #{ net: net }, |i, s| {
            s.net = nn::linear(2, 2).init_normal(0.0, 1.0);
            s
        });
        let x = ones([1, 2]);
        if net.forward(x).to_array() != end.net.forward(x).to_array() { throw "the first name saw nothing"; }
        "#,
    );
    refused(
        r#"each("step", 3, #{ net: nn::linear(2, 2) }, |i, s| { s.net = nn::linear(2, 3); s });"#,
        &["s.net was replaced by another module", "same structure"],
    );
    refused(
        r#"
        let net = nn::linear(2, 2);
        let other = nn::linear(3, 3);
        each("step", 3, #{ adam: optim::adam(net, #{}), net: net }, |i, s| {
            s.adam = optim::adam(other, #{});
            s.adam.step(other.forward(ones([1, 3])).sum().backward());
            s
        });
        "#,
        &["s.adam was replaced by another optimiser"],
    );
    refused(
        r#"
        let net = nn::linear(2, 2);
        each("step", 3, #{ optimiser: optim::adam(net, #{}), net: net }, |i, s| {
            s.optimiser = optim::sgd(net, #{});
            s
        });
        "#,
        &["s.optimiser was Adam", "at the start and is SGD"],
    );
    refused(
        r#"each("step", 3, #{ net: nn::linear(2, 2) }, |i, s| { s.net = 5; s });"#,
        &["s.net was a handle at the start and is a plain value now"],
    );
    refused(
        r#"each("step", 3, #{ net: 5 }, |i, s| { s.net = nn::linear(2, 2); s });"#,
        &["s.net is a Module, which the state did not hold at the start"],
    );
}

#[test]
fn loops_take_ranges_arrays_and_counts() {
    let bench = Bench::new();
    bench
        .run(
            r#"
            each("count", 2, |i| { log("count", i); });
            each("range", 5..7, |i| { log("range", i); });
            each("inclusive", 5..=7, |i| { log("inclusive", i); });
            each("array", [0.5, 2], |x| { log("array", x); });
            each("empty", [], |x| { log("empty", x); });
            each("none", 0, |x| { log("none", x); });
            each("negative", -5, |x| { log("none", x); });
            each("backwards", 7..5, |x| { log("backwards", x); });
            let same = each("empty", 3..3, #{ n: 7 }, |i, s| { s.n = 0; s });
            log("kept", same.n);
            "#,
        )
        .code(0);
    let run = bench.only_run();
    assert_eq!(run.metric("count"), [1.0, 2.0]);
    assert_eq!(run.metric("range"), [5.0, 6.0]);
    assert_eq!(run.metric("inclusive"), [5.0, 6.0, 7.0]);
    assert_eq!(run.metric("array"), [0.5, 2.0]);
    assert_eq!(run.metric("kept"), [7.0]);
    assert_eq!(run.metrics().len(), 2 + 2 + 3 + 2 + 1);
}

#[test]
fn a_loop_over_far_too_many_items_costs_nothing_before_it_starts() {
    let bench = Bench::new();
    let text = r#"
        for n in [1000000000000, 9223372036854775807] {
            each("long", n, |i| { if i == 3 { finish(()) } });
        }
        each("range", 0..=9223372036854775807, |i| { log("i", i); if i == 3 { finish(()) } });
        each("all", -9223372036854775808..9223372036854775807, |i| { if i < 0 { finish(()) } });
    "#;
    bench.run(text).code(0);
    assert_eq!(bench.only_run().metric("i"), [0.0, 1.0, 2.0, 3.0]);
    let outcome = bench.run(r#"each("wrong", "abc", |i| i);"#).code(1);
    outcome.says(&["each: got (", "range, array or count"]);
}

#[test]
fn finish_ends_the_loop_it_stands_in() {
    let bench = Bench::new();
    bench
        .run(
            r#"
            let end = each("outer", 3, #{ n: 0 }, |i, s| {
                let inner = each("inner", 9, #{ k: 0 }, |j, t| {
                    t.k = j;
                    if j == i { finish(t) } else { t }
                });
                log("k", inner.k);
                s.n += inner.k;
                s
            });
            log("n", end.n);
            "#,
        )
        .code(0);
    assert_eq!(bench.only_run().metric("k"), [1.0, 2.0, 3.0]);
    assert_eq!(bench.only_run().metric("n"), [6.0]);
}

#[test]
fn an_error_in_a_body_is_reported_at_its_place() {
    let text = "each(\"outer\", 2, |i| {\n    each(\"inner\", 2, |j| {\n        \
                zeros([2]) + zeros([3]);\n    });\n});";
    let bench = Bench::new();
    bench.run(text).code(1).says(&[
        "plugins/own.rhai:3:20",
        "[2]",
        "[3]",
        "called from plugins/own.rhai:2:5",
    ]);
}

#[test]
fn weights_that_are_nan_are_not_saved_and_warned_of_once() {
    let text = r#"
        let net = nn::linear(1, 1);
        let sgd = optim::sgd(net, #{ lr: 1.0 });
        each("step", 5, #{ net: net, sgd: sgd }, |i, s| {
            let factor = if i == 2 { 0.0 / 0.0 } else { 0.0 };
            s.sgd.step((s.net.forward(ones([1, 1])) * factor).sum().backward());
            s
        });
    "#;
    let bench = Bench::new();
    let outcome = bench.script(text, &["--checkpoint-every", "0s"]).run().code(0);
    assert_eq!(outcome.stderr.matches("weights in the state are NaN").count(), 1, "{}", outcome.stderr);
    let record = bench.only_run().files("checkpoints")["checkpoints/step.json"].clone();
    let record = String::from_utf8_lossy(&record).into_owned();
    assert!(record.contains("\"done\":1"), "{record}");
}
