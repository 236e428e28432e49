//! The meanings of settings: the comments of a `params` map. They do not reach Rhai's syntax tree, so
//! the text is read a second time, with Rhai's own tokenizer.

use rhai::{Engine, Position, Token};

/// The meaning of each setting whose key stands at one of `keys` (in the order of the text): the
/// comments that end its lines, else the comment directly above it. `map` is where the map's `#{` stands.
pub fn meanings(engine: &Engine, text: &str, map: Position, keys: &[Position]) -> Vec<String> {
    let mut reader = CommentReader::new(keys);
    let rest = text_from(text, map);
    let (mut tokens, _) = engine.lex([&rest]);
    tokens.state.include_comments = true;
    tokens.pos = before(map);
    let mut depth = 0;
    for (token, position) in tokens {
        match token {
            Token::Comment(comment) => {
                reader.comment(&comment, position);
                continue;
            }
            Token::MapStart | Token::LeftBracket | Token::LeftParen | Token::LeftBrace => depth += 1,
            Token::RightBracket | Token::RightParen | Token::RightBrace => depth -= 1,
            Token::LexError(_) | Token::EOF => break,
            _ => {}
        }
        if depth == 0 {
            // What follows the map's last line may still be about its last setting.
            break;
        }
        reader.code(position);
    }
    reader.meanings()
}

fn text_from(text: &str, position: Position) -> &str {
    let line = position.line().unwrap_or(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let column = position.position().unwrap_or(1);
    let mut characters = text[start..].char_indices();
    let skip = characters.nth(column - 1).map_or(0, |(offset, _)| offset);
    &text[start + skip..]
}

/// The tokenizer counts a character before it reads it.
fn before(position: Position) -> Position {
    let small = |n: Option<usize>| n.and_then(|n| u16::try_from(n).ok()).unwrap_or(1);
    Position::new(small(position.line()), small(position.position()) - 1)
}

/// Reads tokens in the order of the text and gives each comment to a setting.
struct CommentReader<'a> {
    keys: &'a [Position],
    /// How many keys have been read: the last of them is the current setting.
    read: usize,
    /// The comments that end the lines of each setting, and the one above it.
    trailing: Vec<Vec<String>>,
    above: Vec<Vec<String>>,
    code_line: usize,
    /// Where the last comment after code ended: a comment under it, in the same column, goes on.
    trailing_end: Option<(usize, usize)>,
    /// Comments on lines of their own since the last code, and the line that they end on.
    pending: Vec<String>,
    pending_end: usize,
}

impl<'a> CommentReader<'a> {
    fn new(keys: &'a [Position]) -> Self {
        Self {
            keys,
            read: 0,
            trailing: vec![Vec::new(); keys.len()],
            above: vec![Vec::new(); keys.len()],
            code_line: 0,
            trailing_end: None,
            pending: Vec::new(),
            pending_end: 0,
        }
    }

    fn code(&mut self, position: Position) {
        self.code_line = position.line().unwrap_or(0);
        self.trailing_end = None;
        let pending = std::mem::take(&mut self.pending);
        if self.keys.get(self.read) == Some(&position) {
            if self.pending_end + 1 == self.code_line {
                self.above[self.read] = pending;
            }
            self.read += 1;
        }
    }

    fn comment(&mut self, comment: &str, position: Position) {
        let line = position.line().unwrap_or(0);
        let column = position.position().unwrap_or(0);
        let end = line + comment.matches('\n').count();
        let meaning = meaning(comment);
        if line == self.code_line || self.trailing_end == Some((line - 1, column)) {
            self.trailing_end = Some((end, column));
            if let Some(current) = self.read.checked_sub(1) {
                self.trailing[current].push(meaning);
            }
            return;
        }
        if self.pending_end + 1 != line {
            self.pending.clear();
        }
        self.pending.push(meaning);
        self.pending_end = end;
    }

    fn meanings(self) -> Vec<String> {
        let joined = |parts: Vec<String>| {
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        };
        let both = self.trailing.into_iter().zip(self.above);
        both.map(|(trailing, above)| match joined(trailing) {
            meaning if meaning.is_empty() => joined(above),
            meaning => meaning,
        })
        .collect()
    }
}

/// A comment's words: no slashes and stars, one line.
fn meaning(comment: &str) -> String {
    let body = comment.strip_prefix("/*").map(|rest| rest.trim_end_matches("*/"));
    let body = body.unwrap_or(comment.trim_start_matches('/'));
    let words = body.lines().flat_map(|line| line.trim_start().trim_start_matches('*').split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}
