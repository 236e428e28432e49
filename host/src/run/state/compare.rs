//! What changed between two moments, and what a state holds.

use std::collections::HashSet;

use ops::nn::{Module, OptimiserState, SchedulerState, Snapshot};
use rhai::Dynamic;

use super::Saved;
use crate::error::Result;

impl Saved {
    /// Whether nothing changed between two moments; where `buffers` is false, but for buffers of modules,
    /// such as running statistics, which a forward pass changes.
    pub fn is_unchanged(&self, before: &Self, buffers: bool) -> bool {
        match (self, before) {
            (Self::Plain(a), Self::Plain(b)) => is_same(a, b),
            (Self::Tensor(a, x), Self::Tensor(b, y)) => a.has_same_bits(b) && x == y,
            (Self::Dataset(a), Self::Dataset(b)) => a.has_same_content(b),
            (Self::Content(a), Self::Content(b)) => a == b,
            (Self::Module(a, x), Self::Module(b, y)) => a.is_same(b) && x.is_same(y, buffers),
            (Self::Optimiser(a, x), Self::Optimiser(b, y)) => a.is_same(b) && x.is_same(y),
            (Self::Scheduler(a, x), Self::Scheduler(b, y)) => a.is_same(b) && x.is_same(y),
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_unchanged(b, buffers))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.is_unchanged(b.1, buffers))
            }
            _ => false,
        }
    }

    /// This value without what `state` holds: of such a handle only which one it is.
    pub fn without(self, state: &Self) -> Self {
        self.identified(&|handle| match handle {
            Self::Module(part, _) => state.any(&mut |v| matches!(v, Self::Module(m, _) if holds(m, part))),
            Self::Optimiser(one, _) => {
                state.any(&mut |v| matches!(v, Self::Optimiser(other, _) if other.is_same(one)))
            }
            Self::Scheduler(one, _) => {
                state.any(&mut |v| matches!(v, Self::Scheduler(other, _) if other.is_same(one)))
            }
            _ => false,
        })
    }

    /// This value with no more of the modules and optimisers that are `chosen` than which ones they are.
    pub fn identified(self, chosen: &impl Fn(&Self) -> bool) -> Self {
        let is_chosen = chosen(&self);
        match self {
            Self::Module(module, _) if is_chosen => Self::Module(module, Snapshot::default()),
            Self::Optimiser(optimiser, _) if is_chosen => {
                Self::Optimiser(optimiser, OptimiserState::default())
            }
            Self::Scheduler(scheduler, _) if is_chosen => {
                Self::Scheduler(scheduler, SchedulerState::default())
            }
            Self::Array(items) => Self::Array(items.into_iter().map(|v| v.identified(chosen)).collect()),
            Self::Map(items) => {
                Self::Map(items.into_iter().map(|(k, v)| (k, v.identified(chosen))).collect())
            }
            other => other,
        }
    }

    /// The modules whose buffers changed since `before`, at their paths; everything else is nothing.
    pub fn moved_buffers(&self, before: &Self) -> Self {
        match (self, before) {
            (Self::Module(module, now), Self::Module(_, then)) if !now.is_same(then, true) => {
                Self::Buffers(module.clone(), now.buffers())
            }
            (Self::Array(now), Self::Array(then)) => {
                let items: Vec<_> = now.iter().zip(then).map(|(a, b)| a.moved_buffers(b)).collect();
                if items.iter().all(Self::is_unit) { Self::UNIT } else { Self::Array(items) }
            }
            (Self::Map(now), Self::Map(then)) => {
                let items = now.iter().zip(then).map(|((k, a), (_, b))| (k.clone(), a.moved_buffers(b)));
                let items: std::collections::BTreeMap<_, _> = items.collect();
                if items.values().all(Self::is_unit) { Self::UNIT } else { Self::Map(items) }
            }
            _ => Self::UNIT,
        }
    }

    /// Whether this is nothing.
    pub fn is_unit(&self) -> bool {
        matches!(self, Self::Plain(value) if value.is_unit())
    }

    /// Whether no weight is NaN. An infinite one may be meant, as in a mask.
    pub fn is_sound(&self) -> Result<bool> {
        let mut sound = Ok(true);
        self.any(&mut |v| {
            let Self::Module(_, snapshot) = v else { return false };
            sound = snapshot.is_sound().map_err(Into::into);
            !matches!(sound, Ok(true))
        });
        sound
    }

    fn any(&self, found: &mut impl FnMut(&Self) -> bool) -> bool {
        found(self)
            || match self {
                Self::Array(items) => items.iter().any(|v| v.any(found)),
                Self::Map(items) => items.values().any(|v| v.any(found)),
                _ => false,
            }
    }

    /// Whether there is a module, an optimiser or a scheduler in it.
    pub fn has_handles(&self) -> bool {
        self.any(&mut |v| matches!(v, Self::Module(..) | Self::Optimiser(..) | Self::Scheduler(..)))
    }

    /// Whether everything in it can be compared.
    pub fn is_comparable(&self) -> bool {
        !self.any(&mut |v| matches!(v, Self::Content(content) if content.is_unknown()))
    }

    /// The numbers of the modules with their parts, of the optimisers and schedulers that are in it.
    pub fn handles(&self) -> HashSet<usize> {
        let mut handles = HashSet::new();
        self.any(&mut |v| {
            match v {
                Self::Module(module, _) => module.walk(&mut |part| _ = handles.insert(part.id())),
                Self::Optimiser(optimiser, _) => _ = handles.insert(optimiser.id()),
                Self::Scheduler(scheduler, _) => _ = handles.insert(scheduler.id()),
                _ => {}
            }
            false
        });
        handles
    }
}

/// Whether two plain values are the same one; numbers, bit for bit.
fn is_same(a: &Dynamic, b: &Dynamic) -> bool {
    let floats = || Some((a.as_float().ok()?.to_bits(), b.as_float().ok()?.to_bits()));
    let texts = || Some((a.as_immutable_string_ref().ok()?, b.as_immutable_string_ref().ok()?));
    if let Some((a, b)) = floats() {
        a == b
    } else if let Some((a, b)) = texts() {
        a.as_str() == b.as_str()
    } else {
        a.type_id() == b.type_id() && a.to_string() == b.to_string()
    }
}

/// Whether a module is another one, or a part or a parameter of it.
fn holds(whole: &Module, part: &Module) -> bool {
    let mut found = false;
    let is_same = |module: &Module| match part.as_parameter() {
        Some(parameter) => module.own_parameters().iter().any(|(_, own)| own.is_same(parameter)),
        None => module.is_same(part),
    };
    whole.walk(&mut |module| found |= is_same(module));
    found
}
