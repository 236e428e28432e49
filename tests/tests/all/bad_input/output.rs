//! What scripts record and print, however odd: metrics, tables, values, control characters.

use tests::Bench;

#[test]
fn a_metric_that_is_no_number_is_recorded_with_one_warning() {
    let text = r#"
        for value in [1.0, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0] { log("psnr", value); }
        each("step", 3, |i| { log("psnr", 0.0 / 0.0); });
        log("other", 1.0 / 0.0);
        print(logged("psnr").len());
    "#;
    let bench = Bench::new();
    let outcome = bench.run(text).code(0).says(&["warning: log: \"psnr\" is inf at its step 2", "\n7\n"]);
    assert_eq!(outcome.stderr.matches("warning: ").count(), 2, "{}", outcome.stderr);
    let run = bench.only_run();
    let values: Vec<_> = run.metrics().into_iter().map(|line| line["value"].clone()).collect();
    let texts = ["inf", "-inf", "nan", "nan", "nan", "nan", "inf"];
    assert_eq!(values[0], 1.0);
    assert!(values[1..].iter().eq(texts.iter()), "{values:?}");
    let report = String::from_utf8(run.files("").remove("report.html").unwrap()).unwrap();
    assert!(report.contains("7 records from 1 to 1, 6 not finite"), "{report}");
}

#[test]
fn a_warning_behind_a_called_variable_names_the_column_that_was_written() {
    let text = "let half = |x| x / 2; log(\"a\", half(half(1.0))); half(1.0); log(\"b\", 1.0 / 0.0);";
    let column = text.find("log(\"b\"").unwrap() + 1;
    Bench::new().run(text).code(0).says(&[&format!("inf at its step 1, at test.rhai:1:{column};")]);
}

#[test]
fn a_run_with_infinite_metrics_is_resumed_without_doubles() {
    let text = r#"
        let n = 0;
        log("before", 0.5);
        each("step", 6, #{ n: 0 }, |i, s| {
            log("loss", if i % 2 == 0 { 1.0 / 0.0 } else { 0.5 });
            s.n += i;
            s
        });
        log("after", 1.0 / 0.0);
    "#;
    let whole = Bench::new();
    whole.run(text).code(0);
    let bench = Bench::new();
    bench.script(text, &["--stop-on-nan"]).run().code(1);
    let run = bench.only_run();
    bench.resume(&run, &[]).run().code(0);
    run.assert_same_results(&whole.only_run());
}

#[test]
fn a_terminal_shows_control_characters_and_does_not_obey_them() {
    let bench = Bench::new();
    let text = "let e = \"\\x1b[31mred\\x07\"; print(e); table(e, [[e]]); log(e, 0.0 / 0.0);\n\
                each(e, 2, |i| { log(\"a\", i); });\ndebug(e); throw e;";
    bench.write("plugins/own.rhai", text);
    let outcome = bench.host(["run", "own"]).run().code(1).says(&["\\x1b[31mred\\x07"]);
    let log = String::from_utf8(bench.only_run().files("").remove("log.txt").unwrap()).unwrap();
    for shown in [outcome.stdout, outcome.stderr, log] {
        assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
    }
    bench.write(
        "plugins/\x1b[2Jodd.rhai",
        "//! \x1b[31mred\nlet cfg = params(#{ a: \"\x1b[2J\" }); // \x1b[2J",
    );
    for command in [
        &["list"][..],
        &["params", "\x1b[2Jodd"],
        &["check", "\x1b[2Jodd"],
        &["run", "\x1b[2Jodd"],
        &["\x1b[2Jodd"],
    ] {
        let outcome = bench.host(command).run();
        assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains('\x1b'), "{outcome:?}");
    }
}

#[test]
fn texts_in_tables_stay_texts() {
    let text = r#"
        table("t", [["id", "value", "note"], ["007", 1, "1e5"], ["1e3", 0.1, "nan"],
                    ["inf", 9007199254740993, "a,b \"q\""],
                    [3.0, (), true], ["0x10", 1e300, "infinity"], ["2024", 1e-12, "-0"],
                    ["x", [tensor([2.0])], 12345678]]);
        table("ragged", [["a"], ["b", 1, 2], []]);
        table("empty", []);
    "#;
    let bench = Bench::new();
    let outcome = bench.run(text).code(0);
    outcome.says(&[
        "id                             value      note",
        "007                                1       1e5",
        "inf                 9007199254740993   a,b \"q\"",
        "0x10                           1e300  infinity",
    ]);
    let run = bench.only_run();
    let csv = "id,value,note\n\"007\",1,\"1e5\"\n\"1e3\",0.1,\"nan\"\n\
               \"inf\",9007199254740993,\"a,b \"\"q\"\"\"\n\
               3,,true\n0x10,1e300,\"infinity\"\n\"2024\",1e-12,\"-0\"\n";
    assert!(run.table("t").starts_with(csv), "{}", run.table("t"));
    assert_eq!(run.table("ragged"), "a\nb,1,2\n\n");
    assert_eq!(run.table("empty"), "");
    let report = String::from_utf8(run.files("").remove("report.html").unwrap()).unwrap();
    for cell in ["007", "1e5", "1e3", "nan", "9007199254740993", "infinity", "2024", "-0", "12345678"] {
        assert!(report.contains(&format!("<td>{cell}</td>")), "{cell}");
    }
}

#[test]
fn tensors_in_arrays_and_maps_print_their_values() {
    let text = r#"
        let found = tensor([2.0, 1.0]).top_k(1, 0);
        print(`${found} ${#{ a: tensor([1.0]) }}`);
        print([[tensor([3])], #{ net: nn::linear(2, 1), set: data::load("glyphs").train(2) }]);
        print(found.to_string());
        debug([tensor(4.0)]);
        print([optim::sgd(nn::linear(1, 1), #{}), data::load("glyphs")]);
    "#;
    let outcome = Bench::new().run(text).code(0).says(&[
        ": [2.0]",
        "#{\"a\": Tensor [1] f32 on cpu: [1.0]}",
        "Tensor [1] i64 on cpu: [3]",
        "2 items",
        ": 4.0",
    ]);
    assert!(!outcome.stderr.contains("ops::") && !outcome.stderr.contains("host::"), "{}", outcome.stderr);
    let thrown = Bench::new().run("throw [tensor(4.0), \"a\"];").code(1);
    thrown.says(&["own.rhai:1:1: [Tensor [] f32 on cpu: 4.0, \"a\"]"]);
}
