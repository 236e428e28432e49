//! The state of a durable loop: what it holds, how it is put back in place.

mod compare;
mod json;

use std::collections::{BTreeMap, HashSet};

use ops::{
    Tensor,
    nn::{Module, Optimiser, OptimiserState, Snapshot},
};
use rhai::{Array, Dynamic, FnPtr, Map};

use crate::{
    data::Dataset,
    error::{Error, Result},
};

/// Values may be nested so deep: a state is read back from JSON, whose reader takes 128 levels, two for each of
/// these.
pub const DEEPEST: usize = 50;

/// A state as it was at one moment. Tensors are immutable, so keeping them costs no copy.
#[derive(Clone)]
pub enum Saved {
    Plain(Dynamic),
    Array(Vec<Saved>),
    Map(BTreeMap<String, Saved>),
    /// A constant, or a leaf that gradients are taken of: the graph of a loop's item ends with the item.
    Tensor(Tensor, bool),
    Dataset(Dataset),
    /// A handle with all that changes in it.
    Module(Module, Snapshot),
    /// A handle with all that changes in it.
    Optimiser(Optimiser, OptimiserState),
    /// A handle with its buffers alone: of a module that no loop trains.
    Buffers(Module, Vec<(String, Tensor)>),
}

impl Saved {
    /// Nothing: what a loop without a state has.
    pub const UNIT: Self = Self::Plain(Dynamic::UNIT);

    /// What a script value is now. `place` names it in errors: `s.net`.
    ///
    /// # Errors
    /// `Usage` for values that cannot be saved, functions for example, and for ones that are
    /// nested deeper than [`DEEPEST`].
    pub fn capture(value: &Dynamic, place: &str) -> Result<Self> {
        Self::capture_within(value, place, DEEPEST)
    }

    fn capture_within(value: &Dynamic, place: &str, depth: usize) -> Result<Self> {
        if let Some(handle) = Self::of_handle(value) {
            return Ok(handle);
        }
        if depth == 0 {
            return Err(Error::usage(
                format!("{}... is nested more than {DEEPEST} deep", &place[..place.floor_char_boundary(40)]),
                "keep arrays and maps of a state flat",
            ));
        }
        if let Some(array) = value.read_lock::<Array>() {
            let item = |(i, v)| Self::capture_within(v, &format!("{place}[{i}]"), depth - 1);
            return Ok(Self::Array(array.iter().enumerate().map(item).collect::<Result<_>>()?));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let items = map.iter().map(|(k, v)| {
                Ok((k.to_string(), Self::capture_within(v, &format!("{place}.{k}"), depth - 1)?))
            });
            return Ok(Self::Map(items.collect::<Result<_>>()?));
        }
        Self::of_plain(value).ok_or_else(|| {
            Error::usage(
                format!("{place} is a {}, which cannot be saved in a checkpoint", value.type_name()),
                "a state holds tensors, modules, optimisers, data sets, numbers, strings, arrays and maps",
            )
        })
    }

    /// What can be compared of any value: a function stands for what it captured, and a value that several
    /// variables share is seen at the first of them.
    pub fn observe(value: &Dynamic) -> Self {
        Self::observe_within(value, DEEPEST, &mut HashSet::new())
    }

    fn observe_within(value: &Dynamic, depth: usize, seen: &mut HashSet<*const Dynamic>) -> Self {
        if depth == 0 {
            return Self::UNIT;
        }
        if value.is_shared() {
            let Some(inner) = value.read_lock::<Dynamic>() else { return Self::UNIT };
            let is_new = seen.insert(&raw const *inner);
            return if is_new { Self::observe_within(&inner, depth, seen) } else { Self::UNIT };
        }
        let mut inner = |v: &Dynamic| Self::observe_within(v, depth - 1, seen);
        if let Some(handle) = Self::of_handle(value) {
            handle
        } else if let Some(function) = value.read_lock::<FnPtr>() {
            let name = Self::Plain(function.fn_name().into());
            Self::Array([name].into_iter().chain(function.curry().iter().map(inner)).collect())
        } else if let Some(array) = value.read_lock::<Array>() {
            Self::Array(array.iter().map(inner).collect())
        } else if let Some(map) = value.read_lock::<Map>() {
            Self::Map(map.iter().map(|(k, v)| (k.to_string(), inner(v))).collect())
        } else {
            // Characters, bytes and ranges by their text; what has none is a constant.
            Self::of_plain(value).unwrap_or_else(|| Self::Plain(value.to_string().into()))
        }
    }

    fn of_handle(value: &Dynamic) -> Option<Self> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return Some(Self::Tensor(tensor.detach(), tensor.is_tracked()));
        }
        if let Some(module) = value.read_lock::<Module>() {
            return Some(Self::Module(module.clone(), module.snapshot()));
        }
        if let Some(optimiser) = value.read_lock::<Optimiser>() {
            return Some(Self::Optimiser(optimiser.clone(), optimiser.state()));
        }
        value.read_lock::<Dataset>().map(|dataset| Self::Dataset(dataset.clone()))
    }

    fn of_plain(value: &Dynamic) -> Option<Self> {
        let value = value.clone().flatten();
        let plain = value.is_unit() || value.is_bool() || value.is_int() || value.is_float();
        (plain || value.is_string()).then_some(Self::Plain(value))
    }

    /// Puts the values of all handles back, and gives the script value.
    pub fn restore(&self) -> Result<Dynamic> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::restore).collect::<Result<Array>>()?.into(),
            Self::Map(items) => {
                let restored = items.iter().map(|(k, v)| Ok((k.into(), v.restore()?)));
                restored.collect::<Result<Map>>()?.into()
            }
            Self::Tensor(tensor, false) => Dynamic::from(tensor.clone()),
            Self::Tensor(tensor, true) => Dynamic::from(tensor.track()?),
            Self::Dataset(dataset) => Dynamic::from(dataset.clone()),
            Self::Module(module, snapshot) => {
                module.load_snapshot(snapshot)?;
                Dynamic::from(module.clone())
            }
            Self::Optimiser(optimiser, state) => {
                optimiser.load_state(state)?;
                Dynamic::from(optimiser.clone())
            }
            Self::Buffers(module, buffers) => {
                module.load_buffers(buffers)?;
                Dynamic::from(module.clone())
            }
        })
    }

    /// This state with every handle that `first` holds at the same place in the role of whatever
    /// handle is there now: its values are copied into the first one. So a loop's handles are the same
    /// ones from beginning to end, and every other name for them sees what happens to them.
    ///
    /// # Errors
    /// `Usage` when a handle appears, disappears or changes its structure.
    pub fn settle(self, first: &Self, place: &str) -> Result<Self> {
        let misplaced = |what: &str| {
            Error::usage(
                format!("{place} {what}"),
                "what is a module or an optimiser in the state has to be one of the same structure from \
                 the start",
            )
        };
        Ok(match (self, first) {
            (Self::Module(now, values), Self::Module(handle, _)) => {
                if !now.is_same(handle) {
                    handle
                        .load_snapshot(&values)
                        .map_err(|e| misplaced(&format!("was replaced by another module: {e}")))?;
                }
                Self::Module(handle.clone(), values)
            }
            (Self::Optimiser(now, state), Self::Optimiser(handle, _)) => {
                if !now.is_same(handle) {
                    let (old, new) = (handle.rule().describe(), now.rule().describe());
                    if old != new {
                        return Err(misplaced(&format!("was {old} at the start and is {new} now")));
                    }
                    let replaced = |e| misplaced(&format!("was replaced by another optimiser: {e}"));
                    handle.load_state(&state).map_err(replaced)?;
                }
                Self::Optimiser(handle.clone(), state)
            }
            (Self::Map(now), Self::Map(first)) => {
                let settle = |(k, v): (String, Self)| {
                    let inner = format!("{place}.{k}");
                    let v = match first.get(&k) {
                        Some(f) => v.settle(f, &inner)?,
                        None => v.without_handles(&inner)?,
                    };
                    Ok((k, v))
                };
                Self::Map(now.into_iter().map(settle).collect::<Result<_>>()?)
            }
            (Self::Array(now), Self::Array(first)) => {
                let settle = |(i, v): (usize, Self)| {
                    let inner = format!("{place}[{i}]");
                    first
                        .get(i)
                        .map_or_else(|| v.clone().without_handles(&inner), |f| v.clone().settle(f, &inner))
                };
                Self::Array(now.into_iter().enumerate().map(settle).collect::<Result<_>>()?)
            }
            (now, Self::Module(..) | Self::Optimiser(..)) => {
                return Err(misplaced(&format!("was a handle at the start and is {} now", now.kind())));
            }
            (now, _) => now.without_handles(place)?,
        })
    }

    fn without_handles(self, place: &str) -> Result<Self> {
        match &self {
            Self::Module(..) | Self::Optimiser(..) => Err(Error::usage(
                format!("{place} is {}, which the state did not hold at the start", self.kind()),
                "put it into the state that the loop is given",
            )),
            Self::Array(items) => {
                items.iter().try_for_each(|v| v.clone().without_handles(place).map(drop))?;
                Ok(self)
            }
            Self::Map(items) => {
                items.values().try_for_each(|v| v.clone().without_handles(place).map(drop))?;
                Ok(self)
            }
            _ => Ok(self),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "a plain value",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Tensor(..) => "a Tensor",
            Self::Dataset(_) => "a Dataset",
            Self::Module(..) | Self::Buffers(..) => "a Module",
            Self::Optimiser(..) => "an Optimiser",
        }
    }
}
