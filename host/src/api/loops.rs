//! `each`, `stage`, `finish`: loops that survive the death of the process.

use std::sync::Arc;

use ops::random::{Key, with_stream};
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, NativeCallContext};

use crate::{
    error::{Error, Result},
    run::{Saved, readable},
    script::{FromScript, Refusal, Table, script_type},
    session::{Recorder, Session},
};

/// Functions captured by functions are looked into so deep: one can capture itself.
const FUNCTIONS_DEEP: usize = 8;

/// What a durable loop runs over.
pub enum Items {
    Range(std::ops::RangeInclusive<i64>),
    Array(Array),
}

impl Items {
    /// How many there are.
    fn count(&self) -> u64 {
        match self {
            Self::Range(range) if range.is_empty() => 0,
            Self::Range(range) => range.end().abs_diff(*range.start()).saturating_add(1),
            Self::Array(items) => items.len() as u64,
        }
    }

    /// Items number `done + 1` and up, with their numbers.
    fn after(self, done: u64) -> Box<dyn Iterator<Item = (u64, Dynamic)>> {
        let numbers = done.saturating_add(1)..=self.count();
        match self {
            Self::Range(range) => {
                // Whole numbers wrap: their distance may be more than an i64 holds, and it comes out right.
                Box::new(numbers.map(move |n| (n, range.start().wrapping_add_unsigned(n - 1).into())))
            }
            Self::Array(items) => Box::new(numbers.zip(items.into_iter().skip(done as usize))),
        }
    }
}

impl FromScript for Items {
    const NAME: &'static str = "range, array or count";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        // What comes before the smallest number is an empty range, too.
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
pub struct Finished(Dynamic);

script_type!(Finished => "Finished");

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let [a, b, c] = [0; 3].map(|_| Arc::clone(session));
    table
        .global()
        .add(
            "each(name, items, state, body)",
            "Runs `body(item, state)` for each item and gives the last state. The body ends with the state, a map of \
             tensors, modules, optimisers, data sets and plain values. The state is saved now and then: after a \
             crash, `host resume` goes on from there. Loops nest.",
            r#"each("step", 1..=3, #{ sum: 0 }, |i, s| { s.sum += i; s }).sum => 6"#,
            move |context: &NativeCallContext, name: String, items: Items, state: Dynamic, body: FnPtr| {
                each(&a, context, &name, items, state, &body)
            },
        )
        .add(
            "each(name, items, body)",
            "Runs `body(item)` for each item, without a state: after a crash, items that are done are skipped.",
            r#"each("step", 3, |i| { i * 2 }) => ()"#,
            move |context: &NativeCallContext, name: String, items: Items, body: FnPtr| {
                each(&b, context, &name, items, Dynamic::UNIT, &body)
            },
        )
        .add(
            "stage(name, body)",
            "Runs `body()` once and gives its value, which is saved: after a crash it is not computed again.",
            r#"stage("setup", || 6 * 7) => 42"#,
            move |context: &NativeCallContext, name: String, body: FnPtr| stage(&c, context, &name, &body),
        )
        .add(
            "finish(state)",
            "What the body of `each` gives instead of its state to end the loop early.",
            r#"each("step", 1..=9, #{ n: 0 }, |i, s| { s.n = i; if i == 4 { finish(s) } else { s } }).n => 4"#,
            Finished,
        );
}

fn each(
    session: &Session,
    context: &NativeCallContext,
    name: &str,
    items: Items,
    state: Dynamic,
    body: &FnPtr,
) -> Result<Dynamic> {
    let first = Saved::capture(&state, "s")?;
    let Some(recorder) = session.recorder_in_order()? else {
        return each_unrecorded(session.key().derive(name), context, items, state, body);
    };
    let (path, start) = recorder.loops().start(name, first.clone(), recorder.metrics.reached())?;
    recorder.metrics.reach(start.logged);
    let mut state = start.state.restore()?;
    if start.finished {
        return Ok(state);
    }
    let total = items.count();
    let bar = session.progress.start(name, Some(total), start.done);
    for (number, item) in items.after(start.done) {
        let item_path = recorder.loops().enter(&path, number);
        recorder.metrics.enter(&item_path);
        let outcome =
            with_stream(session.key().derive(&item_path), || one(context, item, state, &first, body, name));
        if outcome.is_err() {
            keep(recorder)?;
        }
        recorder.loops().leave();
        let (next, finished) = outcome?;
        state = next.restore()?;
        let finished = finished || number == total;
        recorder.loops().done(&path, number, next, finished, recorder.metrics.reached());
        bar.message(&readable(&recorder.metrics.last()));
        bar.advance();
        if recorder.loops().is_due() {
            recorder.save()?;
        }
        if finished {
            break;
        }
    }
    Ok(state)
}

/// Writes a checkpoint where a loop stops. One that fails must not hide what stopped it.
pub fn keep(recorder: &Recorder) -> Result<()> {
    if let Err(error) = recorder.save() {
        recorder.run.log_line(&format!("the checkpoint could not be written: {error}"));
    }
    Ok(())
}

fn each_unrecorded(
    key: Key,
    context: &NativeCallContext,
    items: Items,
    state: Dynamic,
    body: &FnPtr,
) -> Result<Dynamic> {
    let first = Saved::capture(&state, "s")?;
    let mut state = state;
    for (number, item) in items.after(0) {
        let (next, finished) =
            with_stream(key.derive(&number.to_string()), || one(context, item, state, &first, body, "each"))?;
        state = next.restore()?;
        if finished {
            break;
        }
    }
    Ok(state)
}

/// Runs the body for one item: the next state, and whether the loop ends with it.
fn one(
    context: &NativeCallContext,
    item: Dynamic,
    state: Dynamic,
    first: &Saved,
    body: &FnPtr,
    name: &str,
) -> Result<(Saved, bool)> {
    let stateless = matches!(first, Saved::Plain(value) if value.is_unit());
    let captured = captured(body);
    let result = if stateless {
        body.call_raw(context, None, [item])
    } else {
        body.call_raw(context, None, [item, state])
    };
    let result = result?;
    let (result, finished) = match result.read_lock::<Finished>() {
        Some(finished) => (finished.0.clone(), true),
        None => (result.clone(), false),
    };
    if stateless {
        refuse_captured_changes(context, body, &captured, first, name)?;
        return Ok((first.clone(), finished));
    }
    let next = Saved::capture(&result, "s")?;
    same_keys(name, &next, first)?;
    let next = next.settle(first, "s")?;
    refuse_captured_changes(context, body, &captured, first, name)?;
    Ok((next, finished))
}

/// What the closure captured, where it can be compared.
pub(super) fn captured(body: &FnPtr) -> Vec<Option<Saved>> {
    body.curry().iter().map(|value| held(value, FUNCTIONS_DEEP)).collect()
}

/// A value as it is now; of a function, what that captured.
fn held(value: &Dynamic, depth: usize) -> Option<Saved> {
    match value.read_lock::<FnPtr>() {
        Some(_) if depth == 0 => None,
        Some(function) => {
            let inner = function.curry().iter().filter_map(|value| held(value, depth - 1));
            Some(Saved::Array(inner.collect()))
        }
        None => Saved::capture(value, "captured").ok(),
    }
}

/// The name of a variable that the closure captured and that is another now, but for handles in `excused`.
pub(super) fn captured_change(
    context: &NativeCallContext,
    body: &FnPtr,
    before: &[Option<Saved>],
    excused: &Saved,
) -> Option<String> {
    let after = captured(body);
    let changed = before.iter().zip(&after).position(|(before, after)| match (before, after) {
        (Some(before), Some(after)) => !after.is_unchanged(before, excused),
        (before, after) => before.is_some() != after.is_some(),
    });
    changed.map(|index| captured_name(context, body, index))
}

/// A change outside the state would be lost after a crash, so that a resumed run would differ.
fn refuse_captured_changes(
    context: &NativeCallContext,
    body: &FnPtr,
    before: &[Option<Saved>],
    state: &Saved,
    name: &str,
) -> Result<()> {
    let Some(variable) = captured_change(context, body, before, state) else { return Ok(()) };
    Err(Error::usage(
        format!("each: the body of \"{name}\" changed {variable}, which is not in the state of the loop"),
        "put it into the state (`#{ ... }`) and change it there (`s.name`), so that a checkpoint saves it",
    ))
}

fn captured_name(context: &NativeCallContext, body: &FnPtr, index: usize) -> String {
    let arity = |n: usize| context.iter_namespaces().find_map(|m| m.get_script_fn(body.fn_name(), n));
    let found = (body.curry().len()..body.curry().len() + 4).find_map(arity);
    let name = found.and_then(|f| f.params.get(index).map(ToString::to_string));
    name.map_or_else(|| "a variable from outside".into(), |name| format!("`{name}`"))
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

fn stage(session: &Session, context: &NativeCallContext, name: &str, body: &FnPtr) -> Result<Dynamic> {
    let run = |key: Key| with_stream(key, || body.call_raw(context, None, []).map_err(Error::from));
    let Some(recorder) = session.recorder_in_order()? else {
        return run(session.key().derive(name));
    };
    let (path, start) =
        recorder.loops().start(name, Saved::Plain(Dynamic::UNIT), recorder.metrics.reached())?;
    recorder.metrics.reach(start.logged);
    if start.finished {
        return start.state.restore();
    }
    let item_path = recorder.loops().enter(&path, 1);
    recorder.metrics.enter(&item_path);
    let result = run(session.key().derive(&item_path));
    recorder.loops().leave();
    let value = result?;
    recorder.loops().done(&path, 1, Saved::capture(&value, name)?, true, recorder.metrics.reached());
    recorder.save()?;
    Ok(value)
}

/// Whether an error is a request to stop, which no script can catch.
pub fn is_stop(error: &EvalAltResult) -> bool {
    matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..))
}
