//! What a script function captured, and whether it changed while the function ran.
//!
//! A change outside the state of a durable loop would be lost after a crash, so that a resumed run would
//! differ; on threads it would happen in an arbitrary order.

use rhai::{Dynamic, FnPtr, NativeCallContext};

use crate::run::Saved;

/// The values that a function captured, as they were at one moment.
pub struct Captured {
    function: FnPtr,
    /// The state, which may change.
    state: Saved,
    /// Their values, in the order of the captured variables.
    pub before: Saved,
}

impl Captured {
    /// What `function` captured, as it is now; what `state` holds may change.
    pub fn of(function: &FnPtr, state: Saved) -> Self {
        Self { before: observed(function, &state), function: function.clone(), state }
    }

    /// The name of a variable that has changed, buffers of modules included.
    pub fn changed(&self, context: &NativeCallContext) -> Option<String> {
        self.change(context, &observed(&self.function, &self.state), true)
    }

    /// The buffers that moved in captured modules, which a forward pass in training does.
    ///
    /// # Errors
    /// The name of a variable that changed in any other way.
    pub fn moved(&self, context: &NativeCallContext) -> Result<Saved, String> {
        let now = observed(&self.function, &self.state);
        self.change(context, &now, false).map_or_else(|| Ok(now.moved_buffers(&self.before)), Err)
    }

    fn change(&self, context: &NativeCallContext, now: &Saved, buffers: bool) -> Option<String> {
        let (Saved::Array(now), Saved::Array(before)) = (now, &self.before) else { return None };
        let index = now.iter().zip(before).position(|(now, before)| !now.is_unchanged(before, buffers))?;
        let captured = self.function.curry().len();
        let arity =
            |n: usize| context.iter_namespaces().find_map(|m| m.get_script_fn(self.function.fn_name(), n));
        let found = (captured..captured + 4).find_map(arity);
        let name = found.and_then(|f| f.params.get(index).map(ToString::to_string));
        Some(name.map_or_else(|| "a variable from outside".into(), |name| format!("`{name}`")))
    }
}

fn observed(function: &FnPtr, state: &Saved) -> Saved {
    let value = |value: &Dynamic| Saved::observe(value).without(state);
    Saved::Array(function.curry().iter().map(value).collect())
}
