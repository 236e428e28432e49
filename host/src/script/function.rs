//! Rust closures as script functions: arguments and results are converted by type, and the types are
//! the signature.

use std::{
    any::TypeId,
    marker::PhantomData,
    sync::{Arc, Weak},
};

use ops::{Tensor, nn::Module};
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map, NativeCallContext};

use super::{Comparable, Observer, require_items};
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

/// Makes a Rust type known to scripts under a name. Either values of it can be compared, as
/// [`Comparable`](super::Comparable) says, or the state of a loop can hold them (`in state`) and compares
/// them itself.
macro_rules! script_type {
    (in state: $($type:ty => $name:literal),* $(,)?) => {
        $($crate::script::script_type! { @ $type, $name, None })*
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
    i64 => "integer",
    bool => "bool",
    Map => "map",
    FnPtr => "function",
}

script_type!(ops::Gradients => "Gradients");

impl Comparable for ops::Gradients {
    type Content = Self;

    fn content(&self) -> Self {
        self.clone()
    }
}

impl FromScript for f64 {
    const NAME: &'static str = "float";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<f64>(), TypeId::of::<i64>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        value.as_float().or_else(|_| value.as_int().map(|i| i as f64)).map_err(|_| Refusal::Type)
    }
}

impl IntoScript for f64 {
    const NAME: &'static str = "float";

    fn into_script(self) -> Result<Dynamic> {
        Ok(self.into())
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

impl IntoScript for String {
    const NAME: &'static str = "string";

    fn into_script(self) -> Result<Dynamic> {
        Ok(self.into())
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

impl IntoScript for Dynamic {
    const NAME: &'static str = "any";

    fn into_script(self) -> Result<Dynamic> {
        Ok(self)
    }
}

impl IntoScript for () {
    const NAME: &'static str = "()";

    fn into_script(self) -> Result<Dynamic> {
        Ok(Dynamic::UNIT)
    }
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

macro_rules! arrays {
    ($($item:ty => $name:literal),*) => {$(
        impl FromScript for Vec<$item> {
            const NAME: &'static str = $name;

            fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
                let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
                array.iter().map(<$item>::from_script).collect()
            }
        }
    )*};
}
arrays!(
    Tensor => "array of Tensor", Module => "array of Module", i64 => "array of integer",
    Pair => "array of pairs"
);

/// An array of whole numbers that are not negative: a shape.
impl FromScript for Vec<usize> {
    const NAME: &'static str = "shape";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        Vec::<i64>::from_script(value)?.into_iter().map(size).collect()
    }
}

/// A size in two directions: `3` or `[3, 5]`.
#[derive(Clone, Copy)]
pub struct Pair(pub [usize; 2]);

impl FromScript for Pair {
    const NAME: &'static str = "integer or array of two";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_int() {
            return usize::from_script(value).map(|n| Self([n; 2]));
        }
        let pair = Vec::<usize>::from_script(value)?;
        pair.try_into().map(Self).map_err(|_| Refusal::Type)
    }
}

/// A whole number that is not negative: a count, a size.
impl FromScript for usize {
    const NAME: &'static str = "integer";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<i64>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        size(i64::from_script(value)?)
    }
}

impl IntoScript for usize {
    const NAME: &'static str = "integer";

    fn into_script(self) -> Result<Dynamic> {
        Ok((self as i64).into())
    }
}

fn size(value: i64) -> Result<usize, Refusal> {
    let wrong = || Error::usage(format!("{value} is not a size"), "give a whole number that is not negative");
    usize::try_from(value).map_err(|_| Refusal::Value(wrong()))
}

/// A closure of any number of parameters, as the table of script functions holds it.
pub trait Function<Args>: Send + Sync + 'static {
    /// The types of the parameters: name, and the script types that convert.
    fn parameters() -> Vec<Parameter>;

    /// The name of the result's type.
    fn returns() -> &'static str;

    /// The Rust name of the result's type, as [`IntoScript::rust_name`].
    fn returns_rust_name() -> Option<&'static str>;

    /// How values of the types of parameters and result are compared.
    fn observers() -> Vec<(TypeId, Observer)>;

    /// Converts the arguments and calls the closure.
    fn call(&self, context: &NativeCallContext, args: &[&mut Dynamic]) -> Result<Result<Dynamic>, Refusal>;
}

/// The type of one parameter.
pub struct Parameter {
    pub type_name: &'static str,
    pub types: Vec<TypeId>,
    /// Whether a call may leave it out.
    pub is_optional: bool,
    /// The Rust name of a type of ours, which Rhai does not know.
    pub rust_name: Option<&'static str>,
}

impl Parameter {
    fn of<T: FromScript>() -> Self {
        let is_own = T::types() == [TypeId::of::<T>()];
        Self {
            type_name: T::NAME,
            types: T::types(),
            is_optional: T::absent().is_some(),
            rust_name: own_name::<T>().filter(|_| is_own),
        }
    }
}

/// The Rust name of a type, unless Rhai has a word for it.
pub fn own_name<T>() -> Option<&'static str> {
    let name = std::any::type_name::<T>();
    let is_rhais = ["rhai::", "alloc::"].iter().any(|start| name.starts_with(start));
    (name.contains("::") && !is_rhais).then_some(name)
}

/// An argument, or the value of one that is left out.
fn argument<T: FromScript>(value: Option<&&mut Dynamic>) -> Result<T, Refusal> {
    match value {
        Some(value) => T::from_script(value),
        None => T::absent().ok_or(Refusal::Type),
    }
}

/// Marks closures whose first parameter is the context of the call.
pub struct InContext;

/// Marks closures whose first parameter is what the engine carries.
pub struct With<C>(PhantomData<C>);

/// What an engine carries for its functions, in the tag that Rhai hands from call to call: into imported
/// scripts, to closures that are called back, and to threads that a script starts. The tag does not keep it
/// alive, since what it keeps can hold functions of scripts, which hold the tag.
pub trait Carried: Send + Sync + Sized + 'static {
    /// The tag of an engine that carries it.
    fn tag(this: &Arc<Self>) -> Dynamic {
        Dynamic::from(Arc::downgrade(this))
    }

    /// What a call's engine carries.
    ///
    /// # Errors
    /// `Usage` once the script has ended.
    fn of(context: &NativeCallContext) -> Result<Arc<Self>> {
        Self::of_tag(&context.global_runtime_state().tag)
    }

    /// What a tag stands for.
    ///
    /// # Errors
    /// As [`Carried::of`].
    fn of_tag(tag: &Dynamic) -> Result<Arc<Self>> {
        tag.read_lock::<Weak<Self>>().and_then(|carried| carried.upgrade()).ok_or_else(ended)
    }
}

/// The error for what only works while the script runs.
pub fn ended() -> Error {
    Error::usage("the script has ended", "call this while it runs")
}

macro_rules! functions {
    ($(($($p:ident),*))*) => {$(
        function! { [] () () ($($p),*) |f, context| f($($p),*) }
        function! { [] (InContext) (&NativeCallContext) ($($p),*) |f, context| f(context, $($p),*) }
        function! { [Host] (With<Host>) (&Host) ($($p),*) |f, context| f(&*Host::of(context)?, $($p),*) }
    )*};
}

macro_rules! function {
    (
        [$($carried:ident)?] ($($mark:ty)?) ($($first:ty)?) ($($p:ident),*)
        |$f:ident, $context:ident| $call:expr
    ) => {
        impl<F, R, $($carried: Carried,)? $($p: FromScript),*> Function<($($mark,)? $($p,)*)> for F
        where
            F: Fn($($first,)? $($p),*) -> R + Send + Sync + 'static,
            R: IntoScript,
        {
            fn parameters() -> Vec<Parameter> {
                vec![$(Parameter::of::<$p>()),*]
            }

            fn returns() -> &'static str {
                R::NAME
            }

            fn returns_rust_name() -> Option<&'static str> {
                R::rust_name()
            }

            fn observers() -> Vec<(TypeId, Observer)> {
                [R::observer() $(, $p::observer())*].into_iter().flatten().collect()
            }

            #[allow(non_snake_case, unused_mut, unused_variables)]
            fn call(
                &self,
                $context: &NativeCallContext,
                args: &[&mut Dynamic],
            ) -> Result<Result<Dynamic>, Refusal> {
                let ($f, mut args) = (self, args.iter());
                $(let $p = argument::<$p>(args.next())?;)*
                let call = || -> Result<Dynamic> { $call.into_script() };
                Ok(call())
            }
        }
    };
}

functions! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, G) }
