//! What values of settings have to be.

use rhai::{Dynamic, Engine};

use super::super::*;
use crate::{
    error::Result,
    script::source::{Scripts, Source},
};

/// An engine with the functions that declare rules.
fn rules() -> Engine {
    let mut table = crate::script::Table::default();
    crate::api::add_all(&mut table);
    crate::script::build(&std::sync::Arc::new(table), |_| {}, None, crate::script::Limits::default())
}

fn ruled(text: &str) -> Result<Declaration> {
    let (engine, source) = (rules(), Source::new("p.rhai", text));
    let ast = Scripts::default().compile(&engine, &source).unwrap();
    declared(&engine, &source, &ast).map(Option::unwrap)
}

#[test]
fn a_rule_refuses_values_from_every_source() {
    let text = "params(#{ size: one_of(28, [28, 32]), lr: positive(0.1), share: within(0.2, 0, 1),\n\
                names: one_of([\"a\"], [\"a\", \"mean\"]), steps: at_least([1], 1),\n\
                rate: one_of(1.0, [1, 2]) });";
    let declaration = ruled(text).unwrap();
    let given = |key: &str, value: &str| {
        let command_line = vec![(key.to_string(), value.to_string())];
        resolve(&declaration, &SettingSources { command_line, ..SettingSources::default() })
            .map_err(|error| error.to_string())
    };
    for (key, value) in [
        ("size", "32"),
        ("lr", "1e-9"),
        ("share", "0"),
        ("share", "1"),
        ("names", "a,mean"),
        ("steps", "[]"),
        ("rate", "2"),
    ] {
        given(key, value).unwrap();
    }
    let refused = [
        (
            "size",
            "29",
            "command line: the setting `size` is 29, expected one of 28, 32\n  help: its default is 28",
        ),
        ("lr", "0", "the setting `lr` is 0.0, expected more than 0"),
        ("lr", "nan", "expected more than 0"),
        ("share", "1.01", "expected from 0 to 1"),
        ("names", "a,maen", "the setting `names` is [a,maen], expected one of a, mean"),
        ("steps", "3,0", "the setting `steps` is [3,0], expected at least 1"),
        ("rate", "1.5", "expected one of 1.0, 2.0"),
    ];
    for (key, value, words) in refused {
        let error = given(key, value).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "lr = 0.1\nsize = 29\n").unwrap();
    let error = resolve(&declaration, &SettingSources { config: Some(config), ..SettingSources::default() })
        .unwrap_err();
    assert!(error.to_string().contains("c.toml:2:8: the setting `size` is 29, expected one of"), "{error}");
}

#[test]
fn rules_combine_and_name_the_item_that_they_refuse() {
    let declaration = ruled(
        "params(#{ code: multiple_of(at_least(32, 8), 4), data: one_of(path(\"a\"), [\"a\", \"b\"]),\n\
         method: not_empty(one_of([\"ae\"], [\"ae\", \"vae\"])), nets: not_empty(paths([\"x\"])) });",
    )
    .unwrap();
    let expected: Vec<_> = declaration.settings.iter().map(Setting::expected).collect();
    let all = [
        "integer, at least 8; a multiple of 4",
        "path, one of a, b",
        "array of string, one of ae, vae; not empty",
        "array of path, not empty",
    ];
    assert_eq!(expected, all);
    let given = |key: &str, value: &str| {
        let command_line = vec![(key.to_string(), value.to_string())];
        resolve(&declaration, &SettingSources { command_line, ..SettingSources::default() })
            .map_err(|error| error.to_string())
    };
    assert!(given("data", "b").unwrap().named(&declaration)[0].is_path);
    for (key, value, words) in [
        ("code", "4", "the setting `code` is 4, expected at least 8"),
        ("code", "30", "the setting `code` is 30, expected a multiple of 4"),
        ("data", "c", "the setting `data` is c, expected one of a, b"),
        ("method", "ae,vea", "is [ae,vea], expected one of ae, vae\n  help: did you mean `vae`?"),
        ("method", "", "the setting `method` is [], expected not empty"),
        ("nets", "[]", "the setting `nets` is [], expected not empty"),
    ] {
        let error = given(key, value).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn shares_add_up_to_1_in_the_script_and_stay_as_they_were_given_in_the_record() {
    let declaration = ruled("params(#{ alphas: shares([1, 3]), none: shares([]) });").unwrap();
    let given = |texts: &[(&str, &str)]| {
        let command_line = texts.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        resolve(&declaration, &SettingSources { command_line, ..SettingSources::default() })
            .map_err(|error| error.to_string())
    };
    let floats = |value: &Dynamic| -> Vec<f64> {
        value.clone().into_array().unwrap().iter().map(|x| x.as_float().unwrap()).collect()
    };
    let found = given(&[("none", "2,2")]).unwrap();
    let map = found.to_map();
    assert_eq!([floats(&map["alphas"]), floats(&map["none"])], [vec![0.25, 0.75], vec![0.5, 0.5]]);
    assert_eq!(serde_json::to_string(&found).unwrap(), r#"{"alphas":[1.0,3.0],"none":[2.0,2.0]}"#);
    assert!(floats(&given(&[]).unwrap().to_map()["none"]).is_empty());
    for wrong in ["0,0", "1,-1", "nan,1", "inf,1"] {
        let error = given(&[("alphas", wrong)]).unwrap_err();
        assert!(error.contains("expected weights, none below 0 and not all 0"), "{error}");
    }
    assert!(given(&[("none", "a,b")]).unwrap_err().contains("is of type array of float, not `a,b`"));
}

#[test]
fn a_declaration_against_its_own_rule_is_refused_with_its_place() {
    let error = |text: &str| ruled(text).unwrap_err().to_string();
    let text = error("params(#{ a: 1,\n b: at_least(0, 1) });");
    assert!(text.starts_with("p.rhai:2:5: at_least: the default is 0, expected at least 1"), "{text}");
    assert!(error("params(#{ a: one_of(3, [1, 2]) });").contains("the default is 3, expected one of 1, 2"));
    assert!(error("params(#{ a: positive(|x| x) });").contains("the default is a value of type function"));
    assert!(error("params(#{ a: positive(\"x\") });").contains("the default is x, expected more than 0"));
    assert!(error("params(#{ a: path([]) });").contains("the default is [], expected a string"));
    assert!(
        error("params(#{ a: paths(\"x\") });").contains("the default is x, expected an array of strings")
    );
    assert!(
        error("params(#{ a: multiple_of(3, 0) });").contains("the default is 3, expected a multiple of 0")
    );
    let table =
        table(&ruled("params(#{ a: at_least(2, 1), b: one_of(\"\", [\"\", \"x\"]) });").unwrap(), None);
    assert!(table.contains("[integer, at least 1]") && table.contains("[string, one of \"\", x]"), "{table}");
}
