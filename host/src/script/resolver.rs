//! `import "nets/wta" as wta`: scripts from the plugin's own folder, the `scripts/` folders and those that
//! are built in, and from nowhere else.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex},
};

use rhai::{
    Engine, EvalAltResult, FnNamespace, GlobalRuntimeState, Module, ModuleResolver, Position, Scope, Shared,
};

use super::{
    library,
    nearest::did_you_mean,
    problem::{ScriptResult, raised},
    source::{Scripts, Source},
};
use crate::error::{Error, Result, locked};

const EXTENSION: &str = "rhai";

/// Finds, compiles and caches imported scripts; clones share one cache. One script runs at a time.
#[derive(Clone)]
pub struct Resolver(Arc<ResolverInner>);

struct ResolverInner {
    /// The plugin's own folder, then the script folders; what is built in comes last.
    folders: Vec<PathBuf>,
    scripts: Scripts,
    state: Mutex<LoadState>,
}

#[derive(Default)]
struct LoadState {
    /// By canonical path.
    modules: HashMap<PathBuf, Shared<Module>>,
    /// Canonical path and name of what is being loaded, the plugin first.
    loading: Vec<(PathBuf, String)>,
}

impl Resolver {
    /// A resolver for the imports of `plugin`, which records what it reads in `scripts`.
    pub fn new(plugin: &Path, folders: &[PathBuf], scripts: Scripts) -> Self {
        let own = match plugin.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let mut folders: Vec<PathBuf> = [own].into_iter().chain(folders.iter().cloned()).collect();
        folders.sort_by_key(|folder| library::is_built_in(folder));
        let mut state = LoadState::default();
        if let Ok(path) = library::real(plugin) {
            state.loading.push((path, plugin.display().to_string()));
        }
        Self(Arc::new(ResolverInner { folders, scripts, state: Mutex::new(state) }))
    }

    /// Reads the script that `import` names.
    ///
    /// # Errors
    /// `Usage` where `import` is absolute or has `..` in it, where no file is found, and where a link leads
    /// out of the folders; `Io` where the file cannot be read.
    pub fn read(&self, import: &str) -> Result<Source> {
        Source::read(&self.find(import)?.0)
    }

    /// The file that `import` names, in the first folder that has it; and its canonical path.
    fn find(&self, import: &str) -> Result<(PathBuf, PathBuf)> {
        let named = Path::new(import);
        let plain = |part: Component| matches!(part, Component::Normal(_));
        if import.is_empty() || import.contains('\\') || !named.components().all(plain) {
            let problem = format!("`{import}` is not a name that can be imported");
            return Err(Error::usage(problem, self.allowed()));
        }
        let file = PathBuf::from(format!("{import}.{EXTENSION}"));
        let candidates = self.0.folders.iter().map(|folder| join(folder, &file));
        let Some(found) = candidates.into_iter().find(|path| library::is_file(path)) else {
            return Err(self.missing(import, &file));
        };
        let real = library::real(&found)?;
        let inside = |folder: &PathBuf| library::real(folder).is_ok_and(|folder| real.starts_with(folder));
        if !self.0.folders.iter().any(inside) {
            let problem = format!("{} is a link to {}", found.display(), real.display());
            return Err(Error::usage(problem, self.allowed()));
        }
        Ok((found, real))
    }

    fn allowed(&self) -> String {
        format!("imports name a script below {}, as in `import \"nets/wta\" as wta`", self.folders())
    }

    fn folders(&self) -> String {
        let folders = self.0.folders.iter().map(|folder| format!("{}/", folder.display()));
        folders.collect::<Vec<_>>().join(" or ")
    }

    fn missing(&self, import: &str, file: &Path) -> Error {
        let problem = format!("there is no script {} in {}", file.display(), self.folders());
        let names: Vec<String> =
            self.0.folders.iter().flat_map(|folder| library::scripts_below(folder)).collect();
        // `import "nets/wta.rhai"`: the name is right, but for the extension.
        let bare = import.strip_suffix(".rhai").filter(|bare| names.iter().any(|name| name == bare));
        let help = bare.map(|bare| format!("leave out the ending: `import \"{bare}\"`"));
        let help = help.or_else(|| did_you_mean(import, names.iter().map(String::as_str)));
        Error::usage(problem, help.unwrap_or_else(|| self.allowed()))
    }

    /// The module of the script that `import` names: compiled and run once, then served from memory.
    fn load(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        import: &str,
        at: Position,
    ) -> ScriptResult<Shared<Module>> {
        let (found, real) = self.find(import).map_err(|error| located(error, at))?;
        if let Some(module) = locked(&self.0.state).modules.get(&real) {
            return Ok(module.clone());
        }
        let source = self.refuse_circle(&real, &found).and_then(|()| Source::read(&found));
        let source = source.map_err(|error| located(error, at))?;
        locked(&self.0.state).loading.push((real.clone(), source.name.clone()));
        let built = self.build(engine, global, &source);
        locked(&self.0.state).loading.pop();
        let module: Shared<Module> =
            built.map_err(|error| EvalAltResult::ErrorInModule(source.name.clone(), error, at))?.into();
        locked(&self.0.state).modules.insert(real, module.clone());
        Ok(module)
    }

    fn build(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        source: &Source,
    ) -> ScriptResult<Module> {
        let ast = self.0.scripts.compile(engine, source)?;
        // A scope of its own: a script does not see the variables of the one that imports it.
        let mut module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &ast)?;
        share_closures(&mut module, &ast);
        Ok(module)
    }

    fn refuse_circle(&self, real: &Path, found: &Path) -> Result<()> {
        let state = locked(&self.0.state);
        let Some(start) = state.loading.iter().position(|(path, _)| path == real) else {
            return Ok(());
        };
        let names = state.loading[start..].iter().map(|(_, name)| name);
        Err(circular(names.chain([&found.display().to_string()])))
    }
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        _: Option<&str>,
        path: &str,
        pos: Position,
    ) -> ScriptResult<Shared<Module>> {
        self.load(engine, &mut engine.new_global_runtime_state(), path, pos)
    }

    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _: &mut Scope,
        path: &str,
        pos: Position,
    ) -> ScriptResult<Shared<Module>> {
        self.load(engine, global, path, pos)
    }
}

/// The error for scripts that import one another, the first of them again at the end.
pub fn circular<'a>(scripts: impl Iterator<Item = &'a String>) -> Error {
    let circle = scripts.map(String::as_str).collect::<Vec<_>>().join(" -> ");
    let problem = format!("these scripts import each other in a circle: {circle}");
    Error::usage(problem, "move what both need into a third script that imports neither")
}

/// Makes the closures of a script callable from all scripts: Rhai looks a closure up by its generated name in
/// the calling script. The name contains a hash of its code and position, so it cannot shadow another one.
fn share_closures(module: &mut Module, ast: &rhai::AST) {
    for function in ast.iter_fn_def() {
        if !rhai::is_valid_function_name(&function.name) {
            // Only a module computes the hash of a function, when it takes it in.
            let hash = Module::new().set_script_fn(function.clone());
            // Setting the function again would lose its script's imports and constants.
            #[allow(deprecated)]
            module.update_fn_namespace(hash, FnNamespace::Global);
        }
    }
    module.build_index();
}

/// An error of the crate at a position of the importing script.
fn located(error: Error, at: Position) -> Box<EvalAltResult> {
    let mut error = raised(error);
    error.set_position(at);
    error
}

/// `folder/file`, without a `./` before it.
fn join(folder: &Path, file: &Path) -> PathBuf {
    match folder == Path::new(".") {
        true => file.to_path_buf(),
        false => folder.join(file),
    }
}
