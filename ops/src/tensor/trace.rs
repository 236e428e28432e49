//! Traces: a function of tensors run on symbolic ones, which record where they come from.
//!
//! While a trace runs, the parameters of its module are symbolic too, so that what is computed from
//! them is recorded rather than computed; and every operation notes the module that it belongs to and
//! the position in the script of the call.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use super::Tensor;
use crate::ScriptPosition;

/// Where a traced operation comes from.
#[derive(Debug, Clone)]
pub struct OpOrigin {
    /// The module, by its path: `encoder/0`; empty for the outermost.
    pub module: Arc<str>,
    /// The position of the call in a script.
    pub position: Option<ScriptPosition>,
}

/// What a trace knows of its module.
pub(crate) struct TracedModule {
    /// Symbolic tensors that stand for parameters, by the parameters' numbers.
    pub parameters: HashMap<usize, Tensor>,
    /// Paths of modules, by the modules' numbers.
    pub paths: HashMap<usize, Arc<str>>,
}

struct Trace {
    known: TracedModule,
    module: Arc<str>,
    position: Option<ScriptPosition>,
}

thread_local! {
    static TRACE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Runs `f` as a trace of the module that `known` describes; with its result comes the script position that
/// it reached, for errors. Ends also when `f` panics.
pub(crate) fn trace<T>(known: TracedModule, f: impl FnOnce() -> T) -> (T, Option<ScriptPosition>) {
    struct RestoreTrace(Option<Trace>);
    impl Drop for RestoreTrace {
        fn drop(&mut self) {
            TRACE.set(self.0.take());
        }
    }
    let _outer = RestoreTrace(TRACE.replace(Some(Trace { known, module: "".into(), position: None })));
    let result = f();
    let position = TRACE.with_borrow(|trace| trace.as_ref().and_then(|trace| trace.position.clone()));
    (result, position)
}

/// Notes that everything from now on is asked for at a position in a script. Of no effect outside a trace.
pub fn at(position: impl FnOnce() -> Option<ScriptPosition>) {
    TRACE.with_borrow_mut(|trace| {
        if let Some(trace) = trace {
            trace.position = position().or(trace.position.take());
        }
    });
}

/// Runs `f` as a part of the module of that number, where the trace knows it.
pub(crate) fn inside<T>(module: usize, f: impl FnOnce() -> T) -> T {
    struct Leave(Option<Arc<str>>);
    impl Drop for Leave {
        fn drop(&mut self) {
            if let Some(outer) = self.0.take() {
                TRACE
                    .with_borrow_mut(|trace| trace.iter_mut().for_each(|trace| trace.module = outer.clone()));
            }
        }
    }
    let _leave = Leave(TRACE.with_borrow_mut(|trace| {
        let trace = trace.as_mut()?;
        let path = trace.known.paths.get(&module)?;
        Some(std::mem::replace(&mut trace.module, Arc::clone(path)))
    }));
    f()
}

/// The symbolic tensor that stands for the parameter of that number, in a trace that knows it.
pub(crate) fn stand_in(parameter: usize) -> Option<Tensor> {
    TRACE.with_borrow(|trace| trace.as_ref()?.known.parameters.get(&parameter).cloned())
}

/// Where an operation that is applied now comes from.
pub(super) fn origin() -> Option<OpOrigin> {
    TRACE.with_borrow(|trace| {
        trace
            .as_ref()
            .map(|trace| OpOrigin { module: Arc::clone(&trace.module), position: trace.position.clone() })
    })
}
