//! Words for scripts that do not parse.

use rhai::{LexError, ParseErrorType};

use crate::{
    kinds::with_article,
    script::{Problem, pytorch},
};

/// What is wrong, and what to do about it.
pub fn explain(error: &ParseErrorType) -> Problem {
    use ParseErrorType as Parse;
    let (message, help) = match error {
        Parse::UnexpectedEOF => (
            "the script stops in the middle of something".into(),
            "close what is open: a `{`, `(`, `[` or a string",
        ),
        Parse::MissingToken(token, purpose) => missing(token, purpose),
        Parse::BadInput(input) => bad_input(input),
        Parse::UnknownOperator(operator) => {
            (format!("there is no operator `{operator}`"), symbol_help(operator))
        }
        Parse::Reserved(symbol) if !symbol_help(symbol).is_empty() => {
            (format!("`{symbol}` is not expected here"), symbol_help(symbol))
        }
        Parse::Reserved(word) => {
            let help = pytorch::said(word).unwrap_or_else(|| "choose another name".into());
            return Problem::new(format!("`{word}` is a reserved word"), help);
        }
        Parse::DuplicatedProperty(key) => {
            (format!("the map has the key `{key}` twice"), "remove or rename one of them")
        }
        Parse::PropertyExpected => (
            "expected the name of a property or method here".into(),
            "a word of the language is none; PyTorch's `net.eval()` is `net.training(false)`",
        ),
        Parse::VariableExpected => (
            "expected a name here".into(),
            "a name starts with a letter or `_`, and is not a word of the language",
        ),
        Parse::ExprExpected(what) => (format!("expected {} here", with_article(what)), ""),
        Parse::WrongFnDefinition => (
            "a `fn` can only stand at the top level of a script".into(),
            "inside of a block use a closure: `let f = |x| x + 1;` and `f.call(1)`",
        ),
        Parse::FnDuplicatedDefinition(name, count) => (
            format!("there already is a function `{name}` with {}", parameters(*count)),
            "rename one of them",
        ),
        Parse::FnMissingBody(name) if !name.is_empty() => {
            (format!("the function `{name}` has no body"), "write `{ ... }` after its parameters")
        }
        Parse::MismatchedType(expected, got) => (format!("expected {expected}, got {got}"), ""),
        Parse::AssignmentToConstant(name) if !name.is_empty() => {
            (format!("`{name}` is a constant and cannot be changed"), "declare it with `let`")
        }
        Parse::AssignmentToConstant(_) | Parse::AssignmentToInvalidLHS(_) => {
            ("this cannot be assigned to".into(), "a variable, property or index can; to compare, write `==`")
        }
        Parse::LoopBreak => ("`break` and `continue` only work inside of a loop".into(), LEAVE),
        Parse::WrongDocComment => ("a `///` comment must stand directly above a `fn`".into(), "write `//`"),
        Parse::WrongExport => ("`export` only works at the top level of a script".into(), ""),
        Parse::ExprTooDeep => ("this expression is nested too deeply".into(), "name its parts with `let`"),
        other => (lower(&other.to_string()), ""),
    };
    Problem::new(message, help)
}

/// The way out of a closure that wants to break.
pub const LEAVE: &str = "a closure is left with `return`; `break` does not leave it";

/// What to write for an operator of Python's.
fn symbol_help(symbol: &str) -> &'static str {
    match symbol {
        ":" => DIMENSIONS,
        "@" => "a product of matrices is `a.matmul(b)`",
        "~" => "what is false, or bits turned over, is `!x`",
        _ => "",
    }
}

/// The way to more than one dimension.
const DIMENSIONS: &str = "an index of several dimensions, or with `:`, is text: `x[\":, 0\"]`, `x[\"1:\"]`";

fn missing(token: &str, purpose: &str) -> (String, &'static str) {
    let help = match token {
        "]" if purpose.contains("index expression") => DIMENSIONS,
        ";" => "end the statement before it with `;`",
        "," => "put a `,` between them, or close what is open",
        _ => "",
    };
    (format!("expected `{token}` {purpose}"), help)
}

fn bad_input(input: &LexError) -> (String, &'static str) {
    match input {
        LexError::UnexpectedInput(text) => (format!("`{text}` is not expected here"), symbol_help(text)),
        LexError::UnterminatedString => (
            "this string has no end".into(),
            "close it with the quote it starts with; several lines go between backticks",
        ),
        LexError::ImproperSymbol(symbol, why) if why.is_empty() => {
            (format!("`{symbol}` is not expected here"), symbol_help(symbol))
        }
        LexError::ImproperSymbol(_, why) => (lower(why), ""),
        other => (lower(&other.to_string()), ""),
    }
}

fn parameters(count: usize) -> String {
    match count {
        0 => "no parameters".into(),
        1 => "1 parameter".into(),
        n => format!("{n} parameters"),
    }
}

/// Messages start small: they follow `file:line:column: `.
pub fn lower(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
