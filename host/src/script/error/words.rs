//! Words for errors that need nothing but themselves: the message, and what to do (perhaps nothing).

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use super::syntax::{LEAVE, lower};
use crate::{kinds, script::Problem};

pub type Words = (String, String);

/// Bytes of a thrown value that are shown.
const LONGEST_SHOWN: usize = 10_000;

/// A message and its help.
pub fn words(message: &str, help: &str) -> Words {
    (message.into(), help.into())
}

/// Words for errors that say all that there is to say.
pub fn plain(error: &EvalAltResult) -> Words {
    use EvalAltResult as Run;
    match error {
        Run::ErrorAssignmentToConstant(name, _) => (
            format!("`{name}` is a constant and cannot be changed"),
            "declare it with `let`, or change a copy".into(),
        ),
        Run::ErrorNonPureMethodCallOnConstant(name, _) => (
            format!("`{name}` changes its value, which is a constant here"),
            "declare the value with `let`, or change a copy".into(),
        ),
        Run::ErrorFor(_) => words(
            "`for` cannot go through this value",
            "it goes through an array, a range such as `0..10`, or what a function gives for it",
        ),
        Run::ErrorUnboundThis(_) => words(
            "there is no `this` here",
            "`this` only exists in a function that is called as a method: `x.f()`",
        ),
        Run::ErrorDataRace(what, _) => (
            format!("{what} is used while it is being changed"),
            "a closure cannot look at a variable that its caller is working on: put what it needs of it into \
             a variable of its own before"
                .into(),
        ),
        Run::LoopBreak(..) => words("`break` and `continue` only work inside of a loop", LEAVE),
        Run::ErrorArithmetic(problem, _) => (lower(problem), String::new()),
        Run::ErrorSystem(context, source) if context.is_empty() => (source.to_string(), String::new()),
        Run::ErrorSystem(context, source) => (format!("{context}: {source}"), String::new()),
        error => (lower(&without_position(error)), String::new()),
    }
}

/// Rhai's own words, without the position that it appends to them.
fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let position = format!(" ({})", error.position());
    text.strip_suffix(&position).unwrap_or(&text).into()
}

/// A value that the script threw, or a native function's error: its own words are the best there are.
pub fn thrown(value: &Dynamic, engine: &Engine) -> Words {
    match value.is_unit() {
        true => words("the script threw an error", ""),
        false => said(value, engine),
    }
}

/// What a value of an error says.
pub fn said(value: &Dynamic, engine: &Engine) -> Words {
    let Problem { message, help } = Problem::of(value, &printed(value, engine));
    (message, help)
}

/// A value as `print` shows it, no longer than an author would read.
fn printed(value: &Dynamic, engine: &Engine) -> String {
    let global = engine.new_global_runtime_state();
    let context: NativeCallContext = (engine, "to_string", None, &global, Position::NONE).into();
    let shown = context.call_native_fn::<ImmutableString>("to_string", (value.clone(),));
    let mut text = shown.map_or_else(|_| kinds::of(value), Into::into);
    if text.len() > LONGEST_SHOWN {
        text.truncate(text.floor_char_boundary(LONGEST_SHOWN));
        text.push_str("...");
    }
    text
}

/// Operators, indexers and closures have no name that a script could have misspelt.
pub fn unnamed(name: &str, types: &[String]) -> Words {
    if name.starts_with("anon$") {
        return words(
            "a closure was called with more or fewer values than it takes",
            "count the names between its `|`",
        );
    }
    match types {
        [left, right] => (
            format!("there is no `{name}` of {left} and {right}"),
            "convert one side, with `to_float()` or `to_string()`, say".into(),
        ),
        types => (format!("there is no `{name}` of {}", types.join(", ")), String::new()),
    }
}

/// `uniform (array, f64)` as its name and the words for its types.
pub fn parse_signature(signature: &str) -> (String, Vec<String>) {
    let (name, rest) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = rest.strip_suffix(')').unwrap_or(rest).split(", ");
    let types = types.filter(|raw| !raw.is_empty()).map(kinds::word);
    (name.trim().into(), types.collect())
}

/// Words for a property that is not there, or cannot be set.
pub fn property(problem: &str) -> Words {
    let quoted: Vec<&str> = problem.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [name, kind] if problem.starts_with("Unknown property") => {
            let kind = kinds::word(kind);
            (format!("{kind} has no property `{name}`"), format!("a method needs parentheses: `.{name}()`"))
        }
        [name, kind, ..] if problem.starts_with("No writable property") => {
            let kind = kinds::word(kind);
            (format!("the property `{name}` of {kind} cannot be set to this"), String::new())
        }
        _ => (lower(problem), String::new()),
    }
}

/// `i64 [string]`, or `i64 [string] = f64`.
pub fn indexing(signature: &str) -> Words {
    match signature.split_once(" [") {
        Some((kind, rest)) => {
            let index = rest.split(']').next().unwrap_or(rest);
            let (kind, index) = (kinds::word(kind), kinds::word(index));
            (format!("{kind} cannot be indexed by {index}"), String::new())
        }
        None => (format!("{} cannot be indexed", kinds::word(signature)), String::new()),
    }
}

/// Words for an index outside of a value of `length` parts.
pub fn bounds(what: &str, part: &str, length: usize, index: i64) -> Words {
    let message =
        format!("the index {index} is outside of {} of {length} {part}s", kinds::with_article(what));
    let help = match length {
        0 => format!("the {what} is empty"),
        n => format!("indices go from 0 to {}, or from -1, the last, to -{n}", n - 1),
    };
    (message, help)
}

/// Words for a value of another type; either side may be unknown.
pub fn mismatch(expected: &str, got: &str) -> Words {
    let message = match (expected, got) {
        (expected, "") => format!("expected {}", kinds::word(expected)),
        ("", got) => format!("{} cannot be used here", kinds::word(got)),
        (expected, got) => format!("expected {}, got {}", kinds::word(expected), kinds::word(got)),
    };
    (message, String::new())
}
