//! Modules written in a script: named parts, and a function that says what they do together.

use std::{cell::Cell, sync::Arc};

use ops::nn::{Layer, Module, Value};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext};

use super::values::{DEEPEST as DEEPEST_VALUE, from_script, into_script};
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

    /// What the function makes of the module and those inputs.
    fn call(&self, module: &Module, inputs: &[Value]) -> ops::Result<Value> {
        let failed = |reason: String| ops::Error::Layer { layer: "module".into(), reason };
        let Some(function) = &self.function else {
            return Err(failed(
                "it has parts, but no function: call its parts, or give `nn::network` a function".into(),
            ));
        };
        let mut arguments = vec![Dynamic::from(module.clone())];
        arguments.extend(inputs.iter().cloned().map(into_script));
        let result = invoke(function, arguments)?;
        from_script(&result, DEEPEST_VALUE).map_err(|error| match result.is_array() || result.is_map() {
            true => failed(format!("its function gave a list or map: {error}")),
            false => failed(format!("its function gave {}, expected a Tensor", kinds::a(&result))),
        })
    }

    fn depth(&self) -> usize {
        self.depth
    }
}

/// What a function of a module makes of arguments.
pub fn invoke(function: &Callback, arguments: Vec<Dynamic>) -> ops::Result<Dynamic> {
    let failed = |reason: String| ops::Error::Layer { layer: "module".into(), reason };
    let Some(_deeper) = Depth::enter() else {
        return Err(failed(format!("functions of modules call each other more than {DEEPEST} deep")));
    };
    let ended = |_| failed("the script has ended".into());
    let session = function.carried::<Session>().map_err(ended)?;
    let engine = session.engine().map_err(ended)?;
    let count = arguments.len();
    call_unchanged(session, &engine, function, arguments).map_err(|error| match &*error {
        EvalAltResult::ErrorFunctionNotFound(called, _) if called.starts_with(function.name()) => {
            failed(format!("its function does not take {}", words(count)))
        }
        _ => ScriptFailure::wrap(error),
    })
}

/// So many arguments, the first of which is the module, or a gradient.
fn words(count: usize) -> String {
    match count.saturating_sub(1) {
        1 => "one input".into(),
        2 => "two inputs".into(),
        inputs => format!("{inputs} inputs"),
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
             Its forward is `function(module, x)`, or `function(module, x, y, ..)` of several inputs. \
             Inputs, and what it gives, are tensors, numbers, and arrays and maps of them: \
         `#{ mean: m, variance: v }`.",
        "nn::network(#{ a: nn::linear(2, 3), b: nn::relu() }).a.parameter_count() => 9\n\
         nn::network(#{ f: nn::linear(2, 2).init_uniform(1, 1) }, |m, x| m.f.forward(x) + x)\
         .forward(tensor([[1.0, 2.0]])).to_array() => [[5.0, 6.0]]\n\
         nn::network(#{}, |m, x, y| #{ sum: x + y, difference: x - y })\
         .forward(tensor([5.0]), tensor([3.0])).sum.to_array() => [8.0]",
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
