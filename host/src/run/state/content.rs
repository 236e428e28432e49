//! What values are compared by that no checkpoint holds.

use std::{
    any::Any,
    ops::{Range, RangeInclusive},
    sync::Arc,
    time::Instant,
};

use ops::Tensor;
use rhai::{Blob, Dynamic};

/// A value as it was at one moment, of any type: its content, or which object it is.
#[derive(Clone)]
pub struct Content {
    value: Arc<dyn Any + Send + Sync>,
    is_same: fn(&dyn Any, &dyn Any) -> bool,
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        (self.is_same)(&*self.value, &*other.value)
    }
}

/// The name of a function: a value beside the texts of a script.
#[derive(PartialEq)]
struct FunctionName(String);

/// A tensor that gradients are taken through: no other one stands for it, even with the same elements.
struct Tracked(Tensor);

impl PartialEq for Tracked {
    fn eq(&self, other: &Self) -> bool {
        self.0.shares_value(&other.0) && self.0.shares_graph(&other.0)
    }
}

/// A value that cannot be compared: it may always be another one.
struct Unknown;

impl PartialEq for Unknown {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Content {
    pub fn new<T: PartialEq + Send + Sync + 'static>(content: T) -> Self {
        let is_same = |a: &dyn Any, b: &dyn Any| {
            let both = a.downcast_ref::<T>().zip(b.downcast_ref::<T>());
            both.is_some_and(|(a, b)| a == b)
        };
        Self { value: Arc::new(content), is_same }
    }

    /// What nobody can compare.
    pub fn unknown() -> Self {
        Self::new(Unknown)
    }

    /// Whether it is never the same as anything, itself included.
    pub fn is_unknown(&self) -> bool {
        !(self.is_same)(&*self.value, &*self.value)
    }

    pub(super) fn of_name(name: &str) -> Self {
        Self::new(FunctionName(name.to_owned()))
    }

    /// A tracked tensor, or a value of Rhai's own that a state cannot hold.
    pub(super) fn of_rhai(value: &Dynamic) -> Option<Self> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return tensor.is_tracked().then(|| Self::new(Tracked(tensor.clone())));
        }
        macro_rules! first {
            ($($type:ty),*) => {
                $(if let Some(value) = value.read_lock::<$type>() {
                    return Some(Self::new(value.clone()));
                })*
            };
        }
        first!(char, Blob, Range<i64>, RangeInclusive<i64>, Instant);
        None
    }
}
