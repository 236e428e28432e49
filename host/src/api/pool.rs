//! `parallel`, `ahead`: script functions on threads of their own.
//!
//! Random numbers depend on an item's place in the run, so the values are those of a plain loop, bit for
//! bit, whatever the number of threads.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use ops::{
    nn::{Module, Optimiser},
    no_grad, panic_text,
    random::{Key, next_key, with_stream},
    tensor::is_grad_enabled,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext};

use super::captures::Captured;
use crate::{
    error::{Error, Result},
    run::Saved,
    script::{Callback, FromScript, Refusal, Table, own, script_type, stack},
    session::Session,
};

/// Values that a stage may be ahead of the next one.
const AHEAD: usize = 2;

/// Threads of all lines of stages that run at a time.
const THREADS: usize = 64;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

type Outcome = Result<Dynamic, Box<EvalAltResult>>;

/// One function, or several of which each takes what the one before gives.
pub struct Stages(Vec<FnPtr>);

impl FromScript for Stages {
    const NAME: &'static str = "function or array of functions";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Ok(function) = FnPtr::from_script(value) {
            return Ok(Self(vec![function]));
        }
        let functions = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        let functions = functions.iter().map(FnPtr::from_script).collect::<Result<Vec<_>, _>>()?;
        if functions.is_empty() { Err(Refusal::Type) } else { Ok(Self(functions)) }
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let [a, b] = [0; 2].map(|_| Arc::clone(session));
    table
        .global()
        .add(
            "parallel(items, body)",
            "The values of `body(item)` for all items of an array, computed side by side; as many at a time as there are \
             cores. The body may train the modules of its item, and change nothing else.",
            "parallel([1, 2, 3], |i| i * i) => [1, 4, 9]",
            move |context: &NativeCallContext, items: Array, body: FnPtr| parallel(&a, context, &items, &body),
        )
        .add(
            "ahead(count, stages)",
            "For a `for` loop: what a function gives for 1 to count, or several of which each takes what the one before \
             gave. Each runs on a thread of its own, a little ahead of the loop, and records no gradients.",
            "{ let all = []; for x in ahead(3, [|i| i * 10, |x| x + 1]) { all.push(x); } all } => [11, 21, 31]",
            move |context: &NativeCallContext, count: usize, stages: Stages| {
                let engine = b.engine().ok_or_else(ended)?;
                let stages = stages.0.into_iter().map(|function| Stage::new(context, function)).collect();
                let line = Line { engine, stages, count, key: next_key() };
                line.refuse_many(0)?;
                Ok::<_, Error>(Ahead(Arc::new(Mutex::new(Some(line)))))
            },
        );
    table.iterator::<Ahead>(|ahead| {
        let line = ahead.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::new(line.into_iter().flat_map(|line| match line.start() {
            Ok(running) => Box::new(running) as Box<dyn Iterator<Item = Outcome>>,
            Err(error) => Box::new(std::iter::once(Err(error.to_string().into()))),
        }))
    });
}

fn ended() -> Error {
    Error::usage("the script has ended", "call this while it runs")
}

/// Calls a function on a thread of ours. A panic becomes an error.
fn call(engine: &Engine, function: &Callback, key: Key, argument: Dynamic) -> Outcome {
    let one = || {
        let value = function.call(engine, [argument])?;
        ops::tensor::settle().map_err(|error| error.to_string())?;
        Ok(value)
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| with_stream(key, one)));
    outcome.unwrap_or_else(|panic| Err(format!("a fault inside the host: {}", panic_text(&*panic)).into()))
}

fn parallel(session: &Session, context: &NativeCallContext, items: &Array, body: &FnPtr) -> Result<Array> {
    let key = next_key();
    let key = |i: usize| key.derive(&i.to_string());
    if stack::is_worker() {
        // All threads are busy already.
        let one = |(i, item): (usize, &Dynamic)| {
            with_stream(key(i), || body.call_raw(context, None, [item.clone()]))
        };
        return Ok(items.iter().enumerate().map(one).collect::<Result<_, _>>()?);
    }
    let saved = items.iter().enumerate().map(|(i, item)| Saved::capture(item, &format!("items[{i}]")));
    let saved = saved.collect::<Result<Vec<_>>>()?;
    refuse_shared(items)?;
    let captured = Captured::of(body, Saved::Array(saved));

    let engine = session.engine().ok_or_else(ended)?;
    let function = Callback::new(context, body);
    let (hand_out, items_left) = unbounded();
    let (give, given) = unbounded();
    items.iter().enumerate().for_each(|(i, item)| _ = hand_out.send((i, own(item))));
    drop(hand_out);
    let with_gradients = is_grad_enabled();
    let failed = AtomicBool::new(false);
    let work = |function: Callback| {
        // Items are begun in order: after an error no earlier one is left.
        while let Some((i, item)) = items_left.recv().ok().filter(|_| !failed.load(Ordering::Relaxed)) {
            let one = || call(&engine, &function, key(i), item);
            let value = if with_gradients { one() } else { no_grad(one) };
            failed.fetch_or(value.is_err(), Ordering::Relaxed);
            let _ = give.send((i, value));
        }
    };
    let threads = thread::available_parallelism().map_or(1, |n| n.get().min(items.len()));
    thread::scope(|scope| {
        let start = |_| {
            stack::spawn_scoped(scope, {
                let f = function.clone();
                || work(f)
            })
            .map(drop)
        };
        (0..threads).try_for_each(start)
    })?;
    let mut values: Vec<(usize, Outcome)> = given.try_iter().collect();
    values.sort_by_key(|(i, _)| *i);
    let values = values.into_iter().map(|(_, value)| value).collect::<Result<_, _>>()?;
    match captured.changed(context) {
        None => Ok(values),
        Some(variable) => Err(Error::usage(
            format!("the body changed {variable}, which belongs to no item"),
            "put it into an item, or give the new value back",
        )),
    }
}

/// Two items that train one module would do so in an order that nobody knows.
fn refuse_shared(items: &[Dynamic]) -> Result<()> {
    let mut owners = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let mut handles = HashSet::new();
        collect_handles(item, &mut handles);
        for handle in handles {
            let owner = *owners.entry(handle).or_insert(i);
            if owner != i {
                return Err(Error::usage(
                    format!("items {owner} and {i} hold the same module or optimiser"),
                    "give each a copy of its own (`deep_copy()`), or let the body capture what it does not change",
                ));
            }
        }
    }
    Ok(())
}

/// The modules with their parts, and the optimisers, that a value holds.
fn collect_handles(value: &Dynamic, found: &mut HashSet<usize>) {
    if let Some(items) = value.read_lock::<Array>() {
        items.iter().for_each(|item| collect_handles(item, found));
    } else if let Some(items) = value.read_lock::<Map>() {
        items.values().for_each(|item| collect_handles(item, found));
    } else if let Some(module) = value.read_lock::<Module>() {
        collect_modules(&module, found);
    } else if let Some(optimiser) = value.read_lock::<Optimiser>() {
        found.insert(optimiser.id());
    }
}

fn collect_modules(module: &Module, found: &mut HashSet<usize>) {
    if found.insert(module.id()) {
        module.children().iter().for_each(|(_, child)| collect_modules(child, found));
    }
}

/// What a `for` loop runs over, once.
#[derive(Clone)]
pub struct Ahead(Arc<Mutex<Option<Line>>>);

script_type!(Ahead => "Ahead");

/// A function with what it had captured when it was given.
struct Stage {
    callback: Callback,
    captured: Captured,
}

impl Stage {
    fn new(context: &NativeCallContext, function: FnPtr) -> Self {
        Self { callback: Callback::new(context, &function), captured: Captured::of(&function, Saved::UNIT) }
    }
}

/// Stages that each item passes, one after the other.
struct Line {
    engine: Arc<Engine>,
    stages: Vec<Stage>,
    count: usize,
    key: Key,
}

impl Line {
    /// Refuses more threads than may run, so many being taken.
    fn refuse_many(&self, running: usize) -> Result<()> {
        let wanted = self.stages.len() + 1;
        if running + wanted <= THREADS {
            return Ok(());
        }
        Err(Error::usage(
            format!(
                "ahead: {wanted} more threads, one for each stage and one more, and {running} run; \
                     expected at most {THREADS} together"
            ),
            "let one function do what several do",
        ))
    }

    /// Starts a thread for each stage.
    ///
    /// # Errors
    /// `Usage` when there would be too many threads.
    fn start(self) -> Result<Running> {
        let count = self.stages.len() + 1;
        let running = RUNNING.fetch_add(count, Ordering::Relaxed);
        let mut line = Running { values: None, threads: vec![], count, line: self };
        line.line.refuse_many(running)?;
        line.start()?;
        Ok(line)
    }

    /// The name of a variable that a stage captured and that changed meanwhile.
    fn changed(&self) -> Option<String> {
        self.stages.iter().find_map(|stage| stage.captured.changed(&stage.callback.context(&self.engine)))
    }
}

/// Threads that end with this.
struct Running {
    values: Option<Receiver<Step>>,
    threads: Vec<JoinHandle<()>>,
    /// How many threads it stands for in [`RUNNING`].
    count: usize,
    line: Line,
}

/// The number of an item, and what a stage made of it.
type Step = (usize, Outcome);

impl Running {
    fn start(&mut self) -> Result<()> {
        let (numbers, mut values) = bounded(AHEAD);
        let count = self.line.count;
        // Ends when all are taken, or when nobody is left to take one.
        let source = move || {
            let _ = (1..=count).try_for_each(|i| numbers.send((i, Ok(Dynamic::from(i as i64)))));
        };
        self.threads.push(stack::spawn(source)?);
        for (place, stage) in self.line.stages.iter().enumerate() {
            let (send, next) = bounded(AHEAD);
            let taken = std::mem::replace(&mut values, next);
            let (engine, function) = (Arc::clone(&self.line.engine), stage.callback.clone());
            let key = self.line.key;
            let stage =
                move || run_stage(&engine, &function, taken, &send, |i| key.derive(&format!("{i}/{place}")));
            self.threads.push(stack::spawn(stage)?);
        }
        self.values = Some(values);
        Ok(())
    }
}

/// Hands each value on as what the function makes of it, up to the first error.
fn run_stage(
    engine: &Engine,
    function: &Callback,
    taken: Receiver<Step>,
    send: &Sender<Step>,
    key: impl Fn(usize) -> Key,
) {
    for (i, value) in taken {
        let value = value.and_then(|value| no_grad(|| call(engine, function, key(i), own(&value))));
        let ends = value.is_err();
        if send.send((i, value)).is_err() || ends {
            return;
        }
    }
}

impl Iterator for Running {
    type Item = Outcome;

    fn next(&mut self) -> Option<Outcome> {
        let Ok((_, value)) = self.values.as_ref()?.recv() else {
            self.values = None;
            let variable = self.line.changed()?;
            return Some(Err(format!(
                "ahead: {variable}, which a stage captured, changed before the loop was done; help: give the stage a \
                 copy (`deep_copy()`), which nothing else changes"
            )
            .into()));
        };
        if value.is_err() {
            self.values = None;
        }
        Some(value)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A stage ends when it finds nobody to take its value.
        self.values = None;
        for thread in self.threads.drain(..) {
            // It has nothing to tell: a panic in a stage is a value already.
            let _ = thread.join();
        }
        RUNNING.fetch_sub(self.count, Ordering::Relaxed);
    }
}
