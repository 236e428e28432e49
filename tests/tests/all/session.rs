//! What functions of scripts share reaches them wherever they are called.

use std::sync::Arc;

use host::{
    Host, Options, Session,
    run::Progress,
    script::{Limits, Source},
};
use tests::Bench;

/// Each place gives the same number of the run's seed, from a function that asks the session for it.
const PLACES: &str = r#"
import "lib" as lib;

let here = noise::uniform([1], "s").item();
let net = nn::network(#{}, |m, x| x * 0 + lib::draw());
let numbers = [
    lib::at_import,
    lib::draw(),
    lib::back(|| noise::uniform([1], "s").item()),
    lib::closure.call(),
    [1].map(|x| noise::uniform([1], "s").item())[0],
    [1].map(|x| lib::closure.call())[0],
    [2, 1].reduce(|sum, x| noise::uniform([1], "s").item(), 0.0),
    each("once", 1, #{ x: 0.0 }, |i, s| { s.x = lib::draw(); s }).x,
    stage("stage", || lib::draw()),
    no_grad(|| lib::draw()),
    net.forward(zeros([1])).item(),
    lib::net.forward(zeros([1])).item(),
    parallel([net], |net| net.forward(zeros([1])).item())[0],
];
for x in ahead(1, [|i| lib::draw(), |x| [x, lib::closure.call(), net.forward(zeros([1])).item()]]) {
    numbers += x;
}
let draws = |i| [noise::uniform([1], "s").item(), lib::draw(), parallel([i], |i| lib::draw())[0]];
for x in parallel([1, 2, 3], draws) {
    numbers += x;
}
numbers.map(|x| x == here)
"#;

const LIB: &str = r#"
fn draw() { noise::uniform([1], "s").item() }
fn back(f) { f.call() }
export const at_import = noise::uniform([1], "s").item();
export const closure = || noise::uniform([1], "s").item();
export const net = nn::network(#{}, |m, x| x * 0 + noise::uniform([1], "s").item());
"#;

#[test]
fn functions_find_their_session_in_imports_callbacks_and_threads() {
    let bench = Bench::new();
    bench.write("plugins/lib.rhai", LIB);
    let plugin = bench.path().join("plugins/own.rhai");
    let session = Session::new(Options { seed: 5, ..Options::default() }, Progress::quiet());
    let host = Host::assemble(session, Some(&plugin), Limits::default(), |_| {});
    let same = host.run(&Source::new("own.rhai", PLACES));
    let same = same.unwrap_or_else(|error| panic!("{}", host.explain(&error, "own.rhai")));
    let same: Vec<bool> = same.into_array().unwrap().iter().map(|same| same.as_bool().unwrap()).collect();
    assert_eq!(same, [true; 25]);
}

#[test]
fn what_a_script_leaves_does_not_keep_its_session() {
    let host = Host::new(Options::default());
    let script = "nn::network(#{ f: nn::relu() }, |m, x| m.f.forward(x))";
    let net = host.run(&Source::new("own", script)).unwrap();
    let session = Arc::downgrade(&host.session);
    drop(host);
    assert!(session.upgrade().is_none());
    drop(net);
}
