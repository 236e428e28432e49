//! Calls of functions, of modules' functions, and of methods.

use std::{collections::BTreeSet, rc::Rc};

use rhai::{Expr, FnCallExpr, Namespace as Path, Position};

use super::{
    load::{Exports, Namespace},
    walk::{Walker, closure_of},
};
use crate::script::{
    nearest::did_you_mean,
    settings::{DECLARING, declare},
};

/// Functions whose bodies may not change what they capture.
const FIXING: [&str; 4] = ["each", "stage", "parallel", "ahead"];

/// Words that are called like functions, and mean the same whatever variables there are.
const KEYWORDS: [&str; 7] = ["Fn", "call", "curry", "is_def_fn", "is_def_var", "is_shared", "type_of"];

/// `noise::uniform`, `len`
fn call_name(call: &FnCallExpr) -> String {
    match call.is_qualified() {
        true => format!("{}::{}", call.namespace, call.name),
        false => call.name.to_string(),
    }
}

impl Walker<'_> {
    /// Looks at a call of a function.
    pub fn call(&mut self, call: &FnCallExpr, position: Position) {
        if self.curried(call) {
            return;
        }
        let outside = self.in_settings;
        self.in_settings |= declare::is_params(call);
        self.arguments(&call_name(call), &call.args, 0);
        self.in_settings = outside;
        if call.is_operator_call() {
            self.comparison(call);
            return self.division(call, position);
        }
        match call.is_qualified() {
            true => self.qualified(&call.namespace, &call.name, call.args.len(), position),
            false if self.calls_variable(call) => self.called.push(position),
            false => self.plain(&call.name, call.args.len(), position),
        }
    }

    /// Looks at the arguments of a call; `before` of the function's values stand before a dot.
    fn arguments(&mut self, name: &str, arguments: &[Expr], before: usize) {
        self.given(name, arguments, before);
        self.options(name, arguments, before);
        for argument in arguments {
            self.fixing = FIXING.into_iter().find(|fixing| *fixing == name && closure_of(argument).is_some());
            self.body(name, arguments, argument);
            self.expr(argument);
            self.fixing = None;
        }
    }

    /// Whether a call names a variable, and no function that could be meant.
    fn calls_variable(&self, call: &FnCallExpr) -> bool {
        let scopes = self.outside.iter().chain([&self.variables]).rev();
        let mut variables = scopes.flat_map(|scope| scope.iter().rev());
        let name = call.name.as_str();
        let Some(variable) = variables.find(|variable| variable.name == name) else { return false };
        !call.capture_parent_scope
            && !self.unit.functions.contains_key(name)
            && (variable.held.is_closure || self.known.native.counts(name).is_empty())
            && !KEYWORDS.contains(&name)
    }

    /// The body of a loop takes the item, and the state where there is one.
    fn body(&mut self, name: &str, arguments: &[Expr], argument: &Expr) {
        let expected = match (name, arguments.len()) {
            ("each", 3) => 1,
            ("each", 4) => 2,
            _ => return,
        };
        let unit = self.unit;
        let Some((pointer, captured)) = closure_of(argument) else { return };
        let Some(closure) = unit.definition(&pointer) else { return };
        let message = match (closure.parameters.len() - captured, expected) {
            (taken, expected) if taken == expected => return,
            (2, _) => "the body takes a state, and this `each` has none",
            (1, _) => "the body takes no state, and this `each` has one",
            _ => "the body of `each` takes the item, and the state where there is one",
        };
        let help = "write `each(name, items, |item| ...)`, or with a state \
                    `each(name, items, #{ ... }, |item, s| { ...; s })`";
        self.report(argument.position(), message, help);
    }

    /// Looks at the options of a call that are written out: those that the function's doc does not name.
    fn options(&mut self, name: &str, arguments: &[Expr], before: usize) {
        let known = self.known;
        let Some((index, doc)) = known.native.options(name, arguments.len() + before) else { return };
        let Some(Expr::Map(entries, _)) = index.checked_sub(before).and_then(|index| arguments.get(index))
        else {
            return;
        };
        let written = doc.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        // An option may begin a sentence.
        let words: Vec<String> = written.flat_map(|word| [uncapitalised(word), word.to_owned()]).collect();
        for (key, _) in entries.0.iter().filter(|(key, _)| !words.iter().any(|word| *word == *key.name)) {
            let help = did_you_mean(&key.name, words.iter().map(String::as_str))
                .map_or_else(String::new, |near| format!("{near} "));
            let message = format!("`{name}` has no option `{}`", key.name);
            self.report(key.pos, message, format!("{help}`host help {name}` lists them"));
        }
    }

    /// Of two whole numbers that are written out only what is left of the point is kept.
    fn division(&mut self, call: &FnCallExpr, position: Position) {
        let [Expr::IntegerConstant(a, _), Expr::IntegerConstant(b, _)] = call.args[..] else { return };
        if call.name == "/" && a.checked_rem(b).is_some_and(|rest| rest != 0) {
            let message = format!("`{a}/{b}` divides whole numbers and gives {}", a / b);
            self.report(position, message, format!("write `{a}.0/{b}` for {}", a as f64 / b as f64));
        }
    }

    fn plain(&mut self, name: &str, count: usize, position: Position) {
        let (native, own, plugin) = (&self.known.native, &self.unit.functions, &self.known.plugin);
        let script = || [own, plugin].into_iter().filter_map(|functions| functions.get(name)).flatten();
        if script().any(|known| *known == count) {
            return;
        }
        if native.accepts(name, count) {
            if DECLARING.contains(&name) && !self.in_settings {
                let message = format!("`{name}` declares a setting, which can only be done in `params`");
                let help = "write `let cfg = params(#{ data: path(\"\") });`, and use `cfg.data`";
                self.report(position, message, help);
            }
            return;
        }
        let counts: BTreeSet<usize> = script().copied().chain(native.counts(name)).collect();
        if !counts.is_empty() {
            return self.wrong_count(name, &counts, count, position);
        }
        let names = own.keys().chain(plugin.keys()).map(String::as_str).chain(native.names());
        let help = match self.variable_names().any(|variable| variable == name) {
            true => {
                format!("`{name}` is a variable: a closure in it is called with `{name}.call(...)`")
            }
            false => did_you_mean(name, names).unwrap_or_default(),
        };
        if !self.is_doubtful(name) {
            self.report(position, format!("there is no function `{name}`"), help);
        }
    }

    fn qualified(&mut self, path: &Path, name: &str, count: usize, position: Position) {
        match self.module(path) {
            Some(Some(exports)) => self.exported(&exports, path, name, count, position),
            Some(None) if !self.is_native(path) => {}
            Some(None) => self.native(path, name, count, position),
            None => {}
        }
    }

    /// A function of an imported script.
    fn exported(&mut self, exports: &Exports, path: &Path, name: &str, count: usize, position: Position) {
        let full = format!("{path}::{name}");
        match exports.functions.get(name) {
            Some(counts) if counts.contains(&count) => {}
            Some(counts) => self.wrong_count(&full, counts, count, position),
            None => {
                let help = did_you_mean(name, exports.functions.keys().map(String::as_str));
                self.report(position, format!("there is no function `{full}`"), help.unwrap_or_default());
            }
        }
    }

    /// A function of one of the host's modules.
    fn native(&mut self, path: &Path, name: &str, count: usize, position: Position) {
        let full = format!("{path}::{name}");
        let native = &self.known.native;
        if native.accepts(&full, count) {
            return;
        }
        let counts = native.counts(&full);
        if !counts.is_empty() {
            return self.wrong_count(&full, &counts, count, position);
        }
        let prefix = format!("{path}::");
        let siblings = native.names().filter_map(|known| known.strip_prefix(&prefix));
        let help = did_you_mean(name, siblings).or_else(|| did_you_mean(&full, native.names()));
        self.report(position, format!("there is no function `{full}`"), help.unwrap_or_default());
    }

    /// Looks at a call after a dot, whose own value is the first argument.
    pub fn method(&mut self, call: &FnCallExpr, position: Position) {
        let (name, count) = (call.name.as_str(), call.args.len());
        self.arguments(name, &call.args, 1);
        let known = self.known;
        // A script's function takes the method's value as `this`, not as a parameter.
        let script = [&self.unit.functions, &known.plugin, &known.typed_methods];
        let script = || script.into_iter().filter_map(|functions| functions.get(name)).flatten();
        if known.native.accepts(name, count + 1)
            || script().any(|known| *known == count)
            || known.keys.contains(name)
        {
            return;
        }
        let native = known.native.counts(name).into_iter().filter_map(|count| count.checked_sub(1));
        let counts: BTreeSet<usize> = script().copied().chain(native).collect();
        if script().any(|known| *known == count + 1) {
            let message = format!("`{name}` takes its values in parentheses, not as a method");
            return self.report(position, message, format!("write `{name}(x, ...)` for `x.{name}(...)`"));
        }
        if !counts.is_empty() {
            return self.wrong_count(name, &counts, count, position);
        }
        let own = self.unit.functions.keys().map(String::as_str);
        let help = did_you_mean(name, known.native.names().filter(|name| !name.contains("::")).chain(own));
        self.report(position, format!("there is no method `{name}`"), help.unwrap_or_default());
    }

    /// The module that a path leads to: `Some(None)` for one whose content is not known here, `None`,
    /// with a finding, where there is none.
    pub fn module(&mut self, path: &Path) -> Option<Namespace> {
        let mut names = path.path.iter().map(|part| part.as_str());
        let root = names.next()?;
        let imported = self.modules.iter().rev().find(|(name, _)| name == root);
        let Some((_, namespace)) = imported else {
            return self.host_module(path);
        };
        let mut current: Namespace = namespace.clone();
        for name in names {
            let Some(exports) = current else {
                return Some(None);
            };
            match exports.modules.get(name) {
                Some(inner) => current = inner.clone(),
                None => {
                    let exports: Rc<Exports> = exports;
                    let help = did_you_mean(name, exports.modules.keys().map(String::as_str));
                    let message = format!("there is no module `{name}` in `{path}`");
                    self.report(path.position(), message, help.unwrap_or_default());
                    return None;
                }
            }
        }
        Some(current)
    }

    fn host_module(&mut self, path: &Path) -> Option<Namespace> {
        if self.is_native(path) {
            return Some(None);
        }
        let root = path.root();
        if self.is_doubtful(root) {
            return Some(None);
        }
        let imported = self.modules.iter().map(|(name, _)| name.as_str());
        let known = self.known.native.modules();
        let help = match root {
            "global" => Some("only constants are in `global::`; call a function by its name".to_string()),
            root => did_you_mean(root, known.into_iter().chain(imported)),
        };
        let import = || format!("import it: `import \"...\" as {root};`");
        let message = format!("there is no module `{path}`");
        self.report(path.position(), message, help.unwrap_or_else(import));
        None
    }

    /// Whether a path names a module of the host, and no import.
    fn is_native(&self, path: &Path) -> bool {
        let imported = self.modules.iter().any(|(name, _)| name == path.root());
        !imported && self.known.native.modules().contains(path.to_string().as_str())
    }

    fn wrong_count(&mut self, name: &str, counts: &BTreeSet<usize>, count: usize, position: Position) {
        let written: Vec<String> = counts.iter().map(usize::to_string).collect();
        let plural = if written.len() == 1 && counts.contains(&1) { "" } else { "s" };
        let message = format!("`{name}` takes {} argument{plural}, not {count}", written.join(" or "));
        let help = match self.known.native.listed(name) {
            none if none.is_empty() => none,
            versions => format!("there is {versions}"),
        };
        self.report(position, message, help);
    }
}

/// A word with a small first letter.
fn uncapitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
