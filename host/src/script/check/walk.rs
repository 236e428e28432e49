//! The walk over one script's syntax tree, with the names that are in scope at each place.

use std::collections::BTreeSet;
use std::rc::Rc;

use rhai::{ASTFlags, BinaryExpr, Expr, FlowControl, FnCallExpr, FnPtr, Position, Stmt, StmtBlock};

use super::Known;
use super::load::{Definition, Namespace, Unit};
use crate::script::finding::Finding;
use crate::script::nearest::did_you_mean;
use crate::script::settings::declare;

/// The keys of a `params` map, for a variable that holds one.
type Settings = Option<Rc<BTreeSet<String>>>;

#[derive(Clone)]
struct Variable {
    name: String,
    settings: Settings,
}

pub struct Walker<'a> {
    pub unit: &'a Unit,
    pub known: &'a Known,
    pub modules: Vec<(String, Namespace)>,
    pub findings: Vec<Finding>,
    variables: Vec<Variable>,
    /// Names of the variables and constants at the script's top level.
    top_level: BTreeSet<&'a str>,
    constants: BTreeSet<&'a str>,
    /// Whether the walk is in the body of a `fn`, and whether it may see its caller's variables.
    in_function: bool,
    sees_caller: bool,
}

impl<'a> Walker<'a> {
    pub fn new(unit: &'a Unit, known: &'a Known) -> Self {
        let declared = |constant: bool| {
            let variables = unit
                .ast
                .statements()
                .iter()
                .filter_map(move |stmt| match stmt {
                    Stmt::Var(var, flags, _) if !constant || flags.contains(ASTFlags::CONSTANT) => {
                        Some(var.0.as_str())
                    }
                    _ => None,
                });
            variables.collect()
        };
        Self {
            unit,
            known,
            modules: known.lent_modules(unit),
            findings: Vec::new(),
            variables: Vec::new(),
            top_level: declared(false),
            constants: declared(true),
            in_function: false,
            sees_caller: false,
        }
    }

    pub fn walk(mut self) -> Vec<Finding> {
        self.statements(self.unit.ast.statements());
        // A function runs when all imports of the top level are there.
        self.modules = self.known.lent_modules(self.unit);
        self.modules.extend(self.unit.top_level_modules());
        self.in_function = true;
        for function in self
            .unit
            .definitions
            .iter()
            .filter(|function| !function.is_closure())
        {
            self.sees_caller = self.unit.lent_scopes.contains(&function.name);
            self.function(function, Vec::new());
        }
        self.findings
    }

    pub fn report(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        let finding = Finding::new(self.unit.source.name.as_str(), at, message, help);
        self.findings.push(finding);
    }

    /// The names of the variables in scope.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|variable| variable.name.as_str())
    }

    /// A function's body sees its parameters; the first ones hold what a closure captured.
    fn function(&mut self, function: &Definition, captured: Vec<Settings>) {
        let captured = captured.into_iter().chain(std::iter::repeat(None));
        let parameters = function
            .parameters
            .iter()
            .zip(captured)
            .map(|(name, settings)| Variable {
                name: name.clone(),
                settings,
            });
        let outside = std::mem::replace(&mut self.variables, parameters.collect());
        self.scoped(|walker| walker.statements(&function.body));
        self.variables = outside;
    }

    fn block(&mut self, block: &StmtBlock) {
        self.scoped(|walker| walker.statements(block.statements()));
    }

    /// Runs `inside`; the variables and imports it adds end with it.
    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        let (variables, modules) = (self.variables.len(), self.modules.len());
        inside(self);
        self.variables.truncate(variables);
        self.modules.truncate(modules);
    }

    fn declare(&mut self, name: &str, settings: Settings) {
        let name = name.to_string();
        self.variables.push(Variable { name, settings });
    }

    fn statements(&mut self, statements: &[Stmt]) {
        for stmt in statements {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Var(var, ..) => {
                self.expr(&var.1);
                let settings = self.settings_of(&var.1);
                self.declare(
                    &var.0.name,
                    settings.filter(|_| !self.unit.changed.contains(var.0.as_str())),
                );
            }
            Stmt::Assignment(assignment) => {
                self.expr(&assignment.1.lhs);
                self.expr(&assignment.1.rhs);
            }
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::Block(block) => self.block(block),
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => self.flow(flow),
            Stmt::For(x, _) => self.for_loop(&x.0.name, x.1.as_ref().map(|i| i.as_str()), &x.2),
            Stmt::TryCatch(flow, _) => self.try_catch(flow),
            Stmt::Switch(switch, _) => {
                self.expr(&switch.0);
                for case in &switch.1.expressions {
                    self.expr(&case.lhs);
                    self.expr(&case.rhs);
                }
            }
            Stmt::BreakLoop(Some(expr), ..) | Stmt::Return(Some(expr), ..) => self.expr(expr),
            Stmt::Import(import, _) => {
                self.expr(&import.0);
                let module = self.unit.imported(stmt);
                self.modules.extend(module);
            }
            Stmt::Export(names, _) => self.variable(&names.0.name, names.0.pos),
            _ => {}
        }
    }

    fn flow(&mut self, flow: &FlowControl) {
        self.expr(&flow.expr);
        self.block(&flow.body);
        self.block(&flow.branch);
    }

    fn for_loop(&mut self, item: &str, counter: Option<&str>, flow: &FlowControl) {
        self.expr(&flow.expr);
        self.scoped(|walker| {
            for name in [Some(item), counter].into_iter().flatten() {
                walker.declare(name, None);
            }
            walker.block(&flow.body);
        });
    }

    fn try_catch(&mut self, flow: &FlowControl) {
        self.block(&flow.body);
        self.scoped(|walker| {
            if let Expr::Variable(caught, ..) = &flow.expr {
                walker.declare(&caught.1, None);
            }
            walker.block(&flow.branch);
        });
    }

    pub fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Variable(variable, _, position) => match variable.2.is_empty() {
                true => self.variable(&variable.1, *position),
                false => self.qualified_variable(&variable.2, &variable.1),
            },
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::MethodCall(call, position) => self.method(call, *position),
            Expr::Dot(pair, flags, _) => {
                if !flags.contains(ASTFlags::NEGATED) {
                    self.setting(pair);
                }
                self.expr(&pair.lhs);
                self.expr(&pair.rhs);
            }
            Expr::Index(pair, flags, _) => {
                self.expr(&pair.lhs);
                self.index(&pair.rhs, *flags);
            }
            Expr::Stmt(block) => self.block(block),
            Expr::Array(items, _) | Expr::InterpolatedString(items, _) => self.exprs(items),
            Expr::Map(entries, _) => {
                for (_, value) in &entries.0 {
                    self.expr(value);
                }
            }
            Expr::And(items, _) | Expr::Or(items, _) | Expr::Coalesce(items, _) => {
                self.exprs(items)
            }
            Expr::DynamicConstant(value, _) => {
                if let Some(pointer) = value.clone().try_cast::<FnPtr>() {
                    self.closure(&pointer, Vec::new());
                }
            }
            Expr::Custom(custom, _) => self.exprs(&custom.inputs),
            _ => {}
        }
    }

    fn exprs(&mut self, items: &[Expr]) {
        for item in items {
            self.expr(item);
        }
    }

    /// What follows `[`: the index alone, or with the rest of the chain (`[i].rest`), whose left side
    /// then is the index.
    fn index(&mut self, rest: &Expr, flags: ASTFlags) {
        match rest {
            Expr::Dot(pair, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&pair.lhs);
                self.expr(&pair.rhs);
            }
            Expr::Index(pair, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&pair.lhs);
                self.index(&pair.rhs, *inner);
            }
            index => self.expr(index),
        }
    }

    /// `curry(closure, captured...)` is what a closure with captures is compiled to.
    pub fn curried(&mut self, call: &FnCallExpr) -> bool {
        let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first() else {
            return false;
        };
        let Some(pointer) = value
            .clone()
            .try_cast::<FnPtr>()
            .filter(|_| call.name == "curry")
        else {
            return false;
        };
        self.exprs(captured);
        let settings = captured.iter().map(|expr| self.settings_of(expr)).collect();
        self.closure(&pointer, settings);
        true
    }

    fn closure(&mut self, pointer: &FnPtr, captured: Vec<Settings>) {
        let named = |function: &&Rc<Definition>| function.name == pointer.fn_name();
        if let Some(closure) = self.unit.definitions.iter().find(named) {
            self.function(closure, captured);
        }
    }

    fn variable(&mut self, name: &str, position: Position) {
        let is_function =
            self.unit.functions.contains_key(name) || self.known.plugin.contains_key(name);
        if self.sees_caller || is_function || self.variable_names().any(|known| known == name) {
            return;
        }
        let help = if self.in_function && self.constants.contains(name) {
            format!("a `fn` sees a constant of the script as `global::{name}`")
        } else if self.in_function && self.top_level.contains(name) {
            format!("a `fn` does not see the script's variables: give it a parameter `{name}`")
        } else {
            did_you_mean(name, self.variable_names()).unwrap_or_default()
        };
        self.report(
            position,
            format!("there is no variable `{name}` here"),
            help,
        );
    }

    /// `global::CONSTANT`, or a variable that a module exports.
    fn qualified_variable(&mut self, namespace: &rhai::Namespace, name: &str) {
        let position = namespace.position();
        if namespace.root() == "global"
            && !self.modules.iter().any(|(module, _)| module == "global")
        {
            if !self.constants.contains(name) {
                let known = self.constants.iter().copied();
                let help = did_you_mean(name, known).unwrap_or_else(|| {
                    format!("declare it at the top level: `const {name} = ...;`")
                });
                self.report(position, format!("there is no constant `{name}`"), help);
            }
        } else if let Some(Some(exports)) = self.module(namespace)
            && !exports.variables.contains(name)
        {
            let help = did_you_mean(name, exports.variables.iter().map(String::as_str));
            let help =
                help.unwrap_or_else(|| format!("export it there: `export const {name} = ...;`"));
            self.report(
                position,
                format!("`{namespace}` exports no variable `{name}`"),
                help,
            );
        }
    }

    fn settings_of(&self, expr: &Expr) -> Settings {
        if let Expr::Variable(variable, ..) = expr
            && variable.2.is_empty()
        {
            let name = variable.1.as_str();
            let found = self
                .variables
                .iter()
                .rev()
                .find(|variable| variable.name == name)?;
            return found.settings.clone();
        }
        let keys = declare::keys(expr)?;
        Some(Rc::new(keys.map(String::from).collect()))
    }

    /// `cfg.name`, where `cfg` holds the plugin's settings.
    fn setting(&mut self, pair: &BinaryExpr) {
        let property = match &pair.rhs {
            Expr::Dot(rest, ..) | Expr::Index(rest, ..) => &rest.lhs,
            rest => rest,
        };
        let (Some(settings), Expr::Property(property, position)) =
            (self.settings_of(&pair.lhs), property)
        else {
            return;
        };
        let name = property.2.as_str();
        if !settings.contains(name) {
            let help = did_you_mean(name, settings.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "declare it in the `params` map".into());
            self.report(*position, format!("there is no setting `{name}`"), help);
        }
    }
}
