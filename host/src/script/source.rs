//! The texts of scripts: which were read, under which names, and which file defines a function.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use rhai::{AST, Engine, NativeCallContext, ParseError, Position};

use super::{called::CalledVariables, check::called_variables, finding::place_of, library, switch};
use crate::{
    error::{Result, locked},
    run::ScriptText,
};

/// A script's text, and the name (its path) that messages use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: Arc<str>,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Reads a script, from the disk or a [built-in](library) one.
    ///
    /// # Errors
    /// `Io`: there is none, or it is not UTF-8.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self::new(path.display().to_string(), library::read(path)?))
    }
}

/// Every script compiled in a run; clones share one store.
#[derive(Clone, Default)]
pub struct Scripts(Arc<Mutex<Vec<Script>>>);

struct Script {
    source: Source,
    /// Names of its functions, those that Rhai gives to closures included.
    functions: Vec<String>,
    called: CalledVariables,
}

impl Scripts {
    /// Compiles a script and remembers its text (also when it does not parse, so that the error can show it).
    ///
    /// # Errors
    /// A syntax error, with its position.
    pub fn compile(&self, engine: &Engine, source: &Source) -> Result<AST, ParseError> {
        let (compiled, called) = compile(engine, source);
        let functions = compiled.iter().flat_map(AST::iter_functions);
        let functions = functions.map(|f| f.name.to_string()).collect();
        let source = source.clone();
        let mut scripts = locked(&self.0);
        scripts.retain(|script| script.source.name != source.name);
        scripts.push(Script { source, functions, called });
        compiled
    }

    /// The text of the script with this name.
    pub fn text(&self, name: &str) -> Option<Arc<str>> {
        let scripts = locked(&self.0);
        let script = scripts.iter().find(|script| script.source.name == name)?;
        Some(script.source.text.clone())
    }

    /// A position that Rhai reports of a script, as its author wrote it.
    pub fn original(&self, name: &str, position: Position) -> Position {
        let scripts = locked(&self.0);
        let script = scripts.iter().find(|script| script.source.name == name);
        script.map_or(position, |script| script.called.original(position))
    }

    /// Where a function is called: `file:line:column`, as the author wrote it.
    pub fn place(&self, context: &NativeCallContext) -> String {
        let file = context.call_source().unwrap_or_default();
        place_of(file, self.original(file, context.call_position()))
    }

    /// The file that defines `function`. Rhai names the file that was running when a function was
    /// called, which is another one when a plugin's closure is called back from an imported script.
    pub fn home(&self, function: &str, claimed: &str) -> String {
        let scripts = locked(&self.0);
        let defines = |script: &&Script| script.functions.iter().any(|name| name == function);
        let mut homes: Vec<&str> =
            scripts.iter().filter(defines).map(|script| script.source.name.as_str()).collect();
        homes.sort_by_key(|home| *home != claimed);
        homes.first().unwrap_or(&claimed).to_string()
    }

    /// Names of the functions that the scripts define with `fn`.
    pub fn functions(&self) -> Vec<String> {
        let named = |name: &&String| rhai::is_valid_function_name(name);
        let scripts = locked(&self.0);
        scripts.iter().flat_map(|script| script.functions.iter().filter(named).cloned()).collect()
    }

    /// The texts of all scripts read, in the order in which they were compiled, as a run keeps them.
    pub fn record(&self) -> Vec<ScriptText> {
        let text = |script: &Script| ScriptText::new(&script.source.name, &*script.source.text);
        locked(&self.0).iter().map(text).collect()
    }
}

/// Compiles a script in which variables may be called like functions.
fn compile(engine: &Engine, source: &Source) -> (Result<AST, ParseError>, CalledVariables) {
    let compiled = |text: &str| {
        switch::compile(engine, text).map(|mut ast| {
            ast.set_source(source.name.as_str());
            ast
        })
    };
    let first = compiled(&source.text);
    let calls = first.as_ref().map(|ast| called_variables(engine, source, ast)).unwrap_or_default();
    if calls.is_empty() {
        return (first, CalledVariables::default());
    }
    let (called, text) = CalledVariables::write(&source.text, calls);
    match compiled(&text) {
        Ok(ast) => (Ok(ast), called),
        Err(_) => (first, CalledVariables::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_in_the_file_that_defines_it() {
        let (engine, scripts) = (Engine::new(), Scripts::default());
        for (name, text) in [("a", "fn f() {} fn g() {}"), ("b", "fn g() {}")] {
            scripts.compile(&engine, &Source::new(name, text)).unwrap();
        }
        assert_eq!(scripts.home("f", "b"), "a");
        assert_eq!(scripts.home("g", "b"), "b");
        assert_eq!(scripts.home("native", "b"), "b");
        let mut functions = scripts.functions();
        functions.sort();
        assert_eq!(functions, ["f", "g", "g"]);
    }

    #[test]
    fn the_text_of_a_script_that_does_not_parse_is_kept() {
        let (engine, scripts) = (Engine::new(), Scripts::default());
        let broken = Source::new("a", "let = ;");
        assert!(scripts.compile(&engine, &broken).is_err());
        assert_eq!(scripts.text("a").as_deref(), Some("let = ;"));
        assert_eq!(scripts.record(), [ScriptText::new("a", "let = ;")]);
    }
}
