//! Words for errors of a running script.

use rhai::{Dynamic, Engine, EvalAltResult, Position};

use super::syntax::{LEAVE, lower};
use crate::script::functions::{Functions, type_word};
use crate::script::nearest::did_you_mean;

/// What an error's words can draw on.
pub struct Scene<'a> {
    position: Position,
    engine: &'a Engine,
    /// The names of the scripts' own functions.
    functions: &'a [String],
    text: Option<&'a str>,
}

type Words = (String, String);

impl<'a> Scene<'a> {
    pub fn new(
        position: Position,
        engine: &'a Engine,
        functions: &'a [String],
        text: Option<&'a str>,
    ) -> Self {
        Self {
            position,
            engine,
            functions,
            text,
        }
    }

    /// What is wrong, and what to do about it (perhaps nothing).
    pub fn explain(&self, error: &EvalAltResult) -> Words {
        use EvalAltResult as Run;
        match error {
            Run::ErrorFunctionNotFound(signature, _) => self.function(signature),
            Run::ErrorVariableNotFound(name, _) => self.variable(name),
            Run::ErrorPropertyNotFound(name, _) => {
                (format!("the map has no key `{name}`"), self.similar(name))
            }
            Run::ErrorIndexNotFound(index, _) => {
                let help = self.similar(&index.to_string());
                (format!("there is nothing at `{index}`"), help)
            }
            Run::ErrorModuleNotFound(name, _) => self.module(name),
            Run::ErrorDotExpr(problem, _) => property(problem),
            Run::ErrorIndexingType(signature, _) => indexing(signature),
            Run::ErrorArrayBounds(length, index, _) => bounds("list", "item", *length, *index),
            Run::ErrorStringBounds(length, index, _) => {
                bounds("string", "character", *length, *index)
            }
            Run::ErrorBitFieldBounds(length, index, _) => bounds("integer", "bit", *length, *index),
            Run::ErrorMismatchDataType(expected, got, _)
            | Run::ErrorMismatchOutputType(expected, got, _) => mismatch(expected, got),
            Run::ErrorRuntime(value, _) => thrown(value),
            Run::ErrorTerminated(token, _) if token.is_unit() => words("the run was stopped", ""),
            Run::ErrorTerminated(token, _) => words(&format!("the run was stopped: {token}"), ""),
            error => self.limit(error).unwrap_or_else(|| plain(error)),
        }
    }

    /// Limits of the engine, with their numbers.
    fn limit(&self, error: &EvalAltResult) -> Option<Words> {
        use EvalAltResult as Run;
        let engine = self.engine;
        Some(match error {
            Run::ErrorTooManyOperations(_) => (
                format!(
                    "the script ran more than {} operations",
                    engine.max_operations()
                ),
                "an endless loop? Loops over numbers belong into tensor operations".into(),
            ),
            Run::ErrorStackOverflow(_) => (
                format!(
                    "functions call each other more than {} deep",
                    engine.max_call_levels()
                ),
                "does a function call itself without an end? Use a loop".into(),
            ),
            Run::ErrorTooManyModules(_) => (
                format!(
                    "the script imports more than {} times",
                    engine.max_modules()
                ),
                "import at the top of the script, not in a loop or function".into(),
            ),
            Run::ErrorTooManyVariables(_) => (
                format!(
                    "the script has more than {} variables",
                    engine.max_variables()
                ),
                "keep them in a map or list".into(),
            ),
            Run::ErrorDataTooLarge(what, _) => (
                format!("{} is larger than a script may make it", lower(what)),
                "numbers in bulk belong into tensors".into(),
            ),
            _ => return None,
        })
    }

    fn function(&self, signature: &str) -> Words {
        let (name, types) = parse_signature(signature);
        let name = name.as_str();
        if !rhai::is_valid_identifier(name.rsplit("::").next().unwrap_or(name)) {
            return unnamed(name, &types);
        }
        let known = Functions::of(self.engine);
        let message = match (self.after_dot(), types.split_first()) {
            (true, Some((own, rest))) if rest.is_empty() => {
                format!("{own} has no method `{name}()`")
            }
            (true, Some((own, rest))) => {
                format!(
                    "{own} has no method `{name}` that takes ({})",
                    rest.join(", ")
                )
            }
            _ => format!(
                "there is no function `{name}` that takes ({})",
                types.join(", ")
            ),
        };
        let versions = known.listed(name);
        if !versions.is_empty() {
            return (message, format!("there is {versions}"));
        }
        if self.functions.iter().any(|function| function == name) {
            let help =
                format!("count the parameters of `fn {name}`, or import the script it is in");
            return (message, help);
        }
        let names = known
            .names()
            .chain(self.functions.iter().map(String::as_str));
        let help = did_you_mean(name, names);
        (
            message,
            help.unwrap_or_else(|| "`host help` lists all functions".into()),
        )
    }

    fn variable(&self, name: &str) -> Words {
        let message = format!("there is no variable `{name}` here");
        let declared = |keyword: &str| {
            let text = self.text.unwrap_or_default();
            text.contains(&format!("{keyword} {name} "))
        };
        let help = if declared("let") || declared("const") {
            let global = "a `fn` does not see it: pass it in, or declare `const NAME` and write `global::NAME`";
            format!("`{name}` is declared elsewhere; {global}")
        } else {
            self.similar(name)
        };
        (message, help)
    }

    fn module(&self, name: &str) -> Words {
        let known = Functions::of(self.engine);
        let help = did_you_mean(name, known.modules());
        let import = || format!("import it at the top of the script: `import \"...\" as {name};`");
        (
            format!("there is no module `{name}`"),
            help.unwrap_or_else(import),
        )
    }

    /// A name of the script's text, before the error, that is like `name`.
    fn similar(&self, name: &str) -> String {
        let line = self.position.line().unwrap_or(usize::MAX);
        let lines = self.text.unwrap_or_default().lines().take(line);
        let names = lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        did_you_mean(name, names).unwrap_or_default()
    }

    /// Whether the error's name is that of a method: a dot stands before it.
    fn after_dot(&self) -> bool {
        let place = self.position.line().zip(self.position.position());
        place.zip(self.text).is_some_and(|((line, column), text)| {
            let shown = text.lines().nth(line - 1).unwrap_or_default();
            let before: String = shown.chars().take(column.saturating_sub(1)).collect();
            before.trim_end().ends_with(['.', '?']) && !before.ends_with("..")
        })
    }
}

fn words(message: &str, help: &str) -> Words {
    (message.into(), help.into())
}

fn plain(error: &EvalAltResult) -> Words {
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
            "it goes through a list, a range such as `0..10`, or what a function gives for it",
        ),
        Run::ErrorUnboundThis(_) => words(
            "there is no `this` here",
            "`this` only exists in a function that is called as a method: `x.f()`",
        ),
        Run::ErrorDataRace(what, _) => (
            format!("{what} is used while it is being changed"),
            "a closure cannot change a variable that its caller is working on".into(),
        ),
        Run::LoopBreak(..) => words("`break` and `continue` only work inside of a loop", LEAVE),
        Run::ErrorArithmetic(problem, _) => (lower(problem), String::new()),
        Run::ErrorSystem(context, source) if context.is_empty() => {
            (source.to_string(), String::new())
        }
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
fn thrown(value: &Dynamic) -> Words {
    match value.to_string() {
        _ if value.is_unit() => words("the script threw an error", ""),
        text => match text.split_once("\n  help: ") {
            Some((message, help)) => words(message, help),
            None => (text, String::new()),
        },
    }
}

/// Operators, indexers and closures have no name that a script could have misspelt.
fn unnamed(name: &str, types: &[String]) -> Words {
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
        types => (
            format!("there is no `{name}` of {}", types.join(", ")),
            String::new(),
        ),
    }
}

/// `uniform (array, f64)` as its name and the words for its types.
fn parse_signature(signature: &str) -> (String, Vec<String>) {
    let (name, rest) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = rest.strip_suffix(')').unwrap_or(rest).split(", ");
    let types = types.filter(|raw| !raw.is_empty()).map(type_word);
    (name.trim().into(), types.collect())
}

fn property(problem: &str) -> Words {
    let quoted: Vec<&str> = problem.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [name, kind] if problem.starts_with("Unknown property") => {
            let kind = type_word(kind);
            (
                format!("{kind} has no property `{name}`"),
                format!("a method needs parentheses: `.{name}()`"),
            )
        }
        [name, kind, ..] if problem.starts_with("No writable property") => {
            let kind = type_word(kind);
            (
                format!("the property `{name}` of {kind} cannot be set to this"),
                String::new(),
            )
        }
        _ => (lower(problem), String::new()),
    }
}

/// `i64 [string]`, or `i64 [string] = f64`.
fn indexing(signature: &str) -> Words {
    match signature.split_once(" [") {
        Some((kind, rest)) => {
            let index = rest.split(']').next().unwrap_or(rest);
            let (kind, index) = (type_word(kind), type_word(index));
            (
                format!("{kind} cannot be indexed by {index}"),
                String::new(),
            )
        }
        None => (
            format!("{} cannot be indexed", type_word(signature)),
            String::new(),
        ),
    }
}

fn bounds(what: &str, part: &str, length: usize, index: i64) -> Words {
    let message = format!("the index {index} is outside of a {what} of {length} {part}s");
    let help = match length {
        0 => format!("the {what} is empty"),
        n => format!(
            "indices go from 0 to {}, or from -1, the last, to -{n}",
            n - 1
        ),
    };
    (message, help)
}

fn mismatch(expected: &str, got: &str) -> Words {
    let message = match (expected, got) {
        (expected, "") => format!("expected {}", type_word(expected)),
        ("", got) => format!("{} cannot be used here", type_word(got)),
        (expected, got) => format!("expected {}, got {}", type_word(expected), type_word(got)),
    };
    (message, String::new())
}
