//! How deep values stand in one another: items in arrays, values in maps, what closures captured, parts of
//! modules.
//!
//! Copying, printing, saving and dropping a value go as deep as it is nested, each level on the stack, and
//! where the stack ends the process dies. A script can nest values with every operation, in ways that Rhai
//! does not tell of. But whatever it nests further it has to name now and then: so the variables in scope
//! are looked through, at times, when one of them is named. Between two such looks a value can become
//! deeper than it may be, for which the stack of scripts has room (`script::stack`).

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use ops::nn::Module;
use rhai::{Array, Dynamic, EvalAltResult, EvalContext, FnPtr, Map, Position};

pub use crate::run::DEEPEST;

use crate::error::{Error, Result};

/// A value deeper than this is not read to its end.
const BEYOND: usize = 4 * DEEPEST;

/// Modules in a module, counted as often as they are met: one in both places of fifty sequences of two
/// stands in it 2^50 times.
const MODULES: usize = 100_000;

/// Operations between two looks, where there is little to look at.
const INTERVAL: u64 = 1000;

thread_local! {
    /// Operations of scripts on this thread.
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
    /// When the next look is due, for each level of calls.
    static DUE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    /// When the next look at a value that is moved is due.
    static MOVED: Cell<u64> = const { Cell::new(0) };
}

/// Counts an operation.
pub fn count() {
    OPERATIONS.set(OPERATIONS.get() + 1);
}

/// Looks through the variables in scope, where it is time.
pub fn look(context: &EvalContext) -> std::result::Result<(), Box<EvalAltResult>> {
    let (now, level) = (OPERATIONS.get(), context.call_level());
    let is_due = DUE.with_borrow_mut(|due| {
        // Of calls that have ended.
        due.truncate(level + 1);
        due.resize(level + 1, now + INTERVAL);
        due[level] <= now
    });
    if !is_due {
        return Ok(());
    }
    let mut nest = Nest::default();
    let variables = context.scope().iter_raw().map(|(_, _, value)| value).chain(context.this_ptr());
    let deep = variables.filter_map(|value| nest.height(value, DEEPEST).err()).next();
    DUE.with_borrow_mut(|due| due[level] = now + nest.values.max(INTERVAL));
    deep.map_or(Ok(()), |TooDeep| Err(refusal()))
}

/// Looks into a value that is put somewhere else without being named, where it is time.
pub fn watch(value: &Dynamic) -> std::result::Result<(), Box<EvalAltResult>> {
    let now = OPERATIONS.get();
    if now < MOVED.get() {
        return Ok(());
    }
    let mut nest = Nest::default();
    let deep = nest.height(value, DEEPEST);
    MOVED.set(now + nest.values.max(INTERVAL));
    deep.map(drop).map_err(|TooDeep| refusal())
}

/// Refuses a value that is nested too deep.
///
/// # Errors
/// `Usage`
pub fn check(value: &Dynamic) -> Result<()> {
    Nest::default().height(value, DEEPEST).map(drop).map_err(|TooDeep| Error::usage(problem(), HELP))
}

/// Refuses a module whose parts stand too deep in one another, or too often.
///
/// # Errors
/// `Usage`
pub fn check_module(module: &Module) -> Result<()> {
    if module.depth() > DEEPEST {
        let problem = format!("this module would be nested more than {DEEPEST} deep");
        return Err(Error::usage(problem, "give `nn::sequential` one list of all layers"));
    }
    if module.count() > MODULES {
        let problem = format!("this module would hold more than {MODULES} modules");
        return Err(Error::usage(problem, "does it hold one module many times? Call that one many times"));
    }
    Ok(())
}

/// How deep a value is nested; no more than a little beyond what is allowed.
pub fn depth(value: &Dynamic) -> usize {
    Nest::default().height(value, BEYOND).unwrap_or(BEYOND)
}

/// The number of values in a value, and itself.
pub fn size(value: &Dynamic) -> usize {
    let mut nest = Nest::default();
    let _ = nest.height(value, BEYOND);
    usize::try_from(nest.values).unwrap_or(usize::MAX)
}

const HELP: &str = "does a loop put a list, a map or a closure into itself? Keep a flat list";

fn problem() -> String {
    format!("values are nested more than {DEEPEST} deep")
}

/// The end of the script: one that went on would nest further.
fn refusal() -> Box<EvalAltResult> {
    let reason = format!("{}\n  help: {HELP}", problem());
    EvalAltResult::ErrorTerminated(reason.into(), Position::NONE).into()
}

struct TooDeep;

/// What a walk has seen.
#[derive(Default)]
struct Nest {
    values: u64,
    /// The heights of variables that closures share, by their places; 0 while they are looked into, as one
    /// can hold a closure that captured it.
    shared: HashMap<*const Dynamic, usize>,
}

impl Nest {
    /// The levels of a value, of which so many are allowed.
    fn height(&mut self, value: &Dynamic, allowed: usize) -> std::result::Result<usize, TooDeep> {
        self.values += 1;
        if value.is_int() || value.is_float() || value.is_string() || value.is_unit() {
            return Ok(0);
        }
        if value.is_shared() {
            return self.shared(value, allowed);
        }
        if let Some(items) = value.read_lock::<Array>() {
            return self.level(items.iter(), allowed);
        }
        if let Some(items) = value.read_lock::<Map>() {
            return self.level(items.values(), allowed);
        }
        if let Some(function) = value.read_lock::<FnPtr>() {
            return if function.is_curried() { self.level(function.iter_curry(), allowed) } else { Ok(0) };
        }
        match value.read_lock::<Module>() {
            Some(module) if module.depth() > allowed => Err(TooDeep),
            module => Ok(module.map_or(0, |module| module.depth())),
        }
    }

    fn level<'a>(
        &mut self,
        items: impl Iterator<Item = &'a Dynamic>,
        allowed: usize,
    ) -> std::result::Result<usize, TooDeep> {
        let inside = allowed.checked_sub(1).ok_or(TooDeep)?;
        let mut highest = 0;
        for item in items {
            highest = highest.max(self.height(item, inside)?);
        }
        Ok(highest + 1)
    }

    fn shared(&mut self, value: &Dynamic, allowed: usize) -> std::result::Result<usize, TooDeep> {
        // One that is being changed right now is not to be looked at.
        let Some(inner) = value.read_lock::<Dynamic>() else { return Ok(0) };
        let place: *const Dynamic = &*inner;
        if let Some(&height) = self.shared.get(&place) {
            return if height > allowed { Err(TooDeep) } else { Ok(height) };
        }
        self.shared.insert(place, 0);
        let height = self.height(&inner, allowed)?;
        self.shared.insert(place, height);
        Ok(height)
    }
}
