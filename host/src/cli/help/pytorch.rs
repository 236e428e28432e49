//! PyTorch's names, and what is called for them here.

use crate::script::{Entry, Table};

use super::bare;

/// A name of PyTorch's a line, ` = `, and ours: an entry of the table or a function of a script
/// (`train::running`), or in quotes how it is said.
const NAMES: &str = include_str!("pytorch.txt");

/// What stands for one of PyTorch's names.
pub enum Ours {
    /// A function of ours, by its path or its name.
    Function(&'static str),
    /// How it is said.
    Advice(&'static str),
}

/// All names.
pub fn names() -> impl Iterator<Item = (&'static str, Ours)> {
    let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(" = "));
    pairs.map(|(name, ours)| match ours.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(advice) => (name, Ours::Advice(advice)),
        None => (name, Ours::Function(ours)),
    })
}

/// What stands for a name: the part behind the last dot counts, with or without what it is called with.
pub fn find(name: &str) -> Option<(&'static str, Ours)> {
    let last = last(name);
    let exact = names().find(|(known, _)| *known == last);
    exact.or_else(|| names().find(|(known, _)| known.eq_ignore_ascii_case(last)))
}

/// `Conv2d` of `torch.nn.Conv2d(3, 8, 3)`, `cuda` of `x.to("cuda")`.
pub fn last(name: &str) -> &str {
    if name.contains("\"cuda") || name.contains("'cuda") {
        return "cuda";
    }
    let path = name.split('(').next().unwrap_or(name).trim();
    path.rsplit('.').next().unwrap_or(path)
}

/// `max_pool2d` of `MaxPool2d`, as scripts would write it.
pub fn snake(name: &str) -> String {
    let mut written = String::new();
    let mut last = '_';
    for c in name.chars() {
        if c.is_uppercase() && !last.is_uppercase() && last != '_' {
            written.push('_');
        }
        written.extend(c.to_lowercase());
        last = c;
    }
    written
}

/// The entries that a name of ours means.
pub fn entries<'a>(table: &'a Table, ours: &'a str) -> impl Iterator<Item = &'a Entry> {
    table.entries().iter().filter(move |entry| entry.path() == ours || bare(entry) == ours)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Host, Options, cli::help::scripts};

    #[test]
    fn every_name_leads_to_a_function_or_says_how() {
        let host = Host::new(Options::default());
        let (table, library) = (&host.table, scripts::all(&host.engine));
        let mut known = BTreeSet::new();
        let mut wrong = Vec::new();
        for (name, ours) in names() {
            if !known.insert(name) {
                wrong.push(format!("{name} twice"));
            }
            if let Ours::Function(ours) = ours
                && entries(table, ours).next().is_none()
                && !library
                    .iter()
                    .flat_map(|script| &script.functions)
                    .any(|function| function.path() == ours)
            {
                wrong.push(format!("{name} = {ours}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(known.len() >= 150);
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let ours = |name: &str| match find(name).unwrap_or_else(|| panic!("{name}")).1 {
            Ours::Function(ours) => ours,
            Ours::Advice(advice) => advice,
        };
        for name in ["view", "x.view(-1, 784)", "torch.Tensor.view", "Tensor.view"] {
            assert_eq!(ours(name), "reshape");
        }
        for name in ["nn.CrossEntropyLoss()", "torch.nn.CrossEntropyLoss", "crossentropyloss"] {
            assert_eq!(ours(name), "losses::cross_entropy");
        }
        assert!(
            ours(".cuda()").contains("--device gpu") && ours("x.to(\"cuda:0\")").contains("--device gpu")
        );
        assert!(find("nothing_like_it").is_none());
        assert_eq!(["MaxPool2d", "ReLU", "relu"].map(snake), ["max_pool2d", "re_lu", "relu"]);
    }
}
