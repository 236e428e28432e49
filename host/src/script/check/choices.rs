//! Comparisons of settings with texts that are not among their choices.

use rhai::{Expr, FnCallExpr, Position};

use super::walk::Walker;
use crate::script::nearest::did_you_mean;

impl Walker<'_> {
    /// `cfg.method == "vea"`, where the setting has other choices.
    pub fn comparison(&mut self, call: &FnCallExpr) {
        let ([setting, Expr::StringConstant(text, position)]
        | [Expr::StringConstant(text, position), setting]) = &call.args[..]
        else {
            return;
        };
        if let (true, Some(name)) = (matches!(call.name.as_str(), "==" | "!="), self.setting_named(setting)) {
            self.choice(&name, text, *position);
        }
    }

    fn choice(&mut self, name: &str, text: &str, position: Position) {
        let Some(setting) = self.known.settings.iter().find(|setting| setting.name == name) else { return };
        let words: Vec<&str> = setting.rules.words().collect();
        if words.is_empty() || words.contains(&text) {
            return;
        }
        let help = did_you_mean(text, words.iter().copied());
        let help = help.unwrap_or_else(|| format!("it is declared as {}", setting.rules));
        self.report(position, format!("the setting `{name}` is never \"{text}\""), help);
    }

    /// The name of the setting that an expression reads.
    fn setting_named(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Dot(pair, ..) => match &pair.rhs {
                Expr::Property(property, _) => self.settings_of(&pair.lhs).map(|_| property.2.to_string()),
                _ => None,
            },
            _ => None,
        }
    }
}
