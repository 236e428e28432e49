//! Results that nobody takes, of functions that do nothing but give one.

use rhai::{Expr, FnCallExpr, Position, Stmt};

use super::{changes::last_call, walk::Walker};

impl Walker<'_> {
    /// Looks at the statements of a body, of which the last one gives its value unless it `is_dropped`, too.
    pub fn dropped_results(&mut self, statements: &[Stmt], is_dropped: bool) {
        let taken = if is_dropped { 0 } else { 1 };
        for statement in &statements[..statements.len().saturating_sub(taken)] {
            match statement {
                Stmt::Expr(expr) => {
                    if let Some((call, position)) = last_call(expr).zip(end(expr)) {
                        self.dropped(call, call.args.len() + 1, position);
                    }
                }
                Stmt::FnCall(call, position) if !call.is_qualified() && !call.is_operator_call() => {
                    self.dropped(call, call.args.len(), *position);
                }
                _ => {}
            }
        }
    }

    fn dropped(&mut self, call: &FnCallExpr, count: usize, position: Position) {
        let name = call.name.as_str();
        let is_own = [&self.unit.functions, &self.known.plugin, &self.known.typed_methods]
            .iter()
            .any(|functions| functions.contains_key(name));
        if is_own || self.known.keys.contains(name) {
            return;
        }
        let Some(given) = self.known.native.only_gives(name, count) else { return };
        let (message, help) = match (name, given) {
            ("backward" | "backward_for", _) => (
                format!("the gradients that `{name}` gives are dropped, and nothing is trained"),
                "no tensor keeps them: `optimiser.step(loss.backward())`".to_owned(),
            ),
            (_, "Gradients") => (
                format!("what `{name}` gives is dropped: it changes no gradients, it makes new ones"),
                format!("take them: `let g = g.{name}(...)`"),
            ),
            _ => (
                format!("what `{name}` gives is dropped: it changes no tensor, it makes a new one"),
                format!("take it: `x = x.{name}(...)`"),
            ),
        };
        self.report(position, message, help);
    }
}

/// Where the call at the end of a chain stands.
fn end(expr: &Expr) -> Option<Position> {
    match expr {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => match &pair.rhs {
            Expr::MethodCall(_, position) => Some(*position),
            rest => end(rest),
        },
        _ => None,
    }
}
