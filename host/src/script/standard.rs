//! Replacements for functions of Rhai's standard library, with the same names and meanings: numbers are
//! compared as in IEEE 754, sizes are checked before anything is allocated, and long calls can be
//! interrupted.
//!
//! Rhai's own limits on sizes are off: with any of them on, each `push` counts all items of its array.

mod arrays;
mod blobs;
mod compare;
mod order;
mod print;
mod strings;
#[cfg(test)]
mod tests;

use std::{
    thread,
    time::{Duration, Instant},
};

use rhai::{Engine, EvalAltResult, FuncRegistration, Module, Position, RhaiNativeFunc};

use super::{Limits, ScriptResult, engine::MAX_ITEMS, problem::interrupted};

/// The interval at which a waiting call checks whether it should end.
const GLANCE: Duration = Duration::from_millis(20);

/// Registers the functions.
pub fn register(engine: &mut Engine, limits: Limits) {
    let mut library = Library { module: Module::new(), limits };
    compare::add(&mut library);
    strings::add(&mut library);
    print::add(&mut library);
    arrays::add(&mut library);
    blobs::add(&mut library);
    order::add(&mut library);
    library.add("sleep", |seconds: f64| sleep(seconds));
    library.add("sleep", |seconds: i64| sleep(seconds as f64));
    engine.register_global_module(library.module.into());
}

/// What functions are added to.
struct Library {
    module: Module,
    limits: Limits,
}

impl Library {
    /// Adds a function, which may change its first parameter where that is a reference.
    fn add<A: 'static, const N: usize, const X: bool, R, const F: bool>(
        &mut self,
        name: &str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) where
        R: rhai::Variant + Clone,
    {
        self.register(name, false, function);
    }

    /// Adds a function that only reads its parameters, so that constants can be given to it.
    fn add_pure<A: 'static, const N: usize, const X: bool, R, const F: bool>(
        &mut self,
        name: &str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) where
        R: rhai::Variant + Clone,
    {
        self.register(name, true, function);
    }

    fn register<A: 'static, const N: usize, const X: bool, R, const F: bool, T>(
        &mut self,
        name: &str,
        pure: bool,
        function: T,
    ) where
        R: rhai::Variant + Clone,
        T: RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    {
        let types = T::param_names().into_iter().map(|name| format!("_: {name}")).collect::<Vec<_>>();
        FuncRegistration::new(name)
            .with_purity(pure)
            .with_params_info(types)
            .set_into_module(&mut self.module, function);
    }
}

impl Limits {
    /// Refuses a string of more bytes than scripts may make.
    fn string(&self, bytes: usize) -> ScriptResult<()> {
        if bytes <= self.string { Ok(()) } else { Err(too_large("Length of string")) }
    }
}

/// Refuses an array of more items than scripts may make.
fn may_hold(items: usize) -> ScriptResult<()> {
    if items <= MAX_ITEMS { Ok(()) } else { Err(too_large("Size of array/BLOB")) }
}

fn too_large(what: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorDataTooLarge(what.into(), Position::NONE).into()
}

/// Waits, unless the run is asked to stop.
fn sleep(seconds: f64) -> ScriptResult<()> {
    let start = Instant::now();
    let wait = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    while let Some(left) = wait.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
        if ops::interrupt::requested() {
            return Err(interrupted());
        }
        thread::sleep(left.min(GLANCE));
    }
    Ok(())
}
