//! The Rhai engine as scripts meet it: limits that keep a script from doing harm, and our functions.

use std::sync::Arc;

use rhai::{Dynamic, Engine, OptimizationLevel};

use super::{Problem, Resolver, Table, called, nesting, problem::INTERRUPTED, standard, switch, unread};
use crate::{
    error::{Error, Result},
    memory,
};

/// The maximum number of items of one array, of bytes of one blob.
pub const MAX_ITEMS: usize = 4 << 20;

/// Refuses a list of more items than scripts may have, before it is made.
///
/// # Errors
/// `Usage` with the bound.
pub fn require_items(items: usize) -> Result<()> {
    if items <= MAX_ITEMS {
        return Ok(());
    }
    let problem = format!("a list of {items} items, and a list has at most {MAX_ITEMS}");
    Err(Error::usage(problem, "keep numbers in bulk in tensors, or take a part first: `x[0..1000]`"))
}

/// Bounds on what a script may do by itself; tensors have a budget of their own.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Operations of the script, some ten million a second: an endless loop ends here.
    pub operations: u64,
    /// Calls inside calls.
    pub call_depth: usize,
    /// Nesting of one expression.
    pub expression_depth: usize,
    /// Bytes of one string.
    pub string: usize,
    /// Bytes of all that the process holds except tensors.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            operations: 500_000_000,
            call_depth: 64,
            expression_depth: 128,
            string: 16 << 20,
            // A value is copied when it is put into another, so the largest one needs room twice.
            memory: memory::available() / 2,
        }
    }
}

/// An engine with those limits, our functions, and imports through `resolver`; `print` shows lines of
/// scripts.
pub fn build(
    table: &Arc<Table>,
    print: impl Fn(&str) + Clone + Send + Sync + 'static,
    resolver: Option<Resolver>,
    limits: Limits,
) -> Engine {
    let mut engine = Engine::new();
    // Positions and comments of settings are looked up in the text, so nothing may be folded away.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_operations(limits.operations);
    engine.set_max_call_levels(limits.call_depth);
    engine.set_max_expr_depths(limits.expression_depth, limits.expression_depth);
    // Rhai's comparisons of floats differ from IEEE 754, and its fast operators cannot be replaced.
    engine.set_fast_operators(false);
    engine.disable_symbol("eval");
    engine.on_progress(move |_| between_operations(limits));
    #[allow(deprecated, reason = "the name that Rhai gives to what it may still change")]
    engine.on_var(|_, _, context| nesting::look(&context).map(|()| None));
    standard::register(&mut engine, limits);
    switch::register(&mut engine);
    called::register(&mut engine);
    engine.on_print(print.clone());
    engine.on_debug(move |text, _, position| print(&format!("{position:?}: {text}")));
    table.register(&mut engine);
    match resolver {
        Some(resolver) => engine.set_module_resolver(resolver),
        None => engine.set_module_resolver(rhai::module_resolvers::DummyModuleResolver::new()),
    };
    engine
}

/// Why a script has to end here, if it has to.
fn between_operations(limits: Limits) -> Option<Dynamic> {
    nesting::count();
    if ops::interrupt::requested() {
        return Some(INTERRUPTED.into());
    }
    if let Some(error) = unread::take() {
        return Some(error);
    }
    (memory::held() > limits.memory).then(|| {
        let maximum = limits.memory / 1_000_000;
        let help = "does an array grow without an end? Numbers in bulk belong into tensors";
        let problem = format!("the script's values and data sets take more than {maximum} MB of memory");
        Problem::new(problem, help).into()
    })
}
