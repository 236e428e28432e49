//! Damaged files: whatever bytes come as a network, as its elements in other files or as weights, they give a
//! result or an error, without a panic, ten seconds or two gigabytes.
//!
//! A binary of its own: its watch ends the process, and counts all of the process's memory.
//!
//! `DAMAGED=1000000 cargo test --release --workspace --test damaged -- --nocapture` tries so many of each
//! kind; they count from `DAMAGED_FROM`, and the same number is the same file.

mod bytes;
mod graphs;
mod kinds;
mod random;
mod watch;

use kinds::Kind;
use random::Random;
use watch::Watch;

/// What the test suite tries of each kind.
const DEFAULT: u64 = 2000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`")))
}

/// Tries files of a kind, each made of its number alone.
fn damaged(kind: &dyn Kind) {
    let (from, count) = (setting("DAMAGED_FROM", 0), setting("DAMAGED", DEFAULT));
    let watch = Watch::new(kind.name());
    for number in from..from + count {
        let bytes = kind.damaged(&mut Random::new(number));
        watch.attempt(number, &bytes, || kind.tries(&bytes));
    }
    watch.finish();
}

#[test]
fn damaged_networks() {
    damaged(&kinds::Networks::new());
}

#[test]
fn damaged_elements_in_other_files() {
    damaged(&kinds::Elsewhere::new());
}

#[test]
fn damaged_weights() {
    damaged(&kinds::Weights::new());
}

#[test]
fn damaged_frozen_networks() {
    match kinds::Frozen::new() {
        Some(kind) => damaged(&kind),
        None => tests::skipped("there is no ONNX Runtime"),
    }
}
