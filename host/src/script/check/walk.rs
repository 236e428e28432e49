//! The walk over one script's syntax tree, with the names that are in scope at each position.

use std::{collections::BTreeSet, rc::Rc};

use rhai::{ASTFlags, Expr, FlowControl, FnCallExpr, FnPtr, Position, Stmt, StmtBlock};

use super::{
    Known,
    load::{Definition, Namespace, Unit},
};
use crate::script::{Problem, finding::Finding};

/// The keys of a `params` map, for a variable that holds one.
pub type Settings = Option<Rc<BTreeSet<String>>>;

/// A variable in scope.
pub struct Variable {
    pub name: String,
    pub settings: Settings,
}

pub struct Walker<'a> {
    pub unit: &'a Unit,
    pub known: &'a Known,
    pub modules: Vec<(String, Namespace)>,
    pub findings: Vec<Finding>,
    pub variables: Vec<Variable>,
    /// Names of the variables and constants at the script's top level.
    pub top_level: BTreeSet<&'a str>,
    pub constants: BTreeSet<&'a str>,
    /// Whether the walk is in the body of a `fn`, and whether it may see its caller's variables.
    pub in_function: bool,
    pub sees_caller: bool,
    /// Whether the walk is in the map of a `params` call.
    pub in_settings: bool,
}

impl<'a> Walker<'a> {
    /// A walk over one script.
    pub fn new(unit: &'a Unit, known: &'a Known) -> Self {
        let declared = |constant: bool| {
            let variables = unit.ast.statements().iter().filter_map(move |stmt| match stmt {
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
            in_settings: false,
        }
    }

    /// Walks over all statements, and gives what is wrong.
    pub fn walk(mut self) -> Vec<Finding> {
        self.statements(self.unit.ast.statements());
        // A function runs when all imports of the top level are there.
        self.modules = self.known.lent_modules(self.unit);
        self.modules.extend(self.unit.top_level_modules());
        self.in_function = true;
        for function in self.unit.definitions.iter().filter(|function| !function.is_closure()) {
            self.sees_caller = self.unit.lent_scopes.contains(&function.name);
            self.function(function, Vec::new());
        }
        self.findings
    }

    /// Adds a finding.
    pub fn report(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem::new(message, help);
        self.findings.push(Finding::new(self.unit.source.name.as_str(), at, problem));
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
            .map(|(name, settings)| Variable { name: name.clone(), settings });
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
                self.declare(&var.0.name, settings.filter(|_| !self.unit.changed.contains(var.0.as_str())));
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

    /// Looks at an expression and its parts.
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
            Expr::Index(pair, ..) => {
                self.expr(&pair.lhs);
                self.expr(&pair.rhs);
            }
            Expr::Stmt(block) => self.block(block),
            Expr::Array(items, _) | Expr::InterpolatedString(items, _) => self.exprs(items),
            Expr::Map(entries, _) => {
                for (_, value) in &entries.0 {
                    self.expr(value);
                }
            }
            Expr::And(items, _) | Expr::Or(items, _) | Expr::Coalesce(items, _) => self.exprs(items),
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

    /// `curry(closure, captured...)` is what a closure with captures is compiled to.
    pub fn curried(&mut self, call: &FnCallExpr) -> bool {
        let Some((Expr::DynamicConstant(value, _), captured)) = call.args.split_first() else {
            return false;
        };
        let Some(pointer) = value.clone().try_cast::<FnPtr>().filter(|_| call.name == "curry") else {
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
}
