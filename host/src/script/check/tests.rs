//! Scripts that are right, each also run to prove it, and scripts that are wrong, with what is said.

mod recovered;

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, Map, Module, NativeCallContext,
    OptimizationLevel,
};

use super::check;
use crate::{
    error::{Error, Result},
    script::{
        finding::{Finding, place_of},
        settings::Declared,
        source::{Scripts, Source},
    },
};

/// A few of the host's functions, with the signatures that scripts see.
fn engine() -> Engine {
    let mut engine = Engine::new();
    crate::script::called::register(&mut engine);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_call_levels(64);
    engine.set_max_expr_depths(64, 64);
    engine.register_fn("params", |settings: Map| -> Map {
        settings.into_iter().map(|(name, value)| (name, Declared::plain(value))).collect()
    });
    engine.register_fn("one_of", |default: Dynamic, choices: Array| {
        Declared::one_of(default, choices).unwrap()
    });
    engine.register_fn("twice", |context: NativeCallContext, f: FnPtr, x: Dynamic| {
        let once: Dynamic = f.call_within_context(&context, (x,))?;
        f.call_within_context::<Dynamic>(&context, (once,))
    });
    let mut noise = Module::new();
    FuncRegistration::new("uniform")
        .with_params_info(["shape: Array", "Array"])
        .set_into_module(&mut noise, |shape: Array| shape);
    FuncRegistration::new("normal")
        .with_params_info(["shape: Array", "scale: f64", "Array"])
        .set_into_module(&mut noise, |shape: Array, _: f64| shape);
    FuncRegistration::new("normal").set_into_module(&mut noise, |shape: Array| shape);
    FuncRegistration::new("shaped")
        .with_params_info(["shape: Array", "options: Map", "Array"])
        .with_comments(["/// Scale and `T_max` are its options."])
        .set_into_module(&mut noise, |shape: Array, _: Map| shape);
    engine.register_static_module("noise", noise.into());
    engine.register_fn("each", |_: &str, _: Dynamic, _: FnPtr| ());
    engine.register_fn("each", |_: &str, _: Dynamic, state: Map, _: FnPtr| state);
    engine.register_fn("log", |_: &str, _: f64| ());
    engine
}

/// The scripts that can be imported.
const SCRIPTS: [(&str, &str); 7] = [
    (
        "nets/wta",
        "import \"losses\" as losses;\nexport const DEPTH = 3;\nexport let width = 2; const SECRET = 4;\n\
         fn train(net, cfg) { losses::mse(net, cfg) + global::SECRET }\n\
         fn make() { let k = 3; |x| x + k }\nprivate fn hidden() { 1 }",
    ),
    ("losses", "fn mse(a, b) { a + b }\nfn int.halved() { this / 2 }"),
    ("aliased", "let inner = 5;\nexport inner as outer;\nfn from_plugin() { helper(1) }"),
    ("leaning", "fn f() { losses::mse(1, 2) }"),
    ("broken", "fn f( { }"),
    ("a", "import \"b\" as b;"),
    ("b", "import \"a\" as a;"),
];

fn import(path: &str) -> Result<Source> {
    let found = SCRIPTS.iter().find(|(name, _)| *name == path);
    let (name, text) = found.ok_or_else(|| Error::usage(format!("there is no script {path}"), ""))?;
    Ok(Source::new(format!("scripts/{name}.rhai"), *text))
}

fn findings(text: &str) -> Vec<Finding> {
    check(&engine(), &Source::new("plugin.rhai", text), &import)
}

/// Right scripts, one a line: each passes the check, and runs.
const CLEAN: &str = r##"
let x = 1; x += 2; x = x * 3; print(x);
let n = 5; n / 2; 6 / 3; 1.0 / 2; 1 / 2.0; 7 % 2; 0 / 5;
fn add(a, b) { a + b } add(1, 2);
fn first() { second() } fn second() { 2 } first();
let f = |x| x + 1; f.call(1); call(f, 2);
let k = 2; let f = |x| x * k; f.call(3);
let k = 2; let f = |x| { let g = |y| y + k + x; g.call(1) }; f.call(3);
let n = 0; let count = || n += 1; count.call(); n;
let m = #{ run: |x| x + 1, size: 3 }; m.run(2); m.size;
let m = #{}; m.later = |x| x; m.later(4);
let m = #{}; m["keyed"] = |x| x; m.keyed(4);
let m = #{ a: #{ b: [1, 2, #{ c: 3 }] } }; m.a.b[2].c += 1; m.a.b[0];
let i = 1; let rows = [[1, 2], [3, 4]]; rows[i][rows[0][0] - 1];
for (item, index) in [1, 2] { print(item + index); } for i in 0..3 { print(i); }
for i in 0..=3 { if i == 2 { break; } else { continue; } }
let x = 3; while x > 0 { x -= 1; } do { x += 1; } until x > 3; loop { break; }
try { throw "no"; } catch (problem) { print(problem); } try { throw 1; } catch { print(2); }
let x = 5; switch x { 1 | 2 if x > 2 => print(x), 3..5 => print(7), _ => { let q = 1; print(q); } }
let x = 1; let x = x + 1; { let x = x + 1; print(x); } print(x);
let name = "a"; print(`hello ${name}, ${ let y = 2; y + 1 } times`);
const LIMIT = 4; fn limited(x) { if x > global::LIMIT { global::LIMIT } else { x } } limited(9);
let x = (); print(x ?? 4); let m = #{}; print(m?.missing); print(x?.missing?.more);
fn int.double() { this * 2 } 4.double();
fn plus(y) { this + y } 4.plus(2);
fn show() { outside } let outside = 3; show!();
fn f(x) { x } let g = f; g.call(2); let h = Fn("f"); h.call(3); let c = h.curry(4); c.call();
[3, 1, 2].sort(); [1, 2].map(|x| x * 2).filter(|x| x > 2).reduce(|sum, x| sum + x, 0);
[1, 2, 3].some(|x| x > 2); [1, 2].len(); "abc".len(); len([1]); "a,b".split(",");
#{ a: 1 }.keys(); let m = #{ a: 1 }; m.contains("a"); "a" in m; m.remove("a");
type_of(1); 1.type_of(); is_def_fn("f", 1); is_def_var("x"); let x = 1; is_shared(x); x.is_shared();
PI() + 2.0.sin() + sqrt(4.0) + 3.to_float() + (-3).abs().to_float(); timestamp().elapsed;
let x = if true { 1 } else { 2 }; let y = { let z = x; z + 1 }; let w = switch y { 2 => 3, _ => 4 }; w;
let x = [1, 2, 3]; x[-1]; x.extract(0..2); x[1] += 2;
noise::uniform([2, 3]); noise::normal([1], 0.5).len(); noise::normal([1]);
twice(|x| x + 1, 2); let k = 3; twice(|x| x * k, 2);
import "nets/wta" as wta; wta::train(1, 2); wta::DEPTH + wta::width;
import "nets/wta" as wta; wta::losses::mse(1, 2);
import "nets/wta" as wta; fn f(x) { wta::train(x, 2) } f(1); let g = || wta::DEPTH; g.call();
import "nets/wta" as wta; let f = wta::make(); f.call(2); twice(f, 1);
import "losses" as losses; 4.halved();
import "aliased" as other; fn helper(x) { x } other::from_plugin() + other::outer;
import "losses" as losses; import "leaning" as leaning; leaning::f();
let path = "losses"; import path as dynamic; dynamic::mse(1, 2);
if true { import "losses" as inner; inner::mse(1, 2); }
let cfg = params(#{ epochs: 3, sizes: [1, 2] }); cfg.epochs + cfg.sizes[0]; cfg.keys();
let cfg = params(#{ a: 3 }); let f = |x| x + cfg.a; f.call(1); fn g(cfg) { cfg.other } g(#{ other: 1 });
let cfg = params(#{ a: 3 }); cfg.extra = 2; cfg.extra + cfg.a;
let cfg = params(#{ a: 3 }); cfg.mixin(#{ extra: 1 }); cfg.extra;
let cfg = params(#{ a: 1 }); let list = [#{ b: 2 }, #{ b: 3 }]; list[cfg.a].b; let k = list[0].b; k;
let cfg = params(#{ at: 0 }); let at = 0; let rows = [#{ x: [5] }]; rows[at].x[cfg.at];
let cfg = params(#{ a: 1 }); cfg.a; { let cfg = #{ b: 2 }; cfg.b; } let f = |cfg| cfg.b; f.call(#{ b: 1 });
let cfg = params(#{ a: one_of("x", ["x", "y"]), b: "" }); cfg.a == "y"; cfg.b == "z"; cfg.a.len() == "q";
const SIZE = 4; let cfg = params(#{ size: SIZE * 2 }); cfg.size;
let sum = 0; for x in [1, 2] { sum += x; } let text = "n"; text += sum; text;
let a = 1; let b = 2; let swap = || { let t = a; a = b; b = t; }; swap.call(); a + b;
fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } } fact(5);
let x = 1; return x; print(x);
let f = |a, b, c| a + b + c; f.curry(1).curry(2).call(3); f.call(1, 2, 3);
let f = |x| x + 1; f(1); let g = |y| f(f(y)) * 2; g(3); print(`${f(4)}`);
fn apply(step, x) { step(step(x)) } apply(|x| x + 1, 2);
let log = |x| x; log(5);
fn f(list) { list.push(1); list } f([2]); fn g(m) { m.a = 1; m.a } g(#{ a: 2 });
fn f(list, n) { for i in 0..n { if list.len() < 3 { list.push(i); } } } f([2], 5);
fn f(x) { let y = x; y.push(1); y } f([1]); fn g(x) { x = x + 1; print(x); } g(1);
fn f(list) { let add = |x| list.push(x); add.call(1); list.push(2); add } f([1]);
for (a, b) in [[1, 2], [3, 4]] { print(a[0] + b); } for (a, b) in [1, 2] { [5, 6][b]; b.to_float(); }
for (a, b) in [1, 2] { [[5], [6]][b].len(); }
each("a", 3, |i| { let n = 0; n += i; log("n", 1.0); }); each("a", 3, #{ n: 1 }, |i, s| { s.n += i; s });
let n = [1]; each("a", 3, |i| { let n = [2]; n.push(i); print(n); }); [1].map(|x| n.push(x)); n;
noise::shaped([1], #{ scale: 2, T_max: 1 }); let name = "scale"; noise::shaped([1], #{});
let cfg = params(#{ a: 1, b: 2 }); let key = "b"; cfg.a + cfg[key];
let cfg = params(#{ a: 1, b: 2 }); fn f(all) { all.a + g(all) } fn g(these) { these["b"] } f(cfg);
let cfg = params(#{ a: 1 }); print(cfg);
export let shown = 1; export const FIXED = 2; let hidden = 3; export hidden as third;
"##;

#[test]
fn right_scripts_have_no_findings() {
    let found = CLEAN.lines().map(|text| (text, findings(text)));
    let found: Vec<_> = found.filter(|(_, found)| !found.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn right_scripts_run() {
    let mut engine = engine();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in SCRIPTS {
        let path = folder.path().join(format!("{name}.rhai"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let plugin = folder.path().join("plugin.rhai");
    let resolver = crate::script::resolver::Resolver::new(&plugin, &[], Default::default());
    engine.set_module_resolver(resolver);
    let run = |text: &str| -> Result<(), Box<EvalAltResult>> {
        engine.run_ast(&Scripts::default().compile(&engine, &Source::new("plugin.rhai", text))?)
    };
    let failed = |text| Some((text, run(text).err()?.to_string()));
    let failed: Vec<_> = CLEAN.lines().filter_map(failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Wrong scripts: script ~ position ~ message ~ a part of the advice.
const WRONG: &str = r##"
let half = 1/2; ~ 1:13 ~ `1/2` divides whole numbers and gives 0 ~ write `1.0/2` for 0.5
fn f(x) { x * (-7 / 2) } f(1); ~ 1:19 ~ `-7/2` divides whole numbers and gives -3 ~ write `-7.0/2` for -3.5
let x = ; ~ 1:9 ~ `;` is not expected here
let x = (1; ~ 1:11 ~ expected `)`
let s = "abc ~ 1:9 ~ this string has no end ~ close it
let x = 1 let y = 2; ~ 1:11 ~ expected `;` ~ end the statement
let match = 1; ~ 1:5 ~ `match` is a reserved word ~ choose another name
if true { fn f() {} } ~ 1:11 ~ a `fn` can only stand at the top level ~ closure
prnt(1); ~ 1:1 ~ there is no function `prnt` ~ `print`
let x = 1;\nlet y = nothing_like_it(x); ~ 2:9 ~ there is no function `nothing_like_it`
fn add(a, b) { a + b } add(1); ~ 1:24 ~ `add` takes 2 arguments, not 1
fn add(a, b) { a + b } ad(1, 2); ~ 1:24 ~ there is no function `ad` ~ `add`
fn add(a, b) { a + b } 1.add(2); ~ 1:26 ~ `add` takes its values in parentheses ~ `add(x, ...)`
noise::unifrom([1]); ~ 1:8 ~ there is no function `noise::unifrom` ~ `uniform`
noise::uniform(1, 2); ~ 1:8 ~ `noise::uniform` takes 1 argument, not 2 ~ `noise::uniform(array)`
noise::normal(); ~ 1:8 ~ takes 1 or 2 arguments, not 0 ~ `noise::normal(array, float)`
nosie::uniform([1]); ~ 1:1 ~ there is no module `nosie` ~ `noise`
wta::train(1); ~ 1:1 ~ there is no module `wta` ~ import "..." as wta
x = 5; ~ 1:1 ~ there is no variable `x` here ~ `let x = ...`
fn f() { y = 5; } f(); ~ 1:10 ~ there is no variable `y` here ~ `let y = ...`
let x = True; ~ 1:9 ~ there is no variable `True` here ~ write `true`
let x = noise.uniform([1]); ~ 1:9 ~ `noise` is a module, not a variable ~ `noise::uniform(...)`
fn gap(x) { x } let gap = 3; let g = || gap + 1; ~ 1:41 ~ `gap` is the function, not the variable ~ rename
fn add(list, x) { list.push(x); } add([1], 2); ~ 1:19 ~ this changes a copy: `list` stays ~ give it back
fn f(m) { m.a = 1; 3 } f(#{ a: 2 }); ~ 1:11 ~ this changes a copy: `m` stays
fn f(m) { print(m); m.a.b[2] += 1; } f(#{}); ~ 1:21 ~ this changes a copy: `m` stays
fn f(x) { x += 1; } f(1); ~ 1:11 ~ this changes a copy: `x` stays
let f = |m| { m.n += 1; }; f(#{ n: 1 }); ~ 1:15 ~ this changes a copy: `m` stays
for (a, b) in [[1, 2], [3, 4]] { print(a); print(b); } ~ 1:9 ~ `b` counts from 0 ~ let b = pair[1]
for (a, b) in [1, 2] { print(b[0]); } ~ 1:9 ~ `b` counts from 0 ~ let a = pair[0]
for (a, b) in [1, 2] { print(b.split(",")); } ~ 1:9 ~ `b` counts from 0
for (a, b) in [1, 2] { noise::uniform(b); } ~ 1:9 ~ `b` counts from 0
let n = 0; each("a", 3, |i| { n += 1; }); ~ 1:31 ~ the body of `each` changes `n` ~ put it into the state
let n = [0]; each("a", 3, |i| { let f = || n.push(1); f(); }); ~ 1:44 ~ the body of `each` changes `n`
each("a", 3, |i, s| s); ~ 1:14 ~ the body takes a state, and this `each` has none ~ |item, s|
each("a", 3, #{ n: 1 }, |i| 1); ~ 1:25 ~ the body takes no state, and this `each` has one ~ |item, s|
noise::shaped([1], #{ scal: 2 }); ~ 1:23 ~ `noise::shaped` has no option `scal` ~ `scale`
let cfg = params(#{ a: 1, b: 2 }); cfg.a; ~ 1:27 ~ nothing reads the setting `b` ~ remove it
let f = |x| prnt(x); f.call(1); ~ 1:13 ~ there is no function `prnt` ~ `print`
fn f() { helprr() } fn helper() {} f(); ~ 1:10 ~ there is no function `helprr` ~ `helper`
print(`a ${prnt(1)}`); ~ 1:12 ~ there is no function `prnt` ~ `print`
let m = #{ a: lne([1]) }; ~ 1:15 ~ there is no function `lne` ~ `len`
[1, 2].mapp(|x| x); ~ 1:8 ~ there is no method `mapp` ~ `map`
[1, 2].map(|x| y); ~ 1:16 ~ there is no variable `y` here
"abc".split(1, 2, 3, 4); ~ 1:7 ~ `split` takes
let m = #{ a: 1 }; m.a.flor(); ~ 1:24 ~ there is no method `flor` ~ `floor`
let value = 1; print(vlaue); ~ 1:22 ~ there is no variable `vlaue` here ~ `value`
{ let inner = 1; } print(inner); ~ 1:26 ~ there is no variable `inner` here
let cfg = 1; fn f() { cfg } f(); ~ 1:23 ~ there is no variable `cfg` here ~ give it a parameter `cfg`
const K = 1; fn f() { K } f(); ~ 1:23 ~ there is no variable `K` here ~ `global::K`
const K = 1; fn f() { global::J } f(); ~ 1:23 ~ there is no constant `J` ~ const J
fn g() { 1 } fn f() { global::g() } f(); ~ 1:23 ~ there is no module `global` ~ by its name
for i in 0..3 { } print(i); ~ 1:25 ~ there is no variable `i` here
try { } catch (e) { } print(e); ~ 1:29 ~ there is no variable `e` here
switch 1 { 1 if whoops > 1 => 2, _ => 3 } ~ 1:17 ~ there is no variable `whoops` here
let f = |a| { let g = |b| a + b + zz; g }; f.call(1); ~ 1:35 ~ there is no variable `zz` here
let x = x + 1; ~ 1:9 ~ there is no variable `x` here
let x = 1; x.y[z] = 3; ~ 1:16 ~ there is no variable `z` here
return whoops; ~ 1:8 ~ there is no variable `whoops` here
export nothing; ~ 1:8 ~ there is no variable `nothing` here
import "missing" as m; m::f(); ~ 1:8 ~ there is no script missing
import "nets/wta" as wta; wta::trian(1, 2); ~ 1:32 ~ there is no function `wta::trian` ~ `train`
import "nets/wta" as wta; wta::train(1); ~ 1:32 ~ `wta::train` takes 2 arguments, not 1
import "nets/wta" as wta; wta::hidden(); ~ 1:32 ~ there is no function `wta::hidden`
import "nets/wta" as wta; wta::SECRET; ~ 1:27 ~ `wta` exports no variable `SECRET` ~ export const
import "nets/wta" as wta; wta::depths::f(); ~ 1:27 ~ there is no module `depths` in `wta::depths`
import "nets/wta" as wta; wta::losses::mes(1, 2); ~ 1:40 ~ no function `wta::losses::mes` ~ `mse`
import "nets/wta" as wta; fn f() { wta::nope() } f(); ~ 1:41 ~ there is no function `wta::nope`
if true { import "losses" as l; } l::mse(1, 2); ~ 1:35 ~ there is no module `l`
let cfg = params(#{ name: 1 }); cfg.nmae; ~ 1:37 ~ there is no setting `nmae` ~ `name`
let cfg = params(#{ name: 1 }); let f = |x| x + cfg.nmae; ~ 1:53 ~ there is no setting `nmae`
let cfg = params(#{ name: [1] }); let f = || { || cfg.nmae[0] }; ~ 1:55 ~ no setting `nmae`
let cfg = params(#{ a: 1 }); print(cfg.b.c); ~ 1:40 ~ there is no setting `b` ~ declare it
let cfg = params(#{ a: 1 }); let rows = [1]; rows[cfg.b]; ~ 1:55 ~ there is no setting `b`
let cfg = params(#{ a: one_of("x", ["x", "yes"]) }); cfg.a == "yse"; ~ 1:63 ~ `a` is never "yse" ~ `yes`
let cfg = params(#{ a: one_of("x", ["x"]) }); let f = || "zz" != cfg.a; ~ 1:58 ~ `a` is never "zz" ~ one of
let x = 1; let cfg = params(#{ a: 1 }); ~ 1:1 ~ only `//!` lines, imports and constants ~ below
let a = params(#{}); let b = params(#{}); ~ 1:30 ~ one `params` call
fn f() { params(#{ a: 1 }) } f(); ~ 1:10 ~ only be declared at the top level ~ at the top
let cfg = params(#{ a: || 1 }); ~ 1:24 ~ the default of `a` is a value of type function
"##;

#[test]
fn wrong_scripts_are_reported_where_they_are_wrong() {
    let mut missed = Vec::new();
    for line in WRONG.trim().lines() {
        let mut parts = line.split(" ~ ");
        let [text, place, message, help] = [(); 4].map(|()| parts.next().unwrap_or_default());
        let found = findings(&text.replace("\\n", "\n"));
        let expected = format!("plugin.rhai:{place}");
        let is_right = |finding: &Finding| {
            place_of(&finding.file, finding.position) == expected
                && finding.problem.message.contains(message)
                && finding.problem.help.contains(help)
        };
        if found.len() != 1 || !is_right(&found[0]) {
            missed.push((line, found));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let found = findings("let a = foo();\nlet b = bar(a, c);\nb.baz_qux();");
    let messages: Vec<_> = found.iter().map(|finding| finding.problem.message.as_str()).collect();
    let expected = [
        "there is no function `foo`",
        "there is no function `bar`",
        "there is no variable `c` here",
        "there is no method `baz_qux`",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn findings_in_imported_scripts_name_their_file() {
    let found = findings("import \"broken\" as broken; broken::f();");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].file, "scripts/broken.rhai");
    let found = findings("import \"aliased\" as other; other::from_plugin();");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].file, "scripts/aliased.rhai");
    assert_eq!(found[0].problem.message, "there is no function `helper`");
    let found = findings("import \"leaning\" as leaning; leaning::f();");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].problem.message, "there is no module `losses`");
}

#[test]
fn a_circle_of_imports_is_shown() {
    let found = findings("import \"a\" as a;");
    assert_eq!(found.len(), 1, "{found:#?}");
    let circle = "scripts/a.rhai -> scripts/b.rhai -> scripts/a.rhai";
    assert!(found[0].problem.message.contains(circle), "{}", found[0].problem.message);
}

#[test]
fn a_script_that_is_imported_declares_no_settings() {
    let import = |_: &str| Ok(Source::new("lib.rhai", "fn f() { 1 }\nlet cfg = params(#{ a: 1 });"));
    let plugin = Source::new("plugin.rhai", "import \"lib\" as lib; lib::f();");
    let found = check(&engine(), &plugin, &import);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].file, "lib.rhai");
    assert_eq!(found[0].position.line(), Some(2));
    assert!(found[0].problem.message.contains("only a plugin declares settings"));
}

/// The plugin in the design, with functions of its signatures.
#[test]
fn the_sample_plugin_passes() {
    let mut engine = engine();
    #[derive(Clone)]
    struct Tensor;
    let mut data = Module::new();
    data.set_native_fn("load", |_name: &str| Ok(Tensor));
    engine.register_static_module("data", data.into());
    let mut figure = Module::new();
    figure.set_native_fn("grid", |_name: &str, _images: Tensor| Ok(()));
    engine.register_static_module("figure", figure.into());
    engine.register_fn("train", |_: &mut Tensor, _images: i64| Tensor);
    engine.register_fn("take", |_: &mut Tensor, _images: i64| Tensor);
    engine.register_fn("concat", |_: &mut Tensor, _other: Tensor| Tensor);
    engine.register_fn("each", |_: &str, _: Dynamic, _: Map, _: FnPtr| Dynamic::UNIT);
    let text = r#"//! Datasets That Are Not: iterated data accumulation.

import "nets/wta" as wta;

let cfg = params(#{
    dataset:    "glyphs",   // "mnist" once you have it: host data
    images:     2000,       // size of the starting set             paper: 60000
    channels:   32,         // feature maps per layer               paper: 128
    iterations: 4,          // rounds of train, generate, add       paper: 20
});

let seen  = data::load(cfg.dataset).train(cfg.images);
let seeds = noise::uniform([seen.len(), 1, 28, 28]);
let net   = wta::autoencoder(cfg);

each("iteration", 1..=cfg.iterations, #{ net: net, seen: seen }, |i, s| {
    wta::train(s.net, s.seen, cfg);
    let novel = wta::generate(s.net, seeds, cfg);
    figure::grid(`iteration-${i}`, novel.take(64));
    s.seen = s.seen.concat(novel);
    s
});
"#;
    let import = |_: &str| {
        let text = "fn autoencoder(cfg) { cfg.channels }\nfn train(net, data, cfg) { net }\n\
                    fn generate(net, seeds, cfg) { seeds }";
        Ok(Source::new("scripts/nets/wta.rhai", text))
    };
    let found = check(&engine, &Source::new("dtan.rhai", text), &import);
    assert!(found.is_empty(), "{found:#?}");
    let misspelt = text.replace("cfg.iterations", "cfg.iteration").replace("novel.take", "novel.tkae");
    let found = check(&engine, &Source::new("dtan.rhai", misspelt), &import);
    let messages: Vec<_> = found.iter().map(|finding| finding.problem.message.as_str()).collect();
    assert_eq!(messages, ["there is no setting `iteration`", "there is no method `tkae`"]);
}
