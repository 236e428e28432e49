//! Arguments and results of script functions: each Rust type converts in its own way, and names itself in
//! signatures.

use std::any::TypeId;

use ops::{Number, Tensor, nn::Module};
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map};

use super::{Observer, require_items};
use crate::error::{Error, Result};

/// Why an argument was not taken.
pub enum Refusal {
    /// It is of another type: the next overload may take it.
    Type,
    /// It is of the right type, and wrong.
    Value(Error),
}

/// A type that script values convert to.
pub trait FromScript: Sized + 'static {
    /// The name of the type in signatures and messages.
    const NAME: &'static str;

    /// The script types that convert, where that is a closed list; otherwise any value is tried.
    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<Dynamic>()]
    }

    /// Converts a value.
    fn from_script(value: &Dynamic) -> Result<Self, Refusal>;

    /// How a value is compared with what it was before, for types that no state of a loop holds.
    fn observer() -> Option<(TypeId, Observer)> {
        None
    }

    /// The value of an argument that is left out, where the type allows that.
    fn absent() -> Option<Self> {
        None
    }
}

/// A parameter that a call may leave out, together with all that follow it.
impl<T: FromScript> FromScript for Option<T> {
    const NAME: &'static str = T::NAME;

    fn types() -> Vec<TypeId> {
        T::types()
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        T::from_script(value).map(Some)
    }

    fn observer() -> Option<(TypeId, Observer)> {
        T::observer()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A type that converts to a script value.
pub trait IntoScript {
    /// The name of the type in signatures.
    const NAME: &'static str;

    /// The Rust name of a type that scripts hold as it is.
    fn rust_name() -> Option<&'static str> {
        None
    }

    /// Converts to a script value.
    fn into_script(self) -> Result<Dynamic>;

    /// As [`FromScript::observer`].
    fn observer() -> Option<(TypeId, Observer)> {
        None
    }
}

/// Makes a Rust type known to scripts under a name. Values of it can be compared as [`Comparable`] says, or
/// by all that they hold (`by value`); or the state of a loop can hold them (`in state`) and compares them
/// itself.
macro_rules! script_type {
    (in state: $($type:ty => $name:literal),* $(,)?) => {
        $($crate::script::script_type! { @ $type, $name, None })*
    };
    (by value: $($type:ty => $name:literal),* $(,)?) => {
        $crate::script::script_type! { $($type => $name),* }
        $(impl $crate::script::Comparable for $type {
            type Content = Self;

            fn content(&self) -> Self {
                self.clone()
            }
        })*
    };
    (@ $type:ty, $name:literal, $observer:expr) => {
        impl $crate::script::FromScript for $type {
            const NAME: &'static str = $name;

            fn types() -> Vec<std::any::TypeId> {
                vec![std::any::TypeId::of::<$type>()]
            }

            fn from_script(value: &rhai::Dynamic) -> Result<Self, $crate::script::Refusal> {
                value.read_lock::<$type>().map(|v| v.clone()).ok_or($crate::script::Refusal::Type)
            }

            fn observer() -> Option<(std::any::TypeId, $crate::script::Observer)> {
                $observer
            }
        }

        impl $crate::script::IntoScript for $type {
            const NAME: &'static str = $name;

            fn rust_name() -> Option<&'static str> {
                $crate::script::own_name::<$type>()
            }

            fn into_script(self) -> $crate::error::Result<rhai::Dynamic> {
                Ok(rhai::Dynamic::from(self))
            }

            fn observer() -> Option<(std::any::TypeId, $crate::script::Observer)> {
                $observer
            }
        }
    };
    ($($type:ty => $name:literal),* $(,)?) => {
        $($crate::script::script_type! { @ $type, $name, Some($crate::script::observer::<$type>()) })*
    };
}
pub(crate) use script_type;

script_type! {
    in state:
    Tensor => "Tensor",
    Module => "Module",
    ops::nn::Optimiser => "Optimiser",
    ops::nn::Scheduler => "Scheduler",
    i64 => "integer",
    bool => "bool",
    Map => "map",
    FnPtr => "function",
}

script_type!(by value: ops::Gradients => "Gradients");

impl FromScript for f64 {
    const NAME: &'static str = "float";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<f64>(), TypeId::of::<i64>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        value.as_float().or_else(|_| value.as_int().map(|i| i as f64)).map_err(|_| Refusal::Type)
    }
}

/// A number beside a tensor keeps its kind, which decides that of the result.
impl FromScript for Number {
    const NAME: &'static str = "number";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<f64>(), TypeId::of::<i64>(), TypeId::of::<bool>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let float = value.as_float().map(Self::Float);
        let found = float.or_else(|_| value.as_int().map(Self::Whole));
        found.or_else(|_| value.as_bool().map(Self::Bool)).map_err(|_| Refusal::Type)
    }
}

impl FromScript for String {
    const NAME: &'static str = "string";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<ImmutableString>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        value.clone().into_string().map_err(|_| Refusal::Type)
    }
}

impl FromScript for Array {
    const NAME: &'static str = "array";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<Array>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        value.read_lock::<Array>().map(|a| a.clone()).ok_or(Refusal::Type)
    }
}

impl FromScript for Dynamic {
    const NAME: &'static str = "any";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        Ok(value.clone())
    }
}

macro_rules! into_script {
    ($($type:ty => $name:literal, $convert:expr;)*) => {$(
        impl IntoScript for $type {
            const NAME: &'static str = $name;

            fn into_script(self) -> Result<Dynamic> {
                let convert: fn(Self) -> Dynamic = $convert;
                Ok(convert(self))
            }
        }
    )*};
}
into_script! {
    f64 => "float", Dynamic::from;
    usize => "integer", |n| (n as i64).into();
    String => "string", Dynamic::from;
    char => "character", Dynamic::from;
    Dynamic => "any", |value| value;
    () => "()", |()| Dynamic::UNIT;
}

impl<T: IntoScript> IntoScript for Vec<T> {
    const NAME: &'static str = "array";

    fn into_script(self) -> Result<Dynamic> {
        require_items(self.len())?;
        Ok(self.into_iter().map(T::into_script).collect::<Result<Array>>()?.into())
    }

    fn observer() -> Option<(TypeId, Observer)> {
        T::observer()
    }
}

impl<T: IntoScript, E: Into<Error>> IntoScript for Result<T, E> {
    const NAME: &'static str = T::NAME;

    fn rust_name() -> Option<&'static str> {
        T::rust_name()
    }

    fn into_script(self) -> Result<Dynamic> {
        self.map_err(Into::into)?.into_script()
    }

    fn observer() -> Option<(TypeId, Observer)> {
        T::observer()
    }
}

/// A type that scripts give arrays of.
pub trait ArrayItem: FromScript {
    /// The name of such an array in signatures and messages.
    const ARRAY: &'static str;
}

impl<T: ArrayItem> FromScript for Vec<T> {
    const NAME: &'static str = T::ARRAY;

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        array.iter().map(T::from_script).collect()
    }
}

macro_rules! array_items {
    ($($item:ty => $name:literal),* $(,)?) => {$(
        impl ArrayItem for $item {
            const ARRAY: &'static str = $name;
        }
    )*};
}
array_items! {
    Tensor => "array of Tensor",
    Module => "array of Module",
    i64 => "array of integer",
    f64 => "array of float",
    usize => "shape",
    String => "array of string",
    Pair => "array of pairs",
}

/// A size in two directions: `3` or `[3, 5]`.
#[derive(Clone, Copy)]
pub struct Pair(pub [usize; 2]);

/// A size in three directions: `3` or `[3, 5, 5]`.
#[derive(Clone, Copy)]
pub struct Triple(pub [usize; 3]);

macro_rules! sizes {
    ($($type:ident, $count:literal => $name:literal),* $(,)?) => {$(
        impl FromScript for $type {
            const NAME: &'static str = $name;

            fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
                if value.is_int() {
                    return usize::from_script(value).map(|n| Self([n; $count]));
                }
                let sizes = Vec::<usize>::from_script(value)?;
                sizes.try_into().map(Self).map_err(|_| Refusal::Type)
            }
        }
    )*};
}
sizes! {
    Pair, 2 => "integer or array of two",
    Triple, 3 => "integer or array of three",
}

/// Dimensions: one, or several.
pub struct Dims(pub Vec<i64>);

impl FromScript for Dims {
    const NAME: &'static str = "integer or array of integer";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        value.as_int().map_or_else(|_| Vec::from_script(value).map(Self), |dim| Ok(Self(vec![dim])))
    }
}

/// A whole number that is not negative: a count, a size.
impl FromScript for usize {
    const NAME: &'static str = "integer";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<i64>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let size = i64::from_script(value)?;
        let wrong =
            |_| Error::usage(format!("{size} is not a size"), "give a whole number that is not negative");
        usize::try_from(size).map_err(|error| Refusal::Value(wrong(error)))
    }
}

/// The Rust name of a type, unless Rhai has a word for it.
pub fn own_name<T>() -> Option<&'static str> {
    let name = std::any::type_name::<T>();
    let is_rhais = ["rhai::", "alloc::"].iter().any(|start| name.starts_with(start));
    (name.contains("::") && !is_rhais).then_some(name)
}
