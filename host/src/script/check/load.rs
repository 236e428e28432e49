//! A plugin and the scripts that it imports, compiled, with what each of them defines.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rhai::{AST, ASTFlags, ASTNode, Engine, FnAccess, FnPtr, Module, Position, ScriptFuncDef, Shared, Stmt};

use super::{Counts, recover, seen::Seen};
use crate::{
    error::Result,
    script::{error::explain, finding::Finding, resolver::circular, source::Source},
};

/// What a module exports; `None` where that is unknown and every name is accepted.
pub type Namespace = Option<Rc<Exports>>;

pub struct Exports {
    pub functions: Counts,
    pub variables: BTreeSet<String>,
    pub modules: BTreeMap<String, Namespace>,
}

/// A function or closure.
pub struct Definition {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Stmt>,
}

impl Definition {
    fn new(function: &Shared<ScriptFuncDef>) -> Self {
        Self {
            name: function.name.to_string(),
            parameters: function.params.iter().map(|name| name.to_string()).collect(),
            body: body(function),
        }
    }

    /// Whether it has no name that a script could write.
    pub fn is_closure(&self) -> bool {
        !rhai::is_valid_function_name(&self.name)
    }
}

/// A function's statements. Rhai does not export the type that holds them, but a walk over a tree with this
/// one function visits them.
fn body(function: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut alone = Module::new();
    alone.set_script_fn(function.clone());
    let mut statements = Vec::new();
    AST::new([], alone).walk(&mut |path| {
        if let [ASTNode::Stmt(stmt)] = path {
            statements.push((*stmt).clone());
        }
        true
    });
    statements
}

/// One script.
pub struct Unit {
    pub source: Source,
    pub ast: AST,
    /// Its functions.
    pub functions: Counts,
    /// The same with their bodies, and its closures, by the names that Rhai gives them.
    pub definitions: Vec<Rc<Definition>>,
    /// What its `import` statements bring in, by their positions.
    pub imports: BTreeMap<Position, Namespace>,
    /// Keys of its map literals, and properties that it sets.
    pub keys: BTreeSet<String>,
    /// Variables that it assigns to, wholly or in part.
    pub changed: BTreeSet<String>,
    /// Functions that are called with the caller's variables: `f!()`.
    pub lent_scopes: BTreeSet<String>,
    /// Names in parts that could not be read.
    pub doubtful: BTreeSet<String>,
}

impl Unit {
    /// The function that a closure or a name stands for.
    pub fn definition(&self, pointer: &FnPtr) -> Option<&Rc<Definition>> {
        self.definitions.iter().find(|function| function.name == pointer.fn_name())
    }

    /// The name and content of the module that an import statement brings in.
    pub fn imported(&self, stmt: &Stmt) -> Option<(String, Namespace)> {
        match stmt {
            Stmt::Import(import, position) if !import.1.name.is_empty() => {
                let module = self.imports.get(position).cloned().flatten();
                Some((import.1.name.to_string(), module))
            }
            _ => None,
        }
    }

    /// The modules that its top level imports.
    pub fn top_level_modules(&self) -> impl Iterator<Item = (String, Namespace)> {
        self.ast.statements().iter().filter_map(|stmt| self.imported(stmt))
    }
}

/// Reads scripts, each once.
pub struct Loader<'a> {
    engine: &'a Engine,
    /// It reads scripts whose variables are not declared, so that all of them are found.
    parser: Engine,
    import: &'a dyn Fn(&str) -> Result<Source>,
    pub units: Vec<Unit>,
    pub findings: Vec<Finding>,
    loaded: BTreeMap<String, Namespace>,
    /// The scripts that import one another down to the current one.
    open: Vec<String>,
}

impl<'a> Loader<'a> {
    /// A loader that reads imported scripts through `import`.
    pub fn new(engine: &'a Engine, import: &'a dyn Fn(&str) -> Result<Source>) -> Self {
        Self {
            engine,
            parser: recover::parser(engine),
            import,
            units: Vec::new(),
            findings: Vec::new(),
            loaded: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Compiles a script and all that it imports, and gives what others can call of it.
    pub fn load(&mut self, source: Source) -> Namespace {
        if let Some(known) = self.loaded.get(&source.name) {
            return known.clone();
        }
        let name = source.name.clone();
        let read = recover::read(&self.parser, &source.text);
        let is_broken = !read.errors.is_empty();
        for error in read.errors {
            let position = error.position();
            let problem = explain(&error.into(), self.engine, &[], None);
            self.findings.push(Finding::new(name.as_str(), position, problem));
        }
        let exports = self.compiled(source, read.ast);
        if is_broken {
            self.units.last_mut().expect("it was just added").doubtful = read.doubtful;
            // What could not be read may export anything.
            self.loaded.insert(name, None);
            return None;
        }
        exports
    }

    /// Reads what a compiled script imports.
    pub fn compiled(&mut self, source: Source, ast: AST) -> Namespace {
        let name = source.name.clone();
        self.open.push(name.clone());
        let unit = self.unit(source, ast);
        self.open.pop();
        let exports = Some(Rc::new(exports(&unit)));
        self.units.push(unit);
        self.loaded.insert(name, exports.clone());
        exports
    }

    fn unit(&mut self, source: Source, ast: AST) -> Unit {
        let seen = Seen::new(&ast);
        let mut imports = BTreeMap::new();
        for (position, path) in seen.imports {
            let namespace = path.and_then(|(path, at)| self.import(&source.name, &path, at));
            imports.insert(position, namespace);
        }
        let named = ast.iter_fn_def().filter(|f| rhai::is_valid_function_name(&f.name));
        Unit {
            functions: counts(named.map(|f| &**f)),
            definitions: ast.iter_fn_def().map(|f| Rc::new(Definition::new(f))).collect(),
            source,
            ast,
            imports,
            keys: seen.keys,
            changed: seen.changed,
            lent_scopes: seen.lent_scopes,
            doubtful: BTreeSet::new(),
        }
    }

    fn import(&mut self, file: &str, path: &str, at: Position) -> Namespace {
        let not_circular = |source: Source| match self.open.iter().position(|open| *open == source.name) {
            Some(start) => Err(circular(self.open[start..].iter().chain([&source.name]))),
            None => Ok(source),
        };
        match (self.import)(path).and_then(not_circular) {
            Ok(source) => self.load(source),
            Err(error) => {
                self.findings.push(Finding::new(file, at, error.into()));
                None
            }
        }
    }
}

/// Numbers of parameters by name.
pub fn counts<'a>(functions: impl Iterator<Item = &'a ScriptFuncDef>) -> Counts {
    let mut counts = Counts::new();
    for function in functions {
        let name = function.name.to_string();
        counts.entry(name).or_default().insert(function.params.len());
    }
    counts
}

fn exports(unit: &Unit) -> Exports {
    let public = unit.ast.iter_fn_def().filter(|f| f.access == FnAccess::Public);
    let mut exports = Exports {
        functions: counts(public.map(|f| &**f)),
        variables: BTreeSet::new(),
        modules: unit.top_level_modules().collect(),
    };
    for stmt in unit.ast.statements() {
        match stmt {
            Stmt::Var(var, flags, _) if flags.contains(ASTFlags::EXPORTED) => {
                exports.variables.insert(var.0.name.to_string());
            }
            Stmt::Export(names, _) => {
                let (name, alias) = &**names;
                let public = if alias.name.is_empty() { name } else { alias };
                exports.variables.insert(public.name.to_string());
            }
            _ => {}
        }
    }
    exports
}
