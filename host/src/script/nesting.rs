//! How deeply values are nested: items in arrays, values in maps, what closures captured, parts of
//! modules.
//!
//! Copying, printing, saving and dropping a value recurse once for each level, and a stack overflow kills the
//! process. A script can nest values with every operation, without a hook of Rhai for it. But to nest a value
//! further it has to name a variable now and then: so all variables in scope are checked from time to time,
//! when one of them is named. Between two checks a value can become deeper than allowed; the stack of scripts
//! has room for that (`script::stack`).

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use ops::nn::Module;
use rhai::{Array, Dynamic, EvalAltResult, EvalContext, FnPtr, Map};

pub use crate::run::DEEPEST;

use super::{Problem, ScriptResult};
use crate::error::{Error, Result};

/// Deeper values are not followed any further.
const BEYOND: usize = 4 * DEEPEST;

/// The maximum number of modules in a module, shared ones counted repeatedly: fifty sequences of two, each
/// holding the one before twice, hold 2^50.
const MODULES: usize = 100_000;

/// Operations between two checks, where there are few values.
const INTERVAL: u64 = 1000;

thread_local! {
    /// Operations of scripts on this thread.
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
    /// When the next check is due, for each level of calls.
    static DUE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    /// When the next check of a value that is moved is due.
    static MOVED: Cell<u64> = const { Cell::new(0) };
}

/// Counts an operation.
pub fn count() {
    OPERATIONS.set(OPERATIONS.get() + 1);
}

/// Checks the variables in scope, if a check is due.
///
/// # Errors
/// The end of the script, where a value is nested too deep.
pub fn look(context: &EvalContext) -> ScriptResult<()> {
    let (now, level) = (OPERATIONS.get(), context.call_level());
    let is_due = DUE.with_borrow_mut(|due| {
        // Drop the entries of calls that have ended.
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

/// Checks a value that is moved without being named, if a check is due.
///
/// # Errors
/// As [`look`].
pub fn watch(value: &Dynamic) -> ScriptResult<()> {
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

/// Refuses a module whose parts are nested too deeply or are too many.
///
/// # Errors
/// `Usage`
pub fn check_module(module: &Module) -> Result<()> {
    if module.depth() > DEEPEST {
        let problem = format!("this module would be nested more than {DEEPEST} deep");
        return Err(Error::usage(problem, "give `nn::sequential` one array of all layers"));
    }
    if module.count() > MODULES {
        let problem = format!("this module would hold more than {MODULES} modules");
        return Err(Error::usage(problem, "does it hold one module many times? Call that one many times"));
    }
    Ok(())
}

/// The nesting depth of a value, as far as it is followed.
pub fn depth(value: &Dynamic) -> usize {
    Nest::default().height(value, BEYOND).unwrap_or(BEYOND)
}

/// The number of values in a value, and itself.
pub fn size(value: &Dynamic) -> usize {
    let mut nest = Nest::default();
    let _ = nest.height(value, BEYOND);
    usize::try_from(nest.values).unwrap_or(usize::MAX)
}

const HELP: &str = "does a loop put an array, a map or a closure into itself? Keep a flat array";

fn problem() -> String {
    format!("values are nested more than {DEEPEST} deep")
}

/// Ends the script, which would nest the value further if it went on.
fn refusal() -> Box<EvalAltResult> {
    Problem::new(problem(), HELP).end()
}

struct TooDeep;

/// What one check has seen.
#[derive(Default)]
struct Nest {
    values: u64,
    /// The heights of variables that closures share, by their addresses; 0 while they are looked into, as one
    /// can hold a closure that captured it.
    shared: HashMap<*const Dynamic, usize>,
}

impl Nest {
    /// The depth of a value, at most `allowed`.
    fn height(&mut self, value: &Dynamic, allowed: usize) -> Result<usize, TooDeep> {
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
    ) -> Result<usize, TooDeep> {
        let inside = allowed.checked_sub(1).ok_or(TooDeep)?;
        let mut highest = 0;
        for item in items {
            highest = highest.max(self.height(item, inside)?);
        }
        Ok(highest + 1)
    }

    fn shared(&mut self, value: &Dynamic, allowed: usize) -> Result<usize, TooDeep> {
        // A variable that is being changed at this moment is locked.
        let Some(inner) = value.read_lock::<Dynamic>() else { return Ok(0) };
        let address: *const Dynamic = &*inner;
        if let Some(&height) = self.shared.get(&address) {
            return if height > allowed { Err(TooDeep) } else { Ok(height) };
        }
        self.shared.insert(address, 0);
        let height = self.height(&inner, allowed)?;
        self.shared.insert(address, height);
        Ok(height)
    }
}
