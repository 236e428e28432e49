//! `host check PLUGIN`: everything that can be seen to be wrong without running the script.
//!
//! Types are unknown, so a method is looked up by its name and number of arguments only, and whatever
//! is not certain to be wrong passes: a correct script has no findings.

mod calls;
mod changes;
mod choices;
mod dropped;
mod load;
mod names;
mod pairs;
mod recover;
mod seen;
#[cfg(test)]
mod tests;
mod unread;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, Engine, Position};

use super::{
    Problem,
    finding::Finding,
    functions::Functions,
    settings::{Setting, declare},
    source::Source,
};
use crate::error::{Error, Result};
use load::{Loader, Namespace, Unit};
use walk::Walker;

/// Numbers of arguments by function name.
type Counts = BTreeMap<String, BTreeSet<usize>>;

/// All findings in `plugin` and in the scripts that it imports, by file and position: syntax errors,
/// unknown functions, modules, variables, options and settings, comparisons with what a setting never is,
/// settings that nothing reads, wrong numbers of arguments, results that nobody takes, changes of copies,
/// changes of what the body of a loop may not change, pairs that `for` does not take apart, imports that
/// cannot be read or go round in a circle, and `params` calls that stand where none can.
///
/// `engine` has every function that scripts may call; its optimiser must be off. `import` reads an imported
/// script.
pub fn check(engine: &Engine, plugin: &Source, import: &dyn Fn(&str) -> Result<Source>) -> Vec<Finding> {
    let mut loader = Loader::new(engine, import);
    loader.load(plugin.clone());
    let (units, mut findings) = (loader.units, loader.findings);
    let root = units.iter().find(|unit| unit.source.name == plugin.name);
    let declaration = root.and_then(|unit| declare::find(engine, plugin, &unit.ast).ok().flatten());
    let is_whole = findings.is_empty();
    let settings = declaration.map(|declaration| declaration.settings).unwrap_or_default();
    let known = Known { settings, ..Known::new(engine, &units, &plugin.name) };
    for unit in &units {
        findings.extend(misplaced_settings(engine, unit, plugin));
        findings.extend(Walker::new(unit, &known).walk().findings);
    }
    let is_misspelt = |finding: &Finding| finding.problem.message.starts_with(names::NO_SETTING);
    if is_whole && !findings.iter().any(is_misspelt) {
        findings.extend(unread::settings(&units, &known));
    }
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.file != plugin.name, finding.position);
        key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file))
    });
    findings.dedup();
    findings
}

/// The scripts that a compiled plugin imports by names that are written out, directly or through others, as
/// far as they can be read.
pub fn imports(
    engine: &Engine,
    plugin: &Source,
    ast: &AST,
    import: &dyn Fn(&str) -> Result<Source>,
) -> Vec<Source> {
    let mut loader = Loader::new(engine, import);
    loader.compiled(plugin.clone(), ast.clone());
    let sources = loader.units.into_iter().map(|unit| unit.source);
    sources.filter(|source| source.name != plugin.name).collect()
}

/// Where a compiled script calls a variable like a function: `f(x)` for `f.call(x)`.
pub fn called_variables(engine: &Engine, source: &Source, ast: &AST) -> Vec<Position> {
    if !seen::may_call_variables(ast) {
        return Vec::new();
    }
    let elsewhere = |_: &str| Err(Error::usage("another script", ""));
    let mut loader = Loader::new(engine, &elsewhere);
    loader.compiled(source.clone(), ast.clone());
    let units = loader.units;
    let known = Known::new(engine, &units, &source.name);
    units.iter().flat_map(|unit| Walker::new(unit, &known).walk().called).collect()
}

/// What every script of a plugin can call.
struct Known {
    native: Functions,
    /// The plugin's functions and imports: Rhai finds them from imported scripts as well.
    plugin: Counts,
    plugin_modules: Vec<(String, Namespace)>,
    plugin_name: String,
    /// Methods defined for a type (`fn int.double()`) are found from every script.
    typed_methods: Counts,
    /// Keys that scripts give to maps: a function there is called like a method.
    keys: BTreeSet<String>,
    /// What the plugin declares.
    settings: Vec<Setting>,
}

impl Known {
    fn new(engine: &Engine, units: &[Unit], plugin: &str) -> Self {
        let root = units.iter().find(|unit| unit.source.name == plugin);
        let functions = units.iter().flat_map(|unit| unit.ast.iter_fn_def());
        let typed_methods = load::counts(functions.filter(|f| f.this_type.is_some()).map(|f| &**f));
        Self {
            native: Functions::of(engine),
            plugin: root.map(|unit| unit.functions.clone()).unwrap_or_default(),
            plugin_modules: root.iter().flat_map(|unit| unit.top_level_modules()).collect(),
            plugin_name: plugin.to_string(),
            typed_methods,
            keys: units.iter().flat_map(|unit| unit.keys.iter().cloned()).collect(),
            settings: Vec::new(),
        }
    }

    /// The plugin's imports, for a script that it imports.
    fn lent_modules(&self, unit: &Unit) -> Vec<(String, Namespace)> {
        match unit.source.name == self.plugin_name {
            true => Vec::new(),
            false => self.plugin_modules.clone(),
        }
    }
}

/// A `params` call that is not at the top level, or in a script that is imported.
fn misplaced_settings(engine: &Engine, unit: &Unit, plugin: &Source) -> Vec<Finding> {
    if unit.source.name == plugin.name {
        return declare::find(engine, &unit.source, &unit.ast).err().into_iter().collect();
    }
    let found = declare::calls(&unit.ast).into_iter().map(|position| {
        let message = "only a plugin declares settings, not a script that it imports";
        let help = "give the functions of this script a parameter `cfg`";
        Finding::new(unit.source.name.as_str(), position, Problem::new(message, help))
    });
    found.collect()
}
