//! `switch` compares as `==` does. Rhai looks a case up by the hash of its value, which knows nothing of
//! numbers that are equal: `switch 2.0 { 2 => .. }` finds nothing.
//!
//! So equal numbers are made the same value before they are hashed: every number among the cases and in the
//! value that is switched on takes the form that [`canonical`] gives it. Rhai lets nobody change a syntax
//! tree, but the tokens that it is made of. A script is therefore read twice where it has a `switch`:
//! 1. as it is; [`CaseTokens`] notes where each `switch` stands, and the numbers among its cases;
//! 2. with those numbers replaced, and with a prefix behind each `switch` that makes its value canonical.
//!    Both the word and the prefix are read from the six letters, so that no position moves: [`MARKED`].

mod cases;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, collections::HashMap};

use rhai::{AST, Dynamic, Engine, ParseError, Position, Token};

use cases::CaseTokens;

/// What `switch` is replaced by: a token for the word, and one for the prefix.
const MARKED: &str = "@ @   ";

/// The prefix. No script can write it.
const CANONICAL: &str = "the canonical form of";

/// What the tokens of the script that this thread compiles are looked at for.
#[derive(Default)]
enum TokenPass {
    /// It is compiled by others.
    #[default]
    None,
    Note(CaseTokens),
    Replace(HashMap<Position, Token>),
}

thread_local! {
    static PASS: RefCell<TokenPass> = RefCell::default();
}

/// Lets [`compile`] change tokens, and the engine evaluate what they become.
pub fn register(engine: &mut Engine) {
    #[allow(deprecated, reason = "the name that Rhai gives to what it may still change")]
    engine.on_parse_token(|token, position, _| {
        PASS.with_borrow_mut(|pass| match pass {
            TokenPass::None => token,
            TokenPass::Note(labels) => {
                labels.note(&token, position);
                token
            }
            TokenPass::Replace(tokens) => tokens.remove(&position).unwrap_or(token),
        })
    });
    engine.register_custom_syntax_with_state_raw(
        CANONICAL,
        |symbols, _, _| Ok((symbols.len() == 1).then(|| "$expr$".into())),
        false,
        |context, inputs, _| context.eval_expression_tree(&inputs[0]).map(canonical),
    );
}

/// Compiles a script, whose `switch` compares as `==` where the engine has been [registered](register).
pub fn compile(engine: &Engine, text: &str) -> Result<AST, ParseError> {
    let (ast, pass) = in_pass(TokenPass::Note(CaseTokens::default()), || engine.compile(text));
    let TokenPass::Note(labels) = pass else { return ast };
    let ast = ast?;
    if labels.switches.is_empty() {
        return Ok(ast);
    }
    let (text, tokens) = (marked(text, &labels.switches), replaced(labels));
    in_pass(TokenPass::Replace(tokens), || engine.compile(text)).0
}

fn in_pass<T>(pass: TokenPass, compile: impl FnOnce() -> T) -> (T, TokenPass) {
    PASS.set(pass);
    let compiled = compile();
    (compiled, PASS.take())
}

/// The text with both tokens in place of each `switch`.
fn marked(text: &str, switches: &[Position]) -> String {
    let mut switches = switches.iter().peekable();
    let mut marked = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let mut rest = line;
        let mut column = 1;
        while let Some(at) = switches.next_if(|at| at.line() == Some(index + 1)) {
            let skipped = at.position().unwrap_or(1) - column;
            let end = rest.char_indices().nth(skipped).map_or(rest.len(), |(end, _)| end);
            marked += &rest[..end];
            marked += MARKED;
            rest = rest.get(end + MARKED.len()..).unwrap_or_default();
            column += skipped + MARKED.len();
        }
        marked += rest;
    }
    marked
}

/// What stands where, in place of the tokens that were read.
fn replaced(labels: CaseTokens) -> HashMap<Position, Token> {
    let mut tokens = labels.numbers;
    for at in labels.switches {
        tokens.insert(at, Token::Switch);
        tokens.insert(behind(at), Token::Custom(Box::new(CANONICAL.into())));
    }
    tokens
}

/// Where the second token of [`MARKED`] stands.
fn behind(at: Position) -> Position {
    let small = |n: Option<usize>| n.and_then(|n| u16::try_from(n).ok()).unwrap_or(u16::MAX);
    Position::new(small(at.line()), small(at.position().map(|column| column + 2)))
}

/// The form that all numbers share which are equal: an integer where there is one. The smallest integer is a
/// float, as its literal is read: a sign, and a number that is no integer. Not a number stays what it is,
/// equal to nothing that a case can be.
pub fn canonical(value: Dynamic) -> Dynamic {
    if let Ok(x) = value.as_float() {
        return whole(x).map_or(value, Dynamic::from_int);
    }
    if let Ok(i64::MIN) = value.as_int() {
        return Dynamic::from_float(i64::MIN as f64);
    }
    if value.is_array() {
        return value.flatten().into_array().unwrap_or_default().into_iter().map(canonical).collect();
    }
    match value.try_cast_result::<rhai::Map>() {
        Ok(map) => {
            let map: rhai::Map = map.into_iter().map(|(key, item)| (key, canonical(item))).collect();
            map.into()
        }
        Err(value) => value,
    }
}

/// The integer, other than the smallest, that a float is equal to.
fn whole(x: f64) -> Option<i64> {
    (x.fract() == 0.0 && x.abs() < -(i64::MIN as f64)).then_some(x as i64)
}
