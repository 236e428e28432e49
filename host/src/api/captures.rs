//! What a script function captured, and whether it changed while the function ran.
//!
//! A change outside the state of a durable loop would be lost after a crash, so that a resumed run would
//! differ; on threads it would happen in an arbitrary order.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rhai::{Dynamic, FnPtr, NativeCallContext};

use crate::{
    error::Result,
    run::Saved,
    script::{Callback, Carried},
    session::Session,
};

/// The values that a function captured, as they were at one moment.
pub struct Captured {
    session: Arc<Session>,
    function: FnPtr,
    may_change: MayChange,
    /// Their values, in the order of the captured variables.
    pub before: Saved,
}

/// What a function may change of what it captured.
enum MayChange {
    /// What a state holds.
    State(Saved),
    /// What is in modules and optimisers, which other threads see as well.
    Handles,
}

impl Captured {
    /// What `function` captured, as it is now; what `state` holds may change.
    ///
    /// # Errors
    /// `Usage` once the script has ended.
    pub fn of(context: &NativeCallContext, function: &FnPtr, state: Saved) -> Result<Self> {
        Ok(Self::new(Session::of(context)?, function, MayChange::State(state)))
    }

    /// What a copy of a function ([`Callback::with_own_variables`]) captured: which values its variables
    /// have, whatever happens in modules and optimisers, which all copies share.
    pub fn of_copy(session: Arc<Session>, copy: &Callback) -> Self {
        Self::new(session, copy.function(), MayChange::Handles)
    }

    /// That of a thread's copy of the same function.
    pub fn of_thread(&self, copy: &Callback) -> Self {
        Self::of_copy(Arc::clone(&self.session), copy)
    }

    fn new(session: Arc<Session>, function: &FnPtr, may_change: MayChange) -> Self {
        let mut captured = Self { session, function: function.clone(), may_change, before: Saved::UNIT };
        captured.before = captured.now();
        captured
    }

    /// The name of a variable that has another value now, buffers of modules included.
    pub fn changed(&self, context: &NativeCallContext) -> Option<String> {
        self.change(context, &self.now(), true)
    }

    /// The buffers that moved in captured modules, which a forward pass in training does.
    ///
    /// # Errors
    /// The name of a variable that changed in any other way.
    pub fn moved(&self, context: &NativeCallContext) -> Result<Saved, String> {
        let now = self.now();
        self.change(context, &now, false).map_or_else(|| Ok(now.moved_buffers(&self.before)), Err)
    }

    /// A value that the function gets each time, as it is now.
    pub fn observe(&self, value: &Dynamic) -> Saved {
        let seen = Saved::observe(value, &|value| self.session.content(value));
        match &self.may_change {
            MayChange::State(state) => seen.without(state),
            MayChange::Handles => seen.identified(&|_| true),
        }
    }

    fn now(&self) -> Saved {
        Saved::Array(self.function.curry().iter().map(|value| self.observe(value)).collect())
    }

    fn change(&self, context: &NativeCallContext, now: &Saved, buffers: bool) -> Option<String> {
        let (Saved::Array(now), Saved::Array(before)) = (now, &self.before) else { return None };
        let index = now.iter().zip(before).position(|(now, before)| !now.is_unchanged(before, buffers))?;
        let captured = self.function.curry().len();
        let arity =
            |n: usize| context.iter_namespaces().find_map(|m| m.get_script_fn(self.function.fn_name(), n));
        let found = (captured..captured + 4).find_map(arity);
        let name = found.and_then(|f| f.params.get(index).map(ToString::to_string));
        let name = name.map_or_else(|| "a variable from outside".into(), |name| format!("`{name}`"));
        let doubt = if now[index].is_comparable() { "" } else { " (or may have: it cannot be compared)" };
        Some(name + doubt)
    }
}
