use super::canonical;
use crate::{Error, Host, Options, script::Source};

fn run(text: &str) -> Result<String, String> {
    let host = Host::new(Options::default());
    let outcome = host.run(&Source::new("own.rhai", text));
    outcome.map(|value| value.to_string()).map_err(|error: Error| host.explain(&error, "own.rhai"))
}

#[track_caller]
fn gives(text: &str, expected: &str) {
    assert_eq!(run(text).as_deref(), Ok(expected), "{text}");
}

/// Holds `switch` against `==` for all pairs of values and cases.
#[track_caller]
fn agrees(values: &[String], cases: &[String]) {
    let pairs = values.iter().flat_map(|value| cases.iter().map(move |case| (value, case)));
    let line = |(value, case)| {
        format!(
            "wrong += if (switch {value} {{ {case} => true, _ => false }}) == ({value} == {case}) {{ [] }} \
                 else {{ [`{value} and {case}`] }};\n"
        )
    };
    let text = format!("let wrong = [];\n{}wrong", pairs.map(line).collect::<String>());
    gives(&text, "[]");
}

#[test]
fn a_switch_finds_what_is_equal() {
    let cases = [
        "0",
        "0.0",
        "-0.0",
        "-0",
        "1",
        "1.0",
        "-1.0",
        "2.5",
        "-2.5",
        "1e300",
        "9007199254740992",
        "9007199254740993",
        "9007199254740992.0",
        "-9223372036854775808.0",
        "9223372036854775807",
        "9223372036854775808.0",
        "0x8000000000000000",
        "1e-17",
        "true",
        "\"a\"",
        "\"1\"",
        "()",
        "[1.0, 2]",
        "[1, 2.0]",
        "[-0.0]",
        "[]",
        "#{ a: 1.0 }",
        "#{ a: [0.0] }",
    ];
    let cases = cases.map(str::to_owned);
    let more = ["0.0 / 0.0", "1.0 / 0.0", "0.1 + 0.2", "[0]", "#{ a: 1 }", "#{ a: [-0.0] }", "2.0 - 1"];
    let values: Vec<String> = cases.iter().cloned().chain(more.map(|value| format!("({value})"))).collect();
    agrees(&values, &cases);
}

#[test]
fn a_switch_agrees_with_equality_on_random_numbers() {
    let key = ops::random::Key::new(12).derive("switch");
    let random = |i: u64| key.draw(0).below(i, u64::MAX);
    let number = |i: u64| {
        let bits = random(i);
        let exponent = (bits >> 8) % 66;
        let magnitude = (bits >> 16) as f64 / 2f64.powi(48) * 2f64.powi(exponent as i32);
        match bits % 5 {
            0 => format!("{}", magnitude.min(9.2e18) as i64),
            1 => format!("-{}", magnitude.min(9.2e18) as i64),
            2 => format!("{:?}", magnitude.trunc()),
            3 => format!("-{:?}", magnitude.trunc()),
            _ => format!("{magnitude:?}"),
        }
    };
    let small = |i: u64| match random(i) % 4 {
        0 => format!("{}", i % 4),
        1 => format!("{}.0", i % 4),
        2 => format!("-{}.0", i % 4),
        _ => format!("{}.5", i % 4),
    };
    let numbers: Vec<String> = (0..60).map(number).chain((60..80).map(small)).collect();
    agrees(&numbers, &numbers);
}

#[test]
fn a_switch_finds_what_is_equal_wherever_it_stands() {
    gives("fn f(x) { switch x { 2 => \"two\", _ => \"none\" } } f(2.0)", "two");
    gives("let k = 2.0; let f = |x| switch x + k { 3 => k, _ => 0 }; f.call(1)", "2.0");
    gives("switch 1.0 { 1 => switch 2 { 2.0 => \"inner\" }, _ => 0 }", "inner");
    gives("switch switch 1 { 1.0 => 3.0 } { 3 => \"outer\" }", "outer");
    gives("switch if true { 1.0 } else { 2.0 } { 1 => \"if\" }", "if");
    gives("switch { let a = 1; a * 1.0 } { 1 => \"block\" }", "block");
    gives("let m = #{ a: [4.0] }; switch m.a[0] { 1 | 4 => \"path\" }", "path");
    gives("`${switch 1.0 { 1 => \"in\" }} a ${switch 2 { 2.0 => `text ${1.5}` }}`", "in a text 1.5");
    gives("fn int.f() { switch this { 3.0 => \"this\" } } 3.f()", "this");
    gives("switch `${1}a` { \"1a\" => 1 }", "1");
    gives("let x = 1; x += switch x { 1.0 => { x = 5; 2 } }; x", "7");
    gives("let s = 0; for i in [1, 2.0, 3] { s += switch i { 2 => continue, 3.0 => 10, _ => 1 } } s", "11");
}

#[test]
fn numbers_that_are_no_cases_stay_as_they_are() {
    gives("switch 1 { 1 => 2.0, _ => 3.0 }", "2.0");
    gives("switch 1.0 { 1 if 3.0 / 2 == 1.5 => 7.0 / 2, _ => 0 }", "3.5");
    gives("switch 1 { 2 => { 0 } 1.0 => 5.0 / 2, _ => 0 }", "2.5");
    gives(
        "switch 1 { 2 => 1 + if true { 1 } else { 2 } - 3.0, 1 => 1 + if true { 1 } else { 2 } - 3.0 }",
        "-1.0",
    );
    gives("switch 1 { 1 => if false { 1.0 } else { 3.0 / 2 } 2 => 3.0 }", "1.5");
    gives(
        "let f = switch 2 { 1 => [1, 2].map(|x| { x }), 2.0 => |a, b| a / b * 1.0 / b, _ => 0 }; f.call(1, \
         2)",
        "0.0",
    );
    gives("switch 2 { 1 => try { 1.0 } catch (e) { 2.0 } -2.0 => 1, 2.0 => 3.0 / 2 }", "1.5");
    gives(
        "switch 3 { 1 => for i in 0..2 { } 2 => while false { } 3.0 => loop { break 1.0 / 2 } _ => 0 }",
        "0.5",
    );
    gives("let y = switch 5 { 1.0 => 1, _ => #{ a: 1.0 }.a / 2 }; y", "0.5");
    gives("switch 3 { 1 => do { } while false, 0..9 => 3.0 / 2 }", "1.5");
    gives("switch 3.0 { 0..3 => 0, 3..=4 => 1.0 / 2, _ => 2 }", "0.5");
    gives("let a = 6.0; if a / 4 == 1.5 { a / 4.0 } else { 0 }", "1.5");
}

#[test]
fn errors_stand_where_they_stood() {
    for (text, words) in [
        (
            "let x = 1;\nswitch x { 1.0 => nothing(2.0), _ => 0 }",
            "own.rhai:2:19: there is no function `nothing`",
        ),
        ("/* é */ switch nothing() { 1 => 2 }", "own.rhai:1:16: there is no function `nothing`"),
        ("let a = switch 1 { 1 => 2 } + switch 1 { 2 => y };", "own.rhai:1:47: there is no variable `y`"),
        ("switch 1 { 1 => 2", "own.rhai:1:18: "),
        ("switch 1 { x => 2 }", "own.rhai:1:12: "),
        ("@ @   1 { 1 => 2 }", "own.rhai:1:1: "),
    ] {
        let error = run(text).expect_err(text);
        assert!(error.starts_with(words), "{text}: {error}");
        let line = words.split(':').nth(1).and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
        assert!(error.contains(text.lines().nth(line - 1).unwrap()), "{error}");
    }
}

#[test]
fn equal_numbers_have_one_form() {
    let form = |value: rhai::Dynamic| canonical(value).to_string();
    assert_eq!(form((-0.0).into()), "0");
    assert_eq!(form((2.5).into()), "2.5");
    assert_eq!(form(f64::NAN.into()), "NaN");
    assert_eq!(form(f64::INFINITY.into()), "inf");
    assert_eq!(form(i64::MIN.into()), form((i64::MIN as f64).into()));
    assert_eq!(form(i64::MAX.into()), i64::MAX.to_string());
}
