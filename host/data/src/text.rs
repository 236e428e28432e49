//! Texts as numbers: what language models learn from.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    ops::Range,
    path::Path,
    sync::Arc,
};

use files::{Error, Result};
use ops::random::Key;

use super::{
    attributes,
    file::{FileOrigin, read},
};

/// The largest file that is read.
const MAX_BYTES: u64 = 256 << 20;

/// What stands for tokens that a vocabulary does not have.
pub const UNKNOWN: &str = "<unk>";

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Character,
    /// Letters, digits, `_` and `'` in a row; any other character but white space is a token of its own.
    Word,
}

/// How a text is taken apart.
#[derive(Debug, Clone)]
pub struct TextOptions {
    pub unit: Unit,
    /// Capital letters are as small ones.
    pub lower: bool,
    /// At most so many tokens are in the vocabulary, the most frequent ones.
    pub max_tokens: Option<usize>,
    /// Only those that come so often.
    pub min_freq: usize,
}

impl TextOptions {
    fn tokens<'a>(&self, text: &'a str) -> Vec<&'a str> {
        match self.unit {
            Unit::Character => text.char_indices().map(|(i, c)| &text[i..i + c.len_utf8()]).collect(),
            Unit::Word => words(text),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// The tokens that a model knows, each with its number.
pub struct Vocabulary {
    options: TextOptions,
    tokens: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    /// Characters in the order of their code points, as in nanoGPT; words by how often they come, then by
    /// the alphabet, as in torchtext. Where some are left out, token 0 stands for them.
    fn of(text: &str, options: TextOptions) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        options.tokens(text).into_iter().for_each(|token| *counts.entry(token).or_default() += 1);
        let mut chosen: Vec<(&str, usize)> = counts.into_iter().collect();
        let all = chosen.len();
        let by_count = |chosen: &mut Vec<(&str, usize)>| chosen.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        chosen.retain(|(_, count)| *count >= options.min_freq);
        if let Some(most) = options.max_tokens {
            by_count(&mut chosen);
            chosen.truncate(most.saturating_sub(usize::from(most < all)));
        }
        match options.unit {
            Unit::Character => chosen.sort_unstable(),
            Unit::Word => by_count(&mut chosen),
        }
        let unknown = (chosen.len() < all).then_some(UNKNOWN);
        let tokens: Vec<String> =
            unknown.into_iter().chain(chosen.into_iter().map(|(token, _)| token)).map(Into::into).collect();
        let numbers = tokens.iter().cloned().zip(0..).collect();
        Self { options, tokens, numbers }
    }

    /// Every token, at its number.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The numbers of a text's tokens.
    ///
    /// # Errors
    /// `Usage` for a token that the vocabulary does not have, unless it has [`UNKNOWN`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let text = if self.options.lower { &text.to_lowercase() } else { text };
        let unknown = self.numbers.get(UNKNOWN);
        let number = |token: &str| {
            self.numbers.get(token).or(unknown).copied().ok_or_else(|| {
                Error::usage(
                    format!("encode: {token:?} is none of the {} tokens", self.tokens.len()),
                    "leave some out of the vocabulary (`min_freq` or `max_tokens`): `<unk>` then stands for \
                     all that it does not have",
                )
            })
        };
        self.options.tokens(text).into_iter().map(number).collect()
    }

    /// The text of those tokens; words are separated by blanks.
    ///
    /// # Errors
    /// `Usage` for a number that is none of a token.
    pub fn decode(&self, tokens: impl Iterator<Item = usize>) -> Result<String> {
        let word = |number: usize| {
            self.tokens.get(number).map(String::as_str).ok_or_else(|| {
                let problem = format!("decode: there is no token {number}");
                Error::usage(problem, format!("tokens are 0 to {}", self.tokens.len().saturating_sub(1)))
            })
        };
        let separator = if self.options.unit == Unit::Word { " " } else { "" };
        Ok(tokens.map(word).collect::<Result<Vec<_>>>()?.join(separator))
    }
}

/// A text as tokens, or a part of one. Cloning is cheap.
#[derive(Clone)]
pub struct Text {
    name: Arc<str>,
    vocabulary: Arc<Vocabulary>,
    tokens: Arc<[u32]>,
    range: Range<usize>,
}

impl Text {
    /// A file, by a vocabulary of its own or by that of another text.
    ///
    /// # Errors
    /// `Io` and `Format` for a file that is no text in UTF-8; as [`Text::new`].
    pub fn read(path: &Path, name: &str, by: Tokens) -> Result<Self> {
        let bytes = read(path, MAX_BYTES)?;
        Self::new(name, attributes::text(&bytes, &FileOrigin::file(path))?, by)
    }

    /// A text.
    ///
    /// # Errors
    /// `Usage` for one without a token, and as [`Vocabulary::encode`].
    pub fn new(name: &str, text: &str, by: Tokens) -> Result<Self> {
        let vocabulary = match by {
            Tokens::Of(other) => other.vocabulary,
            Tokens::Own(options) => {
                let text = if options.lower { &text.to_lowercase() } else { text };
                Arc::new(Vocabulary::of(text, options))
            }
        };
        let tokens: Arc<[u32]> = vocabulary.encode(text)?.into();
        if tokens.is_empty() {
            return Err(Error::usage(format!("{name} is an empty text"), "give one with a token or more"));
        }
        Ok(Self { name: name.into(), vocabulary, range: 0..tokens.len(), tokens })
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The number of every token, in order.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens[self.range.clone()]
    }

    /// The text cut into parts of those lengths, in order; they share its memory.
    pub fn parts(&self, lengths: &[usize]) -> Vec<Self> {
        let mut start = self.range.start;
        let part = |&length: &usize| {
            let end = (start + length).min(self.range.end);
            let range = std::mem::replace(&mut start, end)..end;
            Self { range, ..self.clone() }
        };
        lengths.iter().map(part).collect()
    }

    /// Where `n` windows begin that are drawn evenly from all of `length` tokens and one more.
    ///
    /// # Errors
    /// `Usage` for a text that is shorter, and a length of 0.
    pub fn draw(&self, n: usize, length: usize, key: Key) -> Result<Vec<usize>> {
        let places = self.places(length)?;
        Ok((0..n as u64).map(|i| key.draw(0).below(i, places as u64) as usize).collect())
    }

    /// Where the windows of `length` tokens and one more begin that do not overlap.
    ///
    /// # Errors
    /// As [`Text::draw`].
    pub fn windows(&self, length: usize) -> Result<Vec<usize>> {
        Ok((0..self.places(length)?).step_by(length).collect())
    }

    fn places(&self, length: usize) -> Result<usize> {
        let places = self.tokens().len().saturating_sub(length);
        if length > 0 && places > 0 {
            return Ok(places);
        }
        Err(Error::usage(
            format!("windows of {length} tokens and the one after of {self}"),
            format!("ask for 1 to {} tokens", self.tokens().len().saturating_sub(1)),
        ))
    }
}

/// What numbers the tokens of a text.
pub enum Tokens {
    Own(TextOptions),
    Of(Text),
}

/// `shakespeare.txt: 1115394 tokens, 65 different ones`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let different = self.vocabulary.tokens.len();
        write!(f, "{}: {} tokens, {different} different ones", self.name, self.tokens().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(unit: Unit) -> TextOptions {
        TextOptions { unit, lower: false, max_tokens: None, min_freq: 1 }
    }

    fn text(text: &str, options: TextOptions) -> Text {
        Text::new("test", text, Tokens::Own(options)).unwrap()
    }

    #[test]
    fn words_are_letters_in_a_row_and_marks_alone() {
        assert_eq!(words(" Don't go, \"Émile_2\"!\n"), ["Don't", "go", ",", "\"", "Émile_2", "\"", "!"]);
        assert!(words(" \n").is_empty());
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let hello = text("hello", options(Unit::Character));
        assert_eq!(hello.vocabulary().tokens(), ["e", "h", "l", "o"]);
        assert_eq!(hello.tokens(), [1, 0, 2, 2, 3]);
        assert_eq!(hello.vocabulary().decode([1, 0].into_iter()).unwrap(), "he");
        let error = hello.vocabulary().encode("hallo").unwrap_err().to_string();
        assert!(error.contains("\"a\" is none of the 4 tokens"), "{error}");
        assert!(hello.vocabulary().decode([4].into_iter()).is_err());
    }

    #[test]
    fn rare_words_are_one_token() {
        let words = |max_tokens, min_freq| {
            text("b a b c a b d", TextOptions { max_tokens, min_freq, ..options(Unit::Word) })
        };
        assert_eq!(words(None, 1).vocabulary().tokens(), ["b", "a", "c", "d"]);
        assert_eq!(words(None, 2).vocabulary().tokens(), [UNKNOWN, "b", "a"]);
        assert_eq!(words(Some(3), 1).vocabulary().tokens(), [UNKNOWN, "b", "a"]);
        assert_eq!(words(Some(4), 1).vocabulary().tokens(), ["b", "a", "c", "d"]);
        assert_eq!(words(None, 2).tokens(), [1, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn windows_have_a_token_after_them() {
        let text = text("abcdefg", options(Unit::Character));
        assert_eq!(text.windows(3).unwrap(), [0, 3]);
        assert_eq!(text.windows(2).unwrap(), [0, 2, 4]);
        assert_eq!(text.windows(6).unwrap(), [0]);
        assert!(text.windows(7).is_err() && text.windows(0).is_err());
        assert!(text.draw(100, 6, Key::new(1)).unwrap().iter().all(|&start| start == 0));
        let parts = text.parts(&[4, 2]);
        assert_eq!(parts.iter().map(|part| part.tokens().len()).collect::<Vec<_>>(), [4, 2]);
        assert_eq!(parts[1].tokens(), [4, 5]);
    }
}
