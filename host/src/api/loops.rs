//! `each`, `stage`, `finish`: durable loops, which are resumed after a crash.

use std::sync::Arc;

use ops::random::{Key, next_key, with_stream};
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, NativeCallContext};

use crate::{
    api::captures::Captured,
    error::{Error, Result},
    files::sha256,
    run::{LoopExtent, LoopState, Saved, readable},
    script::{Carried, Comparable, FromScript, Identity, Refusal, Table, script_type},
    session::Session,
};

/// What a durable loop runs over.
pub enum LoopItems {
    Range(std::ops::RangeInclusive<i64>),
    Array(Array),
}

impl LoopItems {
    /// How many there are.
    fn count(&self) -> u64 {
        match self {
            Self::Range(range) if range.is_empty() => 0,
            Self::Range(range) => range.end().abs_diff(*range.start()).saturating_add(1),
            Self::Array(items) => items.len() as u64,
        }
    }

    /// What the first `done` items are recognised by.
    fn digest(&self, done: u64) -> String {
        match self {
            Self::Range(_) => self.digest_with("", &Dynamic::UNIT),
            Self::Array(items) => items
                .iter()
                .take(done as usize)
                .fold(String::new(), |digest, item| self.digest_with(&digest, item)),
        }
    }

    /// What the items up to `item` are recognised by; `digest` is that of those before it. Of values other
    /// than numbers and texts only the types count.
    fn digest_with(&self, digest: &str, item: &Dynamic) -> String {
        if let Self::Range(range) = self {
            return format!("from {}", range.start());
        }
        let is_plain = item.is_int() || item.is_float() || item.is_bool() || item.is_string();
        let known = if is_plain { item.to_string() } else { item.type_name().to_owned() };
        sha256(format!("{digest} {known}").as_bytes())[..16].to_owned()
    }

    /// Items number `done + 1` and up, with their numbers.
    fn after(&self, done: u64) -> Box<dyn Iterator<Item = (u64, Dynamic)> + '_> {
        let numbers = done.saturating_add(1)..=self.count();
        match self {
            Self::Range(range) => {
                // Wrapping addition is right even where the distance does not fit into an i64.
                let start = *range.start();
                Box::new(numbers.map(move |n| (n, start.wrapping_add_unsigned(n - 1).into())))
            }
            Self::Array(items) => Box::new(numbers.zip(items.iter().skip(done as usize).cloned())),
        }
    }
}

impl FromScript for LoopItems {
    const NAME: &'static str = "range, array or count";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        // A range that ends before the smallest integer is empty.
        let until = |start: i64, end: i64| match end.checked_sub(1) {
            Some(last) => Self::Range(start..=last),
            None => Self::Array(Array::new()),
        };
        if let Ok(n) = value.as_int() {
            return Ok(Self::Range(1..=n));
        }
        if let Some(r) = value.read_lock::<std::ops::Range<i64>>() {
            return Ok(until(r.start, r.end));
        }
        if let Some(r) = value.read_lock::<std::ops::RangeInclusive<i64>>() {
            return Ok(Self::Range(r.clone()));
        }
        value.read_lock::<Array>().map(|a| Self::Array(a.clone())).ok_or(Refusal::Type)
    }
}

/// The state with which a body ends its loop early.
#[derive(Clone)]
pub struct Finished(Arc<Dynamic>);

script_type!(Finished => "Finished");

impl Comparable for Finished {
    type Content = Identity<Dynamic>;

    fn content(&self) -> Self::Content {
        Identity::of(&self.0)
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "each(name, items, state, body)",
            "Runs `body(item, state)` for each item and gives the last state. The body ends with the state, \
             a map of tensors, modules, optimisers, data sets and plain values. The state is saved now and \
             then: after a crash, `host resume` goes on from there. Loops nest.",
            r#"each("step", 1..=3, #{ sum: 0 }, |i, s| { s.sum += i; s }).sum => 6"#,
            |context: &NativeCallContext, name: String, items: LoopItems, state: Dynamic, body: FnPtr| {
                each(context, &name, items, state, &body)
            },
        )
        .add(
            "each(name, items, body)",
            "Runs `body(item)` for each item, without a state: after a crash, items that are done are \
             skipped.",
            r#"each("step", 3, |i| { i * 2 }) => ()"#,
            |context: &NativeCallContext, name: String, items: LoopItems, body: FnPtr| {
                each(context, &name, items, Dynamic::UNIT, &body)
            },
        )
        .add(
            "stage(name, body)",
            "Runs `body()` once and gives its value, which is saved: after a crash it is not computed again. \
             A value with modules or optimisers is, to the same bits; loops (`each`) within go on where they \
             were.",
            r#"stage("setup", || 6 * 7) => 42"#,
            |context: &NativeCallContext, name: String, body: FnPtr| stage(context, &name, &body),
        )
        .add(
            "finish(state)",
            "What the body of `each` gives instead of its state to end the loop early.",
            "each(\"step\", 1..=9, #{ n: 0 }, |i, s| { s.n = i; \
             if i == 4 { finish(s) } else { s } }).n => 4",
            |state: Dynamic| Finished(Arc::new(state)),
        );
}

fn each(
    context: &NativeCallContext,
    name: &str,
    items: LoopItems,
    state: Dynamic,
    body: &FnPtr,
) -> Result<Dynamic> {
    let session = Session::of(context)?;
    let first = Saved::capture(&state, "s")?;
    let outside = Captured::of(context, body, first.clone())?;
    let recorder = session.recorder_in_order()?;
    let total = items.count();
    let (path, start) = match recorder {
        Some(recorder) => {
            let items = LoopExtent { count: total, digest: &|done| items.digest(done) };
            recorder.start_loop(name, &items, first.clone(), &outside.before)?
        }
        None => (name.to_owned(), LoopState::new(first.clone(), 0)),
    };
    let mut state = start.state.restore()?;
    let _handles = start.moved.restore()?;
    if start.finished {
        return Ok(state);
    }
    let mut digest = items.digest(start.done);
    let bar = recorder.map(|_| session.progress.start(name, Some(total), start.done));
    for (number, item) in items.after(start.done) {
        let body = LoopBody { name, function: body, outside: &outside, first: &first };
        let key = match recorder {
            Some(recorder) => session.key().derive(&recorder.enter(&path, number)),
            None => next_key(),
        };
        if recorder.is_some() {
            digest = items.digest_with(&digest, &item);
        }
        let outcome = with_stream(key, || body.call(context, item, state));
        if let Some(recorder) = recorder {
            recorder.leave();
        }
        let (next, moved, finished) = outcome?;
        state = next.restore()?;
        let finished = finished || number == total;
        if let (Some(recorder), Some(bar)) = (recorder, &bar) {
            let logged = recorder.metrics.reached();
            let digest = digest.clone();
            let now = LoopState { done: number, finished, state: next, moved, logged, digest };
            recorder.loops().done(&path, now);
            bar.message(&readable(&recorder.metrics.last()));
            bar.advance();
            session.save_if_due()?;
        }
        if finished {
            break;
        }
    }
    Ok(state)
}

/// What a loop runs for each item, with what it started from.
struct LoopBody<'a> {
    name: &'a str,
    function: &'a FnPtr,
    outside: &'a Captured,
    first: &'a Saved,
}

impl LoopBody<'_> {
    /// Runs the body for one item: the next state, buffers that moved in what it captured, and whether the
    /// loop ends with it.
    fn call(
        &self,
        context: &NativeCallContext,
        item: Dynamic,
        state: Dynamic,
    ) -> Result<(Saved, Saved, bool)> {
        let (given, as_given) = (item.clone(), self.outside.observe(&item));
        let result = if self.first.is_unit() {
            self.function.call_raw(context, None, [item])?
        } else {
            self.function.call_raw(context, None, [item, state])?
        };
        let (result, finished) = match result.read_lock::<Finished>() {
            Some(finished) => ((*finished.0).clone(), true),
            None => (result.clone(), false),
        };
        let next = if self.first.is_unit() {
            Saved::UNIT
        } else {
            let next = Saved::capture(&result, "s")?;
            same_keys(self.name, &next, self.first)?;
            next.settle(self.first, "s")?
        };
        let is_changed = !self.outside.observe(&given).is_unchanged(&as_given, true);
        let moved = if is_changed { Err("its item".into()) } else { self.outside.moved(context) };
        let moved = moved.map_err(|variable| {
            Error::usage(
                format!("the body of \"{}\" changed {variable}, which is not in the state", self.name),
                "put it into the state (`#{ ... }`) and change it there (`s.name`), so that a checkpoint \
                 saves it",
            )
        })?;
        Ok((next, moved, finished))
    }
}

fn same_keys(name: &str, next: &Saved, first: &Saved) -> Result<()> {
    let help = "end the body with the whole state: `s`";
    match (next, first) {
        (Saved::Map(next), Saved::Map(first)) if next.keys().eq(first.keys()) => Ok(()),
        (Saved::Map(next), Saved::Map(first)) => {
            let keys = |map: &std::collections::BTreeMap<String, Saved>| {
                map.keys().cloned().collect::<Vec<_>>().join(", ")
            };
            let problem = format!(
                "each: the body of \"{name}\" returned a state of ({}), expected ({})",
                keys(next),
                keys(first)
            );
            Err(Error::usage(problem, help))
        }
        (Saved::Plain(value), Saved::Map(_)) if value.is_unit() => Err(Error::usage(
            format!("each: the body of \"{name}\" returned nothing, expected the state"),
            help,
        )),
        (_, Saved::Map(_)) => Err(Error::usage(
            format!("each: the body of \"{name}\" returned something other than the state"),
            help,
        )),
        _ => Ok(()),
    }
}

/// A stage whose value holds handles is run again after a crash, with the same results, since a module cannot
/// be rebuilt from its values alone; finished loops inside of it are skipped.
fn stage(context: &NativeCallContext, name: &str, body: &FnPtr) -> Result<Dynamic> {
    let session = Session::of(context)?;
    let outside = Captured::of(context, body, Saved::UNIT)?;
    let run = |key: Key| {
        with_stream(key, || -> Result<(Saved, Saved)> {
            let value = Saved::capture(&body.call_raw(context, None, [])?, name)?;
            let moved = outside.moved(context).map_err(|variable| {
                Error::usage(
                    format!("the stage \"{name}\" changed {variable}, which lies outside of it"),
                    "give what changed as the value of the stage, or change it in the state of an `each`",
                )
            })?;
            Ok((value, moved))
        })
    };
    let Some(recorder) = session.recorder_in_order()? else { return run(next_key())?.0.restore() };
    let one = LoopExtent { count: 1, digest: &|_| String::new() };
    let (path, start) = recorder.start_loop(name, &one, Saved::UNIT, &outside.before)?;
    if start.finished {
        let _handles = start.moved.restore()?;
        return start.state.restore();
    }
    let outcome = run(session.key().derive(&recorder.enter(&path, 1)));
    recorder.leave();
    let (value, moved) = outcome?;
    let result = value.restore()?;
    if !value.has_handles() {
        let logged = recorder.metrics.reached();
        let digest = String::new();
        let now = LoopState { done: 1, finished: true, state: value, moved, logged, digest };
        recorder.loops().done(&path, now);
        session.save()?;
    }
    Ok(result)
}

/// Whether an error is a request to stop, which no script can catch.
pub fn is_stop(error: &EvalAltResult) -> bool {
    matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..))
}
