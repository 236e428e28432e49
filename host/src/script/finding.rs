//! Messages about a position in a text file: the position, the problem, the line with a caret, the help.

use rhai::Position;
use unicode_width::UnicodeWidthChar;

use super::Problem;
use crate::{error::Error, files::HELP};

/// Something wrong at a place in a script or settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub file: String,
    pub position: Position,
    pub problem: Problem,
}

impl Finding {
    pub fn new(file: impl Into<String>, position: Position, problem: Problem) -> Self {
        Self { file: file.into(), position, problem }
    }

    /// `file:line:column: message`, the line with a caret under the column, `help: …`.
    /// Without the file's text, or without a position, there is no line to show.
    pub fn render(&self, text: Option<&str>) -> String {
        let mut out = self.head(text);
        if !self.problem.help.is_empty() {
            out += &format!("{HELP}{}", self.problem.help.replace('\n', "\n        "));
        }
        out
    }

    /// The finding as an error of the crate.
    pub fn into_error(self, text: &str) -> Error {
        Error::usage(self.head(Some(text)), self.problem.help)
    }

    fn head(&self, text: Option<&str>) -> String {
        match text.and_then(|text| located(text, self.position)) {
            Some((line, column, shown)) => {
                let place = place(&self.file, line, column);
                format!("{place}: {}\n{}", self.problem.message, excerpt(line, column, shown))
            }
            None => format!("{}: {}", place_of(&self.file, self.position), self.problem.message),
        }
    }
}

/// `file:line:column`, or the file alone where Rhai knows no position.
pub fn place_of(file: &str, position: Position) -> String {
    match position.line() {
        Some(line) => place(file, line, position.position().unwrap_or(1)),
        None => file.to_string(),
    }
}

fn place(file: &str, line: usize, column: usize) -> String {
    format!("{file}:{line}:{column}")
}

/// The position of the byte `offset` of `text`; columns count characters, both start at 1.
pub fn position_at(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    Position::new(small(line), small(column))
}

/// Line and column of a position in a text, both from 1, and the text of the line. A position past the end
/// (of a script that stops too early) is the end of its last line.
fn located(text: &str, position: Position) -> Option<(usize, usize, &str)> {
    let line = position.line()?;
    let column = position.position().unwrap_or(1);
    let found = text.lines().nth(line - 1).map(|shown| (line, column, shown));
    found.or_else(|| {
        let (index, last) = text.lines().enumerate().last()?;
        Some((index + 1, last.chars().count() + 1, last))
    })
}

fn excerpt(line: usize, column: usize, shown: &str) -> String {
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let pad: String = shown.chars().take(column - 1).map(blank).collect();
    let shown = shown.trim_end();
    format!("{margin} |\n{number} | {shown}\n{margin} | {pad}^")
}

/// White space as wide as the character is on a screen.
fn blank(c: char) -> String {
    match c {
        '\t' => "\t".into(),
        _ => " ".repeat(c.width().unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret(text: &str, line: u16, column: u16) -> String {
        Finding::new("f", Position::new(line, column), Problem::new("m", "")).render(Some(text))
    }

    #[test]
    fn the_caret_stands_under_the_column() {
        assert_eq!(caret("a\nlet x = y;", 2, 9), "f:2:9: m\n  |\n2 | let x = y;\n  |         ^");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_caret_in_place() {
        assert_eq!(caret("\tab", 1, 3), "f:1:3: m\n  |\n1 | \tab\n  | \t ^");
        assert_eq!(caret("\"数字\" z", 1, 6), "f:1:6: m\n  |\n1 | \"数字\" z\n  |        ^");
    }

    #[test]
    fn the_end_of_the_text_is_the_end_of_its_last_line() {
        assert_eq!(caret("foo(\n", 2, 1), "f:1:5: m\n  |\n1 | foo(\n  |     ^");
        assert_eq!(caret("", 1, 1), "f:1:1: m");
    }

    #[test]
    fn help_is_indented_and_a_missing_text_is_no_trouble() {
        let finding = Finding::new("f", Position::NONE, Problem::new("m", "one\ntwo"));
        assert_eq!(finding.render(None), "f: m\n  help: one\n        two");
        assert_eq!(finding.into_error("").to_string(), "f: m\n  help: one\ntwo");
    }

    #[test]
    fn a_byte_offset_becomes_a_line_and_a_column_in_characters() {
        assert_eq!(position_at("é = 1\nüb = 2", 8 + 1), Position::new(2, 2));
        assert_eq!(position_at("ab", 99), Position::new(1, 3));
    }
}
