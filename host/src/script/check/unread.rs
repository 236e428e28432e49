//! Settings that nothing reads.

use std::collections::BTreeSet;

use rhai::{ASTNode, Expr, FnCallExpr, Stmt};

use super::{Known, load::Unit};
use crate::script::{Finding, Problem, settings::declare};

/// What is known of how settings are used.
#[derive(Default)]
struct Uses {
    /// The variables that hold all of them.
    names: BTreeSet<String>,
    /// Properties and texts: the settings that are read.
    words: BTreeSet<String>,
    /// Whether settings may be read in a way that does not say which.
    is_unclear: bool,
}

/// A finding for each setting whose name is nowhere a property or a text.
pub fn settings(units: &[Unit], known: &Known) -> Vec<Finding> {
    let Some(root) = units.iter().find(|unit| unit.source.name == known.plugin_name) else {
        return Vec::new();
    };
    let mut uses = Uses::default();
    for stmt in root.ast.statements() {
        if let Stmt::Var(var, ..) = stmt
            && declare::keys(&var.1).is_some()
        {
            uses.names.insert(var.0.name.to_string());
        }
    }
    let is_unknown = units.iter().any(|unit| unit.imports.values().any(Option::is_none));
    if uses.names.is_empty() || is_unknown {
        return Vec::new();
    }
    // A parameter that settings are given to can be handed on.
    let mut before = 0;
    while uses.names.len() > before {
        before = uses.names.len();
        units.iter().for_each(|unit| uses.collect(unit, units));
    }
    if uses.is_unclear {
        return Vec::new();
    }
    let unread = known.settings.iter().filter(|setting| !uses.words.contains(&setting.name));
    let found = unread.map(|setting| {
        let problem = Problem::new(
            format!("nothing reads the setting `{}`", setting.name),
            format!("use it, or remove it: a run with another `{}` would be the same", setting.name),
        );
        Finding::new(root.source.name.as_str(), setting.position, problem)
    });
    found.collect()
}

impl Uses {
    fn collect(&mut self, unit: &Unit, units: &[Unit]) {
        unit.ast.walk(&mut |path| {
            let inside = |node: &ASTNode| match node {
                ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)) => {
                    declare::is_params(call)
                }
                _ => false,
            };
            if let Some((last, around)) = path.split_last()
                && !around.iter().any(inside)
            {
                self.node(last, units);
            }
            true
        });
    }

    fn node(&mut self, node: &ASTNode, units: &[Unit]) {
        match node {
            ASTNode::Expr(Expr::Property(property, _)) => {
                self.words.insert(property.2.to_string());
            }
            ASTNode::Expr(Expr::StringConstant(text, _)) => {
                self.words.insert(text.to_string());
            }
            ASTNode::Expr(Expr::Index(pair, ..)) => {
                let is_named = matches!(&pair.rhs, Expr::StringConstant(..));
                self.is_unclear |= !is_named && self.is_all(&pair.lhs);
            }
            ASTNode::Expr(Expr::Dot(pair, ..)) => {
                let rest = match &pair.rhs {
                    Expr::Dot(rest, ..) | Expr::Index(rest, ..) => &rest.lhs,
                    rest => rest,
                };
                let is_named = !matches!(rest, Expr::MethodCall(call, _) if call.name != "contains");
                self.is_unclear |= !is_named && self.is_all(&pair.lhs);
            }
            ASTNode::Expr(Expr::InterpolatedString(parts, _)) => {
                self.is_unclear |= parts.iter().any(|part| self.is_all(part));
            }
            ASTNode::Stmt(Stmt::For(parts, _)) => self.is_unclear |= self.is_all(&parts.2.expr),
            ASTNode::Stmt(Stmt::FnCall(call, _))
            | ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)) => self.call(call, units),
            _ => {}
        }
    }

    /// A function of a script may read some of the settings that it is given; any other reads all.
    fn call(&mut self, call: &FnCallExpr, units: &[Unit]) {
        for index in (0..call.args.len()).filter(|index| self.is_all(&call.args[*index])).collect::<Vec<_>>()
        {
            let named = |unit: &Unit| {
                let fits = unit.definitions.iter().filter(|f| f.name == call.name.as_str());
                fits.filter_map(|f| f.parameters.get(index).cloned()).collect::<Vec<_>>()
            };
            let parameters: Vec<String> = units.iter().flat_map(named).collect();
            let is_own = call.is_operator_call() || call.name == "curry" || call.name == "call";
            self.is_unclear |= parameters.is_empty() && !is_own;
            self.names.extend(parameters);
        }
    }

    fn is_all(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Variable(variable, ..) if self.names.contains(variable.1.as_str()))
    }
}
