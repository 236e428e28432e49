//! A run that was stopped at any moment ends as one that was not, whatever its procedure does.
//!
//! A binary of its own: it runs for as long as it is asked to.
//!
//! `PROCEDURES=10000 cargo test --release --workspace --test procedures` tries more of them, from the one
//! that `FIRST_PROCEDURE` names.

mod generate;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use host::{
    Error, Host, Options, Recorder, Session,
    run::{Progress, Record, Run, Status},
    script::{Limits, Source},
};
use tests::RunFolder;

/// How many procedures are tried where nothing else is asked for.
const PROCEDURES: u64 = 200;

/// A folder in memory where there is one: each item of a loop is written to the disk.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder for temporary files")
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

/// A run of `text` that goes on until its `stop`th tick, or to its end: the number of ticks, and the error
/// that ended it. Where it is not killed, the checkpoint is written as `host run` does after an error.
fn run(text: &str, run: Run, stop: u64, killed: bool) -> (u64, Option<String>) {
    let options = Options { seed: 7, checkpoint_every: Duration::ZERO, ..Options::default() };
    let session = Session::new(options, Progress::quiet());
    let ticks = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&ticks);
    let host = Host::assemble(session, None, Limits::default(), |table| {
        table.global().add("tick()", "Stops the run at its place.", "", move || {
            match counter.fetch_add(1, Ordering::Relaxed) + 1 {
                n if n == stop => Err(Error::Failed("stopped here".into())),
                _ => Ok(()),
            }
        });
    });
    let recorder = Recorder::new(run, &host.session.options, host.scripts.clone()).expect("a recorder");
    host.session.record(recorder);
    let outcome = host.run(&Source::new("procedure.rhai", text));
    let recorder = host.session.recorder().expect("the recorder");
    if outcome.is_err() && !killed {
        recorder.save().expect("a checkpoint");
    }
    recorder.metrics.position().expect("the metrics are written");
    let status = if outcome.is_ok() { Status::Completed } else { Status::Failed };
    recorder.run.update(|record| record.status = status).expect("a record");
    let error = outcome.err().map(|error| host.explain(&error, "procedure.rhai"));
    (ticks.load(Ordering::Relaxed), error)
}

/// A new run.
fn fresh(folder: &Path, name: &str) -> Run {
    Run::create(folder, name, &[], Record::default()).expect("a run")
}

fn resumed(path: &Path) -> Run {
    Run::open(path, false).expect("a run that can be resumed")
}

/// Stops the procedure at each of its ticks in turn.
fn stopped_everywhere(seed: u64) {
    let text = generate::procedure(seed);
    let folder = scratch();
    let whole = fresh(folder.path(), "whole");
    let expected = whole.path().to_owned();
    let (ticks, error) = run(&text, whole, u64::MAX, false);
    assert!(error.is_none(), "procedure {seed}: {}\n{text}", error.unwrap_or_default());
    let expected = RunFolder::at(expected);
    for stop in 1..=ticks {
        let part = fresh(folder.path(), "part");
        let path: PathBuf = part.path().to_owned();
        let (_, error) = run(&text, part, stop, stop % 2 == 0);
        assert!(error.is_some_and(|e| e.contains("stopped here")), "procedure {seed}, stop {stop}\n{text}");
        let (_, error) = run(&text, resumed(&path), u64::MAX, false);
        let problem = error.map_or_else(|| difference(&RunFolder::at(&path), &expected), Some);
        if let Some(problem) = problem {
            panic!("procedure {seed}, stopped at tick {stop} and resumed: {problem}\n{text}");
        }
        fs::remove_dir_all(&path).expect("a folder that can go");
    }
}

fn difference(ours: &RunFolder, theirs: &RunFolder) -> Option<String> {
    let (a, b) = (ours.metrics(), theirs.metrics());
    if let Some((i, (a, b))) = a.iter().zip(&b).enumerate().find(|(_, (a, b))| a != b) {
        return Some(format!("line {} of metrics.jsonl is {a}, expected {b}", i + 1));
    }
    if a.len() != b.len() {
        return Some(format!("metrics.jsonl has {} lines, expected {}", a.len(), b.len()));
    }
    let (a, b) = (ours.files("models"), theirs.files("models"));
    if !a.keys().eq(b.keys()) {
        return Some(format!("there are {:?}, expected {:?}", a.keys(), b.keys()));
    }
    a.iter().find(|(name, bytes)| **bytes != b[*name]).map(|(name, _)| format!("{name} differs"))
}

#[test]
fn a_run_that_was_stopped_anywhere_ends_as_one_that_was_not() {
    let first = number("FIRST_PROCEDURE", 0);
    for seed in first..first + number("PROCEDURES", PROCEDURES) {
        stopped_everywhere(seed);
    }
}
