//! How values of the host's own types are compared, to see whether a script changed them.

use std::{any::TypeId, collections::HashMap, sync::Arc};

use rhai::Dynamic;

use crate::run::Content;

/// A type whose values can be compared with what they were before.
pub trait Comparable: Clone + Send + Sync + 'static {
    /// Everything that a later result depends on: what a value holds; or where that cannot be compared, which
    /// object it is, with all that changes in it.
    type Content: PartialEq + Send + Sync + 'static;

    /// That of this value, as it is now.
    fn content(&self) -> Self::Content;
}

/// Gives what values of one type are compared by.
pub type Observer = fn(&Dynamic) -> Option<Content>;

/// Those of all types that the functions of a table take and give.
pub type Observers = HashMap<TypeId, Observer>;

/// The observer of a type.
pub fn observer<T: Comparable>() -> (TypeId, Observer) {
    (TypeId::of::<T>(), |value| {
        let value = value.read_lock::<T>()?;
        // Values of two types may be compared by contents of one.
        Some(Content::new((TypeId::of::<T>(), value.content())))
    })
}

/// One and the same object, by whatever name.
#[derive(Clone)]
pub struct Identity<T>(Arc<T>);

impl<T> Identity<T> {
    pub fn of(object: &Arc<T>) -> Self {
        Self(Arc::clone(object))
    }
}

impl<T> PartialEq for Identity<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
