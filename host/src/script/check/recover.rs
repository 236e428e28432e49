//! Scripts with syntax errors: a statement that cannot be read is taken out, and the rest is read.

use std::collections::BTreeSet;

use rhai::{AST, Engine, OptimizationLevel, ParseError, ParseErrorType, Position};

/// Syntax errors that are reported at once.
const MOST: usize = 20;

/// A script, as far as it can be read.
pub struct Read {
    pub ast: AST,
    pub errors: Vec<ParseError>,
    /// All names in what was taken out, which may be declared there.
    pub doubtful: BTreeSet<String>,
}

/// An engine that reads scripts whose variables are not declared.
pub fn parser(engine: &Engine) -> Engine {
    let mut parser = Engine::new();
    parser.set_optimization_level(OptimizationLevel::None);
    parser.set_max_expr_depths(engine.max_expr_depth(), engine.max_function_expr_depth());
    parser.disable_symbol("eval");
    parser
}

/// Reads a script; what stays keeps its position.
pub fn read(parser: &Engine, text: &str) -> Read {
    let (mut text, mut errors, mut doubtful) = (text.to_string(), Vec::new(), BTreeSet::new());
    loop {
        let error = match parser.compile(&text) {
            Ok(ast) => return Read { ast, errors, doubtful },
            Err(error) => error,
        };
        let at = offset(&text, error.position());
        let is_further = errors.last().is_none_or(|last: &ParseError| last.position() < error.position());
        if !is_further || errors.len() == MOST {
            // Taking the statement out did not help: the brackets may be wrong. What stands before it stays.
            let start = statement(&text, at, false).0;
            doubtful.extend(names(&text[start..]));
            blank(&mut text, start, usize::MAX);
            let ast = parser.compile(&text).unwrap_or_default();
            return Read { ast, errors, doubtful };
        }
        let is_open = matches!(error.err_type(), ParseErrorType::MissingToken(token, _) if token == ";");
        errors.push(error);
        if is_open && text[..at].ends_with(' ') {
            text.replace_range(at - 1..at, ";");
            continue;
        }
        let (start, end) = statement(&text, at, true);
        doubtful.extend(names(&text[start..end]));
        blank(&mut text, start, end);
    }
}

/// The byte at a position; the end of the text where there is none.
fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    let line = position.line().unwrap_or(usize::MAX);
    for (index, shown) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            let column = position.position().unwrap_or(1) - 1;
            let inside = shown.char_indices().nth(column).map_or(shown.len(), |(at, _)| at);
            return start + inside;
        }
        start += shown.len();
    }
    text.len()
}

/// Replaces a part by spaces, and leaves its lines.
fn blank(text: &mut String, start: usize, end: usize) {
    let end = end.min(text.len());
    let spaces: String = text[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    text.replace_range(start..end, &spaces);
}

/// The words of a text.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(String::from)
}

/// What is open at a place in a text.
struct Open {
    /// `{` holds statements, `#` is a map.
    mark: char,
    /// The first byte of the present statement, in a block.
    start: usize,
}

/// The bytes from the first to behind the last one of the statement around a byte: of the innermost one, or
/// of that at the top level.
fn statement(text: &str, at: usize, innermost: bool) -> (usize, usize) {
    let mut open = vec![Open { mark: '{', start: 0 }];
    let mut marks = marks(text).into_iter().peekable();
    while let Some((place, mark)) = marks.next_if(|(place, _)| *place < at) {
        match mark {
            '{' | '(' | '[' | '#' => open.push(Open { mark, start: place + 1 }),
            ';' => open.iter_mut().rfind(|level| level.mark == '{').expect("the top level").start = place + 1,
            _ => {
                let was_block = open.len() > 1 && open.pop().is_some_and(|level| level.mark == '{');
                if let (true, Some(level)) = (was_block, open.last_mut().filter(|level| level.mark == '{')) {
                    level.start = place + 1;
                }
            }
        }
    }
    let block = if innermost { open.iter().rposition(|level| level.mark == '{').unwrap_or(0) } else { 0 };
    let start = open[block].start;
    // What the statement has open.
    let mut open: Vec<char> = open[block + 1..].iter().map(|level| level.mark).collect();
    for (place, mark) in marks {
        match mark {
            // Between other brackets there are no statements: one of them is not closed.
            ';' if !open.contains(&'{') => return (start, place + 1),
            ';' => {}
            '{' | '(' | '[' | '#' => open.push(mark),
            '}' => match open.iter().rposition(|mark| "{#".contains(*mark)) {
                None => return (start, place),
                Some(0) if open[0] == '{' => return (start, place + 1),
                Some(index) => open.truncate(index),
            },
            _ => {
                open.pop_if(|mark| "([".contains(*mark));
            }
        }
    }
    (start, text.len())
}

/// Brackets and semicolons outside of strings and comments, with their places; `#` opens a map.
fn marks(text: &str) -> Vec<(usize, char)> {
    let mut marks = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((place, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match (c, next) {
            ('/', Some('/')) => while rest.next_if(|(_, c)| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut last = ' ';
                for (_, c) in rest.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            ('"' | '`', _) => {
                while let Some((_, inner)) = rest.next() {
                    if inner == c || inner == '\n' && c == '"' {
                        break;
                    }
                    if inner == '\\' && c == '"' {
                        rest.next();
                    }
                }
            }
            ('#', Some('{')) => {
                rest.next();
                marks.push((place, '#'));
            }
            ('(' | ')' | '[' | ']' | '{' | '}' | ';', _) => marks.push((place, c)),
            _ => {}
        }
    }
    marks
}
