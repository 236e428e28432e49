//! Scripts that meet Rhai's library at its edges.

use crate::{Error, Host, Options, script::Source};

fn run(text: &str) -> Result<String, String> {
    let host = Host::new(Options::default());
    let outcome = host.run(&Source::new("own.rhai", text));
    outcome.map(|value| value.to_string()).map_err(|error: Error| host.explain(&error, "own.rhai"))
}

#[track_caller]
fn gives(expression: &str, expected: &str) {
    assert_eq!(run(expression).as_deref(), Ok(expected), "{expression}");
}

#[track_caller]
fn fails(text: &str, words: &[&str]) {
    let error = run(text).expect_err(text);
    words.iter().for_each(|word| assert!(error.contains(word), "{text}: {error}"));
}

#[test]
fn floats_are_compared_as_ieee_754_does() {
    let numbers = [
        f64::NAN,
        f64::NEG_INFINITY,
        -1e308,
        -1.0 - f64::EPSILON,
        -1.0,
        -1e-17,
        -0.0,
        0.0,
        f64::from_bits(1),
        1e-17,
        1.0,
        1.0 + f64::EPSILON,
        3.0,
        1e308,
        f64::INFINITY,
    ];
    let spelt = |x: f64| match x {
        x if x.is_nan() => "(0.0 / 0.0)".to_owned(),
        x if x.is_infinite() => format!("({}1.0 / 0.0)", if x < 0.0 { "-" } else { "" }),
        x => format!("({x:?})"),
    };
    for a in numbers {
        for b in numbers {
            let (x, y) = (spelt(a), spelt(b));
            let all = format!("[{x} == {y}, {x} != {y}, {x} < {y}, {x} <= {y}, {x} > {y}, {x} >= {y}]");
            let expected = [a == b, a != b, a < b, a <= b, a > b, a >= b];
            gives(&all, &format!("{expected:?}"));
        }
    }
}

#[test]
fn floats_and_whole_numbers_are_compared_exactly() {
    // 2^53 is the first whole number after which floats leave some out.
    gives("[9007199254740993 == 9007199254740992.0, 9007199254740993 > 9007199254740992.0]", "[false, true]");
    gives("[9007199254740992.0 == 9007199254740993, 9007199254740992.0 < 9007199254740993]", "[false, true]");
    gives(
        "[9223372036854775807 < 9223372036854775808.0, 9223372036854775807 == 9223372036854775807.0]",
        "[true, false]",
    );
    gives(
        "[-9223372036854775807 - 1 == -9223372036854775808.0, 3 < 1.0 / 0.0, 3 > -1.0 / 0.0]",
        "[true, true, true]",
    );
    gives(
        "[3 == 3.0, 3.0 == 3, 3 <= 3.5, -3 >= -3.5, -3 < -2.5, 3 != 3.5]",
        "[true, true, true, true, true, true]",
    );
    gives("let n = 0.0 / 0.0; [1 == n, 1 != n, 1 < n, 1 >= n, n < 1]", "[false, true, false, false, false]");
    gives("[0 == -0.0, 0 == 1e-17, 0 < 1e-17, 1e-20 > 0]", "[true, false, true, true]");
}

#[test]
fn a_least_loss_starts_from_infinity() {
    gives(
        "let best = 1.0 / 0.0; for loss in [3.0, 2.0, 2.5] { if loss < best { best = loss; } } best",
        "2.0",
    );
}

#[test]
fn arrays_maps_and_searches_compare_numbers_alike() {
    gives(
        "[[1e-17] == [0.0], [3.0] == [3], [[1.0]] == [[1.0]], #{ a: 1e-17 } == #{ a: 0.0 }]",
        "[false, true, true, false]",
    );
    gives(
        "[1e-17 in [0.0], 0.0 in [1e-17], 3 in [3.0], [0.0].contains(1e-17)]",
        "[false, false, true, false]",
    );
    gives("[[0.0, 1e-17].index_of(1e-17), [1.0, 1.0 + 2.3e-16].index_of(1.0 + 2.3e-16)]", "[1, 1]");
    gives("let a = [0.0, 1e-17, 1e-17, -0.0, 1]; a.dedup(); a.len()", "4");
    gives("switch 1e-17 { 0.0 => \"zero\", _ => \"small\" }", "small");
    gives("[max(1e-17, 0.0), min(1e-17, 0), max(0, 1e-17)]", "[1e-17, 0.0, 1e-17]");
}

#[test]
fn other_values_are_compared_as_before() {
    gives(
        "[1 == 1, 1 < 2, \"a\" < \"b\", 'a' == 'a', true != false, () == ()]",
        "[true, true, true, true, true, true]",
    );
    gives(
        "[1 == \"1\", 1.0 == \"1\", 1.0 == (), [1.0] == 1.0, 1.0 != \"1\"]",
        "[false, false, false, false, true]",
    );
    gives(
        "let x = 1.5; x += 1; x *= 2; x -= 0.5; x /= 3; [x, -x, 7 % 4, 2 ** 3, !true]",
        "[1.5, -1.5, 3, 8, false]",
    );
    gives(
        "let s = \"ab\"; s += 'c'; s += \"d\"; s += 1; s += [2]; s + 3.5 + 'x' + () + true",
        "abcd1[2]3.5xtrue",
    );
    gives("1 + \"a\" + 'b'", "1ab");
    gives("let a = [1]; a += 2; a += [3, 4]; a.push(5); a + [6]", "[1, 2, 3, 4, 5, 6]");
}

#[test]
fn arrays_grow_at_their_places() {
    gives("let a = [1, 2, 3]; a.insert(0, 0); a.insert(-1, 9); a.insert(99, 7); a", "[0, 1, 2, 9, 3, 7]");
    gives("let a = [1, 2, 3, 4]; a.splice(1, 2, [9, 9, 9]); a.splice(-1..0, []); a", "[1, 9, 9, 9, 4]");
    gives("let a = [1, 2, 3, 4]; a.splice(1..=2, [0]); a.splice(2..3, []); a", "[1, 0]");
    gives("let a = [1]; a.pad(3, 0); a.pad(2, 9); a.pad(-5, 9); a", "[1, 0, 0]");
    gives(
        "let a = [1, 2, 3]; [a.pop(), a.shift(), a.remove(-1), a.remove(7), a.pop(), a]",
        "[3, 1, 2, (), (), []]",
    );
    gives("let m = #{ a: 1 }; [m.remove(\"a\"), m.remove(\"b\"), m]", "[1, (), #{}]");
}

#[test]
fn strings_are_padded_replaced_and_cut() {
    gives("let s = \"a\"; s.pad(7, \"\"); s", "a");
    gives("let s = \"aä\"; s.pad(5, \"xy\"); s.pad(2, 'z'); s.pad(7, 'ö'); s", "aäxyxöö");
    gives(
        "let s = \"a-b-c\"; s.replace(\"-\", \"+\"); s.replace('+', \"--\"); s.replace(\"b\", 'B'); \
         s.replace('c', 'C'); s",
        "a--B--C",
    );
    gives("let s = \"ab\"; s.replace(\"\", \"-\"); s", "-a-b-");
    gives(
        "[\"a,b,,c\".split(','), \"a,b,c\".split(\",\", 2), \"a,b,c\".split_rev(',', 2), \" a  b \".split()]",
        r#"[["a", "b", "", "c"], ["a", "b,c"], ["c", "a,b"], ["a", "b"]]"#,
    );
    gives(
        "[\"\".split(','), \"ab\".split(2), \"ab\".to_chars(), \"ab\".split_rev(\"b\")]",
        r#"[[""], ["ab", ""], ['a', 'b'], ["", "a"]]"#,
    );
}

#[test]
fn values_are_sorted_in_one_order() {
    gives("let a = [3.0, 0.0 / 0.0, 1.0, 2]; a.sort(); a", "[1.0, 2, 3.0, NaN]");
    gives(
        "let a = [3, 1, 2]; a.sort_desc(); [a, a.order(), [\"b\", \"a\"].order()]",
        r#"[[3, 2, 1], [1, 2, 3], ["a", "b"]]"#,
    );
    gives(
        "let a = [3, 1, 2]; a.sort(|a, b| a - b); a.sort(|a, b| a < b); a.order_by(|a, b| b - a)",
        "[3, 2, 1]",
    );
    gives("let a = [1, 1, 2, 1]; a.dedup(); a.dedup(|a, b| a < b); a", "[1, 1]");
    fails("[1, \"a\"].sort();", &["own.rhai:1:10", "the order of string and integer is not known"]);
    fails("[1, 2].sort(|a, b| throw \"no\");", &["own.rhai:1:20", "no"]);
    fails("[1, 2].sort(|a, b| \"x\");", &["gave a string, expected an integer"]);
    fails("[1, 2].dedup(|a, b| throw \"no\");", &["own.rhai:1:21", "no"]);
}

#[test]
fn what_one_call_makes_has_a_bound() {
    let large = ["own.rhai:1:", "larger than a script may make it"];
    fails("let s = \"\"; s.pad(100000, \"x\"); s.replace(\"x\", s);", &large);
    fails("let s = \"ab\"; loop { s += s; }", &large);
    fails("let s = \"ab\"; loop { s = s + s; }", &large);
    fails("let s = \"\"; s.pad(1000000000, 'x');", &large);
    fails("let s = \"\"; s.pad(9223372036854775807, \"x\");", &large);
    fails("let s = \"\"; s.pad(5000000, \"x\"); s.split(\"\");", &large);
    fails("let s = \"\"; s.pad(5000000, \"x\"); s.to_chars();", &large);
    fails("let a = [1]; loop { a += a; }", &large);
    fails("let a = [1]; loop { a.append(a); }", &large);
    fails("let a = []; a.pad(1000000000, 0);", &large);
    fails("let b = []; b.pad(3000, 0); let a = []; a.pad(3000, b);", &large);
    fails("blob(1000000000);", &large);
    fails("let b = blob(); b.pad(1000000000, 0);", &large);
    fails(
        "let s = \"\"; s.pad(1000000, \"x\"); #{ a: [s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s] \
         }.to_json();",
        &large,
    );
}

/// A map whose function captured the variable that holds it waited for itself.
#[test]
fn a_function_has_no_form_in_json() {
    let problem = ["to_json: `a` holds a function, which has no form in JSON"];
    for map in ["v = #{ a: || v }", "v = #{ a: [#{ b: || v }] }", "v = #{ a: Fn(\"f\") }"] {
        fails(&format!("let v = (); {map}; v.to_json()"), &problem);
        fails(&format!("let v = (); {map}; const W = v; W.to_json()"), &problem);
    }
    gives("const W = #{ a: [1, #{ b: \"x\" }] }; W.to_json()", "{\"a\":[1,{\"b\":\"x\"}]}");
}

#[test]
fn text_of_what_is_held_many_times_ends() {
    gives(
        "let s = \"\"; s.pad(1000000, \"x\"); let a = []; a.pad(1000, s); let t = a.to_string(); [t.len() < \
         16777300, t.ends_with(\"...\")]",
        "[true, true]",
    );
    gives("let s = \"\"; s.pad(1000000, \"x\"); let a = []; a.pad(1000, s); `${a}`.len() < 16777300", "true");
    fails("let s = \"\"; s.pad(1000000, \"x\"); let a = []; a.pad(1000, s); throw a;", &["own.rhai:1:"]);
    gives(
        "[1, 2.0, \"a\", 'b', (), [true], #{ a: 1 }].to_string()",
        r#"[1, 2.0, "a", b, (), [true], #{"a": 1}]"#,
    );
}

#[test]
fn pushing_takes_as_long_for_each_item() {
    // With one of Rhai's own limits the whole list is counted each time: ten minutes for these.
    gives("let a = []; for i in 0..1000000 { a.push(i); } a.len()", "1000000");
}

#[test]
fn values_nested_too_deep_end_the_script() {
    let deep = ["own.rhai:1:", "nested more than 50 deep"];
    fails("let f = |x| x; for i in 0..200000 { let g = f; f = |x| g.call(x); }", &deep);
    fails("let a = []; for i in 0..200000 { a = [a]; }", &deep);
    fails("let a = []; for i in 0..200000 { a = [take(a)]; }", &deep);
    fails("let a = #{}; for i in 0..200000 { a = #{ a: take(a) }; }", &deep);
    fails("let a = []; for i in 0..200000 { let b = []; b.push(take(a)); a = b; }", &deep);
    fails("let a = [0]; for i in 0..200000 { a[0] = [take(a[0])]; }", &deep);
    fails("let a = 0; for i in 0..200000 { let f = |x| x; a = f.curry(a); }", &deep);
    fails("fn f() { loop { this = [take(this)]; } } let a = 0; a.f();", &deep);
    fails("fn f() { loop { this.push([this.pop()]); } } let a = [0]; a.f();", &deep);
    fails("let a = []; a.pad(200000, 0); a.reduce(|sum, x| [sum], 0);", &deep);
    fails("loop { try { let a = []; loop { a = [take(a)]; } } catch { } }", &deep);
    fails("let a = []; a.pad(60, 0); a.reduce(|sum, x| [sum], 0)", &["nested more than 50 deep"]);
}

#[test]
fn modules_nested_too_deep_are_refused() {
    fails(
        "let m = nn::sequential([]); for i in 0..200000 { m = nn::sequential([m]); }",
        &["own.rhai:1:", "nested more than 50 deep"],
    );
    fails(
        "let m = nn::sequential([]); for i in 0..40 { m = nn::sequential([m, m]); }",
        &["more than 100000 modules"],
    );
    fails(
        "let m = nn::relu(); for i in 0..200000 { let old = m; m = nn::network(#{}, |n, x| old.forward(x)); \
         }",
        &["own.rhai:1:", "nested more than 50 deep"],
    );
}

#[test]
fn closures_that_hold_themselves_are_no_nests() {
    gives("let f = 0; let g = || f; f = || g; for i in 0..3000 { let h = f; } type_of(f)", "Fn");
    gives("let a = [[[[[1]]]]]; for i in 0..20000 { a[0] = a[0]; } a", "[[[[[1]]]]]");
}

#[test]
fn threads_look_at_what_is_nested_too() {
    fails("parallel([1, 2], |i| { let a = []; loop { a = [take(a)]; } });", &["nested more than 50 deep"]);
    fails(
        "for x in ahead(2, |i| { let a = []; loop { a = [take(a)]; } }) { print(x); }",
        &["nested more than 50 deep"],
    );
}

#[test]
fn threads_have_a_bound() {
    let text = "let fs = []; for i in 0..40000 { fs.push(|x| x); } for x in ahead(3, fs) { print(x); }";
    fails(text, &["own.rhai:1:", "ahead: 40001 more threads"]);
    gives("let n = 0; for i in 0..100 { for x in ahead(3, [|x| x, |x| x + 1]) { n += x; } } n", "900");
}

#[test]
fn items_of_parallel_share_no_module() {
    let shared = "let a = nn::linear(1, 1); parallel([[nn::sequential([a])], [#{ m: a }]], |x| 1);";
    fails(shared, &["items 0 and 1 hold the same module"]);
    gives("let a = nn::linear(1, 1); parallel([[a, a], [a.deep_copy()]], |x| 1)", "[1, 1]");
    fails("parallel([1, 2, 3], |x| if x > 1 { throw `item ${x}` } else { x });", &["item 2"]);
}

#[test]
fn errors_of_a_loop_without_a_body_end_it() {
    fails(
        "for x in ahead(3, |i| if i > 1 { throw `item ${i}` } else { i }) { } print(\"past\");",
        &["own.rhai:1:", "item 2"],
    );
    fails("for x in ahead(3, [|i| i, |i| i.none]) { }", &["own.rhai:1:"]);
    gives("for x in ahead(3, |i| i) { } for b in data::load(\"glyphs\").train(4).batches(2) { } 1", "1");
}

#[test]
fn ranges_become_arrays() {
    gives("(0..3).to_array()", "[0, 1, 2]");
    gives("(2..=3).to_array()", "[2, 3]");
    gives("(3..0).to_array()", "[]");
    gives("(1..4).map(|i| i * i)", "[1, 4, 9]");
    gives("(1..=4).filter(|i| i % 2 == 0)", "[2, 4]");
    gives("let n = 10; (0..2).map(|i| n + i)", "[10, 11]");
    fails("(0..9223372036854775807).map(|i| i)", &["size of array"]);
    fails("(-9223372036854775807..=9223372036854775807).to_array()", &["size of array"]);
    fails("(0..3).map(|i| throw `no ${i}`)", &["no 0"]);
    fails("(0..3).filter(|i| 1)", &["own.rhai:1:"]);
}
