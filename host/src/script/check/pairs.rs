//! `for (a, b) in pairs`: the second name counts, and does not take the pair apart.

use rhai::{Expr, Ident};

use super::walk::Walker;

/// Types that no number becomes.
const NO_NUMBERS: [&str; 6] = ["array", "blob", "bool", "function", "map", "string"];

impl Walker<'_> {
    /// Looks at a chain that begins with a variable: a number has no items, and few methods.
    pub fn used_by_its_parts(&mut self, expr: &Expr) {
        let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = expr else { return };
        let Expr::Variable(variable, ..) = &pair.lhs else { return };
        let (is_index, first) = (
            matches!(expr, Expr::Index(..)),
            match &pair.rhs {
                Expr::Dot(rest, ..) | Expr::Index(rest, ..) => &rest.lhs,
                rest => rest,
            },
        );
        let fits = match first {
            Expr::MethodCall(call, _) => !is_index && self.takes_number(&call.name, call.args.len() + 1, 0),
            _ => false,
        };
        let name = variable.1.as_str();
        if let Some(variable) = self.variables.iter_mut().rev().find(|variable| variable.name == name) {
            variable.is_indexed |= is_index;
            variable.is_no_number |= !fits;
        }
    }

    /// Looks at the arguments of a call; `before` of the function's values stand before a dot.
    pub fn given(&mut self, function: &str, arguments: &[Expr], before: usize) {
        for (index, argument) in arguments.iter().enumerate() {
            let Expr::Variable(variable, ..) = argument else { continue };
            let fits = self.takes_number(function, arguments.len() + before, index + before);
            let name = variable.1.as_str();
            if let Some(variable) = self.variables.iter_mut().rev().find(|variable| variable.name == name) {
                variable.is_no_number |= !fits;
            }
        }
    }

    /// Whether a native function may take a number for an argument.
    fn takes_number(&self, name: &str, count: usize, index: usize) -> bool {
        let is_script = self.unit.functions.contains_key(name) || self.known.plugin.contains_key(name);
        let mut types = self.known.native.types(name, count, index).peekable();
        let is_other = |word: &str| NO_NUMBERS.contains(&word) || word.starts_with(char::is_uppercase);
        is_script || types.peek().is_none() || !types.all(is_other)
    }

    /// Reports a loop whose counter was used as what it is not. `over` is what it goes through.
    pub fn pairs(&mut self, item: &Ident, counter: &Ident, over: &Expr) {
        let named = |name: &Ident| self.variables.iter().rev().find(|known| known.name == name.as_str());
        let is_pair = |item: &Expr| matches!(item, Expr::Array(items, _) if items.len() > 1);
        let over_pairs =
            matches!(over, Expr::Array(items, _) if !items.is_empty() && items.iter().all(is_pair));
        let is_indexed = named(item).is_some_and(|item| item.is_indexed);
        let is_no_number = named(counter).is_some_and(|counter| counter.is_no_number);
        if is_no_number || over_pairs && !is_indexed {
            let (a, b) = (&item.name, &counter.name);
            let message = format!("`{b}` counts from 0: `for (item, index) in ...` takes no pairs apart");
            let help = format!("write `for pair in ... {{ let {a} = pair[0]; let {b} = pair[1]; ... }}`");
            self.report(counter.pos, message, help);
        }
    }
}
