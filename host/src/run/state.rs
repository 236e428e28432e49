//! The state of a durable loop: what it holds, how it is restored in place.

mod compare;
mod content;
mod json;
mod settle;

use std::collections::{BTreeMap, HashSet};

pub use content::Content;
use ops::{
    Tensor,
    nn::{Module, Optimiser, OptimiserState, Scheduler, SchedulerState, Snapshot},
};
use rhai::{Array, Dynamic, FnPtr, Map};

use crate::{
    data::Dataset,
    error::{Error, Result},
    kinds,
};

/// The deepest nesting of values: a state is read back from JSON, whose reader takes 128 levels, two for each
/// of these.
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
    /// A handle with all that changes in it.
    Scheduler(Scheduler, SchedulerState),
    /// A handle with its buffers alone, of a module that no loop trains.
    Buffers(Module, Vec<(String, Tensor)>),
    /// What a captured value that no state holds is compared by. It is not written.
    Content(Content),
}

impl Saved {
    /// Nothing: what a loop without a state has.
    pub const UNIT: Self = Self::Plain(Dynamic::UNIT);

    /// What a script value is now. `path` names it in errors: `s.net`.
    ///
    /// # Errors
    /// `Usage` for values that cannot be saved, functions for example, and for ones that are
    /// nested deeper than [`DEEPEST`].
    pub fn capture(value: &Dynamic, path: &str) -> Result<Self> {
        Self::capture_within(value, path, DEEPEST)
    }

    fn capture_within(value: &Dynamic, path: &str, depth: usize) -> Result<Self> {
        if let Some(handle) = Self::of_handle(value) {
            return Ok(handle);
        }
        if depth == 0 {
            return Err(Error::usage(
                format!("{}... is nested more than {DEEPEST} deep", &path[..path.floor_char_boundary(40)]),
                "keep arrays and maps of a state flat",
            ));
        }
        if let Some(array) = value.read_lock::<Array>() {
            let item = |(i, v)| Self::capture_within(v, &format!("{path}[{i}]"), depth - 1);
            return Ok(Self::Array(array.iter().enumerate().map(item).collect::<Result<_>>()?));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let items = map.iter().map(|(k, v)| {
                Ok((k.to_string(), Self::capture_within(v, &format!("{path}.{k}"), depth - 1)?))
            });
            return Ok(Self::Map(items.collect::<Result<_>>()?));
        }
        Self::of_plain(value).ok_or_else(|| {
            Error::usage(
                format!("{path} is {}, which cannot be saved in a checkpoint", kinds::a(value)),
                "a state holds tensors, modules, optimisers, schedulers, data sets, numbers, strings, arrays \
                 and maps",
            )
        })
    }

    /// A captured value as it can be compared: a function stands for what it captured, and a value that
    /// several variables share is seen at the first of them. `content` gives what values of the host's own
    /// types are compared by. A value of a type that nobody knows, or nested too deep, counts as changed.
    pub fn observe(value: &Dynamic, content: &dyn Fn(&Dynamic) -> Option<Content>) -> Self {
        Observation { content, seen: HashSet::new() }.of(value, DEEPEST)
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
        if let Some(scheduler) = value.read_lock::<Scheduler>() {
            return Some(Self::Scheduler(scheduler.clone(), scheduler.state()));
        }
        value.read_lock::<Dataset>().map(|dataset| Self::Dataset(dataset.clone()))
    }

    fn of_plain(value: &Dynamic) -> Option<Self> {
        let value = value.clone().flatten();
        let plain = value.is_unit() || value.is_bool() || value.is_int() || value.is_float();
        (plain || value.is_string()).then_some(Self::Plain(value))
    }

    /// Restores the values of all handles, and gives the script value.
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
            Self::Scheduler(scheduler, state) => {
                scheduler.load_state(state);
                Dynamic::from(scheduler.clone())
            }
            Self::Buffers(module, buffers) => {
                module.load_buffers(buffers)?;
                Dynamic::from(module.clone())
            }
            // Nothing has changed in it.
            Self::Content(_) => Dynamic::UNIT,
        })
    }

    /// What it is, for errors.
    fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "a plain value",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Tensor(..) => "a Tensor",
            Self::Dataset(_) => "a Dataset",
            Self::Module(..) | Self::Buffers(..) => "a Module",
            Self::Optimiser(..) => "an Optimiser",
            Self::Scheduler(..) => "a Scheduler",
            Self::Content(_) => "a value that is not saved",
        }
    }
}

/// What is being looked at by [`Saved::observe`].
struct Observation<'a> {
    content: &'a dyn Fn(&Dynamic) -> Option<Content>,
    /// Variables that several values share, each seen once.
    seen: HashSet<*const Dynamic>,
}

impl Observation<'_> {
    fn of(&mut self, value: &Dynamic, depth: usize) -> Saved {
        if depth == 0 {
            return Saved::Content(Content::unknown());
        }
        if value.is_shared() {
            let Some(inner) = value.read_lock::<Dynamic>() else {
                return Saved::Content(Content::unknown());
            };
            return if self.seen.insert(&raw const *inner) { self.of(&inner, depth) } else { Saved::UNIT };
        }
        if let Some(content) = Content::of_rhai(value) {
            return Saved::Content(content);
        }
        if let Some(handle) = Saved::of_handle(value) {
            return handle;
        }
        let mut inner = |v: &Dynamic| self.of(v, depth - 1);
        if let Some(function) = value.read_lock::<FnPtr>() {
            let name = Saved::Content(Content::of_name(function.fn_name()));
            Saved::Array([name].into_iter().chain(function.curry().iter().map(inner)).collect())
        } else if let Some(array) = value.read_lock::<Array>() {
            Saved::Array(array.iter().map(inner).collect())
        } else if let Some(map) = value.read_lock::<Map>() {
            Saved::Map(map.iter().map(|(k, v)| (k.to_string(), inner(v))).collect())
        } else {
            let content = || (self.content)(value).unwrap_or_else(Content::unknown);
            Saved::of_plain(value).unwrap_or_else(|| Saved::Content(content()))
        }
    }
}
