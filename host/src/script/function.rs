//! Rust closures as script functions: the types of their parameters and results are the signature.

use std::{
    any::TypeId,
    marker::PhantomData,
    sync::{Arc, Weak},
};

use rhai::{Dynamic, NativeCallContext};

use super::{FromScript, IntoScript, Observer, Refusal, own_name};
use crate::error::{Error, Result};

/// A closure of any number of parameters, as the table of script functions holds it.
pub trait Function<Args>: Send + Sync + 'static {
    /// The types of the parameters: name, and the script types that convert.
    fn parameters() -> Vec<ParameterType>;

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
pub struct ParameterType {
    pub type_name: &'static str,
    pub types: Vec<TypeId>,
    /// Whether a call may leave it out.
    pub is_optional: bool,
    /// The Rust name of a type of ours, which Rhai does not know.
    pub rust_name: Option<&'static str>,
}

impl ParameterType {
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
            fn parameters() -> Vec<ParameterType> {
                vec![$(ParameterType::of::<$p>()),*]
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
