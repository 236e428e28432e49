//! Functions of a script that are called from outside of its own calls, on any thread.

#![allow(deprecated, reason = "the name that Rhai gives to what it may still change")]

use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext, NativeCallContextStore, Position};

use std::sync::Arc;

use super::{Carried, ScriptResult, nesting};
use crate::error::Result;

/// How many levels of functions captured by functions are copied: a function can capture itself.
const FUNCTIONS_DEEP: usize = 8;

/// A script function with the context it was made in. Captured variables are copied when it is made: Rhai
/// reports an error where two threads use a shared one at the same time.
#[derive(Clone)]
pub struct Callback {
    function: FnPtr,
    store: NativeCallContextStore,
}

impl Callback {
    /// The function, in the context of the call that handed it over. Its own calls have no position: they
    /// happen where the script calls the function that calls it.
    pub fn new(context: &NativeCallContext, function: &FnPtr) -> Self {
        let mut store = context.store_data();
        store.pos = Position::NONE;
        Self { function: own_captures(function, FUNCTIONS_DEEP), store }
    }

    /// The same function with variables of its own, for a thread or a call: calls can change them, and the
    /// caller can see that they did.
    pub fn with_own_variables(&self) -> Self {
        Self { function: with_variables(&self.function, FUNCTIONS_DEEP), store: self.store.clone() }
    }

    /// Whether it captured variables.
    pub fn has_captures(&self) -> bool {
        self.function.is_curried()
    }

    /// The function as it is called.
    pub fn function(&self) -> &FnPtr {
        &self.function
    }

    /// The function's name in Rhai's errors.
    pub fn name(&self) -> &str {
        self.function.fn_name()
    }

    /// The nesting depth of what it captured.
    pub fn depth(&self) -> usize {
        nesting::depth(&Dynamic::from(self.function.clone()))
    }

    /// What the engine of that call carries.
    ///
    /// # Errors
    /// `Usage` once the script has ended.
    pub fn carried<C: Carried>(&self) -> Result<Arc<C>> {
        C::of_tag(&self.store.global.tag)
    }

    /// Calls it.
    ///
    /// # Errors
    /// Those of the function.
    pub fn call(&self, engine: &Engine, arguments: impl AsMut<[Dynamic]>) -> ScriptResult {
        self.function.call_raw(&self.context(engine), None, arguments)
    }

    /// The context of a call to it.
    pub fn context<'a>(&'a self, engine: &'a Engine) -> NativeCallContext<'a> {
        self.store.create_context(engine)
    }
}

/// A value that shares nothing with other variables.
pub fn own(value: &Dynamic) -> Dynamic {
    owned(value, FUNCTIONS_DEEP)
}

fn owned(value: &Dynamic, depth: usize) -> Dynamic {
    if let Some(function) = value.read_lock::<FnPtr>() {
        return Dynamic::from(own_captures(&function, depth));
    }
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(|item| owned(item, depth)).collect::<Array>().into();
    }
    if let Some(items) = value.read_lock::<Map>() {
        return items.iter().map(|(key, item)| (key.clone(), owned(item, depth))).collect::<Map>().into();
    }
    value.clone().flatten()
}

fn own_captures(function: &FnPtr, depth: usize) -> FnPtr {
    let mut function = function.clone();
    if depth > 0 {
        function.iter_curry_mut().for_each(|value| *value = owned(value, depth - 1));
    }
    function
}

/// A function whose captured values are variables of its own, as those of a closure are.
fn with_variables(function: &FnPtr, depth: usize) -> FnPtr {
    let mut function = function.clone();
    if depth > 0 {
        function.iter_curry_mut().for_each(|value| {
            let inner = value.read_lock::<FnPtr>().map(|inner| with_variables(&inner, depth - 1));
            let own = inner.map_or_else(|| value.flatten_clone(), Dynamic::from);
            *value = own.into_shared();
        });
    }
    function
}
