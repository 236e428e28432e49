//! The one table of script functions. The engine, `host help`, the reference, the definitions for
//! editors and the tests all come from it; nothing is registered any other way.

mod raise;

use std::{
    any::TypeId,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ops::{nn::Module, tensor::trace};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FuncRegistration, NativeCallContext, RhaiFunc};

use super::{
    Function, Observers, ParameterType, Refusal, ScriptResult, called::METHOD, nesting, require_items,
    unread::Watched,
};
use crate::{
    error::{Error, Result},
    kinds,
};
use raise::{into_rhai, placed, position_of};

type EntryCall =
    dyn Fn(&NativeCallContext, &[&mut Dynamic]) -> Result<Result<Dynamic>, Refusal> + Send + Sync;

/// What a `for` loop goes through.
pub type ScriptIterator = Box<dyn Iterator<Item = ScriptResult>>;
type Iterate = dyn Fn(Dynamic) -> ScriptIterator + Send + Sync;

/// The name of a function that assigns to an index: what it gives takes the place of its first argument.
const INDEX_SET: &str = "index set";

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
    /// Lines of an expression, ` => `, and what it gives.
    example: &'static str,
    returns: &'static str,
    returns_rust_name: Option<&'static str>,
    types: Vec<ParameterType>,
    call: Arc<EntryCall>,
}

impl Entry {
    /// `noise::uniform`, `sum`, `get shape`.
    pub fn path(&self) -> String {
        if self.module.is_empty() { self.name.to_owned() } else { format!("{}::{}", self.module, self.name) }
    }

    /// The name as calls write it: `shape` for the property, `[]` for an index.
    pub fn written(&self) -> String {
        match self.name {
            "index get" | INDEX_SET => "[]".into(),
            name => name.strip_prefix("get ").map_or_else(|| self.path(), str::to_owned),
        }
    }

    /// `noise::uniform(shape: shape, stream?: string) -> Tensor`; a parameter with `?` may be left out.
    pub fn signature(&self) -> String {
        let mark = |p: &ParameterType| if p.is_optional { "?" } else { "" };
        let named = self.parameters.iter().zip(&self.types);
        let parameters: Vec<_> =
            named.map(|(name, p)| format!("{name}{}: {}", mark(p), p.type_name)).collect();
        format!("{}({}) -> {}", self.path(), parameters.join(", "), self.returns)
    }

    /// The examples: an expression, and what it gives. They run as tests.
    pub fn examples(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.example.lines().map(|line| line.split_once(" => ").unwrap_or((line, "")))
    }

    /// The type of the result, as the signature names it.
    pub fn returns(&self) -> &'static str {
        self.returns
    }

    /// The types of the parameters, as the signature names them.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> {
        self.types.iter().map(|parameter| parameter.type_name)
    }

    /// The Rust names of its types, with the names that scripts know them by.
    fn named_types(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let parameters = self.types.iter().filter_map(|p| Some((p.rust_name?, p.type_name)));
        parameters.chain(self.returns_rust_name.map(|rust_name| (rust_name, self.returns)))
    }

    /// Number of parameters, that before the dot of a method included.
    pub fn arity(&self) -> usize {
        self.types.len()
    }

    /// The numbers of arguments that it can be called with.
    pub fn arities(&self) -> RangeInclusive<usize> {
        let required = self.types.iter().rposition(|p| !p.is_optional).map_or(0, |last| last + 1);
        required..=self.arity()
    }

    /// Whether scripts write it with a dot after its first argument.
    pub fn is_method(&self) -> bool {
        self.module.is_empty() && self.types.first().is_some_and(|p| p.types != [TypeId::of::<Dynamic>()])
    }

    fn is_index(&self) -> bool {
        matches!(self.name, "index get" | INDEX_SET)
    }

    fn is_operator(&self) -> bool {
        self.is_index() || !self.name.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

/// Overloads of one name and number of arguments that Rhai cannot distinguish, so that the table chooses.
struct Group {
    arity: usize,
    entries: Vec<usize>,
}

/// All functions that a script can call.
#[derive(Default)]
pub struct Table {
    entries: Vec<Entry>,
    iterators: Vec<(TypeId, Arc<Iterate>)>,
    observers: Observers,
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
    pub fn iterator<T: Clone + Send + Sync + 'static>(&mut self, steps: fn(T) -> ScriptIterator) {
        self.iterators.push((TypeId::of::<T>(), Arc::new(move |value| steps(value.cast()))));
    }

    /// All entries, in the order in which they were added.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How values of the types of all functions are compared.
    pub fn observers(&self) -> &Observers {
        &self.observers
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
        for (rust_name, type_name) in self.entries.iter().flat_map(Entry::named_types) {
            engine.register_type_with_name_raw(rust_name, type_name);
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

    fn groups(&self, module: &str) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for (i, entry) in self.entries.iter().enumerate().filter(|(_, e)| e.module == module) {
            for arity in entry.arities() {
                let key = self.key(entry, arity);
                let is_same = |group: &&mut Group| {
                    let first = &self.entries[group.entries[0]];
                    first.name == entry.name && group.arity == arity && self.key(first, arity) == key
                };
                match groups.iter_mut().find(is_same) {
                    Some(group) => group.entries.push(i),
                    None => groups.push(Group { arity, entries: vec![i] }),
                }
            }
        }
        groups
    }

    /// The types of the first `arity` arguments by which Rhai finds the function: no more than it needs to
    /// distinguish ours from its own. The rest is checked here, with better messages.
    fn key(&self, entry: &Entry, arity: usize) -> Vec<Vec<TypeId>> {
        let any = vec![TypeId::of::<Dynamic>()];
        let exact = |i: usize| entry.is_operator() || (i == 0 && entry.is_method());
        let types = |(i, p): (usize, &ParameterType)| if exact(i) { p.types.clone() } else { any.clone() };
        entry.types.iter().take(arity).enumerate().map(types).collect()
    }

    fn add_group(self: &Arc<Self>, module: &mut rhai::Module, group: Group) {
        let first = &self.entries[group.entries[0]];
        let parameters = first.parameters.iter().zip(&first.types).take(group.arity);
        let typed = parameters.map(|(name, p)| format!("{name}: {}", p.type_name));
        let typed: Vec<_> = typed.chain([first.returns.to_owned()]).collect();
        let func = self.native(group.entries.clone());
        let docs: Vec<_> = group.entries.iter().map(|&i| format!("/// {}", self.entries[i].doc)).collect();
        for types in combinations(self.key(first, group.arity)) {
            if first.is_method() && first.name == "to_string" {
                // Rhai prints items of arrays and maps with it.
                let debug = FuncRegistration::new("to_debug").in_global_namespace();
                debug.set_into_module_raw(module, types.clone(), func.clone());
            }
            if first.is_method() && first.name == "forward" {
                // `net(x)`: a variable that is called like a function.
                let call = FuncRegistration::new(METHOD).in_global_namespace();
                call.set_into_module_raw(module, types.clone(), func.clone());
            }
            let registration = match (first.name, first.name.strip_prefix("get ")) {
                ("index get", _) => FuncRegistration::new_index_getter(),
                (INDEX_SET, _) => FuncRegistration::new_index_setter(),
                (_, Some(property)) => FuncRegistration::new_getter(property),
                (name, None) => FuncRegistration::new(name),
            };
            let registration = registration.with_params_info(&typed).with_comments(&docs);
            registration.in_global_namespace().set_into_module_raw(module, types, func.clone());
        }
    }

    /// Overloads as one function of Rhai.
    fn native(self: &Arc<Self>, entries: Vec<usize>) -> RhaiFunc {
        let table = Arc::clone(self);
        let sets = self.entries[entries[0]].name == INDEX_SET;
        let call = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
            let context = context.ok_or("a script function needs its context")?;
            trace::at(|| position_of(&context));
            table.call(&entries, &context, args).map_err(|error| placed(error, context.call_position()))
        };
        // Draws, files and parameters: nothing may be folded away while compiling.
        let (has_context, is_pure, is_volatile) = (true, true, true);
        if !sets {
            return RhaiFunc::Pure { func: Arc::new(call), has_context, is_pure, is_volatile };
        }
        let assign = move |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| -> ScriptResult {
            let value = call(context, args)?;
            // The name may share its value with closures.
            match args[0].write_lock::<Dynamic>() {
                Some(mut place) => *place = value,
                None => return Err("there is nothing to assign to".into()),
            }
            Ok(Dynamic::UNIT)
        };
        RhaiFunc::Method { func: Arc::new(assign), has_context, is_pure: false, is_volatile }
    }

    /// Calls the first overload that takes the arguments. A panic becomes an error of the script.
    fn call(&self, group: &[usize], context: &NativeCallContext, args: &mut [&mut Dynamic]) -> ScriptResult {
        for &i in group {
            let entry = &self.entries[i];
            let outcome = catch_unwind(AssertUnwindSafe(|| (entry.call)(context, args)));
            match outcome.map_err(|panic| into_rhai(Error::fault(panic), entry))? {
                Ok(result) => {
                    return result.and_then(within_bounds).map_err(|error| into_rhai(error, entry));
                }
                Err(Refusal::Value(error)) => return Err(into_rhai(error, entry)),
                Err(Refusal::Type) => {}
            }
        }
        Err(self.no_overload(group, args))
    }

    fn no_overload(&self, group: &[usize], args: &[&mut Dynamic]) -> Box<EvalAltResult> {
        let found: Vec<_> = args.iter().map(|value| kinds::of(value)).collect();
        let forms: Vec<_> = group.iter().map(|&i| self.entries[i].signature()).collect();
        let name = self.entries[group[0]].written();
        format!("{name}: got ({}), expected {}", found.join(", "), forms.join(" or ")).into()
    }
}

impl Adder<'_> {
    /// Adds a function. `form` is its name with the names of its parameters: `uniform(shape, stream)`.
    /// Parameters of the type [`Option`] may be left out. `example` has a line `expression => value` for each
    /// of its forms.
    pub fn add<Args, F: Function<Args>>(
        &mut self,
        form: &'static str,
        doc: &'static str,
        example: &'static str,
        function: F,
    ) -> &mut Self {
        let (name, parameters) = form.split_once('(').unwrap_or((form, ")"));
        let parameters = parameters.trim_end_matches(')').split(", ").filter(|p| !p.is_empty()).collect();
        self.table.observers.extend(F::observers());
        self.table.entries.push(Entry {
            module: self.module,
            name,
            parameters,
            doc,
            example,
            returns: F::returns(),
            returns_rust_name: F::returns_rust_name(),
            types: F::parameters(),
            call: Arc::new(move |context, args| function.call(context, args)),
        });
        self
    }
}

/// Every list of types that takes one of each parameter's.
fn combinations(parameters: Vec<Vec<TypeId>>) -> Vec<Vec<TypeId>> {
    parameters.into_iter().fold(vec![vec![]], |lists, types| {
        let longer =
            |list: &Vec<TypeId>| types.iter().map(|t| [&list[..], &[*t]].concat()).collect::<Vec<_>>();
        lists.iter().flat_map(longer).collect()
    })
}

/// Refuses a module that is nested too deeply, and a list of too many items.
fn within_bounds(value: Dynamic) -> Result<Dynamic> {
    value.read_lock::<Module>().map_or(Ok(()), |module| nesting::check_module(&module))?;
    value.read_lock::<Array>().map_or(Ok(()), |array| require_items(array.len()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::{Host, Options, kinds};

    #[test]
    fn a_type_has_one_word_in_signatures_and_messages() {
        let table = Host::new(Options::default()).table;
        for (rust_name, type_name) in table.entries().iter().flat_map(Entry::named_types) {
            if type_name != "declared setting" {
                assert_eq!(kinds::word(rust_name), type_name);
            }
        }
    }
}
