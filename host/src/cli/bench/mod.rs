//! `host bench`: how long things take, one line each. What is timed is in `laboratory`.

mod lines;
mod steps;

use self::lines::Lines;
pub(super) use self::lines::joined;

use super::{
    args::{Bench, BenchTiming},
    outcome::Outcome,
};
use crate::{
    error::{Error, Result},
    laboratory::{Conditions, kernels},
    script::did_you_mean,
};

/// Times what was named.
pub fn run(what: &Bench) -> Result<Outcome> {
    let (Bench::Steps { timing, .. } | Bench::Kernels { timing, .. }) = what;
    let (conditions, lines) = (conditions(timing)?, Lines::new(timing.json, timing.history.as_ref())?);
    match what {
        Bench::Steps { words, .. } => steps::run(words, &conditions, &lines),
        Bench::Kernels { names, backward, .. } => kernels(names, *backward, &conditions, &lines),
    }
}

/// The conditions that were asked for, and as many threads.
fn conditions(timing: &BenchTiming) -> Result<Conditions> {
    let threads = timing.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|e| Error::Failed(format!("{threads} threads cannot be had: {e}")))?;
    let BenchTiming { warmup, reps, batch, count, seed, .. } = *timing;
    Ok(Conditions { warmup, reps, batch, count, seed, device: timing.device.device()? })
}

/// Times the kernels that were named.
fn kernels(names: &[String], backward: bool, conditions: &Conditions, lines: &Lines) -> Result<Outcome> {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for name in choose(&names, &kernels::names())? {
        kernels::time(name, backward, conditions, |parts| lines.show(parts))?;
    }
    Ok(Outcome::Done)
}

/// The names that were typed, or all; an unknown one is an error with the nearest.
fn choose<'a>(typed: &[&str], known: &[&'a str]) -> Result<Vec<&'a str>> {
    if typed.is_empty() {
        return Ok(known.to_vec());
    }
    let find = |name: &&str| {
        known.iter().find(|known| *known == name).copied().ok_or_else(|| {
            let near = did_you_mean(name, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("{near} "));
            Error::usage(
                format!("there is no bench `{name}`"),
                format!("{near}there are {}", known.join(", ")),
            )
        })
    };
    typed.iter().map(find).collect()
}
