//! What the reading of a set leaves out, for its warning.

use std::fmt;

/// The number of examples that are named of each kind.
const EXAMPLES: usize = 3;

/// Files that were left out, by the reason.
#[derive(Debug, Default)]
pub struct LeftOut(Vec<Reason>);

#[derive(Debug)]
struct Reason {
    /// For one file, and for several.
    words: [&'static str; 2],
    count: usize,
    examples: Vec<String>,
}

impl LeftOut {
    /// One more file; `words` say what it is, and what several of its kind are.
    pub fn add(&mut self, words: [&'static str; 2], name: &str) {
        let index = self.0.iter().position(|reason| reason.words == words).unwrap_or_else(|| {
            self.0.push(Reason { words, count: 0, examples: Vec::new() });
            self.0.len() - 1
        });
        let reason = &mut self.0[index];
        reason.count += 1;
        if reason.examples.len() < EXAMPLES {
            reason.examples.push(name.to_owned());
        }
    }

    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first of `count` names, and whether there are more.
pub fn examples<'a>(names: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a)>, count: usize) -> String {
    let names: Vec<&str> = names.into_iter().take(EXAMPLES).map(AsRef::as_ref).collect();
    format!("{}{}", names.join(", "), if count > EXAMPLES { ", ..." } else { "" })
}

/// `2 links to what is in the set already (a, b); 1 file that is no picture (readme.txt)`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Reason { words, count, examples }) in self.0.iter().enumerate() {
            let (separator, words) = (if i > 0 { "; " } else { "" }, words[usize::from(*count > 1)]);
            write!(f, "{separator}{count} {words} ({})", self::examples(examples, *count))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_with_examples() {
        let mut left_out = LeftOut::default();
        assert!(left_out.is_empty());
        for name in ["a", "b", "c", "d"] {
            left_out.add(["file", "files"], name);
        }
        left_out.add(["broken link", "broken links"], "e");
        assert_eq!(left_out.to_string(), "4 files (a, b, c, ...); 1 broken link (e)");
    }
}
