use std::path::PathBuf;

use rhai::{Array, Dynamic, Engine, Map, OptimizationLevel};
use serde_json::json;

use super::*;
use crate::{
    error::Result,
    script::source::{Scripts, Source},
};

mod rules;

fn declaration(text: &str) -> Result<Option<Declaration>> {
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.register_fn("path", |default: Dynamic| Declared::path(default, false).unwrap());
    engine.register_fn("paths", |default: Dynamic| Declared::path(default, true).unwrap());
    let source = Source::new("p.rhai", text);
    let ast = Scripts::default().compile(&engine, &source).unwrap();
    declared(&engine, &source, &ast)
}

fn settings(text: &str) -> Vec<Setting> {
    declaration(text).unwrap().unwrap().settings
}

fn meanings(text: &str) -> Vec<String> {
    settings(text).into_iter().map(|setting| setting.meaning).collect()
}

fn refusal(text: &str) -> String {
    declaration(text).unwrap_err().to_string()
}

const PLUGIN: &str = r#"//! First line.
//! Expect: something.

import "nets/wta" as wta;
const SIZE = 16; // not a setting

let cfg = params(#{
    // --- data ---

    dataset:  "glyphs",     // "mnist" once you have it: host data
    images:   2_000,        // size of the starting set          paper: 60000
    // how many of the strongest activations survive
    keep:     0.05,
    channels: [32, SIZE],   /* feature maps per layer            paper: [128, 128] */
    deep:     true,         // whether to add a layer,
                            // which doubles the time
    url:      "http://x//y",
    mixed:    [1, 2.5],     names: [],  // two on a line
    last:     SIZE * 2      // no comma
});

print(cfg);
"#;

#[test]
fn settings_are_found_in_order_with_defaults_and_meanings() {
    let found = declaration(PLUGIN).unwrap().unwrap();
    assert_eq!(found.summary, ["First line.", "Expect: something."]);
    let names: Vec<_> = found.settings.iter().map(|s| s.name.as_str()).collect();
    let expected = ["dataset", "images", "keep", "channels", "deep", "url", "mixed", "names", "last"];
    assert_eq!(names, expected);
    let written: Vec<_> = found.settings.iter().map(|s| s.default.to_string()).collect();
    let expected = ["glyphs", "2000", "0.05", "[32,16]", "true", "http://x//y", "[1.0,2.5]", "[]", "32"];
    assert_eq!(written, expected);
    let meanings: Vec<_> = found.settings.iter().map(|s| s.meaning.as_str()).collect();
    let expected = [
        "\"mnist\" once you have it: host data",
        "size of the starting set paper: 60000",
        "how many of the strongest activations survive",
        "feature maps per layer paper: [128, 128]",
        "whether to add a layer, which doubles the time",
        "",
        "",
        "two on a line",
        "no comma",
    ];
    assert_eq!(meanings, expected);
    assert_eq!(found.settings[1].position, rhai::Position::new(11, 5));
}

#[test]
fn comments_of_other_lines_are_no_meaning() {
    assert_eq!(meanings("params(#{ a: 1 }); // after the call"), [""]);
    assert_eq!(meanings("params(#{ // opening\n a: 1,\n\n // far above\n\n b: 2 })"), ["", ""]);
    assert_eq!(meanings("params(#{ a: [ // one\n 1, // two\n 2 ] // three\n })"), ["one two three"]);
    assert_eq!(meanings("params(#{\n /* several\n  * lines */\n a: 1 })"), ["several lines"]);
}

#[test]
fn a_plugin_without_params_has_no_settings() {
    assert_eq!(declaration("let x = 1;").unwrap(), None);
    assert_eq!(settings("params(#{});"), []);
}

#[test]
fn what_cannot_be_evaluated_alone_is_refused_with_its_place() {
    let early = refusal("let x = 1;\nlet cfg = params(#{ a: 1 });");
    assert!(early.starts_with("p.rhai:1:1: only `//!` lines, imports and constants"), "{early}");
    let twice = refusal("let a = params(#{ a: 1 });\nlet b = params(#{ b: 1 });");
    assert!(twice.starts_with("p.rhai:2:9: a plugin declares its settings in one"), "{twice}");
    let inside = refusal("fn f() { params(#{ a: 1 }) }");
    assert!(inside.starts_with("p.rhai:1:10: settings can only be declared"), "{inside}");
    let imported = refusal("import \"x\" as x;\nlet cfg = params(#{ a: x::SIZE });");
    assert!(imported.starts_with("p.rhai:2:24: an imported script cannot be used"), "{imported}");
    let unwritten = refusal("const M = #{ a: 1 };\nlet cfg = params(M);");
    assert!(unwritten.starts_with("p.rhai:2:11: `params` takes one map"), "{unwritten}");
    let unknown = refusal("let cfg = params(#{ a: foo(1) });");
    assert!(unknown.starts_with("p.rhai:1:24: there is no function `foo`"), "{unknown}");
    let divided = refusal("const N = 0;\nlet cfg = params(#{ a: 1 / N });");
    let expected = "p.rhai:2:26: division by zero: 1 / 0\n";
    assert!(divided.starts_with(expected) && divided.contains("help: the settings are"), "{divided}");
    let map = refusal("let cfg = params(#{ a: #{ b: 1 } });");
    assert!(map.starts_with("p.rhai:1:24: the default of `a` is a value of type map"), "{map}");
    let mixed = refusal("let cfg = params(#{ a: [1, \"b\"] });");
    assert!(mixed.contains("the default of `a` is an array of several types"), "{mixed}");
}

#[test]
fn values_written_are_read_back() {
    let list = |items: &[SettingValue]| SettingValue::List(items.to_vec());
    let text = |s: &str| SettingValue::String(s.into());
    let values = [
        SettingValue::Int(-3),
        SettingValue::Float(1e-10),
        SettingValue::Float(3.0),
        SettingValue::Float(f64::INFINITY),
        SettingValue::Float(f64::NEG_INFINITY),
        SettingValue::Float(f64::NAN),
        list(&[
            SettingValue::Float(1.0),
            SettingValue::Float(f64::NEG_INFINITY),
            SettingValue::Float(f64::NAN),
        ]),
        SettingValue::Bool(false),
        text("a, b = [c]"),
        list(&[SettingValue::Int(1), SettingValue::Int(2)]),
        list(&[]),
        list(&[list(&[SettingValue::Int(1), SettingValue::Int(2)])]),
        list(&[text("a,b"), text(""), text("c")]),
    ];
    for value in values {
        let written = value.to_string();
        assert_eq!(SettingValue::parse(&written, &value), Some(value.clone()), "{written}");
        let toml = toml::Value::from(&value);
        assert_eq!(SettingValue::try_from(toml), Ok(value.clone()));
        let dynamic: rhai::Dynamic = value.clone().into();
        assert_eq!(SettingValue::try_from(dynamic), Ok(value));
    }
}

#[test]
fn command_line_texts_follow_the_type_of_the_default() {
    let parse = |text: &str, like: SettingValue| SettingValue::parse(text, &like);
    assert_eq!(parse("1e-3", SettingValue::Float(1.0)), Some(SettingValue::Float(0.001)));
    assert_eq!(parse("2", SettingValue::Float(1.0)), Some(SettingValue::Float(2.0)));
    assert_eq!(parse("60_000", SettingValue::Int(1)), Some(SettingValue::Int(60_000)));
    assert_eq!(parse("2.0", SettingValue::Int(1)), None);
    assert_eq!(parse("yes", SettingValue::Bool(true)), None);
    assert_eq!(parse("7", SettingValue::String("a".into())), Some(SettingValue::String("7".into())));
    let floats = SettingValue::List(vec![SettingValue::Float(1.0)]);
    let expected = SettingValue::List(vec![SettingValue::Float(1.0), SettingValue::Float(2.5)]);
    assert_eq!(SettingValue::parse("1, 2.5", &floats), Some(expected));
    assert_eq!(SettingValue::parse("1,x", &floats), None);
    let guessed = vec![SettingValue::Int(1), SettingValue::Bool(true), SettingValue::String("x".into())];
    assert_eq!(parse("[1,true,x]", SettingValue::List(vec![])), Some(SettingValue::List(guessed)));
}

/// Resolves the settings `epochs: 3, rate: 0.1, name: "a", sizes: [1, 2]`.
fn resolved(files: [&str; 2], arguments: &[(&str, &str)]) -> Result<ResolvedSettings> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> Option<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, text).ok()?;
        (!text.is_empty()).then_some(path)
    };
    let text = "params(#{ epochs: 3, rate: 0.1, name: \"a\", sizes: [1, 2] });";
    let sources = SettingSources {
        command_line: arguments.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        config: write("config.toml", files[0]),
        preset: write("preset.toml", files[1]),
        ..SettingSources::default()
    };
    resolve(&declaration(text).unwrap().unwrap(), &sources)
}

fn problem(files: [&str; 2], arguments: &[(&str, &str)]) -> String {
    resolved(files, arguments).unwrap_err().to_string()
}

#[test]
fn the_command_line_wins_over_the_config_the_preset_and_the_default() {
    let preset = "epochs = 10\nrate = 1\nname = \"p\"";
    let found = resolved(["epochs = 20\nrate = 2", preset], &[("epochs", "30")]).unwrap();
    let written: Vec<_> = found.choices.iter().map(|choice| choice.value.to_string()).collect();
    assert_eq!(written, ["30", "2.0", "p", "[1,2]"]);
    assert_eq!(found.get("epochs"), Some(&SettingValue::Int(30)));
    let is = |index: usize, origin: &str| found.choices[index].origin.to_string().starts_with(origin);
    assert!(is(0, "command line") && is(1, "config ") && is(2, "preset ") && is(3, "default"));
    let map = toml::Table::try_from(&found).unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["epochs", "rate", "name", "sizes"]);
    let map: Map = found.to_map();
    assert_eq!(map["rate"].as_float(), Ok(2.0));
    assert_eq!(map["sizes"].clone().cast::<Array>().len(), 2);
}

#[test]
fn an_unknown_key_names_its_source_and_the_nearest_key() {
    let text = problem(["", ""], &[("epoch", "3")]);
    assert_eq!(text, "command line: there is no setting `epoch`\n  help: did you mean `epochs`?");
    let text = problem(["", ""], &[("zzzzzz", "3")]);
    assert!(text.ends_with("help: the settings are epochs, rate, name, sizes"), "{text}");
    let text = problem(["rate = 1.0\n  eposch = 3", ""], &[]);
    assert!(text.contains("config.toml:2:3: there is no setting `eposch`"), "{text}");
    assert!(text.contains("\n2 |   eposch = 3\n  |   ^\n  help: did you mean `epochs`?"), "{text}");
}

#[test]
fn a_wrong_type_names_its_source_and_shows_the_default() {
    let text = problem(["", ""], &[("epochs", "3.5")]);
    let expected = "command line: the setting `epochs` is of type integer, not `3.5`\n  \
                    help: write it like its default: epochs=3";
    assert_eq!(text, expected);
    let text = problem(["", "sizes = [1, \"x\"]"], &[]);
    assert!(
        text.contains("preset.toml:1:9: the setting `sizes` is of type array of integer, not "),
        "{text}"
    );
    assert!(text.ends_with("help: write it like its default: sizes = [1, 2]"), "{text}");
    let text = problem(["name = 1979-05-27", ""], &[]);
    assert!(text.contains("is of type string, not date"), "{text}");
    let text = problem(["epochs = 2.0", ""], &[]);
    assert!(text.contains("`epochs` is of type integer, not float"), "{text}");
}

#[test]
fn a_broken_file_is_shown_with_line_and_caret() {
    let text = problem(["epochs = 3\nrate = = 2", ""], &[]);
    assert!(text.contains("config.toml:2:"), "{text}");
    assert!(text.contains("\n2 | rate = = 2\n"), "{text}");
    let missing = SettingSources { config: Some("/no/such.toml".into()), ..SettingSources::default() };
    let declaration = declaration("params(#{ a: 1 });").unwrap().unwrap();
    let text = resolve(&declaration, &missing).unwrap_err().to_string();
    assert!(text.starts_with("/no/such.toml: "), "{text}");
}

#[test]
fn the_table_fits_80_columns() {
    let text = "params(#{\n epochs: 3, // rounds\n \
                rates: [0.0001, 0.0002, 0.00025], // how fast everything that is learned in a step is \
                learned, the paper: 0.9, says so\n})";
    let declaration = declaration(text).unwrap().unwrap();
    let paper = toml::from_str("epochs = 20").unwrap();
    let expected = "\
epochs=3                  rounds [integer; paper: 20]
rates=[0.0001,0.0002,0.00025]
                          how fast everything that is learned in a step is
                          learned, the paper: 0.9, says so [array of float]
";
    assert_eq!(table(&declaration, Some(&paper)), expected);
    assert_eq!(table(&declaration, None), expected.replace("; paper: 20", ""));
}

#[test]
fn paths_are_declared() {
    let text = "params(#{\n data: path(\"glyphs\"), // what is learned\n nets: paths([]), // to start from\n \
                title: \"t\" });";
    let declaration = declaration(text).unwrap().unwrap();
    let expected = "\
data=glyphs               what is learned [path]
nets=[]                   to start from [array of path]
title=t                   [string]
";
    assert_eq!(table(&declaration, None), expected);
    let written: Vec<_> = declaration.settings.iter().map(Setting::as_path).collect();
    assert_eq!(written, ["data: path(\"glyphs\")", "nets: paths([])", "title: path(\"t\")"]);
    let given = |arguments: &[(&str, &str)]| {
        let command_line = arguments.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        resolve(&declaration, &SettingSources { command_line, ..SettingSources::default() })
    };
    let found = given(&[("nets", "1,a b"), ("title", "x")]).unwrap();
    assert_eq!(found.get("nets").unwrap().texts(), ["1", "a b"]);
    let named: Vec<_> = found
        .named(&declaration)
        .into_iter()
        .map(|n| (n.setting, n.text, n.is_path, n.declaration))
        .collect();
    let net = |text: &str| ("nets".into(), text.into(), true, "nets: paths([])".into());
    assert_eq!(
        named,
        [net("1"), net("a b"), ("title".into(), "x".into(), false, "title: path(\"t\")".into())]
    );
    assert_eq!(found.given(), ["nets", "title"]);
    let numbers = SettingSources::default();
    assert!(resolve(&declaration, &numbers).unwrap().named(&declaration).is_empty());
}

#[test]
fn floats_come_back_from_a_record_bit_for_bit() {
    let bits = [
        0,
        1,
        1 << 63,
        0x7ff0 << 48,
        0xfff0 << 48,
        0x7ff8 << 48,
        0xfff8_0000_dead_beef,
        0x3fb9_9999_9999_999a,
    ];
    let value = SettingValue::List(bits.map(f64::from_bits).map(SettingValue::Float).to_vec());
    let text = serde_json::to_string(&value).unwrap();
    let Some(SettingValue::List(back)) = SettingValue::from_json(serde_json::from_str(&text).unwrap()) else {
        panic!("{text}")
    };
    let back = back.iter().map(|value| match value {
        SettingValue::Float(x) => x.to_bits(),
        other => panic!("{other:?} in {text}"),
    });
    assert_eq!(back.collect::<Vec<_>>(), bits);
}

#[test]
fn a_default_that_is_not_a_number_is_no_change() {
    let declaration =
        declaration("params(#{ a: 0.0 / 0.0, b: 1.0 / 0.0, c: [0.0 / 0.0] });").unwrap().unwrap();
    let given = |arguments: &[(&str, &str)]| {
        let command_line = arguments.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        resolve(&declaration, &SettingSources { command_line, ..SettingSources::default() })
            .unwrap()
            .changed(&declaration)
    };
    assert_eq!(given(&[]), []);
    assert_eq!(given(&[("a", "nan"), ("b", "inf"), ("c", "NaN")]), []);
    let changed = given(&[("a", "-inf"), ("b", "nan"), ("c", "[inf,1]")]);
    let expected = [("a", "-inf"), ("b", "nan"), ("c", "[inf,1.0]")];
    assert_eq!(changed, expected.map(|(name, value)| (name.to_string(), value.to_string())));
}

#[test]
fn a_run_like_another_has_its_settings_below_those_that_are_given() {
    let declaration =
        declaration("params(#{ epochs: 3, rate: 0.1, name: \"a\", more: 1 });").unwrap().unwrap();
    let values = [("epochs", json!(5)), ("rate", json!(0.5)), ("name", json!("a")), ("old", json!(1))];
    let like = LikeRun {
        folder: "runs/x".into(),
        values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        given: vec!["epochs".into()],
    };
    let sources = |like: &LikeRun| SettingSources {
        command_line: vec![("rate".into(), "0.2".into())],
        like: Some(like.clone()),
        ..SettingSources::default()
    };
    let found = resolve(&declaration, &sources(&like)).unwrap();
    let shown: Vec<_> = found.choices.iter().map(|choice| choice.value.to_string()).collect();
    assert_eq!(shown, ["5", "0.2", "a", "1"]);
    assert_eq!(found.given(), ["epochs", "rate"]);
    let other = LikeRun { given: vec!["old".into()], ..like.clone() };
    let error = resolve(&declaration, &sources(&other)).unwrap_err().to_string();
    assert!(error.starts_with("the run runs/x: there is no setting `old`"), "{error}");
    let mut other = like;
    other.values.insert("epochs".into(), json!("many"));
    let error = resolve(&declaration, &sources(&other)).unwrap_err().to_string();
    assert!(error.contains("the setting `epochs` is of type integer"), "{error}");
}

#[test]
fn settings_as_a_file_are_the_defaults_again() {
    let text = "params(#{\n    epochs: 3, // times through \u{1b} the data\n    rate: 0.1,\n    \
                name: \"a \\\"b\\\"\",\n    sizes: [1, 2],\n});";
    let declaration = declaration(text).unwrap().unwrap();
    let toml = to_toml(&declaration, None);
    assert!(toml.contains("the data [integer]\nepochs = 3\n"), "{toml}");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, toml).unwrap();
    let sources = SettingSources { config: Some(config), ..SettingSources::default() };
    let found = resolve(&declaration, &sources).unwrap();
    assert_eq!(found.changed(&declaration), []);
    assert_eq!(found.given().len(), 4);
}

#[test]
fn sections_about_many_runs_are_no_settings() {
    let table = "epochs = 4\n\n[table]\nrows = \"name\"\n";
    assert!(resolved(["", table], &[]).is_ok());
    let sweep = format!("{table}\n[sweep]\nseed = [0, 1]\n");
    assert!(problem(["", &sweep], &[]).contains("this describes a sweep, which is many runs"));
    assert!(problem(["", "[epochs]\na = 1\n"], &[]).contains("epochs"));
}
