//! Every type of values, captured: one that was replaced is refused, one that was not is taken.

use std::collections::BTreeSet;

use crate::{host::Host, onnx::Runtime, script::Source, session::Options};

/// The types that functions give, each with a value and another one of it, or of a type that looks like it.
const TYPES: [(&str, &str, &str); 38] = [
    ("()", "()", "1"),
    ("bool", "true", "false"),
    ("integer", "1", "2"),
    ("integer", "1", "1.0"),
    ("float", "0.0", "-0.0"),
    ("string", "\"a\"", "'a'"),
    ("string", "\"0..3\"", "0..3"),
    ("character", "'a'", "\"a\""),
    ("range", "0..3", "0..=2"),
    ("range", "0..3", "0..4"),
    ("blob", "blob(2, 0)", "blob(2, 1)"),
    ("timestamp", "timestamp()", "{ sleep(0.01); timestamp() }"),
    ("array", "[1, [2]]", "[1, [3]]"),
    ("array", "[Fn(\"f\")]", "[\"f\"]"),
    ("array", "[Fn(\"f\")]", "[[\"f\"]]"),
    ("map", "#{ a: 1 }", "#{ a: '1' }"),
    ("function", "|x| x", "|x| x + 1"),
    ("Tensor", "ones([2])", "zeros([2])"),
    ("Tensor", "ones([2])", "ones([1, 2])"),
    ("Tensor", "ones([2])", "ones([2]).track()"),
    ("Tensor", "ones([2]).track()", "ones([2]).track()"),
    ("Module", "nn::linear(2, 2)", "nn::linear(2, 2)"),
    ("Optimiser", "optim::sgd(nn::linear(2, 2), #{})", "optim::sgd(nn::linear(2, 2), #{})"),
    (
        "Scheduler",
        "optim::exponential_lr(optim::sgd(nn::linear(2, 2), #{}), #{ gamma: 0.5 })",
        "optim::exponential_lr(optim::sgd(nn::linear(2, 2), #{}), #{ gamma: 0.5 })",
    ),
    ("Gradients", "ones([2]).track().sum().backward()", "ones([2]).track().sum().backward()"),
    ("Dataset", "data::from(zeros([2, 1]))", "data::from(ones([2, 1]))"),
    ("DataSource", "data::load(\"glyphs\")", "data::load(\"shapes\")"),
    ("Mixture", "data::mix([data::from(zeros([2, 1]))], [1])", "data::mix([data::from(ones([2, 1]))], [1])"),
    ("Batches", "data::from(zeros([4, 1])).batches(2)", "data::from(zeros([4, 1])).batches(2)"),
    ("MappedDataset", "data::from(zeros([2, 1])).map(|x| x)", "data::from(zeros([2, 1])).map(|x| x)"),
    ("Text", "data::from(\"ab\")", "data::from(\"ba\")"),
    ("DataFrame", "data::frame(#{ a: [1] })", "data::frame(#{ a: [2] })"),
    ("Ahead", "ahead(2, |k| k)", "ahead(2, |k| k)"),
    ("Sampler", "reweight::sampler(ones([2]))", "reweight::sampler(tensor([1.0, 3.0]))"),
    ("Finished", "finish(1)", "finish(1)"),
    ("declared setting", "positive(1.0)", "positive(2.0)"),
    ("Model", "onnx::frozen(nn::linear(2, 2), [2])", "onnx::frozen(nn::linear(2, 2), [2])"),
    (
        "OnnxValue",
        "onnx::frozen(nn::linear(2, 2), [2]).zeros(\"input\", [1, 2])",
        "onnx::frozen(nn::linear(2, 2), [2]).zeros(\"input\", [1, 2])",
    ),
];

/// What runs functions: with a name, and with the body that they have.
const RUNNERS: [(&str, &str); 4] = [
    ("each", "each(\"r\", 2, #{}, |i, s| { BODY; s });"),
    ("stage", "stage(\"r\", || { BODY; 1 });"),
    ("parallel", "parallel([1, 2], |i| { BODY; i });"),
    ("ahead", "for x in ahead(2, |k| { BODY; k }) { let y = x; }"),
];

/// What comes of a body that captures `v`, and may capture `other`.
fn outcome(value: &str, other: &str, runner: &str, body: &str) -> Result<(), String> {
    let host = Host::new(Options::default());
    let text = format!("let v = {value}; let other = {other};\n{}", runner.replace("BODY", body));
    let outcome = host.run(&Source::new("a.rhai", &*text));
    outcome.map(drop).map_err(|error| host.explain(&error, "a.rhai"))
}

fn accepted(value: &str, body: &str) {
    for (name, runner) in RUNNERS {
        let outcome = outcome(value, "()", runner, body);
        assert!(outcome.is_ok(), "{name} of `{value}` and `{body}`: {outcome:?}");
    }
}

fn refused(value: &str, other: &str, body: &str) {
    for (name, runner) in RUNNERS {
        let error =
            outcome(value, other, runner, body).expect_err(&format!("{name} of `{value}` and `{body}`"));
        assert!(error.contains("changed `v`"), "{name} of `{value}` and `{body}`: {error}");
    }
}

fn can_run(kind: &str) -> bool {
    !["Model", "OnnxValue"].contains(&kind) || Runtime::get(None).is_ok()
}

#[test]
fn values_of_all_types_are_compared() {
    for (_, value, other) in TYPES.iter().filter(|(kind, ..)| can_run(kind)) {
        accepted(value, "let w = v");
        accepted(value, "let w = [v]; w = 0");
        refused(value, other, "v = other");
        refused(&format!("#{{ a: [{value}] }}"), other, "v.a[0] = other");
        refused(&format!("[1, {value}]"), "()", "v.pop()");
    }
}

#[test]
fn no_type_is_left_out() {
    let table = Host::new(Options::default()).table;
    let known: BTreeSet<&str> = TYPES.iter().map(|(kind, ..)| *kind).collect();
    let given = table.entries().iter().map(|entry| entry.returns().trim_start_matches("array of "));
    let left_out: BTreeSet<&str> = given.filter(|kind| *kind != "any" && !known.contains(kind)).collect();
    assert!(left_out.is_empty(), "add these to TYPES, and say how they are compared: {left_out:?}");
    let own = [
        "Gradients",
        "DataSource",
        "Mixture",
        "Batches",
        "MappedDataset",
        "Text",
        "DataFrame",
        "Ahead",
        "Sampler",
        "Finished",
        "Model",
        "OnnxValue",
    ];
    // The last is a declared setting.
    assert_eq!(table.observers().len(), own.len() + 1, "a type that is compared is not in TYPES");
}

#[test]
fn the_same_bits_are_no_change() {
    for value in [
        "ones([2])",
        "[1, ones([2])]",
        "data::load(\"glyphs\")",
        "data::from(ones([2, 1]))",
        "data::mix([data::from(ones([2, 1]))], [1])",
        "reweight::sampler(ones([3]))",
        "0..3",
        "[1.5, \"a\", 'b']",
    ] {
        accepted(value, &format!("v = {value}"));
    }
}

#[test]
fn what_a_loop_has_taken_is_a_change() {
    let taken = "for x in v { let y = x; }";
    refused("data::from(zeros([4, 1])).batches(2)", "()", taken);
    refused("[data::from(zeros([4, 1])).batches(2)]", "()", "for x in v[0] { let y = x; }");
    // Threads of `ahead` within `ahead` are another matter.
    for (name, runner) in &RUNNERS[..2] {
        let error = outcome("ahead(2, |k| k)", "()", runner, taken).expect_err(name);
        assert!(error.contains("changed `v`"), "{name}: {error}");
    }
}

#[test]
fn what_threads_change_is_not_lost() {
    refused("0", "()", "v += 1");
    refused("[]", "()", "v.push(1)");
    refused("#{ a: 1 }", "()", "v.a = 2");
    refused("{ let k = 0; || { k += 1; k } }", "()", "v.call()");
    for (name, runner) in &RUNNERS[2..] {
        let nested = runner.replace("BODY", "parallel([1], |j| { v += j; j })");
        let error = outcome("0", "()", &nested, "").expect_err(name);
        assert!(error.contains("changed `v`"), "{name}: {error}");
    }
}

#[test]
fn what_happens_to_the_items_of_a_loop_is_not_lost() {
    let each = |body: &str| {
        let host = Host::new(Options::default());
        let text = format!(
            "let net = nn::linear(2, 2);\n\
             each(\"a\", [net, 1, ones([2])], #{{ n: 0 }}, |i, s| {{ {body}; s }});"
        );
        host.run(&Source::new("a.rhai", &*text)).map_err(|error| host.explain(&error, "a.rhai"))
    };
    assert!(each("s.n += 1; i = 2").is_ok());
    let error = each("if type_of(i) == \"Module\" { i.init_normal(0.0, 1.0); }").unwrap_err();
    assert!(error.contains("the body of \"a\" changed its item, which is not in the state"), "{error}");
}

/// Rhai's own types that nobody can look into are not taken for unchanged.
#[test]
fn what_cannot_be_compared_counts_as_changed() {
    for (value, other) in [("range(0, 9, 2)", "range(1, 9, 2)"), ("5.bits()", "6.bits()")] {
        refused(value, other, "v = other");
        let error = outcome(value, "()", RUNNERS[0].1, "let w = v").unwrap_err();
        assert!(error.contains("`v` (or may have: it cannot be compared)"), "{error}");
    }
}
