//! What scripts gather bit by bit is bounded. In this process, with a bound that is soon met.
//!
//! A binary of its own: it counts what the whole process allocates.

use host::{
    Host, Options, Session,
    memory::Heap,
    run::Progress,
    script::{Limits, Source},
};

#[global_allocator]
static HEAP: Heap = Heap;

/// Runs a script that ends because of the memory that its values take, in the first line.
#[track_caller]
fn takes_too_much(text: &str) {
    let limits = Limits { memory: host::memory::held() + (200 << 20), ..Limits::default() };
    let session = Session::new(Options::default(), Progress::quiet());
    let host = Host::assemble(session, None, limits, |_| {});
    let error = host.run(&Source::new("own.rhai", text)).expect_err(text);
    let error = host.explain(&error, "own.rhai");
    for words in ["own.rhai:1:", "values and data sets take more than", "MB of memory", "help: "] {
        assert!(error.contains(words), "{text}: {error}");
    }
}

// One test, for all of them look at the memory of the one process.
#[test]
fn all_values_of_a_script_together_have_a_bound() {
    takes_too_much("let a = [1]; loop { a = [a, a]; }");
    takes_too_much("let a = []; a.pad(100000, 0); let all = []; loop { all.push(a); }");
    takes_too_much("let a = []; a.pad(100000, 0); let all = #{}; for i in 0..100000000 { all[`${i}`] = a; }");
    takes_too_much("let a = []; a.pad(100000, 0); let all = []; loop { all.push([a]); }");
    takes_too_much("let s = \"ab\"; loop { s = `${s}${s}`; }");
    takes_too_much("let b = blob(2000000); let all = #{}; for i in 0..100000000 { all[`${i}`] = b; }");
    takes_too_much("let fs = []; loop { let x = []; x.pad(100000, 0); fs.push(|| x); }");
    takes_too_much("let all = []; loop { try { all.push(blob(1000000)); throw 1; } catch { } }");
    takes_too_much("parallel([1, 2], |i| { let all = []; loop { all.push(blob(1000000)); } });");
    // What is given back can be had again.
    let host = Host::assemble(
        Session::new(Options::default(), Progress::quiet()),
        None,
        Limits { memory: host::memory::held() + (200 << 20), ..Limits::default() },
        |_| {},
    );
    let again = "let n = 0; for i in 0..300 { let b = blob(2000000); n += b.len(); } n";
    assert_eq!(host.run(&Source::new("own.rhai", again)).unwrap().as_int(), Ok(600_000_000));
}
