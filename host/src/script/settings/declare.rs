//! Finding a plugin's `params` call, and evaluating its map alone.

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnCallExpr, Map, Position, Stmt};

use super::{
    comments::meanings,
    declared::Declared,
    rules::{SettingRule, SettingRules},
    value::{SettingValue, element},
};
use crate::script::{Problem, error::explain, finding::Finding, source::Source};

const EXAMPLE: &str = "write `let cfg = params(#{ epochs: 3 });` once, at the top of the plugin";

type Checked<T> = Result<T, Finding>;

/// What a plugin says about itself: its `//!` lines and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    pub summary: Vec<String>,
    pub settings: Vec<Setting>,
}

/// One key of the `params` map.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: String,
    pub default: SettingValue,
    pub rules: SettingRules,
    /// The comment on its line, in one line.
    pub meaning: String,
    pub position: Position,
}

impl Setting {
    /// A setting that no plugin declares.
    pub fn of_host(name: &str, default: SettingValue, rule: SettingRule, meaning: &str) -> Self {
        let mut rules = SettingRules::default();
        rules.push(rule);
        Self { name: name.into(), default, rules, meaning: meaning.into(), position: Position::NONE }
    }

    pub fn is_path(&self) -> bool {
        self.rules.is_path()
    }

    /// Its meaning, with the rules for its values.
    pub fn described(&self) -> String {
        match self.rules.to_string() {
            rules if rules.is_empty() => self.meaning.clone(),
            rules => format!("{} [{rules}]", self.meaning),
        }
    }

    /// What its values have to be: "integer, at least 1".
    pub fn expected(&self) -> String {
        match self.rules.to_string() {
            rules if rules.is_empty() => self.kind(),
            rules => format!("{}, {rules}", self.kind()),
        }
    }

    /// The word for its type: "integer", "array of path".
    pub fn kind(&self) -> String {
        match &self.default {
            SettingValue::List(_) if self.is_path() => "array of path".into(),
            _ if self.is_path() => "path".into(),
            _ => self.like().kind(),
        }
    }

    /// A value of the type that it takes.
    pub fn like(&self) -> SettingValue {
        let empty = matches!(&self.default, SettingValue::List(items) if items.is_empty());
        match empty {
            true if self.is_path() => SettingValue::List(vec![SettingValue::String(String::new())]),
            true if self.rules.is_shares() => SettingValue::List(vec![SettingValue::Float(0.0)]),
            _ => self.default.clone(),
        }
    }

    /// How a script declares it as a path: `data: path("")`.
    pub fn as_path(&self) -> String {
        let word = if matches!(self.default, SettingValue::List(_)) { "paths" } else { "path" };
        format!("{}: {word}({})", self.name, self.default.written())
    }
}

/// The settings that a plugin declares, or `None` where it has no `params` call.
///
/// `ast` is `source` compiled by `engine`, whose optimiser must be off: it would fold the map away.
///
/// # Errors
/// With a position: a second `params` call, one inside a function or block, one with anything but imports and
/// constants above it, and a default that is not a [`SettingValue`].
pub fn declared(engine: &Engine, source: &Source, ast: &AST) -> crate::error::Result<Option<Declaration>> {
    find(engine, source, ast).map_err(|finding| finding.into_error(&source.text))
}

/// [`declared`], with the error as a finding.
pub fn find(engine: &Engine, source: &Source, ast: &AST) -> Checked<Option<Declaration>> {
    let trouble = |(position, problem)| Finding::new(source.name.as_str(), position, problem);
    let Some((above, call, position)) = locate(ast).map_err(trouble)? else {
        return Ok(None);
    };
    let [map @ Expr::Map(entries, map_position)] = call.args.as_slice() else {
        let problem = Problem::new("`params` takes one map of settings, written out", EXAMPLE);
        return Err(trouble((position, problem)));
    };
    let constants = above.iter().filter(|stmt| matches!(stmt, Stmt::Var(..)));
    let values = evaluate(engine, source, ast, constants.cloned(), map)?;
    let keys: Vec<Position> = entries.0.iter().map(|(key, _)| key.pos).collect();
    let meanings = meanings(engine, &source.text, *map_position, &keys);
    let settings = entries.0.iter().zip(meanings).map(|((key, expr), meaning)| {
        let (value, rules) = Declared::of(values.get(key.as_str()).cloned().unwrap_or_default());
        let default = default(value).map_err(|problem| {
            let message = format!("the default of `{}` is {problem}", key.name);
            let help = "a setting is an integer, float, bool, string, or an array of one of these; \
                        `path(\"\")` and `paths([])` are those that name files and folders";
            trouble((expr.position(), Problem::new(message, help)))
        })?;
        Ok(Setting { name: key.name.to_string(), default, rules, meaning, position: key.pos })
    });
    Ok(Some(Declaration { summary: summary(ast), settings: settings.collect::<Checked<_>>()? }))
}

/// The statements above the `params` call, the call, and its position.
type ParamsCall<'a> = (&'a [Stmt], &'a FnCallExpr, Position);

/// Finds the one `params` call. Errors: where a call must not stand, what is wrong and the way out.
fn locate(ast: &AST) -> Result<Option<ParamsCall<'_>>, (Position, Problem)> {
    let calls = calls(ast);
    let Some(first) = calls.first() else {
        return Ok(None);
    };
    let declaring = |stmt| call_of(stmt).filter(|(call, _)| is_params(call));
    let mut statements = ast.statements().iter().enumerate();
    let found = statements.find_map(|(index, stmt)| Some((index, declaring(stmt)?)));
    let Some((index, (call, position))) = found else {
        let message = "settings can only be declared at the top level of a plugin";
        return Err((*first, Problem::new(message, EXAMPLE)));
    };
    if let Some(second) = calls.iter().find(|other| **other != position) {
        let message = "a plugin declares its settings in one `params` call, and this is another";
        return Err((*second, Problem::new(message, EXAMPLE)));
    }
    let above = &ast.statements()[..index];
    if let Some(early) = above.iter().find(|stmt| !may_stand_above(stmt)) {
        let message = "only `//!` lines, imports and constants may stand above `params`";
        let help = "move this below the `params` call, which is evaluated alone to list the settings";
        return Err((early.position(), Problem::new(message, help)));
    }
    Ok(Some((above, call, position)))
}

/// The keys of the map in a call of `params`.
pub fn keys(expr: &Expr) -> Option<impl Iterator<Item = &str>> {
    match expr {
        Expr::FnCall(call, _) if is_params(call) => match call.args.as_slice() {
            [Expr::Map(entries, _)] => Some(entries.0.iter().map(|(key, _)| key.as_str())),
            _ => None,
        },
        _ => None,
    }
}

/// The positions of all calls of `params`, wherever they stand.
pub fn calls(ast: &AST) -> Vec<Position> {
    let mut found = Vec::new();
    ast.walk(&mut |path| {
        match path.last() {
            Some(
                ASTNode::Stmt(Stmt::FnCall(call, position)) | ASTNode::Expr(Expr::FnCall(call, position)),
            ) if is_params(call) => {
                found.push(*position);
            }
            _ => {}
        }
        true
    });
    found.sort();
    found
}

/// Whether it is a call of `params`.
pub fn is_params(call: &FnCallExpr) -> bool {
    call.name == "params" && !call.is_qualified()
}

/// The call that a statement consists of, or whose result it names.
fn call_of(stmt: &Stmt) -> Option<(&FnCallExpr, Position)> {
    match stmt {
        Stmt::FnCall(call, position) => Some((call, *position)),
        Stmt::Expr(expr) => call_in(expr),
        Stmt::Var(var, ..) => call_in(&var.1),
        _ => None,
    }
}

fn call_in(expr: &Expr) -> Option<(&FnCallExpr, Position)> {
    match expr {
        Expr::FnCall(call, position) => Some((call, *position)),
        _ => None,
    }
}

fn may_stand_above(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Import(..) | Stmt::Noop(_) => true,
        Stmt::Var(_, flags, _) => flags.contains(ASTFlags::CONSTANT),
        _ => false,
    }
}

/// Evaluates the map with the constants above it and the script's functions, but without its imports.
fn evaluate(
    engine: &Engine,
    source: &Source,
    ast: &AST,
    constants: impl Iterator<Item = Stmt>,
    map: &Expr,
) -> Checked<Map> {
    let map = Stmt::Expr(map.clone().into());
    let statements: Vec<Stmt> = constants.chain([map]).collect();
    let alone = AST::new(statements, ast.shared_lib().clone());
    if let Some(position) = imported(&alone) {
        let message = "an imported script cannot be used in the settings or in the constants above them";
        let help = "the settings are evaluated without imports: write the value out";
        return Err(Finding::new(source.name.as_str(), position, Problem::new(message, help)));
    }
    engine.eval_ast::<Map>(&alone).map_err(|error| {
        let mut problem = explain(&error, engine, &[], Some(&source.text));
        if problem.help.is_empty() {
            problem.help = "the settings are evaluated alone, before the script runs".into();
        }
        Finding::new(source.name.as_str(), error.position(), problem)
    })
}

/// The first use of an imported module. Without the import its index in the syntax tree means another one.
fn imported(ast: &AST) -> Option<Position> {
    let mut found = None;
    ast.walk(&mut |path| {
        let namespace = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
                &call.namespace
            }
            Some(ASTNode::Expr(Expr::Variable(variable, ..))) => &variable.2,
            _ => return true,
        };
        if namespace.index.is_some() {
            found = Some(namespace.position());
        }
        found.is_none()
    });
    found
}

/// Errors: what the value is instead.
fn default(value: rhai::Dynamic) -> Result<SettingValue, String> {
    let value = SettingValue::try_from(value).map_err(|kind| format!("a value of type {kind}"))?;
    match &value {
        SettingValue::List(items) => match element(items).cloned() {
            Some(item) => value
                .coerce(&SettingValue::List(vec![item]))
                .ok_or_else(|| "an array of several types".to_string()),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

fn summary(ast: &AST) -> Vec<String> {
    let lines = ast.doc().lines();
    lines.map(|line| line.trim_start_matches("//!").trim().to_string()).collect()
}
