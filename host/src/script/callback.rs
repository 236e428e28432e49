//! Functions of a script that are called from outside of its own calls, on any thread.

#![allow(deprecated, reason = "the name that Rhai gives to what it may still change")]

use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext, NativeCallContextStore, Position};

use std::sync::Arc;

use super::{Carried, ScriptResult, nesting};
use crate::error::Result;

/// Functions captured by functions are copied so deep: one can capture itself.
const FUNCTIONS_DEEP: usize = 8;

/// A script function with where it was made. What it captured is as it was then: a variable that two
/// threads share would be an error wherever both look at it.
#[derive(Clone)]
pub struct Callback {
    function: FnPtr,
    store: NativeCallContextStore,
}

impl Callback {
    /// The function, of the script that makes the call of that context. Its own calls have no position: they
    /// happen where the script calls whatever calls it.
    pub fn new(context: &NativeCallContext, function: &FnPtr) -> Self {
        let mut store = context.store_data();
        store.pos = Position::NONE;
        Self { function: own_captures(function, FUNCTIONS_DEEP), store }
    }

    /// The name that errors of Rhai know the function by.
    pub fn name(&self) -> &str {
        self.function.fn_name()
    }

    /// How deep what it captured is nested.
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

    /// What it gives.
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
