//! Script errors as their authors should see them: the position, the line with a caret, what came, what
//! was expected, what to do about it, and the calls that led there.

mod runtime;
mod syntax;
#[cfg(test)]
mod tests;
mod words;

use rhai::{Engine, EvalAltResult, ParseErrorType, Position};

use super::{
    Problem,
    finding::{Finding, place_of},
    source::Scripts,
};

/// Calls shown of a chain: the innermost ones, then the outermost.
const CALLS_SHOWN: usize = 8;

/// The text for an error of the script `plugin` (the name it was compiled under), or of one that it
/// imports. A parse error is passed as `&parse_error.into()`.
///
/// The first lines are about the innermost position, the last ones say who called it.
pub fn render(error: &EvalAltResult, plugin: &str, engine: &Engine, scripts: &Scripts) -> String {
    let (inner, file, calls) = unwrap(error, plugin, scripts);
    let text = scripts.text(&file);
    let position = scripts.original(&file, inner.position());
    let problem = explain_at(inner, position, engine, &scripts.functions(), text.as_deref());
    let finding = Finding::new(file, position, problem);
    let mut lines = vec![finding.render(text.as_deref())];
    lines.extend(shortened(calls));
    lines.join("\n  ")
}

/// What an error says and what to do about it (perhaps nothing), in words for people; `functions` are
/// the names that scripts define, `text` is that of the file the error is in.
pub fn explain(error: &EvalAltResult, engine: &Engine, functions: &[String], text: Option<&str>) -> Problem {
    explain_at(error, error.position(), engine, functions, text)
}

/// [`explain`] for an error at a position of the text.
fn explain_at(
    error: &EvalAltResult,
    position: Position,
    engine: &Engine,
    functions: &[String],
    text: Option<&str>,
) -> Problem {
    match error {
        EvalAltResult::ErrorParsing(ParseErrorType::ModuleUndefined(name), at) => {
            let unknown = EvalAltResult::ErrorModuleNotFound(name.clone(), *at);
            explain_at(&unknown, position, engine, functions, text)
        }
        EvalAltResult::ErrorParsing(ParseErrorType::VariableUndefined(name), at) => {
            let unknown = EvalAltResult::ErrorVariableNotFound(name.clone(), *at);
            explain_at(&unknown, position, engine, functions, text)
        }
        EvalAltResult::ErrorParsing(kind, _) => syntax::explain(kind),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) | EvalAltResult::ErrorInModule(_, inner, _) => {
            explain_at(inner, position, engine, functions, text)
        }
        _ => runtime::ErrorScene::new(position, engine, functions, text).explain(error),
    }
}

/// The innermost error, the file it is in, and the calls around it, innermost first.
fn unwrap<'a>(
    error: &'a EvalAltResult,
    plugin: &str,
    scripts: &Scripts,
) -> (&'a EvalAltResult, String, Vec<String>) {
    let (mut inner, mut file, mut calls) = (error, plugin.to_string(), Vec::new());
    loop {
        let (next, home, how) = match inner {
            EvalAltResult::ErrorInFunctionCall(name, claimed, next, _) => {
                let home = scripts.home(name, claimed);
                let what = match rhai::is_valid_function_name(name) {
                    true => format!("`{name}`"),
                    false => "a closure".to_string(),
                };
                (next, home, format!("in {what}, called from "))
            }
            EvalAltResult::ErrorInModule(name, next, _) => (next, name.clone(), "imported from ".into()),
            _ => break,
        };
        calls.insert(0, format!("{how}{}", place_of(&file, scripts.original(&file, inner.position()))));
        if !home.is_empty() {
            file = home;
        }
        inner = next;
    }
    (inner, file, calls)
}

fn shortened(mut calls: Vec<String>) -> Vec<String> {
    let hidden = calls.len().saturating_sub(CALLS_SHOWN + 1);
    if hidden > 1 {
        let outermost = calls.len() - 1;
        let note = format!("... {hidden} more calls ...");
        calls.splice(CALLS_SHOWN..outermost, [note]);
    }
    calls
}
