//! Names in scope: variables, `global::` constants, what modules export, and settings.

use std::rc::Rc;

use rhai::{BinaryExpr, Expr, Position};

use super::walk::{Settings, Walker};
use crate::script::{nearest::did_you_mean, settings::declare};

impl Walker<'_> {
    /// Looks at the use of a variable.
    pub fn variable(&mut self, name: &str, position: Position) {
        let is_function = self.unit.functions.contains_key(name) || self.known.plugin.contains_key(name);
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
        self.report(position, format!("there is no variable `{name}` here"), help);
    }

    /// `global::CONSTANT`, or a variable that a module exports.
    pub fn qualified_variable(&mut self, namespace: &rhai::Namespace, name: &str) {
        let position = namespace.position();
        if namespace.root() == "global" && !self.modules.iter().any(|(module, _)| module == "global") {
            if !self.constants.contains(name) {
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
            return found.settings.clone();
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
            self.report(*position, format!("there is no setting `{name}`"), help);
        }
    }
}
