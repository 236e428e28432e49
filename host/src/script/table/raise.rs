//! Errors of script functions, with the name of the function and the place of the call.

use ops::ScriptPosition;
use rhai::{EvalAltResult, NativeCallContext, Position};

use super::Entry;
use crate::{
    error::Error,
    script::{Problem, raised},
};

/// The position of a call, as traces note it.
pub fn position_of(context: &NativeCallContext) -> Option<ScriptPosition> {
    let position = context.call_position();
    let script = context.call_source().unwrap_or_default().into();
    Some(ScriptPosition { script, line: position.line()?, column: position.position().unwrap_or(1) })
}

/// Rhai counts lines and columns in 16 bits.
fn line_number(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// The error at the position of the call. Rhai does that by itself, but not for `module::function(...)`.
pub fn placed(mut error: Box<EvalAltResult>, call: Position) -> Box<EvalAltResult> {
    if error.position().is_none() {
        error.set_position(call);
    }
    error
}

/// An error of the host as an error of the script; the engine adds the position.
pub fn into_rhai(error: Error, entry: &Entry) -> Box<EvalAltResult> {
    match error {
        Error::Ops(ops::Error::NotExportable { reason, position: Some(at) }) => {
            let position = Position::new(line_number(at.line), line_number(at.column));
            let cause =
                EvalAltResult::ErrorRuntime(format!("{}: {reason}", entry.written()).into(), position);
            let (name, script) = (entry.name.to_owned(), at.script.to_string());
            Box::new(EvalAltResult::ErrorInFunctionCall(name, script, cause.into(), Position::NONE))
        }
        error @ (Error::Script(_) | Error::Ops(ops::Error::Interrupted)) => raised(error),
        Error::Ops(error) => Problem::new(called(entry, &error), "").error(),
        other => {
            let Problem { message, help } = other.into();
            Problem::new(named(entry, &message), help).error()
        }
    }
}

/// What an operation says, with the name of the function that the script called.
fn called(entry: &Entry, error: &ops::Error) -> String {
    let text = error.to_string();
    let inner = error.op().and_then(|op| text.strip_prefix(op)?.strip_prefix(": "));
    named(entry, inner.unwrap_or(&text))
}

/// A message that begins with the name of its function, once.
fn named(entry: &Entry, problem: &str) -> String {
    let path = entry.written();
    if entry.is_index() {
        return problem.to_owned();
    }
    let rest = [path.as_str(), entry.name].into_iter().find_map(|name| problem.strip_prefix(name));
    match rest {
        Some(rest) if rest.starts_with(": ") => format!("{path}{rest}"),
        Some(rest) if rest.starts_with(' ') => problem.to_owned(),
        _ => format!("{path}: {problem}"),
    }
}
