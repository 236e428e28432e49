//! `host serve`: whom it answers, with what, and what a browser makes of it.

mod pages;
mod security;

use serde_json::json;
use tests::{Bench, FakeRun, fake_methods};

/// A sweep of two methods and three seeds, and a run that failed.
fn bench() -> Bench {
    let bench = Bench::empty();
    fake_methods(&bench.path().join("runs"));
    let failed =
        FakeRun { plugin: "sae", status: "FAILED", settings: json!({ "size": 8 }), ..FakeRun::default() };
    failed.write(&bench.path().join("runs/sae-dddddddd"));
    bench
}
