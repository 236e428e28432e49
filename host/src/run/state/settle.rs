//! The state at the end of an item in the handles that its loop began with.

use ops::nn::{Module, Optimiser, OptimiserState, Scheduler, SchedulerState, Snapshot};

use super::Saved;
use crate::error::{Error, Result};

impl Saved {
    /// This state with every handle that `first` holds at the same path in the role of whatever
    /// handle is there now: its values are copied into the first one. So a loop's handles are the same
    /// ones from beginning to end, and every other name for them sees what happens to them.
    ///
    /// # Errors
    /// `Usage` when a handle appears, disappears or changes its structure.
    pub fn settle(self, first: &Self, path: &str) -> Result<Self> {
        let inner = |value: Self, first: Option<&Self>, path: String| match first {
            Some(first) => value.settle(first, &path),
            None => value.without_handles(&path),
        };
        match (self, first) {
            (Self::Module(now, values), Self::Module(handle, _)) => settle_module(&now, values, handle, path),
            (Self::Optimiser(now, state), Self::Optimiser(handle, _)) => {
                settle_optimiser(&now, state, handle, path)
            }
            (Self::Scheduler(now, state), Self::Scheduler(handle, _)) => {
                settle_scheduler(&now, state, handle, path)
            }
            (Self::Map(now), Self::Map(first)) => {
                let items = now.into_iter().map(|(k, v)| {
                    let settled = inner(v, first.get(&k), format!("{path}.{k}"))?;
                    Ok((k, settled))
                });
                Ok(Self::Map(items.collect::<Result<_>>()?))
            }
            (Self::Array(now), Self::Array(first)) => {
                let items = now.into_iter().enumerate();
                let items = items.map(|(i, v)| inner(v, first.get(i), format!("{path}[{i}]")));
                Ok(Self::Array(items.collect::<Result<_>>()?))
            }
            (now, Self::Module(..) | Self::Optimiser(..) | Self::Scheduler(..)) => {
                Err(misplaced(path, &format!("was a handle at the start and is {} now", now.kind())))
            }
            (now, _) => now.without_handles(path),
        }
    }

    fn without_handles(self, path: &str) -> Result<Self> {
        self.refuse_handles(path).map(|()| self)
    }

    fn refuse_handles(&self, path: &str) -> Result<()> {
        match self {
            Self::Module(..) | Self::Optimiser(..) | Self::Scheduler(..) => Err(Error::usage(
                format!("{path} is {}, which the state did not hold at the start", self.kind()),
                "put it into the state that the loop is given",
            )),
            Self::Array(items) => items.iter().try_for_each(|v| v.refuse_handles(path)),
            Self::Map(items) => items.values().try_for_each(|v| v.refuse_handles(path)),
            _ => Ok(()),
        }
    }
}

/// `handle` with the values of the module `now`.
fn settle_module(now: &Module, values: Snapshot, handle: &Module, path: &str) -> Result<Saved> {
    if !now.is_same(handle) {
        let replaced = |e| misplaced(path, &format!("was replaced by another module: {e}"));
        handle.load_snapshot(&values).map_err(replaced)?;
    }
    Ok(Saved::Module(handle.clone(), values))
}

/// `handle` with the state of the optimiser `now`.
fn settle_optimiser(now: &Optimiser, state: OptimiserState, handle: &Optimiser, path: &str) -> Result<Saved> {
    if !now.is_same(handle) {
        let (old, new) = (handle.describe(), now.describe());
        if old != new {
            return Err(misplaced(path, &format!("was {old} at the start and is {new} now")));
        }
        let replaced = |e| misplaced(path, &format!("was replaced by another optimiser: {e}"));
        handle.load_state(&state).map_err(replaced)?;
    }
    Ok(Saved::Optimiser(handle.clone(), state))
}

/// `handle` with the state of the scheduler `now`.
fn settle_scheduler(now: &Scheduler, state: SchedulerState, handle: &Scheduler, path: &str) -> Result<Saved> {
    if !now.is_same(handle) {
        if handle.schedule() != now.schedule() {
            return Err(misplaced(path, "was replaced by a scheduler of another schedule"));
        }
        handle.load_state(&state);
    }
    Ok(Saved::Scheduler(handle.clone(), state))
}

fn misplaced(path: &str, what: &str) -> Error {
    Error::usage(
        format!("{path} {what}"),
        "what is a module, an optimiser or a scheduler in the state has to be one of the same structure from \
         the start",
    )
}
