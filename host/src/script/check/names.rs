//! Names in scope: variables, `global::` constants, what modules export, and settings.

use std::rc::Rc;

use rhai::{BinaryExpr, Expr, Position};

use super::walk::{Settings, Walker};
use crate::script::{
    nearest::{advice, did_you_mean},
    settings::declare,
};

/// How the finding of a setting begins that is not declared.
pub const NO_SETTING: &str = "there is no setting";

impl Walker<'_> {
    /// Looks at the use of a variable.
    pub fn variable(&mut self, name: &str, position: Position) {
        let is_function = self.unit.functions.contains_key(name) || self.known.plugin.contains_key(name);
        if let Some(variable) = self.variables.iter_mut().rev().find(|known| known.name == name) {
            variable.changed = None;
            variable.reads += 1;
            return;
        }
        if is_function {
            return self.hidden(name, position);
        }
        if self.sees_caller || self.is_doubtful(name) {
            return;
        }
        let help = if self.in_function && self.constants.contains(name) {
            format!("a `fn` sees a constant of the script as `global::{name}`")
        } else if self.in_function && self.top_level.contains(name) {
            format!("a `fn` does not see the script's variables: give it a parameter `{name}`")
        } else if let Some(help) = advice(name, &self.known.native.modules()) {
            help
        } else {
            did_you_mean(name, self.variable_names()).unwrap_or_default()
        };
        self.report(position, format!("there is no variable `{name}` here"), help);
    }

    /// A closure does not capture a variable that has the name of a function.
    fn hidden(&mut self, name: &str, position: Position) {
        let around = self.outside.iter().rev().flatten();
        if self.unit.functions.contains_key(name) && around.clone().any(|known| known.name == name) {
            let message = format!("in this closure `{name}` is the function, not the variable");
            self.report(
                position,
                message,
                "a closure captures no variable that has a function's name: \
                        rename one of them",
            );
        }
    }

    /// `losses.mse(...)`, where `losses` is a module.
    pub fn dot_for_colons(&mut self, pair: &BinaryExpr) -> bool {
        let Expr::Variable(variable, _, position) = &pair.lhs else { return false };
        let name = variable.1.as_str();
        let is_module = self.known.native.modules().contains(name)
            || self.modules.iter().any(|(module, _)| module == name);
        if !variable.2.is_empty() || !is_module || self.variable_names().any(|known| known == name) {
            return false;
        }
        let (member, arguments) = match &pair.rhs {
            Expr::MethodCall(call, _) => (format!("{name}::{}(...)", call.name), call.args.as_slice()),
            Expr::Property(property, _) => (format!("{name}::{}", property.2), &[][..]),
            _ => (format!("{name}::"), &[][..]),
        };
        let message = format!("`{name}` is a module, not a variable");
        self.report(*position, message, format!("write `{member}`, with `::` for the dot"));
        for argument in arguments {
            self.expr(argument);
        }
        true
    }

    /// Whether a name may be declared in a part of the script that could not be read.
    pub fn is_doubtful(&self, name: &str) -> bool {
        self.unit.doubtful.contains(name)
    }

    /// `global::CONSTANT`, or a variable that a module exports.
    pub fn qualified_variable(&mut self, namespace: &rhai::Namespace, name: &str) {
        let position = namespace.position();
        if namespace.root() == "global" && !self.modules.iter().any(|(module, _)| module == "global") {
            if !self.constants.contains(name) && !self.is_doubtful(name) {
                let known = self.constants.iter().copied();
                let help = did_you_mean(name, known)
                    .unwrap_or_else(|| format!("declare it at the top level: `const {name} = ...;`"));
                self.report(position, format!("there is no constant `{name}`"), help);
            }
        } else if let Some(Some(exports)) = self.module(namespace)
            && !exports.variables.contains(name)
        {
            let help = did_you_mean(name, exports.variables.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| format!("export it there: `export const {name} = ...;`"));
            self.report(position, format!("`{namespace}` exports no variable `{name}`"), help);
        }
    }

    /// The settings that an expression holds, where it is the result of `params`.
    pub fn settings_of(&self, expr: &Expr) -> Settings {
        if let Expr::Variable(variable, ..) = expr
            && variable.2.is_empty()
        {
            let name = variable.1.as_str();
            let found = self.variables.iter().rev().find(|variable| variable.name == name)?;
            return found.held.settings.clone();
        }
        let keys = declare::keys(expr)?;
        Some(Rc::new(keys.map(String::from).collect()))
    }

    /// `cfg.name`, where `cfg` holds the plugin's settings.
    pub fn setting(&mut self, pair: &BinaryExpr) {
        let property = match &pair.rhs {
            Expr::Dot(rest, ..) | Expr::Index(rest, ..) => &rest.lhs,
            rest => rest,
        };
        let (Some(settings), Expr::Property(property, position)) = (self.settings_of(&pair.lhs), property)
        else {
            return;
        };
        let name = property.2.as_str();
        if !settings.contains(name) {
            let help = did_you_mean(name, settings.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| "declare it in the `params` map".into());
            self.report(*position, format!("{NO_SETTING} `{name}`"), help);
        }
    }
}
