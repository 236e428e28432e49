//! Modules written in a script: named parts, and a function that says what they do together.

use std::{cell::Cell, sync::Arc};

use ops::{
    Tensor,
    nn::{Layer, Module},
};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext};

use crate::{
    api::{captures::Captured, options::named},
    error::{Result, ScriptFailure},
    kinds,
    script::{Adder, Callback, Problem, ScriptResult},
    session::Session,
};

/// Named parts, with or without a function.
struct Scripted {
    function: Option<Callback>,
    /// The nesting depth of what the function captured.
    depth: usize,
}

/// How deeply functions of modules may call each other. Rhai's own count starts again in each, so without
/// this limit the stack would overflow.
const DEEPEST: usize = 16;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One level of calls, until it is dropped.
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
        let ended = |_| failed("the script has ended".into());
        let session = function.carried::<Session>().map_err(ended)?;
        let engine = session.engine().map_err(ended)?;
        let mut arguments = vec![Dynamic::from(module.clone())];
        arguments.extend(inputs.iter().map(|&x| Dynamic::from(x.clone())));
        let result =
            call_unchanged(session, &engine, function, arguments).map_err(|error| match &*error {
                EvalAltResult::ErrorFunctionNotFound(called, _) if called.starts_with(function.name()) => {
                    let count = if inputs.len() == 1 { "one input" } else { "an input and a condition" };
                    failed(format!("its function does not take {count}"))
                }
                _ => ScriptFailure::wrap(error),
            })?;
        let found = kinds::a(&result);
        result
            .try_cast::<Tensor>()
            .ok_or_else(|| failed(format!("its function gave {found}, expected a Tensor")))
    }
}

/// Calls a function with variables of its own: a module is called in any order, on any thread, so a variable
/// that its function changes would have no certain value.
fn call_unchanged(
    session: Arc<Session>,
    engine: &Engine,
    function: &Callback,
    arguments: Vec<Dynamic>,
) -> ScriptResult {
    if !function.has_captures() {
        return function.call(engine, arguments);
    }
    let function = function.with_own_variables();
    let captured = Captured::of_copy(session, &function);
    let result = function.call(engine, arguments)?;
    match captured.changed(&function.context(engine)) {
        None => Ok(result),
        Some(variable) => {
            let problem = format!("the function of a module changed {variable}, which it captured");
            Err(Problem::new(problem, "what changes with each call belongs to the loop that calls it")
                .error())
        }
    }
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    module.add(
        "network(parts, function)",
        "A module of named parts, used as `net.name`: for saving, optimising and copying them as one. \
             Its forward is `function(module, x)`, or `function(module, x, condition)`.",
        "nn::network(#{ a: nn::linear(2, 3), b: nn::relu() }).a.parameter_count() => 9\n\
         nn::network(#{ f: nn::linear(2, 2).init_uniform(1, 1) }, |m, x| m.f.forward(x) + x)\
         .forward(tensor([[1.0, 2.0]])).to_array() => [[5.0, 6.0]]",
        |context: &NativeCallContext, parts: Map, function: Option<FnPtr>| {
            build(parts, function.map(|function| Callback::new(context, &function)))
        },
    );
}

fn build(parts: Map, function: Option<Callback>) -> Result<Module> {
    let children = named(parts, "nn::network: the part", "give modules")?;
    let depth = function.as_ref().map_or(0, Callback::depth);
    Ok(Module::new(Scripted { function, depth }, vec![], children))
}
