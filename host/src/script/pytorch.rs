//! PyTorch's names, and what is called for them here.

use super::{Entry, did_you_mean};

/// What stands for names of PyTorch's; the head of the file says how it is written.
const NAMES: &str = include_str!("pytorch.txt");

/// What stands for one of PyTorch's names.
#[derive(Clone, Copy)]
pub enum Ours {
    /// A function of ours, by its path or its name: an entry of the table or a function of a script
    /// (`train::running`).
    Function(&'static str),
    /// How it is said; what is in backticks is code.
    Advice(&'static str),
}

/// A line: its names, what stands for them, and how what it says is tried.
pub struct Line {
    /// Divided by commas.
    pub names: &'static str,
    pub ours: Ours,
    /// The variables that the code uses, and the value of the first: `let x = ones([1]); => [1.0]`.
    pub example: &'static str,
}

/// All lines.
pub fn lines() -> impl Iterator<Item = Line> {
    let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (names, ours) = line.split_once(" = ")?;
        let Some(quoted) = ours.strip_prefix('"') else {
            return Some(Line { names, ours: Ours::Function(ours), example: "" });
        };
        let (advice, example) = match quoted.split_once("\" | ") {
            Some(parts) => parts,
            None => (quoted.strip_suffix('"')?, ""),
        };
        Some(Line { names, ours: Ours::Advice(advice), example })
    })
}

/// All names.
pub fn names() -> impl Iterator<Item = (&'static str, Ours)> {
    lines().flat_map(|line| line.names.split(", ").map(move |name| (name, line.ours)))
}

/// What stands for a name: the part behind the last dot counts, with or without what it is called with. What
/// changes a tensor in place, with `_` at its end, is what gives a new one.
pub fn find(name: &str) -> Option<(&'static str, Ours)> {
    let last = last(name);
    let plain = last.strip_suffix('_').unwrap_or(last);
    let written: [&dyn Fn(&str) -> bool; 4] = [
        &|known| known == last,
        &|known| known.eq_ignore_ascii_case(last),
        &|known| known == plain,
        &|known| known.eq_ignore_ascii_case(plain),
    ];
    written.into_iter().find_map(|is_it| names().find(|(known, _)| is_it(known)))
}

/// How one of PyTorch's names is said here, for a message: "PyTorch's `view` is `reshape`".
pub fn said(name: &str) -> Option<String> {
    let (name, ours) = find(name)?;
    Some(match ours {
        Ours::Function(ours) => format!("PyTorch's `{name}` is `{ours}`"),
        Ours::Advice(advice) => format!("PyTorch's `{name}` is said so: {advice}"),
    })
}

/// What to say where nothing has a name: how PyTorch's name is said here, or the nearest known one.
pub fn instead<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let own = known.iter().find(|ours| is_called(last(ours), last(name)) && **ours != name);
    said(name)
        .or_else(|| own.map(|ours| format!("did you mean `{ours}`?")))
        .or_else(|| did_you_mean(name, known))
}

/// `Conv2d` of `torch.nn.Conv2d(3, 8, 3)` and of `nn::Conv2d`, `cuda` of `x.to("cuda")`.
pub fn last(name: &str) -> &str {
    if name.contains("\"cuda") || name.contains("'cuda") {
        return "cuda";
    }
    let path = name.split('(').next().unwrap_or(name).trim();
    path.rsplit(['.', ':']).next().unwrap_or(path)
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

/// Whether one of our names is one of PyTorch's, but for how it is written: `max_pool2d` is `MaxPool2d`,
/// `relu` is `relu_`.
pub fn is_called(ours: &str, name: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    ours == snake(name) || plain(ours) == plain(name)
}

/// The entries that a name of ours means.
pub fn entries<'a>(entries: &'a [Entry], ours: &'a str) -> impl Iterator<Item = &'a Entry> {
    entries.iter().filter(move |entry| entry.path() == ours || entry.name.trim_start_matches("get ") == ours)
}
