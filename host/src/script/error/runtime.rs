//! Problem for errors of a running script.

use rhai::{Engine, EvalAltResult, Position};

use super::{
    syntax::lower,
    words::{bounds, indexing, mismatch, parse_signature, plain, property, said, thrown, unnamed},
};
use crate::{
    kinds,
    script::{
        Problem,
        called::METHOD,
        functions::Functions,
        nearest::{advice, did_you_mean},
        pytorch,
    },
};

/// What an error's words can draw on.
pub struct ErrorScene<'a> {
    position: Position,
    engine: &'a Engine,
    /// The names of the scripts' own functions.
    functions: &'a [String],
    text: Option<&'a str>,
}

impl<'a> ErrorScene<'a> {
    /// The words for an error at a position; `text` is that of its file.
    pub fn new(
        position: Position,
        engine: &'a Engine,
        functions: &'a [String],
        text: Option<&'a str>,
    ) -> Self {
        Self { position, engine, functions, text }
    }

    /// What is wrong, and what to do about it (perhaps nothing).
    pub fn explain(&self, error: &EvalAltResult) -> Problem {
        use EvalAltResult as Run;
        match error {
            Run::ErrorFunctionNotFound(signature, _) => self.function(signature),
            Run::ErrorVariableNotFound(name, _) => self.variable(name),
            Run::ErrorPropertyNotFound(name, _) => {
                Problem::new(format!("the map has no key `{name}`"), self.similar(name))
            }
            Run::ErrorIndexNotFound(index, _) => {
                Problem::new(format!("there is nothing at `{index}`"), self.similar(&index.to_string()))
            }
            Run::ErrorModuleNotFound(name, _) => self.module(name),
            Run::ErrorDotExpr(problem, _) => property(problem, &Functions::of(self.engine)),
            Run::ErrorIndexingType(signature, _) => indexing(signature),
            Run::ErrorArrayBounds(length, index, _) => bounds("array", "item", *length, *index),
            Run::ErrorStringBounds(length, index, _) => bounds("string", "character", *length, *index),
            Run::ErrorBitFieldBounds(length, index, _) => bounds("integer", "bit", *length, *index),
            Run::ErrorMismatchDataType(expected, got, _) | Run::ErrorMismatchOutputType(expected, got, _) => {
                mismatch(expected, got)
            }
            Run::ErrorRuntime(value, _) => thrown(value, self.engine),
            Run::ErrorTerminated(token, _) if token.is_unit() => Problem::new("the run was stopped", ""),
            Run::ErrorTerminated(reason, _) => said(reason, self.engine),
            error => self.limit(error).unwrap_or_else(|| plain(error)),
        }
    }

    /// Limits of the engine, with their numbers.
    fn limit(&self, error: &EvalAltResult) -> Option<Problem> {
        use EvalAltResult as Run;
        let engine = self.engine;
        Some(match error {
            Run::ErrorTooManyOperations(_) => Problem::new(
                format!("the script ran more than {} operations", engine.max_operations()),
                "an endless loop? Loops over numbers belong into tensor operations",
            ),
            Run::ErrorStackOverflow(_) => Problem::new(
                format!("functions call each other more than {} deep", engine.max_call_levels()),
                "does a function call itself without an end? Use a loop",
            ),
            Run::ErrorTooManyModules(_) => Problem::new(
                format!("the script imports more than {} times", engine.max_modules()),
                "import at the top of the script, not in a loop or function",
            ),
            Run::ErrorTooManyVariables(_) => Problem::new(
                format!("the script has more than {} variables", engine.max_variables()),
                "keep them in a map or an array",
            ),
            Run::ErrorDataTooLarge(what, _) => Problem::new(
                format!("{} is larger than a script may make it", lower(what)),
                "numbers in bulk belong into tensors",
            ),
            _ => return None,
        })
    }

    fn function(&self, signature: &str) -> Problem {
        let (name, types) = parse_signature(signature);
        let name = name.as_str();
        if let (true, Some(own)) = (name == METHOD, types.first()) {
            let message = format!("this is {}, which cannot be called", kinds::with_article(own));
            return Problem::new(message, "a closure or a module can: `f(x)`");
        }
        if !rhai::is_valid_identifier(name.rsplit("::").next().unwrap_or(name)) {
            let problem = unnamed(name, &types);
            return Problem { help: self.trap(&types).unwrap_or(problem.help), ..problem };
        }
        let known = Functions::of(self.engine);
        let message = match (self.after_dot(), types.split_first()) {
            (true, Some((own, []))) => format!("{own} has no method `{name}()`"),
            (true, Some((own, rest))) => {
                format!("{own} has no method `{name}` that takes ({})", rest.join(", "))
            }
            _ => format!("there is no function `{name}` that takes ({})", types.join(", ")),
        };
        let versions = known.listed(name);
        if !versions.is_empty() {
            return Problem::new(message, format!("there is {versions}"));
        }
        if self.functions.iter().any(|function| function == name) {
            let help = format!("count the parameters of `fn {name}`, or import the script it is in");
            return Problem::new(message, help);
        }
        let names = known.names().chain(self.functions.iter().map(String::as_str));
        let part = || {
            let is_module = self.after_dot() && types.first().is_some_and(|own| own == "Module");
            is_module.then(|| format!("where `{name}` is a part, it is called by `.{name}.forward(x)`"))
        };
        let help = pytorch::instead(name, names).or_else(part);
        Problem::new(message, help.unwrap_or_else(|| "`host help` lists all functions".into()))
    }

    fn variable(&self, name: &str) -> Problem {
        let message = format!("there is no variable `{name}` here");
        let declared = |keyword: &str| {
            let text = self.text.unwrap_or_default();
            text.contains(&format!("{keyword} {name} "))
        };
        let help = if declared("let") || declared("const") {
            let global =
                "a `fn` does not see it: pass it in, or declare `const NAME` and write `global::NAME`";
            format!("`{name}` is declared elsewhere; {global}")
        } else if self.is_assigned(name) {
            format!("declare it where it gets its first value: `let {name} = ...`")
        } else {
            let known = Functions::of(self.engine);
            advice(name, &known.modules()).unwrap_or_else(|| self.similar(name))
        };
        Problem::new(message, help)
    }

    /// The way out of a trap that an operation of values of these types, or a call, may have fallen into.
    fn trap(&self, types: &[String]) -> Option<String> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let words: Vec<&str> = self.line().split(|c| !is_word(c)).collect();
        let text = self.text.unwrap_or_default();
        if types.is_empty() && words.contains(&"each") {
            return Some(
                "`each` gives its body the item, and the state where it has one: `|i, s| { ...; s }`".into(),
            );
        }
        if types.iter().any(|word| word == "function") {
            let is_both = |name: &&&str| {
                self.functions.iter().any(|function| function == **name)
                    && (text.contains(&format!("let {name} ")) || text.contains(&format!("for {name} ")))
            };
            return words.iter().find(is_both).map(|name| {
                format!("in a closure `{name}` is the function, not the variable: rename one of them")
            });
        }
        let pairs = text.lines().take(self.position.line()?).filter_map(|line| {
            let (names, _) = line.split_once("for (")?.1.split_once(')')?;
            names.split_once(',').map(|(a, b)| (a.trim(), b.trim()))
        });
        let (a, b) = pairs.last().filter(|(_, b)| words.contains(b))?;
        types.iter().any(|word| word == "integer").then(|| {
            format!(
                "`{b}` counts from 0: write `for pair in ... {{ let {a} = pair[0]; let {b} = pair[1]; ... }}`"
            )
        })
    }

    /// The line of the error.
    fn line(&self) -> &str {
        let line = self.position.line().unwrap_or(usize::MAX);
        self.text.unwrap_or_default().lines().nth(line - 1).unwrap_or_default()
    }

    /// Whether the name at the position of the error is assigned to.
    fn is_assigned(&self, name: &str) -> bool {
        let column = self.position.position().unwrap_or(1);
        let text: String = self.line().chars().skip(column - 1).collect();
        let rest = text.strip_prefix(name).unwrap_or_default().trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    }

    fn module(&self, name: &str) -> Problem {
        let known = Functions::of(self.engine);
        let help = advice(name, &known.modules()).or_else(|| did_you_mean(name, known.modules()));
        let import = || format!("import it at the top of the script: `import \"...\" as {name};`");
        Problem::new(format!("there is no module `{name}`"), help.unwrap_or_else(import))
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
        let position = self.position.line().zip(self.position.position());
        position.zip(self.text).is_some_and(|((line, column), text)| {
            let shown = text.lines().nth(line - 1).unwrap_or_default();
            let before: String = shown.chars().take(column.saturating_sub(1)).collect();
            before.trim_end().ends_with(['.', '?']) && !before.ends_with("..")
        })
    }
}
