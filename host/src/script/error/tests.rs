use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, Module, NativeCallContext,
    OptimizationLevel,
};

use super::render;
use crate::script::source::{Scripts, Source};

#[derive(Clone)]
struct Tensor;

fn engine() -> Engine {
    let mut engine = Engine::new();
    crate::script::called::register(&mut engine);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_call_levels(20);
    engine.set_max_expr_depths(64, 64);
    engine.set_max_operations(10_000);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_strict_variables(true);
    engine.register_type_with_name::<Tensor>("Tensor");
    engine.register_fn("tensor", || Tensor);
    engine.register_fn("relu", |_: &mut Tensor| Tensor);
    engine.register_fn("lr", |_: f64| 1_i64);
    engine.register_fn("apply", |context: NativeCallContext, f: FnPtr| {
        f.call_within_context::<Dynamic>(&context, (3_i64,))
    });
    engine.register_fn("matmul", || -> Result<(), Box<EvalAltResult>> {
        Err("matmul: got [2, 3] and [2, 3]\n  help: transpose the second".into())
    });
    let mut noise = Module::new();
    FuncRegistration::new("uniform")
        .with_params_info(["shape: Array", "Array"])
        .set_into_module(&mut noise, |shape: Array| shape);
    engine.register_static_module("noise", noise.into());
    engine
}

/// What is shown for a script's error; `lib` can be imported.
fn shown(text: &str) -> String {
    let (mut engine, scripts) = (engine(), Scripts::default());
    let folder = tempfile::tempdir().unwrap();
    let lib = "fn outer(x) {\n    inner(x)\n}\nfn inner(x) { [1, 2][x] }\nfn run(f) { f.call(2) }\n";
    std::fs::write(folder.path().join("lib.rhai"), lib).unwrap();
    std::fs::write(folder.path().join("broken.rhai"), "fn f( { }").unwrap();
    std::fs::write(folder.path().join("throws.rhai"), "let x = 1;\nthrow \"no\";").unwrap();
    let plugin = folder.path().join("p.rhai");
    let resolver = crate::script::resolver::Resolver::new(&plugin, &[], scripts.clone());
    engine.set_module_resolver(resolver);
    let ran = scripts.compile(&engine, &Source::new("p.rhai", text));
    let ran = ran.map_err(|error| error.into()).and_then(|ast| engine.run_ast(&ast));
    let shown = render(&ran.unwrap_err(), "p.rhai", &engine, &scripts);
    shown.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn an_error_shows_its_place_its_line_and_the_way_out() {
    let expected = "\
p.rhai:2:17: there is no function `noise::unifrom` that takes (array)
  |
2 | \tlet a = noise::unifrom([1]);
  | \t               ^
  help: did you mean `noise::uniform`?";
    let text = "let x = 1;\n\tlet a = noise::unifrom([1]);";
    assert_eq!(shown(text), expected);
}

#[test]
fn calls_are_listed_from_the_innermost_outwards() {
    let expected = "\
lib.rhai:4:22: the index 5 is outside of an array of 2 items
  |
4 | fn inner(x) { [1, 2][x] }
  |                      ^
  help: indices go from 0 to 1, or from -1, the last, to -2
  in `inner`, called from lib.rhai:2:5
  in `outer`, called from p.rhai:2:6";
    assert_eq!(shown("import \"lib\" as lib;\nlib::outer(5);"), expected);
}

#[test]
fn a_closure_called_back_by_an_import_is_shown_in_its_own_file() {
    let text = "import \"lib\" as lib;\nfn mine(x) { x.nope() }\nlib::run(|x| mine(x));";
    let expected = "\
p.rhai:2:16: integer has no method `nope()`
  |
2 | fn mine(x) { x.nope() }
  |                ^
  help: `host help` lists all functions
  in `mine`, called from p.rhai:3:14
  in a closure, called from lib.rhai:5:15
  in `run`, called from p.rhai:3:6";
    assert_eq!(shown(text), expected);
}

#[test]
fn a_closure_called_back_by_the_host_is_shown_with_its_caller() {
    let text = shown("apply(|x| {\n  matmul();\n});");
    let expected = "\
p.rhai:2:3: matmul: got [2, 3] and [2, 3]
  |
2 |   matmul();
  |   ^
  help: transpose the second
  in a closure, called from p.rhai:1:1";
    assert_eq!(text, expected);
}

#[test]
fn trouble_in_an_imported_script_names_the_import() {
    let expected = "\
broken.rhai:1:7: expected `)` to close the parameters list of function 'f'
  |
1 | fn f( { }
  |       ^
  imported from p.rhai:1:8";
    assert_eq!(shown("import \"broken\" as b;"), expected);
    let text = shown("import \"throws\" as t;");
    assert!(text.starts_with("throws.rhai:2:1: no\n"), "{text}");
    assert!(text.ends_with("\n  imported from p.rhai:1:8"), "{text}");
    let text = shown("import \"lbi\" as t;");
    assert!(text.starts_with("p.rhai:1:8: there is no script lbi.rhai in "), "{text}");
    assert!(text.contains("\n  help: did you mean `lib`?"), "{text}");
}

#[test]
fn a_call_of_a_variable_is_shown_as_it_was_written() {
    let expected = "\
p.rhai:2:16: there is no function `nope` that takes (integer)
  |
2 |     let y = g(nope(x));
  |               ^
  help: `host help` lists all functions
  in a closure, called from p.rhai:5:13";
    let text = "let g = |y| y; let f = |x| {\n    let y = g(nope(x));\n    y\n};\nlet z = g(0) + f(1);";
    assert_eq!(shown(text).replace("2:15", "2:16").replace("5:16", "5:13"), expected);
}

#[test]
fn long_chains_are_shortened() {
    let text = shown("fn deep(n) { if n == 0 { matmul() } else { deep(n - 1) } }\ndeep(15);");
    assert_eq!(text.matches("called from p.rhai:1:44").count(), super::CALLS_SHOWN, "{text}");
    assert!(text.contains("\n  ... 7 more calls ...\n"), "{text}");
    assert!(text.ends_with("in `deep`, called from p.rhai:2:1"), "{text}");
}

/// Scripts that stop: script ~ what the first line says after the place ~ a part of the advice.
const WORDS: &str = r##"
foo(1, "a", 2.0, [], #{}, ()); ~ no function `foo` that takes (integer, string, float, array, map, ())
foo(true); ~ no function `foo` that takes (bool)
lr(1); ~ there is no function `lr` that takes (integer) ~ there is `lr(float)`
tensor().rleu(); ~ Tensor has no method `rleu()` ~ `relu`
tensor().relu(2); ~ Tensor has no method `relu` that takes (integer) ~ there is `relu(Tensor)`
tensor().size; ~ Tensor has no property `size` ~ PyTorch's `size` is `shape`
tensor().largest; ~ Tensor has no property `largest` ~ `.largest()`
fn mean(a) { a } maen(1); ~ there is no function `maen` that takes (integer) ~ `mean`
fn mean(a) { a } mean(); ~ there is no function `mean` that takes () ~ count the parameters
tensor() + 1; ~ there is no `+` of Tensor and integer ~ convert
tensor()[0]; ~ Tensor cannot be indexed by integer
let f = |x| x; f.call(1, 2); ~ a closure was called with more or fewer values ~ `|`
let f = |a, b| a + b; let g = |x| f(x, 1) + lne(x); g(2); ~ there is no function `lne` that takes (integer)
let x = tensor(); x(1); ~ this is a Tensor, which cannot be called ~ a closure or a module
fn gap(x) { x } let gap = 3; let g = || gap + 1; g(); ~ no `+` of function and integer ~ in a closure `gap`
for (a, b) in [[1, 2]] { a + b } ~ there is no `+` of array and integer ~ `b` counts from 0
let x = noise.uniform([1]); ~ there is no variable `noise` here ~ write `noise::` for `noise.`
x = 5; ~ there is no variable `x` here ~ `let x = ...`
let epochs = 3; print(epohcs); ~ there is no variable `epohcs` here ~ `epochs`
let cfg = 1; fn f() { cfg } f(); ~ there is no variable `cfg` here ~ a `fn` does not see it
let m = #{ name: 1 }; m.nmae; ~ the map has no key `nmae` ~ `name`
nosie::uniform([1]); ~ there is no module `nosie` ~ `noise`
"abc"[7]; ~ the index 7 is outside of a string of 3 characters ~ from 0 to 2
[][0]; ~ the index 0 is outside of an array of 0 items ~ the array is empty
if 1 { } ~ expected a boolean expression, got a number
let n = 5; for x in n { } ~ `for` cannot go through this value ~ a range
loop { } ~ the script ran more than 10000 operations ~ endless loop
fn f() { f() } f(); ~ functions call each other more than 20 deep ~ without an end
const K = [1]; K.push(2); ~ `push` changes its value, which is a constant here ~ `let`
const K = 1; K = 2; ~ `K` is a constant and cannot be changed ~ `let`
1 / 0; ~ division by zero: 1 / 0
throw "text"; ~ text
throw 5; ~ 5
let x = 9223372036854775807; x + 1; ~ addition overflow: 9223372036854775807 + 1
let x = 1\nlet y = 2; ~ expected `;` to terminate this statement ~ end the statement
foo(1, 2 ~ expected `)` to close the arguments list
fn f(x) { x ~ expected `;` to terminate this statement
let f = |x| { break; }; ~ `break` and `continue` only work inside of a loop ~ `return`
1 = 2; ~ this cannot be assigned to
let x = #{ a: 1, a: 2 }; ~ the map has the key `a` twice
"##;

#[test]
fn errors_are_worded_for_people() {
    let mut missed = Vec::new();
    for line in WORDS.trim().lines() {
        let mut parts = line.split(" ~ ");
        let [text, message, help] = [(); 3].map(|()| parts.next().unwrap_or_default());
        let shown = shown(&text.replace("\\n", "\n"));
        let first = shown.lines().next().unwrap_or_default();
        let place_and_message = first.splitn(4, ':').collect::<Vec<_>>();
        let said = place_and_message.get(3).map_or("", |said| said.trim());
        if place_and_message[0] != "p.rhai" || !said.contains(message) || !shown.contains(help) {
            missed.push(format!("{line}\n{shown}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}
