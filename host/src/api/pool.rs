//! `parallel`, `ahead`: script functions on threads of their own.
//!
//! Random numbers depend on an item's position in the run, so the values are those of a plain loop, bit for
//! bit, whatever the number of threads.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use ops::{
    no_grad,
    random::{Key, next_key, with_stream},
    tensor::is_grad_enabled,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};

use super::captures::Captured;
use crate::{
    error::{Error, Result, locked},
    run::Saved,
    script::{
        Callback, Carried, Comparable, FromScript, Identity, Problem, Refusal, ScriptResult, Table, own,
        raised, script_type, stack,
    },
    session::Session,
};

/// How many values a stage may be ahead of the next one.
const AHEAD: usize = 2;

/// The maximum number of threads of all lines of stages together.
const THREADS: usize = 64;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

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
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "parallel(items, body)",
            "The values of `body(item)` for all items of an array, computed side by side; as many at a time \
             as there are cores. The body may train the modules of its item, and change nothing else.",
            "parallel([1, 2, 3], |i| i * i) => [1, 4, 9]",
            |context: &NativeCallContext, items: Array, body: FnPtr| parallel(context, &items, &body),
        )
        .add(
            "ahead(count, stages)",
            "For a `for` loop: what a function gives for 1 to count, or several of which each takes what the \
             one before gave. Each runs on a thread of its own, a little ahead of the loop, and records no \
             gradients.",
            "{ let all = []; for x in ahead(3, [|i| i * 10, |x| x + 1]) { all.push(x); \
             } all } => [11, 21, 31]",
            |context: &NativeCallContext, count: usize, stages: Stages| {
                let engine = Session::of(context)?.engine()?;
                let stages = stages.0.iter().map(|function| Stage::new(context, function));
                let stages = stages.collect::<Result<_>>()?;
                let line = StageLine { engine, stages, count, key: next_key() };
                line.refuse_many(0)?;
                Ok::<_, Error>(Ahead(Arc::new(Mutex::new(Some(line)))))
            },
        );
    table.iterator::<Ahead>(|ahead| {
        let line = locked(&ahead.0).take();
        Box::new(line.into_iter().flat_map(|line| match line.start() {
            Ok(running) => Box::new(running) as Box<dyn Iterator<Item = ScriptResult>>,
            Err(error) => Box::new(std::iter::once(Err(raised(error)))),
        }))
    });
}

/// Calls a function on a thread of ours. A panic becomes an error.
fn call(engine: &Engine, function: &Callback, key: Key, argument: Dynamic) -> ScriptResult {
    let one = || {
        let value = function.call(engine, [argument])?;
        ops::tensor::settle().map_err(|error| raised(error.into()))?;
        Ok(value)
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| with_stream(key, one)));
    outcome.unwrap_or_else(|panic| Err(raised(Error::fault(panic))))
}

fn parallel(context: &NativeCallContext, items: &Array, body: &FnPtr) -> Result<Array> {
    let key = next_key();
    let key = |i: usize| key.derive(&i.to_string());
    if stack::is_worker() {
        // All threads are busy already.
        let captured = Captured::of(context, body, Saved::UNIT)?;
        let one = |(i, item): (usize, &Dynamic)| {
            with_stream(key(i), || body.call_raw(context, None, [item.clone()]))
        };
        let values = items.iter().enumerate().map(one).collect::<Result<_, _>>()?;
        return captured.changed(context).map_or(Ok(values), |variable| Err(changed_by_body(&variable)));
    }
    let saved = items.iter().enumerate().map(|(i, item)| Saved::capture(item, &format!("items[{i}]")));
    let saved = saved.collect::<Result<Vec<_>>>()?;
    refuse_shared(&saved)?;
    let captured = Captured::of(context, body, Saved::Array(saved))?;

    let engine = Session::of(context)?.engine()?;
    let function = Callback::new(context, body);
    let (hand_out, items_left) = unbounded();
    let (give, given) = unbounded();
    items.iter().enumerate().for_each(|(i, item)| _ = hand_out.send((i, own(item))));
    drop(hand_out);
    let with_gradients = is_grad_enabled();
    let failed = AtomicBool::new(false);
    let changed_by_thread = OnceLock::new();
    let work = |function: Callback| {
        let function = function.with_own_variables();
        let own = captured.of_thread(&function);
        // Items are started in order, so when one fails all earlier ones have been started.
        while let Some((i, item)) = items_left.recv().ok().filter(|_| !failed.load(Ordering::Relaxed)) {
            let one = || call(&engine, &function, key(i), item);
            let value = if with_gradients { one() } else { no_grad(one) };
            failed.fetch_or(value.is_err(), Ordering::Relaxed);
            let _ = give.send((i, value));
        }
        if let Some(variable) = own.changed(&function.context(&engine)) {
            // That of one thread is enough.
            let _ = changed_by_thread.set(variable);
        }
    };
    let threads = thread::available_parallelism().map_or(1, |n| n.get().min(items.len()));
    thread::scope(|scope| {
        (0..threads).try_for_each(|_| {
            let function = function.clone();
            stack::spawn_scoped(scope, || work(function)).map(drop)
        })
    })?;
    let mut values: Vec<(usize, ScriptResult)> = given.try_iter().collect();
    values.sort_by_key(|(i, _)| *i);
    let values = values.into_iter().map(|(_, value)| value).collect::<Result<_, _>>()?;
    match changed_by_thread.into_inner().or_else(|| captured.changed(context)) {
        None => Ok(values),
        Some(variable) => Err(changed_by_body(&variable)),
    }
}

fn changed_by_body(variable: &str) -> Error {
    Error::usage(
        format!("the body changed {variable}, which belongs to no item"),
        "put it into an item, or give the new value back",
    )
}

/// Refuses items that share a module: they would train it in an arbitrary order.
fn refuse_shared(items: &[Saved]) -> Result<()> {
    let mut owners = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        for handle in item.handles() {
            let owner = *owners.entry(handle).or_insert(i);
            if owner != i {
                return Err(Error::usage(
                    format!("items {owner} and {i} hold the same module or optimiser"),
                    "give each a copy of its own (`deep_copy()`), or let the body capture what it does not \
                     change",
                ));
            }
        }
    }
    Ok(())
}

/// The values of a line of stages, for one `for` loop.
#[derive(Clone)]
pub struct Ahead(Arc<Mutex<Option<StageLine>>>);

script_type!(Ahead => "Ahead");

impl Comparable for Ahead {
    /// Which one it is, and whether a loop took it.
    type Content = (Identity<Mutex<Option<StageLine>>>, bool);

    fn content(&self) -> Self::Content {
        let is_taken = locked(&self.0).is_none();
        (Identity::of(&self.0), is_taken)
    }
}

/// A function with what it had captured when it was given.
pub struct Stage {
    callback: Callback,
    captured: Captured,
}

impl Stage {
    pub fn new(context: &NativeCallContext, function: &FnPtr) -> Result<Self> {
        let captured = Captured::of(context, function, Saved::UNIT)?;
        Ok(Self { callback: Callback::new(context, function), captured })
    }

    /// The name of a captured variable that changed since then.
    pub fn changed(&self, engine: &Engine) -> Option<String> {
        self.captured.changed(&self.callback.context(engine))
    }

    /// Calls the function once on a thread of ours, with variables of its own and without gradients.
    ///
    /// # Errors
    /// Those of the function; `Usage` where it changed a variable that it captured.
    pub fn call_once(&self, engine: &Engine, key: Key, argument: Dynamic) -> ScriptResult {
        let function = self.callback.with_own_variables();
        let own_variables = self.captured.of_thread(&function);
        let value = no_grad(|| call(engine, &function, key, argument))?;
        match own_variables.changed(&function.context(engine)) {
            None => Ok(value),
            Some(variable) => Err(raised(Error::usage(
                format!("the function changed {variable}, which it captured"),
                "give the new value back, and change the variable in the loop",
            ))),
        }
    }
}

/// Stages that each item passes, one after the other.
pub struct StageLine {
    engine: Arc<Engine>,
    stages: Vec<Stage>,
    count: usize,
    key: Key,
}

impl StageLine {
    /// Refuses more threads than are allowed, `running` of them being in use.
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
        self.stages.iter().find_map(|stage| stage.changed(&self.engine))
    }
}

/// The running threads of a line, which end when this is dropped.
struct Running {
    values: Option<Receiver<StageStep>>,
    threads: Vec<JoinHandle<()>>,
    /// How many threads it stands for in [`RUNNING`].
    count: usize,
    line: StageLine,
}

/// The number of an item, and what a stage made of it.
type StageStep = (usize, ScriptResult);

impl Running {
    fn start(&mut self) -> Result<()> {
        let (numbers, mut values) = bounded(AHEAD);
        let count = self.line.count;
        // Ends when all are taken, or when nobody is left to take one.
        let source = move || {
            let _ = (1..=count).try_for_each(|i| numbers.send((i, Ok(Dynamic::from(i as i64)))));
        };
        self.threads.push(stack::spawn(source)?);
        for (index, stage) in self.line.stages.iter().enumerate() {
            let (send, next) = bounded(AHEAD);
            let taken = std::mem::replace(&mut values, next);
            let (engine, function) = (Arc::clone(&self.line.engine), stage.callback.with_own_variables());
            let own_variables = stage.captured.of_thread(&function);
            let key = self.line.key;
            let stage = move || {
                let key = |i| key.derive(&format!("{i}/{index}"));
                run_stage(&engine, &function, &own_variables, taken, &send, key);
            };
            self.threads.push(stack::spawn(stage)?);
        }
        self.values = Some(values);
        Ok(())
    }
}

/// Applies the function to each value and passes the result on, up to the first error.
fn run_stage(
    engine: &Engine,
    function: &Callback,
    own_variables: &Captured,
    taken: Receiver<StageStep>,
    send: &Sender<StageStep>,
    key: impl Fn(usize) -> Key,
) {
    for (i, value) in taken {
        let value = value.and_then(|value| no_grad(|| call(engine, function, key(i), own(&value))));
        let value = value.and_then(|value| match own_variables.changed(&function.context(engine)) {
            None => Ok(value),
            Some(variable) => Err(changed_by_stage(&variable)),
        });
        let ends = value.is_err();
        if send.send((i, value)).is_err() || ends {
            return;
        }
    }
}

fn changed_by_stage(variable: &str) -> Box<EvalAltResult> {
    let problem = format!("ahead: a stage changed {variable}, which it captured");
    Problem::new(problem, "give the new value back, and change the variable in the loop").error()
}

impl Iterator for Running {
    type Item = ScriptResult;

    fn next(&mut self) -> Option<ScriptResult> {
        let Ok((_, value)) = self.values.as_ref()?.recv() else {
            self.values = None;
            let variable = self.line.changed()?;
            let problem =
                format!("ahead: {variable}, which a stage captured, changed before the loop was done");
            let help = "give the stage a copy (`deep_copy()`), which nothing else changes";
            return Some(Err(Problem::new(problem, help).error()));
        };
        if value.is_err() {
            self.values = None;
        }
        Some(value)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A stage ends when the receiver of its values is gone.
        self.values = None;
        for thread in self.threads.drain(..) {
            // Its result is of no use: a panic in a stage is an error value already.
            let _ = thread.join();
        }
        RUNNING.fetch_sub(self.count, Ordering::Relaxed);
    }
}
