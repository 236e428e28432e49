//! Errors of what a loop with an empty body goes through. Rhai drops the items of such a loop, errors among
//! them, and asks for the next one. That it asks is how an error is known to be dropped; it ends the script
//! at the operation that follows.

use std::cell::{Cell, RefCell};

use rhai::{Dynamic, EvalAltResult};

use super::table::ScriptIterator;

thread_local! {
    static IS_DROPPED: Cell<bool> = const { Cell::new(false) };
    static DROPPED: RefCell<Dynamic> = const { RefCell::new(Dynamic::UNIT) };
}

/// What a loop goes through, until the first error.
pub struct Watched {
    steps: ScriptIterator,
    /// The error that was given.
    given: Option<Dynamic>,
}

impl Watched {
    pub fn new(steps: ScriptIterator) -> Self {
        Self { steps, given: None }
    }
}

impl Iterator for Watched {
    type Item = Result<Dynamic, Box<EvalAltResult>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = &self.given {
            DROPPED.set(error.clone());
            IS_DROPPED.set(true);
            return Some(Ok(Dynamic::UNIT));
        }
        let step = self.steps.next()?;
        self.given = step.as_ref().err().map(|error| match error.unwrap_inner() {
            EvalAltResult::ErrorRuntime(value, _) => value.clone(),
            error => error.to_string().into(),
        });
        Some(step)
    }
}

/// An error of this thread's loops that nobody has seen.
pub fn take() -> Option<Dynamic> {
    IS_DROPPED.replace(false).then(|| DROPPED.take())
}
