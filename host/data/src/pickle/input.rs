//! The bytes of a pickle, read one after another.

use std::ops::Range;

use files::Result;

use super::{Pickle, machine::Machine};

impl Machine<'_> {
    pub fn byte(&mut self) -> Result<u8> {
        let range = self.take(1)?;
        Ok(self.pickle.bytes[range.start])
    }

    pub fn skip(&mut self, count: usize) -> Result<()> {
        self.take(count).map(drop)
    }

    /// A number of up to 8 bytes, the lowest first.
    pub fn little(&mut self, count: usize) -> Result<usize> {
        let range = self.take(count)?;
        let number = self.pickle.bytes[range].iter().rev().fold(0u64, |n, &byte| n << 8 | u64::from(byte));
        usize::try_from(number).map_err(|_| self.fault(format!("{number} bytes"), "fewer"))
    }

    pub fn take(&mut self, count: usize) -> Result<Range<usize>> {
        let length = self.pickle.bytes.len();
        match self.at.checked_add(count).filter(|&end| end <= length) {
            Some(end) => Ok(std::mem::replace(&mut self.at, end)..end),
            None => Err(self.pickle.origin.fault(
                length,
                "the end of the file",
                format!("{count} more bytes after {}", self.at),
            )),
        }
    }

    /// Up to the end of the line, which is skipped.
    pub fn line(&mut self) -> Result<Range<usize>> {
        let rest = &self.pickle.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let range = self.take(length)?;
        self.skip(1)?;
        Ok(range)
    }

    /// The line as a text, or none.
    pub fn line_text(&mut self) -> Result<&str> {
        let line = self.line()?;
        let pickle: &Pickle = self.pickle;
        Ok(std::str::from_utf8(&pickle.bytes[line]).unwrap_or_default())
    }
}

/// Resolves escapes: in a text `\u0000` and `\U00000000`, the other bytes being Latin-1; in bytes `\x00`,
/// `\n` and the like. None for a damaged one.
pub fn unescape(line: &[u8], is_text: bool) -> Option<Vec<u8>> {
    let (mut made, mut rest) = (Vec::with_capacity(line.len()), line);
    let mut put = |code: u32| {
        if is_text {
            let mut buffer = [0; 4];
            made.extend(char::from_u32(code)?.encode_utf8(&mut buffer).bytes());
        } else {
            made.push(code as u8);
        }
        Some(())
    };
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.split_first().filter(|_| first == b'\\').map(|(&letter, last)| (letter, last));
        let digits = match (escape, is_text) {
            (Some((b'x', _)), false) => 2,
            (Some((b'u', _)), true) => 4,
            (Some((b'U', _)), true) => 8,
            _ => 0,
        };
        rest = match escape {
            Some((_, last)) if digits > 0 => {
                let number = std::str::from_utf8(last.get(..digits)?).ok()?;
                put(u32::from_str_radix(number, 16).ok()?)?;
                &last[digits..]
            }
            Some((letter, last)) if !is_text => {
                let code = match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    other => other,
                };
                put(code.into())?;
                last
            }
            _ => {
                put(first.into())?;
                after
            }
        };
    }
    Some(made)
}
