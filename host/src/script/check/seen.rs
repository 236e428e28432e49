//! What has to be known about a whole script before its parts are checked.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, BinaryExpr, Expr, Position, Stmt};

/// Methods of a map that change its keys.
const MAP_CHANGES: [&str; 6] = ["clear", "drain", "fill_with", "mixin", "remove", "set"];

/// What one pass over a script's tree collects, wherever it stands.
#[derive(Default)]
pub struct Seen {
    /// The statement's position; the path and its position, where it is written out.
    pub imports: Vec<(Position, Option<(String, Position)>)>,
    /// Keys of map literals, and properties and text indices that are set.
    pub keys: BTreeSet<String>,
    /// Variables that are assigned to, wholly or in part.
    pub changed: BTreeSet<String>,
    /// Functions that are called with the caller's variables: `f!()`.
    pub lent_scopes: BTreeSet<String>,
}

impl Seen {
    /// Collects it from a script.
    pub fn new(ast: &AST) -> Self {
        let mut seen = Self::default();
        ast.walk(&mut |path| {
            seen.visit(path.last().copied());
            true
        });
        seen
    }

    fn visit(&mut self, node: Option<ASTNode>) {
        match node {
            Some(ASTNode::Stmt(Stmt::Import(import, position))) => {
                let path = match &import.0 {
                    Expr::StringConstant(path, at) => Some((path.to_string(), *at)),
                    _ => None,
                };
                self.imports.push((*position, path));
            }
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => self.assignment(&assignment.1),
            Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)))
                if call.capture_parent_scope =>
            {
                self.lent_scopes.insert(call.name.to_string());
            }
            Some(ASTNode::Expr(Expr::Map(entries, _))) => {
                self.keys.extend(entries.0.iter().map(|(key, _)| key.name.to_string()));
            }
            Some(ASTNode::Expr(Expr::Dot(pair, ..))) => self.map_change(pair),
            _ => {}
        }
    }

    fn assignment(&mut self, pair: &BinaryExpr) {
        let mut target = &pair.lhs;
        self.key(target);
        while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = target {
            self.key(&pair.rhs);
            target = &pair.lhs;
        }
        if let Expr::Variable(variable, ..) = target {
            self.changed.insert(variable.1.to_string());
        }
    }

    /// Every property or text index of a chain that is assigned to can be a new key.
    fn key(&mut self, link: &Expr) {
        match link {
            Expr::Property(property, _) => {
                self.keys.insert(property.2.to_string());
            }
            Expr::StringConstant(key, _) => {
                self.keys.insert(key.to_string());
            }
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
                self.key(&pair.lhs);
                self.key(&pair.rhs);
            }
            _ => {}
        }
    }

    fn map_change(&mut self, pair: &BinaryExpr) {
        if let (Expr::Variable(variable, ..), Expr::MethodCall(call, _)) = (&pair.lhs, &pair.rhs)
            && MAP_CHANGES.contains(&call.name.as_str())
        {
            self.changed.insert(variable.1.to_string());
        }
    }
}

/// Whether a name that is called is that of a variable as well, somewhere.
pub fn may_call_variables(ast: &AST) -> bool {
    let (mut called, mut named) = (BTreeSet::new(), BTreeSet::<String>::new());
    for function in ast.iter_fn_def() {
        named.extend(function.params.iter().map(|name| name.to_string()));
    }
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)))
                if !call.is_qualified() =>
            {
                called.insert(call.name.to_string());
            }
            Some(ASTNode::Stmt(Stmt::Var(variable, ..))) => {
                named.insert(variable.0.name.to_string());
            }
            Some(ASTNode::Stmt(Stmt::For(variables, _))) => {
                named.insert(variables.0.name.to_string());
            }
            _ => {}
        }
        true
    });
    called.intersection(&named).next().is_some()
}
