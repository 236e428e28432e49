//! The script library: the functions of `scripts/*.rhai`, with the comments above them.

use std::path::Path;

use rhai::Engine;

use crate::script::library;

/// The benches' scripts are nothing to build on.
const BENCH: &str = "bench/";

/// One script that plugins import.
pub struct Script {
    /// The name it is imported by: `nets/wta`.
    pub name: String,
    /// Its `//!` lines.
    pub summary: String,
    pub functions: Vec<ScriptFunction>,
}

/// A function of a script.
pub struct ScriptFunction {
    pub name: String,
    /// `judge::log_answers(judge, pictures)`
    pub signature: String,
    /// Its `///` lines.
    pub doc: String,
}

impl ScriptFunction {
    /// `judge::log_answers`
    pub fn path(&self) -> &str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

impl Script {
    /// `scripts/nets/wta.rhai`
    pub fn path(&self) -> String {
        format!("scripts/{}.rhai", self.name)
    }

    /// Whether a word names it: `scripts/judge`, `nets/wta`, `wta`.
    pub fn is_named(&self, word: &str) -> bool {
        let word = word.trim_start_matches("scripts/").trim_end_matches(".rhai");
        word == self.name || word == self.last()
    }

    /// How it is brought in.
    pub fn import(&self) -> String {
        format!("import \"{}\" as {};", self.name, self.last())
    }

    fn last(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// All scripts of the library, by name.
pub fn all(engine: &Engine) -> Vec<Script> {
    let folder = Path::new(library::BUILT_IN).join("scripts");
    let names = library::scripts_below(&folder).into_iter().filter(|name| !name.starts_with(BENCH));
    names.filter_map(|name| script(engine, &folder, name)).collect()
}

fn script(engine: &Engine, folder: &Path, name: String) -> Option<Script> {
    let text = library::read(&folder.join(format!("{name}.rhai"))).ok()?;
    let ast = engine.compile(&text).ok()?;
    let mut script = Script { name, summary: plain(ast.doc()), functions: Vec::new() };
    let mut found: Vec<_> = ast
        .iter_functions()
        .filter(|function| {
            function.access == rhai::FnAccess::Public && rhai::is_valid_function_name(function.name)
        })
        .map(|function| {
            let signature = format!("{}::{}({})", script.last(), function.name, function.params.join(", "));
            let doc = plain(&function.comments.join("\n"));
            ScriptFunction { name: function.name.to_string(), signature, doc }
        })
        .collect();
    // Rhai gives them in no order; they are told in the order of the text.
    let place = |function: &ScriptFunction| text.find(&format!("fn {}(", function.name));
    found.sort_by(|a, b| (place(a), &a.signature).cmp(&(place(b), &b.signature)));
    script.functions = found;
    Some(script)
}

/// The lines of a comment without what marks them as one.
fn plain(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.trim_start_matches(['/', '!']).trim());
    lines.collect::<Vec<_>>().join("\n").trim().to_string()
}
