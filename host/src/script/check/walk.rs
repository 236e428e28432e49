//! The walk over one script's syntax tree, with the names that are in scope at each position.

use std::{collections::BTreeSet, rc::Rc};

use rhai::{ASTFlags, Expr, FlowControl, FnCallExpr, FnPtr, Ident, Position, Stmt, StmtBlock};

use super::{
    Known,
    load::{Definition, Namespace, Unit},
};
use crate::script::{Problem, finding::Finding};

/// The keys of a `params` map, for a variable that holds one.
pub type Settings = Option<Rc<BTreeSet<String>>>;

/// A variable in scope.
#[derive(Clone, Default)]
pub struct Variable {
    pub name: String,
    pub held: Held,
    /// Where it came from, as far as that bears on what may be done with it.
    pub role: Role,
    /// Where it was changed in place, and not read since.
    pub changed: Option<Position>,
    /// How often it was read so far.
    pub reads: usize,
    /// Whether it was indexed, and whether it was used as what a number is not.
    pub is_indexed: bool,
    pub is_no_number: bool,
}

/// What is known of the value of a variable.
#[derive(Clone, Default)]
pub struct Held {
    pub settings: Settings,
    pub is_closure: bool,
    /// The function whose body captured it, and may not change it.
    pub fixed_by: Option<&'static str>,
}

/// Where a variable came from.
#[derive(Clone, Default, PartialEq)]
pub enum Role {
    #[default]
    Local,
    /// A parameter, which is a copy of what the caller gave.
    Copy,
    /// The second name of `for (item, index) in items`.
    Counter,
}

impl Variable {
    fn new(name: &str, held: Held, role: Role) -> Self {
        Self { name: name.to_string(), held, role, ..Self::default() }
    }
}

pub struct Walker<'a> {
    pub unit: &'a Unit,
    pub known: &'a Known,
    pub modules: Vec<(String, Namespace)>,
    pub findings: Vec<Finding>,
    pub variables: Vec<Variable>,
    /// Those of the functions around a closure.
    pub outside: Vec<Vec<Variable>>,
    /// Where variables are called like functions.
    pub called: Vec<Position>,
    /// The function that gets the closure which is walked next, where it may not change what it captures.
    pub fixing: Option<&'static str>,
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
            outside: Vec::new(),
            called: Vec::new(),
            fixing: None,
            top_level: declared(false),
            constants: declared(true),
            in_function: false,
            sees_caller: false,
            in_settings: false,
        }
    }

    /// Walks over all statements, and gives what is wrong.
    pub fn walk(mut self) -> Self {
        self.statements(self.unit.ast.statements());
        // A function runs when all imports of the top level are there.
        self.modules = self.known.lent_modules(self.unit);
        self.modules.extend(self.unit.top_level_modules());
        self.in_function = true;
        for function in self.unit.definitions.iter().filter(|function| !function.is_closure()) {
            self.sees_caller = self.unit.lent_scopes.contains(&function.name);
            self.function(function, Vec::new());
        }
        self
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
    fn function(&mut self, function: &Definition, captured: Vec<Held>) {
        let own = function.parameters.iter().skip(captured.len());
        let own: Vec<_> = own.map(|name| Variable::new(name, Held::default(), Role::Copy)).collect();
        let captured = function.parameters.iter().zip(captured);
        let captured = captured.map(|(name, held)| Variable::new(name, held, Role::Local));
        let parameters = captured.chain(own).collect();
        let outside = std::mem::replace(&mut self.variables, parameters);
        let modules = self.modules.len();
        self.outside.push(outside);
        self.statements(&function.body);
        self.lost_changes(function.parameters.len(), &function.body);
        self.variables = self.outside.pop().unwrap_or_default();
        self.modules.truncate(modules);
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

    fn declare(&mut self, name: &str, held: Held, role: Role) {
        self.variables.push(Variable::new(name, held, role));
    }

    fn statements(&mut self, statements: &[Stmt]) {
        self.dropped_results(statements, false);
        for stmt in statements {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Var(var, ..) => {
                self.expr(&var.1);
                let is_changed = self.unit.changed.contains(var.0.as_str());
                let held = if is_changed { Held::default() } else { self.held(&var.1) };
                self.declare(&var.0.name, held, Role::Local);
            }
            Stmt::Assignment(assignment) => {
                self.expr(&assignment.1.rhs);
                self.assigned(&assignment.1.lhs);
            }
            Stmt::Expr(expr) if self.is_change(expr) => self.assigned(expr),
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::Block(block) => self.block(block),
            Stmt::If(flow, _) => self.flow(flow),
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => self.repeated(|walker| {
                walker.flow(flow);
                walker.dropped_end(&flow.body);
            }),
            Stmt::For(x, _) => self.for_loop(&x.0, x.1.as_ref(), &x.2),
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

    /// The last statement of a loop's body gives its value to nobody.
    fn dropped_end(&mut self, body: &StmtBlock) {
        let statements = body.statements();
        self.dropped_results(&statements[statements.len().saturating_sub(1)..], true);
    }

    fn flow(&mut self, flow: &FlowControl) {
        self.expr(&flow.expr);
        self.block(&flow.body);
        self.block(&flow.branch);
    }

    fn for_loop(&mut self, item: &Ident, counter: Option<&Ident>, flow: &FlowControl) {
        self.expr(&flow.expr);
        self.repeated(|walker| {
            walker.scoped(|walker| {
                walker.declare(&item.name, Held::default(), Role::Local);
                if let Some(counter) = counter {
                    walker.declare(&counter.name, Held::default(), Role::Counter);
                }
                walker.block(&flow.body);
                walker.dropped_end(&flow.body);
                if let Some(counter) = counter {
                    walker.pairs(item, counter, &flow.expr);
                }
            });
        });
    }

    fn try_catch(&mut self, flow: &FlowControl) {
        self.block(&flow.body);
        self.scoped(|walker| {
            if let Expr::Variable(caught, ..) = &flow.expr {
                walker.declare(&caught.1, Held::default(), Role::Local);
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
            Expr::Dot(pair, ..) if self.dot_for_colons(pair) => {}
            Expr::Dot(pair, flags, _) => {
                self.used_by_its_parts(expr);
                if !flags.contains(ASTFlags::NEGATED) {
                    self.setting(pair);
                }
                self.expr(&pair.lhs);
                self.expr(&pair.rhs);
            }
            Expr::Index(pair, flags, _) => {
                self.used_by_its_parts(expr);
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

    /// Looks at an index and, unless the chain ends there, at what follows it: that is a part of what the
    /// index leads to, and none of the index.
    fn index(&mut self, expr: &Expr, flags: ASTFlags) {
        match expr {
            Expr::Dot(rest, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&rest.lhs);
                self.expr(&rest.rhs);
            }
            Expr::Index(rest, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&rest.lhs);
                self.index(&rest.rhs, *inner);
            }
            index => self.expr(index),
        }
    }

    fn exprs(&mut self, items: &[Expr]) {
        for item in items {
            self.expr(item);
        }
    }

    /// `curry(closure, captured...)` is what a closure with captures is compiled to.
    pub fn curried(&mut self, call: &FnCallExpr) -> bool {
        let Some((pointer, captured)) = curry(call) else { return false };
        let fixing = self.fixing;
        self.exprs(captured);
        let held = captured.iter().map(|expr| self.held(expr));
        let held = held.map(|held| Held { fixed_by: fixing.or(held.fixed_by), ..held }).collect();
        for expr in captured {
            self.share(expr);
        }
        self.closure(&pointer, held);
        true
    }

    fn closure(&mut self, pointer: &FnPtr, captured: Vec<Held>) {
        self.fixing = None;
        let unit = self.unit;
        if let Some(closure) = unit.definition(pointer) {
            self.function(closure, captured);
        }
    }

    /// What an expression is known to hold.
    fn held(&self, expr: &Expr) -> Held {
        if let Expr::Variable(variable, ..) = expr
            && variable.2.is_empty()
        {
            let found = self.variables.iter().rev().find(|known| known.name == variable.1.as_str());
            return found.map(|variable| variable.held.clone()).unwrap_or_default();
        }
        Held { settings: self.settings_of(expr), is_closure: closure_of(expr).is_some(), fixed_by: None }
    }
}

/// The function that a closure with captures is compiled to, and what it captures.
fn curry(call: &FnCallExpr) -> Option<(FnPtr, &[Expr])> {
    let (Expr::DynamicConstant(value, _), captured) = call.args.split_first()? else { return None };
    let pointer = value.clone().try_cast::<FnPtr>().filter(|_| call.name == "curry")?;
    Some((pointer, captured))
}

/// A closure that is written out: its function, and how many values it captures.
pub fn closure_of(expr: &Expr) -> Option<(FnPtr, usize)> {
    match expr {
        Expr::DynamicConstant(value, _) => Some((value.clone().try_cast()?, 0)),
        Expr::FnCall(call, _) => curry(call).map(|(pointer, captured)| (pointer, captured.len())),
        Expr::Stmt(block) => match block.statements() {
            [Stmt::Share(..), Stmt::Expr(expr)] => closure_of(expr),
            [Stmt::Share(..), Stmt::FnCall(call, _)] => {
                curry(call).map(|(pointer, captured)| (pointer, captured.len()))
            }
            _ => None,
        },
        _ => None,
    }
}
