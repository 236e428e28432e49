//! Modules written in a script: named parts, and a function that says what they do together.

use std::{
    cell::Cell,
    sync::{Arc, Weak},
};

use ops::{
    ScriptPosition, Tensor,
    nn::{Layer, Module},
    tensor::trace,
};
use rhai::{Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};

use crate::{
    api::is_stop,
    error::{Error, Result},
    script::{Adder, Callback, FromScript},
    session::Session,
};

/// Named parts, with or without a function.
struct Scripted {
    /// A session keeps the modules of its loops, which must not keep the session.
    session: Weak<Session>,
    function: Option<Callback>,
    /// Of what the function captured.
    depth: usize,
}

/// Functions of modules that are being called inside each other. Rhai counts from one again in each, and
/// the process would die where its stack ends.
const DEEPEST: usize = 16;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One more call inside the others, until it is dropped.
struct Depth;

impl Depth {
    fn enter() -> Option<Self> {
        DEPTH.with(|depth| (depth.get() < DEEPEST).then(|| depth.set(depth.get() + 1)))?;
        Some(Self)
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

impl Layer for Scripted {
    fn name(&self) -> &str {
        "Module"
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn forward(&self, module: &Module, x: &Tensor) -> ops::Result<Tensor> {
        self.call(module, &[x])
    }

    fn forward_with(&self, module: &Module, x: &Tensor, condition: &Tensor) -> ops::Result<Tensor> {
        self.call(module, &[x, condition])
    }

    fn depth(&self) -> usize {
        self.depth
    }
}

impl Scripted {
    /// What the function makes of the module and those inputs.
    fn call(&self, module: &Module, inputs: &[&Tensor]) -> ops::Result<Tensor> {
        let failed = |reason: String| ops::Error::Layer { layer: "module".into(), reason };
        let Some(function) = &self.function else {
            return Err(failed(
                "it has parts, but no function: call its parts, or give `nn::network` a function".into(),
            ));
        };
        let Some(_deeper) = Depth::enter() else {
            return Err(failed(format!("functions of modules call each other more than {DEEPEST} deep")));
        };
        let engine = self.session.upgrade().and_then(|session| session.engine());
        let engine = engine.ok_or_else(|| failed("the script has ended".into()))?;
        let mut arguments = vec![Dynamic::from(module.clone())];
        arguments.extend(inputs.iter().map(|&x| Dynamic::from(x.clone())));
        let result = function.call(&engine, arguments).map_err(|error| match error.unwrap_inner() {
            _ if is_stop(&error) => ops::Error::Interrupted,
            EvalAltResult::ErrorFunctionNotFound(called, _) if called.starts_with(function.name()) => {
                let count = if inputs.len() == 1 { "one input" } else { "an input and a condition" };
                failed(format!("its function does not take {count}"))
            }
            _ => failed(in_words(&error)),
        })?;
        let kind = result.type_name();
        result
            .try_cast::<Tensor>()
            .ok_or_else(|| failed(format!("its function gave a {kind}, expected a Tensor")))
    }
}

/// An error of a module's function in words. A trace tells of the place by itself.
fn in_words(error: &EvalAltResult) -> String {
    if !trace::is_tracing() {
        return error.to_string();
    }
    let (mut inner, mut script) = (error, "");
    while let EvalAltResult::ErrorInFunctionCall(_, source, next, _) = inner {
        (inner, script) = (next, source);
    }
    let (line, column) = (inner.position().line(), inner.position().position());
    trace::at(|| Some(ScriptPosition { script: script.into(), line: line?, column: column.unwrap_or(1) }));
    match inner {
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        other => other.to_string(),
    }
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder, session: &Arc<Session>) {
    let [a, b] = [0; 2].map(|_| Arc::clone(session));
    module
        .add(
            "network(parts)",
            "A module of named parts, used as `net.name`: for saving, optimising and copying them as one.",
            "nn::network(#{ a: nn::linear(2, 3), b: nn::relu() }).a.parameter_count() => 9",
            move |parts: Map| build(&a, parts, None),
        )
        .add(
            "network(parts, function)",
            "A module whose forward is `function(module, x)`, or `function(module, x, condition)`.",
            "nn::network(#{ f: nn::linear(2, 2) }, |m, x| m.f.forward(x) + x).forward(zeros([1, 2])).shape => [1, 2]",
            move |context: &NativeCallContext, parts: Map, function: FnPtr| {
                build(&b, parts, Some(Callback::new(context, &function)))
            },
        );
}

fn build(session: &Arc<Session>, parts: Map, function: Option<Callback>) -> Result<Module> {
    let part = |(name, value): (rhai::Identifier, Dynamic)| {
        let not = |_| {
            Error::usage(format!("nn::network: the part `{name}` is a {}", value.type_name()), "give modules")
        };
        Ok((name.to_string(), Module::from_script(&value).map_err(not)?))
    };
    let children = parts.into_iter().map(part).collect::<Result<Vec<_>>>()?;
    let depth = function.as_ref().map_or(0, Callback::depth);
    Ok(Module::new(Scripted { session: Arc::downgrade(session), function, depth }, vec![], children))
}
