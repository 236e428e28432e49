//! What is found in scripts that do not parse.

use super::findings;
use crate::script::finding::place_of;

#[test]
fn a_script_with_syntax_errors_is_read_as_far_as_it_can_be() {
    let text = "let a = ;\nprnt(a);\nlet b = (2;\nfn f(x) {\n    x.flor();\n    let y = 3 x;\n    y\n}\n\
                foo(b, f(1));\nlet c = whoops;\nif c { [1, 2; }\nlet d = c; lne(d);";
    let found = findings(text).into_iter().map(|finding| {
        let place = place_of("", finding.position);
        format!("{} {}", place.trim_start_matches(':'), finding.problem.message)
    });
    let expected = [
        "1:9 `;` is not expected here",
        "2:1 there is no function `prnt`",
        "3:11 expected `)` for a matching ( in this expression",
        "5:7 there is no method `flor`",
        "6:15 expected `;` to terminate this statement",
        "9:1 there is no function `foo`",
        "10:9 there is no variable `whoops` here",
        "11:13 expected `,` to separate the items of this array literal",
        "12:12 there is no function `lne`",
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn brackets_that_are_wrong_leave_what_stands_before_them() {
    for text in
        ["prnt(1);\nfn f() { if true { 1 }\nlet x = 2;", "prnt(1); }\nlet x = 2;", "prnt(1);\nlet x = \"a"]
    {
        let found = findings(text);
        assert!(found.len() >= 2 && found[0].problem.message.contains("`prnt`"), "{text}: {found:#?}");
    }
    for text in
        ["", "}", "{", "(", "\"", "`", "é(", "/*", "fn", "#{", "let x = \n\n\n", ")))", "${", "`${", "a;;;b"]
    {
        findings(text);
    }
}
