//! The one table of script functions. The engine, `host help`, the reference, the definitions for
//! editors and the tests all come from it; nothing is registered any other way.

use std::{
    any::TypeId,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ops::{ScriptPosition, nn::Module, panic_text, tensor::trace};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FuncRegistration, NativeCallContext, Position, RhaiFunc};

use super::{Function, Parameter, Refusal, nesting, require_items, unread::Watched};
use crate::error::{Error, Result};

type Call = dyn Fn(&NativeCallContext, &[&mut Dynamic]) -> Result<Result<Dynamic>, Refusal> + Send + Sync;

/// What a `for` loop goes through.
pub type Steps = Box<dyn Iterator<Item = Result<Dynamic, Box<EvalAltResult>>>>;
type Iterate = dyn Fn(Dynamic) -> Steps + Send + Sync;

/// One function as scripts see it.
pub struct Entry {
    /// The script module it is called through, empty for functions and methods without one.
    pub module: &'static str,
    /// The name: `uniform`, `sum`, `+`, `get shape`.
    pub name: &'static str,
    /// The names of the parameters.
    pub parameters: Vec<&'static str>,
    /// What it does, in a sentence or more.
    pub doc: &'static str,
    /// An expression, ` => `, and what it gives. It runs as a test.
    pub example: &'static str,
    returns: &'static str,
    types: Vec<Parameter>,
    call: Arc<Call>,
}

impl Entry {
    /// `noise::uniform`, `sum`, `get shape`.
    pub fn path(&self) -> String {
        if self.module.is_empty() { self.name.to_owned() } else { format!("{}::{}", self.module, self.name) }
    }

    /// `noise::uniform(shape: shape) -> Tensor`
    pub fn signature(&self) -> String {
        let mut parts = self.typed();
        let returns = parts.pop().unwrap_or_default();
        format!("{}({}) -> {returns}", self.path(), parts.join(", "))
    }

    /// The parameters as `name: type`, then the type of the result.
    fn typed(&self) -> Vec<String> {
        let named = self.parameters.iter().zip(&self.types);
        let parameters = named.map(|(name, p)| format!("{name}: {}", p.type_name));
        parameters.chain([self.returns.to_owned()]).collect()
    }

    /// Number of parameters, that before the dot of a method included.
    pub fn arity(&self) -> usize {
        self.types.len()
    }

    /// Whether scripts write it with a dot after its first argument.
    pub fn is_method(&self) -> bool {
        self.module.is_empty() && self.types.first().is_some_and(|p| p.types != [TypeId::of::<Dynamic>()])
    }

    fn is_operator(&self) -> bool {
        self.name == "index get" || !self.name.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

/// All functions that a script can call.
#[derive(Default)]
pub struct Table {
    entries: Vec<Entry>,
    iterators: Vec<(TypeId, Arc<Iterate>)>,
    modules: Vec<(&'static str, &'static str)>,
}

/// Adds functions to one script module of a [`Table`].
pub struct Adder<'a> {
    table: &'a mut Table,
    module: &'static str,
}

impl Table {
    /// Functions called as `name::function(...)`.
    pub fn module(&mut self, name: &'static str, doc: &'static str) -> Adder<'_> {
        self.modules.push((name, doc));
        Adder { table: self, module: name }
    }

    /// Functions and methods without a module.
    pub fn global(&mut self) -> Adder<'_> {
        Adder { table: self, module: "" }
    }

    /// Lets `for` run over values of a type.
    pub fn iterator<T: Clone + Send + Sync + 'static>(&mut self, steps: fn(T) -> Steps) {
        self.iterators.push((TypeId::of::<T>(), Arc::new(move |value| steps(value.cast()))));
    }

    /// All entries, in the order in which they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The script modules with what each is about.
    pub fn modules(&self) -> &[(&'static str, &'static str)] {
        &self.modules
    }

    /// Makes everything known to an engine.
    pub fn register(self: &Arc<Self>, engine: &mut Engine) {
        let mut global = rhai::Module::new();
        for group in self.groups("") {
            self.add_group(&mut global, group);
        }
        for (type_id, steps) in &self.iterators {
            let steps = Arc::clone(steps);
            global.set_iter_result(*type_id, move |value| Box::new(Watched::new(steps(value))));
        }
        for parameter in self.entries.iter().flat_map(|entry| &entry.types) {
            if let Some(rust_name) = parameter.rust_name {
                engine.register_type_with_name_raw(rust_name, parameter.type_name);
            }
        }
        engine.register_global_module(global.into());
        for &(name, _) in &self.modules {
            let mut module = rhai::Module::new();
            for group in self.groups(name) {
                self.add_group(&mut module, group);
            }
            engine.register_static_module(name, module.into());
        }
    }

    /// The overloads that a call cannot be told apart by before its arguments are looked at.
    fn groups(&self, module: &str) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, entry) in self.entries.iter().enumerate().filter(|(_, e)| e.module == module) {
            let same = |&j: &usize| {
                let other: &Entry = &self.entries[j];
                other.name == entry.name
                    && other.arity() == entry.arity()
                    && self.key(other) == self.key(entry)
            };
            match groups.iter_mut().find(|group| group.iter().all(same)) {
                Some(group) => group.push(i),
                None => groups.push(vec![i]),
            }
        }
        groups
    }

    /// The argument types that Rhai finds the function by. Only what it needs to tell ours from its
    /// own is given; the rest is checked here, with better words.
    fn key(&self, entry: &Entry) -> Vec<Vec<TypeId>> {
        let any = vec![TypeId::of::<Dynamic>()];
        let exact = |i: usize| entry.is_operator() || (i == 0 && entry.is_method());
        let types = |(i, p): (usize, &Parameter)| if exact(i) { p.types.clone() } else { any.clone() };
        entry.types.iter().enumerate().map(types).collect()
    }

    fn add_group(self: &Arc<Self>, module: &mut rhai::Module, group: Vec<usize>) {
        let first = &self.entries[group[0]];
        let combinations = self.key(first).into_iter().fold(vec![vec![]], |lists, types| {
            lists
                .iter()
                .flat_map(|list: &Vec<TypeId>| types.iter().map(|t| [&list[..], &[*t]].concat()))
                .collect()
        });
        for types in combinations {
            let (table, group) = (Arc::clone(self), group.clone());
            let call = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
                let context = context.ok_or("a script function needs its context")?;
                trace::at(|| place(&context));
                table.call(&group, &context, args).map_err(|error| placed(error, context.call_position()))
            };
            let func = RhaiFunc::Pure {
                func: Arc::new(call),
                has_context: true,
                is_pure: true,
                // Draws, files and parameters: nothing may be folded away while compiling.
                is_volatile: true,
            };
            if first.is_method() && first.name == "to_string" {
                // What Rhai prints the items of arrays and maps by.
                let debug = FuncRegistration::new("to_debug").in_global_namespace();
                debug.set_into_module_raw(module, types.clone(), func.clone());
            }
            let registration = match (first.name, first.name.strip_prefix("get ")) {
                ("index get", _) => FuncRegistration::new_index_getter(),
                (_, Some(property)) => FuncRegistration::new_getter(property),
                (name, None) => FuncRegistration::new(name),
            };
            let registration =
                registration.with_params_info(first.typed()).with_comments([format!("/// {}", first.doc)]);
            registration.in_global_namespace().set_into_module_raw(module, types, func);
        }
    }

    /// Calls the first overload that takes the arguments. A panic becomes an error of the script.
    fn call(
        &self,
        group: &[usize],
        context: &NativeCallContext,
        args: &mut [&mut Dynamic],
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        for &i in group {
            let entry = &self.entries[i];
            let outcome = catch_unwind(AssertUnwindSafe(|| (entry.call)(context, args)));
            match outcome.map_err(|panic| panicked(entry, &*panic))? {
                Ok(result) => {
                    return result.and_then(within_bounds).map_err(|error| into_rhai(error, entry));
                }
                Err(Refusal::Value(error)) => return Err(into_rhai(error, entry)),
                Err(Refusal::Type) => {}
            }
        }
        Err(self.no_overload(group, context, args))
    }

    fn no_overload(
        &self,
        group: &[usize],
        context: &NativeCallContext,
        args: &[&mut Dynamic],
    ) -> Box<EvalAltResult> {
        let found: Vec<_> = args.iter().map(|a| script_type_name(context.engine(), a)).collect();
        let forms: Vec<_> = group.iter().map(|&i| self.entries[i].signature()).collect();
        let name = self.entries[group[0]].path();
        format!("{name}: got ({}), expected {}", found.join(", "), forms.join(" or ")).into()
    }
}

impl Adder<'_> {
    /// Adds a function. `form` is its name with the names of its parameters: `uniform(shape)`.
    pub fn add<Args, F: Function<Args>>(
        &mut self,
        form: &'static str,
        doc: &'static str,
        example: &'static str,
        function: F,
    ) -> &mut Self {
        let (name, parameters) = form.split_once('(').unwrap_or((form, ")"));
        let parameters = parameters.trim_end_matches(')').split(", ").filter(|p| !p.is_empty()).collect();
        self.table.entries.push(Entry {
            module: self.module,
            name,
            parameters,
            doc,
            example,
            returns: F::returns(),
            types: F::parameters(),
            call: Arc::new(move |context, args| function.call(context, args)),
        });
        self
    }
}

/// The name of a value's type as scripts know it.
pub fn script_type_name(engine: &Engine, value: &Dynamic) -> String {
    match value.type_name() {
        "i64" => "integer".into(),
        "f64" => "float".into(),
        name => engine.map_type_name(name).rsplit("::").next().unwrap_or(name).to_owned(),
    }
}

/// The position of a call, as traces note it.
fn place(context: &NativeCallContext) -> Option<ScriptPosition> {
    let position = context.call_position();
    let script = context.call_source().unwrap_or_default().into();
    Some(ScriptPosition { script, line: position.line()?, column: position.position().unwrap_or(1) })
}

/// Rhai counts lines and columns in 16 bits.
fn line_number(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// The error at the place of the call. Rhai does that by itself, but not for `module::function(...)`.
fn placed(mut error: Box<EvalAltResult>, call: Position) -> Box<EvalAltResult> {
    if error.position().is_none() {
        error.set_position(call);
    }
    error
}

/// A module that a script goes on building with, or a list.
fn within_bounds(value: Dynamic) -> Result<Dynamic> {
    value.read_lock::<Module>().map_or(Ok(()), |module| nesting::check_module(&module))?;
    value.read_lock::<Array>().map_or(Ok(()), |array| require_items(array.len()))?;
    Ok(value)
}

fn panicked(entry: &Entry, panic: &(dyn std::any::Any + Send)) -> Box<EvalAltResult> {
    format!("{}: a fault inside the host: {}", entry.path(), panic_text(panic)).into()
}

/// An error of the host as an error of the script; the engine adds the position.
fn into_rhai(error: Error, entry: &Entry) -> Box<EvalAltResult> {
    match error {
        Error::Script(error) => error,
        Error::Ops(ops::Error::Interrupted) => {
            Box::new(EvalAltResult::ErrorTerminated(super::INTERRUPTED.into(), Position::NONE))
        }
        Error::Stopped(reason) => Box::new(EvalAltResult::ErrorTerminated(reason.into(), Position::NONE)),
        Error::Ops(ops::Error::NotExportable { reason, position: Some(at) }) => {
            let position = Position::new(line_number(at.line), line_number(at.column));
            let cause = EvalAltResult::ErrorRuntime(format!("{}: {reason}", entry.name).into(), position);
            let (name, script) = (entry.name.to_owned(), at.script.to_string());
            Box::new(EvalAltResult::ErrorInFunctionCall(name, script, cause.into(), Position::NONE))
        }
        Error::Ops(error) => error.to_string().into(),
        other => named(entry, &other.to_string()).into(),
    }
}

/// A problem behind the name of the function that met it; one that begins with the name is not named twice.
fn named(entry: &Entry, problem: &str) -> String {
    let path = entry.path();
    let rest = [path.as_str(), entry.name].into_iter().find_map(|name| problem.strip_prefix(name));
    match rest {
        Some(rest) if rest.starts_with(": ") => format!("{path}{rest}"),
        Some(rest) if rest.starts_with(' ') => problem.to_owned(),
        _ => format!("{path}: {problem}"),
    }
}
