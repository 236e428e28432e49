//! Which outputs of a model are computed, and which of them stay in ONNX Runtime.

use super::{inputs::unknown, port::ModelPort};
use crate::error::Result;

/// What somebody wants of a model; the default is every output, copied.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The names of the outputs, or all.
    pub outputs: Option<Vec<String>>,
    /// The names of those that stay in ONNX Runtime, where `*` stands for any letters.
    pub keep: Vec<String>,
}

/// An output that is wanted.
pub(super) struct Chosen<'a> {
    pub name: &'a str,
    pub index: usize,
    pub is_kept: bool,
}

impl Wanted {
    /// The outputs, in the order in which they are named, each once.
    ///
    /// # Errors
    /// A name that no output has.
    pub(super) fn of<'a>(&self, ports: &'a [ModelPort]) -> Result<Vec<Chosen<'a>>> {
        if let Some(name) = self.keep.iter().find(|name| !ports.iter().any(|port| matches(name, &port.name)))
        {
            return Err(unknown("output", name, ports));
        }
        let chosen = |index: usize| {
            let name = ports[index].name.as_str();
            Chosen { name, index, is_kept: self.keep.iter().any(|pattern| matches(pattern, name)) }
        };
        let Some(names) = &self.outputs else { return Ok((0..ports.len()).map(chosen).collect()) };
        let mut found: Vec<usize> = vec![];
        for name in names {
            let index = ports.iter().position(|port| port.name == *name);
            let index = index.ok_or_else(|| unknown("output", name, ports))?;
            if !found.contains(&index) {
                found.push(index);
            }
        }
        Ok(found.into_iter().map(chosen).collect())
    }
}

/// Whether a name is one that the pattern stands for.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    let ends = name.char_indices().map(|(i, _)| i).chain([name.len()]);
    ends.into_iter().any(|i| matches(rest, &name[i..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name) in [("present.*", "present.0.key"), ("*", "y"), ("p*.key", "p.1.key"), ("y", "y")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("present.*", "past.0"), ("p*.key", "p.1.value"), ("y", "yy"), ("y*", "x")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
