//! Words for errors that need nothing but themselves: the message, and what to do (perhaps nothing).

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use super::syntax::{LEAVE, lower};
use crate::{
    kinds,
    script::{Problem, functions::Functions, pytorch},
};

/// Types that have conversions into each other.
const CONVERTED: [&str; 5] = ["integer", "float", "string", "character", "bool"];

/// Bytes of a thrown value that are shown.
const LONGEST_SHOWN: usize = 10_000;

/// Words for errors that say all that there is to say.
pub fn plain(error: &EvalAltResult) -> Problem {
    use EvalAltResult as Run;
    match error {
        Run::ErrorAssignmentToConstant(name, _) => Problem::new(
            format!("`{name}` is a constant and cannot be changed"),
            "declare it with `let`, or change a copy",
        ),
        Run::ErrorNonPureMethodCallOnConstant(name, _) => Problem::new(
            format!("`{name}` changes its value, which is a constant here"),
            "declare the value with `let`, or change a copy",
        ),
        Run::ErrorFor(_) => Problem::new(
            "`for` cannot go through this value",
            "it goes through an array, a tensor's rows, a range such as `0..10`, what a function gives for \
             it, or \
             `map.values()` and `map.keys()` of a map",
        ),
        Run::ErrorUnboundThis(_) => Problem::new(
            "there is no `this` here",
            "`this` only exists in a function that is called as a method: `x.f()`",
        ),
        Run::ErrorDataRace(what, _) => Problem::new(
            format!("{what} is used while it is being changed"),
            "a closure cannot look at a variable that its caller is working on: put what it needs of it into \
             a variable of its own before",
        ),
        Run::LoopBreak(..) => Problem::new("`break` and `continue` only work inside of a loop", LEAVE),
        Run::ErrorArithmetic(problem, _) => Problem::new(lower(problem), ""),
        Run::ErrorSystem(context, source) if context.is_empty() => Problem::new(source.to_string(), ""),
        Run::ErrorSystem(context, source) => Problem::new(format!("{context}: {source}"), ""),
        error => Problem::new(lower(&without_position(error)), ""),
    }
}

/// Rhai's own words, without the position that it appends to them.
fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let position = format!(" ({})", error.position());
    text.strip_suffix(&position).unwrap_or(&text).into()
}

/// A value that the script threw, or a native function's error: its own words are the best there are.
pub fn thrown(value: &Dynamic, engine: &Engine) -> Problem {
    match value.is_unit() {
        true => Problem::new("the script threw an error", ""),
        false => said(value, engine),
    }
}

/// What a value of an error says.
pub fn said(value: &Dynamic, engine: &Engine) -> Problem {
    Problem::of(value, &printed(value, engine))
}

/// A value as `print` shows it, no longer than an author would read.
fn printed(value: &Dynamic, engine: &Engine) -> String {
    let mut text = match value.as_immutable_string_ref() {
        Ok(text) => text.to_string(),
        Err(_) => called_to_string(value, engine),
    };
    if text.len() > LONGEST_SHOWN {
        text.truncate(text.floor_char_boundary(LONGEST_SHOWN));
        text.push_str("...");
    }
    text
}

/// What `to_string` gives. Where a stop was asked for, no function of the engine gives anything.
fn called_to_string(value: &Dynamic, engine: &Engine) -> String {
    let global = engine.new_global_runtime_state();
    let context: NativeCallContext = (engine, "to_string", None, &global, Position::NONE).into();
    let shown = context.call_native_fn::<ImmutableString>("to_string", (value.clone(),));
    shown.map_or_else(|_| kinds::of(value), Into::into)
}

/// Operators, indexers and closures have no name that a script could have misspelt.
pub fn unnamed(name: &str, types: &[String]) -> Problem {
    if name.starts_with("anon$") {
        return Problem::new(
            "a closure was called with more or fewer values than it takes",
            "count the names between its `|`",
        );
    }
    match types {
        [left, right] => {
            let help = match CONVERTED.contains(&left.as_str()) || CONVERTED.contains(&right.as_str()) {
                true => "convert one side, with `to_float()` or `to_string()`, say",
                false => "use numbers or strings that they give",
            };
            Problem::new(format!("there is no `{name}` of {left} and {right}"), help)
        }
        types => Problem::new(format!("there is no `{name}` of {}", types.join(", ")), ""),
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
pub fn property(problem: &str, known: &Functions) -> Problem {
    let quoted: Vec<&str> = problem.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [name, kind] if problem.starts_with("Unknown property") => {
            let message = format!("{} has no property `{name}`", kinds::word(kind));
            let method = || format!("a method needs parentheses: `.{name}()`");
            let said = if known.counts(name).is_empty() { pytorch::said(name) } else { None };
            Problem::new(message, said.unwrap_or_else(method))
        }
        [name, kind, ..] if problem.starts_with("No writable property") => {
            let (kind, setter) = (kinds::word(kind), format!("set_{name}"));
            let help = match known.accepts(&setter, 2) {
                true => format!("set it with `.{setter}(value)`"),
                false => "it can only be read".into(),
            };
            Problem::new(format!("the property `{name}` of {kind} cannot be set to this"), help)
        }
        _ => Problem::new(lower(problem), ""),
    }
}

/// `i64 [string]`, or `i64 [string] = f64`.
pub fn indexing(signature: &str) -> Problem {
    let message = match signature.split_once(" [") {
        Some((kind, rest)) => {
            let index = rest.split(']').next().unwrap_or(rest);
            format!("{} cannot be indexed by {}", kinds::word(kind), kinds::word(index))
        }
        None => format!("{} cannot be indexed", kinds::word(signature)),
    };
    Problem::new(message, "")
}

/// Words for an index outside of a value of `length` parts.
pub fn bounds(what: &str, part: &str, length: usize, index: i64) -> Problem {
    let message =
        format!("the index {index} is outside of {} of {length} {part}s", kinds::with_article(what));
    let help = match length {
        0 => format!("the {what} is empty"),
        n => format!("indices go from 0 to {}, or from -1, the last, to -{n}", n - 1),
    };
    Problem::new(message, help)
}

/// Words for a value of another type; either side may be unknown.
pub fn mismatch(expected: &str, got: &str) -> Problem {
    let message = match (expected, got) {
        (expected, "") => format!("expected {}", kinds::word(expected)),
        ("", got) => format!("{} cannot be used here", kinds::word(got)),
        (expected, got) => format!("expected {}, got {}", kinds::word(expected), kinds::word(got)),
    };
    Problem::new(message, "")
}
