//! What is written to a terminal: escaped, and no wider than it.

use std::{
    borrow::Cow,
    io::{self, Write},
    panic::resume_unwind,
};

use unicode_width::UnicodeWidthStr;

/// Columns that a terminal has at least.
pub const COLUMNS: usize = 80;

/// Columns that stdout has: those that `COLUMNS` says, else those of the terminal; none where it is a file or
/// a pipe.
pub fn width() -> Option<usize> {
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    named.or_else(|| {
        // SAFETY: the structure consists of numbers, and the call fills it or says that it did not.
        let size = unsafe {
            let mut size = std::mem::zeroed::<libc::winsize>();
            (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) == 0).then_some(size)
        };
        size.map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0)
    })
}

/// Prints a line to stdout as [`printable`]; the command ends where stdout takes none, by unwinding with a
/// [`LostOutput`].
macro_rules! out {
    ($($arg:tt)*) => { $crate::terminal::print(std::io::stdout().lock(), &format!($($arg)*)) };
}

/// Prints a line to stderr as [`printable`]. Where stderr takes none there is nowhere to say so, and nothing
/// ends for it: the exit code and the files of a run say how the command went.
macro_rules! err {
    ($($arg:tt)*) => {
        let _ = $crate::terminal::write(std::io::stderr().lock(), &format!($($arg)*));
    };
}

/// Why stdout takes no more lines.
pub struct LostOutput(pub io::Error);

/// Prints a line that the command is useless without.
pub fn print(output: impl Write, line: &str) {
    if let Err(error) = write(output, line) {
        // Not a panic: nothing is said here.
        resume_unwind(Box::new(LostOutput(error)));
    }
}

/// Writes a line as [`printable`]. All lines go through here.
pub fn write(mut output: impl Write, line: &str) -> io::Result<()> {
    writeln!(output, "{}", printable(line))
}

/// A text of which a terminal shows every character and obeys none: control characters and those that change
/// the direction of writing stand as escapes (`\x1b`, `\u{202e}`), but for line feeds and tabs.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\r' => shown.push_str("\\r"),
            c if is_obeyed(c) && c.is_ascii() => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_obeyed(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown.into()
}

/// [`printable`] in one line.
pub fn one_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

fn is_obeyed(c: char) -> bool {
    let is_directional =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    c.is_control() && !matches!(c, '\n' | '\t') || is_directional
}

/// The words of a text in lines of at most `width` columns; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A heading to the left, and beside it, from the column `indent` on, a text in [`COLUMNS`]; below it where
/// there is no room beside it. Every line ends in a line feed.
pub fn entry(heading: &str, indent: usize, text: &str) -> String {
    let mut lines = wrapped(text, COLUMNS.saturating_sub(indent)).into_iter();
    let mut shown = heading.to_owned();
    if heading.width() + 2 <= indent {
        let first = lines.next().unwrap_or_default();
        shown = format!("{heading}{}{first}", " ".repeat(indent - heading.width())).trim_end().to_owned();
    }
    lines.for_each(|line| shown += &format!("\n{}{line}", " ".repeat(indent)));
    shown + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_given_no_commands() {
        assert_eq!(printable("plain ä 数字\n\ttext"), "plain ä 数字\n\ttext");
        assert_eq!(printable("\x1b[31mred\x07\r\0"), "\\x1b[31mred\\x07\\r\\x00");
        assert_eq!(printable("\u{9b}2J \x7f"), "\\u{9b}2J \\x7f");
        assert_eq!(printable("abc\u{202e}cba\u{2066}"), "abc\\u{202e}cba\\u{2066}");
        assert_eq!(one_line("a\nb\tc\x1b"), "a b c\\x1b");
    }

    #[test]
    fn an_output_that_takes_nothing_says_why() {
        struct Closed(io::ErrorKind);
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
            let panic = std::panic::catch_unwind(|| print(Closed(kind), "a line")).unwrap_err();
            assert_eq!(panic.downcast::<LostOutput>().ok().map(|lost| lost.0.kind()), Some(kind));
        }
    }

    #[test]
    fn lines_are_no_wider_than_asked() {
        assert_eq!(wrapped("a bc  def g", 4), ["a bc", "def", "g"]);
        assert_eq!(wrapped("a longer b", 3), ["a", "longer", "b"]);
        assert_eq!(wrapped("", 3), [""; 0]);
    }

    #[test]
    fn a_long_heading_has_its_text_below() {
        assert_eq!(entry("a=1", 8, "one two"), "a=1     one two\n");
        assert_eq!(entry("a=100000", 8, "one"), "a=100000\n        one\n");
        assert_eq!(entry("a=1", 8, ""), "a=1\n");
    }
}
