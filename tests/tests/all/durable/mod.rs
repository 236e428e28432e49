//! Durable loops: a run that was stopped at any moment, in any way, ends as one that was not.

mod arguments;
mod checkpoint;
mod extend;
mod kill;
mod named;
mod record;
mod report;
mod resume;
mod rules;
mod state;
mod stop;

use tests::{Bench, RunFolder};

/// Nested loops with everything that a state can hold.
pub const NESTED: &str = include_str!("../../../fixtures/nested.rhai");

/// What a run of `NESTED` with these settings comes to when nothing happens to it.
pub fn undisturbed(bench: &Bench, settings: &[&str]) -> (RunFolder, std::time::Duration) {
    let outcome = bench.script(NESTED, settings).run().code(0);
    (bench.only_run(), outcome.took)
}
