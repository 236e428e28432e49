//! Changes that nobody sees: of a parameter, which is a copy, and of what a closure captured and may not
//! change.

use rhai::{Expr, FnCallExpr, Position, Stmt};

use super::walk::{Role, Walker};

/// Methods that change an array or a map in place, and give nothing.
const CHANGING: [&str; 8] =
    ["append", "clear", "fill_with", "insert", "mixin", "push", "reverse", "truncate"];

/// The call at the end of a chain.
pub fn last_call(expr: &Expr) -> Option<&FnCallExpr> {
    match expr {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => match &pair.rhs {
            Expr::MethodCall(call, _) => Some(call),
            rest => last_call(rest),
        },
        _ => None,
    }
}

/// The variable that a chain begins with, and whether more follows.
fn root(expr: &Expr) -> Option<(&str, Position, bool)> {
    let mut first = expr;
    while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = first {
        first = &pair.lhs;
    }
    match first {
        Expr::Variable(variable, _, position) if variable.2.is_empty() => {
            Some((variable.1.as_str(), *position, !std::ptr::eq(first, expr)))
        }
        _ => None,
    }
}

impl Walker<'_> {
    /// Looks at the left side of an assignment, or at a call that changes what it begins with.
    pub fn assigned(&mut self, target: &Expr) {
        match root(target) {
            Some((name, position, in_part)) => self.change(target, name, position, in_part),
            None => self.expr(target),
        }
    }

    /// Whether a statement changes the value that it begins with: `list.push(1)`, `map.rows[2].clear()`. A
    /// method that our types have as well may change what all names share.
    pub fn is_change(&self, expr: &Expr) -> bool {
        let Some(call) = last_call(expr) else { return false };
        let mut types = self.known.native.types(&call.name, call.args.len() + 1, 0);
        CHANGING.contains(&call.name.as_str())
            && root(expr).is_some()
            && !types.any(|word| word.starts_with(char::is_uppercase))
    }

    fn change(&mut self, target: &Expr, name: &str, position: Position, in_part: bool) {
        let found = self.variables.iter().rposition(|variable| variable.name == name);
        let before = found.map(|index| (index, self.variables[index].changed, self.variables[index].reads));
        self.expr(target);
        let Some((index, changed, reads)) = before else {
            return self.undeclared(name, in_part);
        };
        let variable = &mut self.variables[index];
        if variable.reads == reads + 1 {
            // Nothing but the change itself.
            (variable.changed, variable.reads) = (changed, reads);
        }
        // A name for something else is no change of what it named.
        if in_part && variable.role == Role::Copy {
            variable.changed = Some(position);
        }
        if let Some(function) = variable.held.fixed_by {
            let message = format!("the body of `{function}` changes `{name}`, which lies outside of it");
            let help = match function {
                "each" => "put it into the state (`#{ ... }`) and change it there (`s.name`)",
                _ => "give what changes as the value of the body",
            };
            self.report(position, message, help);
        }
    }

    /// `x = 5`, where no `x` is declared: the finding says how.
    fn undeclared(&mut self, name: &str, in_part: bool) {
        let message = format!("there is no variable `{name}` here");
        if let Some(finding) = self.findings.last_mut().filter(|finding| finding.problem.message == message)
            && !in_part
            && !finding.problem.help.starts_with("a `fn`")
        {
            finding.problem.help = format!("declare it where it gets its first value: `let {name} = ...`");
        }
    }

    /// A closure that captured a variable shares it.
    pub fn share(&mut self, captured: &Expr) {
        if let Some((name, ..)) = root(captured)
            && let Some(variable) = self.variables.iter_mut().rev().find(|variable| variable.name == name)
            && variable.role == Role::Copy
        {
            variable.role = Role::Local;
            variable.changed = None;
        }
    }

    /// Walks over what runs again and again, where a change is seen by what stands above it.
    pub fn repeated(&mut self, inside: impl FnOnce(&mut Self)) {
        let before: Vec<usize> = self.variables.iter().map(|variable| variable.reads).collect();
        inside(self);
        for (variable, reads) in self.variables.iter_mut().zip(before) {
            if variable.reads > reads {
                variable.changed = None;
            }
        }
    }

    /// Reports the parameters of a function that it changed for nobody.
    pub fn lost_changes(&mut self, parameters: usize, body: &[Stmt]) {
        if let Some(Stmt::Assignment(assignment)) = body.last()
            && let Expr::Variable(variable, _, position) = &assignment.1.lhs
            && let Some(found) = self.variables.iter_mut().find(|known| known.name == variable.1.as_str())
            && found.role == Role::Copy
        {
            // It ends with the change, and gives nothing.
            found.changed.get_or_insert(*position);
        }
        let lost: Vec<_> = self
            .variables
            .iter()
            .take(parameters)
            .filter_map(|variable| Some((variable.changed?, variable.name.clone())))
            .collect();
        for (position, name) in lost {
            let message = format!("this changes a copy: `{name}` stays what it was where it came from");
            let help =
                format!("parameters are copies: give it back with `{name}` at the end, and take it there");
            self.report(position, message, help);
        }
    }
}
