//! `host serve`: whom it answers, with what, and what a browser makes of it.

mod pages;
mod security;

use serde_json::json;
use tests::{Bench, FakeRun};

/// A sweep of two methods and three seeds, and a run that failed.
fn bench() -> Bench {
    let bench = Bench::empty();
    for (method, losses) in [("none", [10.0, 20.0, 30.0]), ("a_mu", [11.0, 22.0, 33.0])] {
        for (seed, loss) in losses.into_iter().enumerate() {
            let run = FakeRun {
                seed: seed as u64,
                settings: json!({ "epochs": 3, "method": method }),
                metrics: vec![("loss", vec![loss + 9.0, loss]), ("accuracy", vec![0.5])],
                ..FakeRun::default()
            };
            run.write(&bench.path().join(format!("runs/gan,method={method}-{seed:08}")));
        }
    }
    let failed =
        FakeRun { plugin: "sae", status: "FAILED", settings: json!({ "size": 8 }), ..FakeRun::default() };
    failed.write(&bench.path().join("runs/sae-dddddddd"));
    bench
}
