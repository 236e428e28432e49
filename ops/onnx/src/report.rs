//! What can be done with a file, and everything that stands in the way.

use std::{collections::BTreeMap, fmt};

use ops::DType;

/// How many names a message shows.
const SHOWN: usize = 4;

/// One thing in a file that is not supported or wrong, or several of one cause.
#[derive(Debug, Clone, PartialEq)]
pub enum OnnxFinding {
    /// A version of ONNX's own operator set outside of what is known.
    Opset { found: i64, known: (i64, i64) },
    /// Operators of a domain that are not known, or not in that version.
    Operator { domain: String, names: Vec<String>, opset: Option<i64>, known: Option<(i64, i64)> },
    /// An attribute, or its value.
    Attribute(String),
    /// An element type, and what has such elements.
    Type { found: String, holders: Vec<String> },
    /// A file that breaks ONNX's own rules.
    Broken(String),
}

impl OnnxFinding {
    /// What is the same for all findings of one cause.
    fn cause(&self) -> String {
        match self {
            Self::Operator { domain, opset: Some(_), known: None, .. } => format!("operators of {domain}"),
            Self::Type { found, .. } => format!("type {found}"),
            other => other.to_string(),
        }
    }

    /// Takes the names of another finding of the same cause.
    fn join(&mut self, other: Self) {
        let (all, more) = match (self, other) {
            (Self::Operator { names, .. }, Self::Operator { names: more, .. }) => (names, more),
            (Self::Type { holders, .. }, Self::Type { holders: more, .. }) => (holders, more),
            _ => return,
        };
        let new: Vec<_> = more.into_iter().filter(|name| !all.contains(name)).collect();
        all.extend(new);
    }
}

/// `a, b, c, d and 3 more`
fn some(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

impl fmt::Display for OnnxFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opset { found, known: (from, to) } => {
                write!(f, "opset {found}: known are {from} to {to}")
            }
            Self::Operator { domain, names, opset, known } => {
                let own = if domain.is_empty() { "" } else { "." };
                let plural = if names.len() > 1 { "s" } else { "" };
                let all: Vec<_> = names.iter().map(|name| format!("{domain}{own}{name}")).collect();
                write!(f, "operator{plural} {}", some(&all))?;
                match (opset, known) {
                    (Some(found), Some((from, to))) => {
                        write!(f, " of opset {found}: known from {from} to {to}")
                    }
                    (None, _) => write!(f, ": the file imports no opset of its domain"),
                    _ => write!(f, ": not known"),
                }
            }
            Self::Attribute(text) | Self::Broken(text) => f.write_str(text),
            Self::Type { found, holders } => {
                write!(f, "type {found} of {}: expected floats, whole numbers or bool", some(holders))
            }
        }
    }
}

/// A tensor of a file, and what training makes of it.
#[derive(Debug, Clone)]
pub struct FileTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub dtype: DType,
    /// The first node that uses it: `Conv (node `features.0`)`.
    pub node: Option<String>,
    pub is_trained: bool,
    /// Why it is trained, or why it is not.
    pub reason: &'static str,
    /// The number of the parameter that it is.
    pub(crate) parameter: Option<usize>,
}

/// A tensor of one number throughout that several layers use: exporters write equal tensors once.
#[derive(Debug, Clone)]
pub struct SharedTensor {
    pub name: String,
    pub nodes: Vec<String>,
}

/// What [`check`] found.
///
/// [`check`]: crate::check
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that is not supported, with how often it occurs.
    pub findings: Vec<(OnnxFinding, usize)>,
    /// Whether the network can be run.
    pub runs: bool,
    /// The tensors of the file, those of Constant nodes of several floats included.
    pub tensors: Vec<FileTensor>,
    pub shared: Vec<SharedTensor>,
    /// What the file says wrongly, without harm.
    pub warnings: Vec<String>,
}

impl Report {
    /// Whether the network can be trained.
    pub fn trains(&self) -> bool {
        self.runs && self.trained().next().is_some()
    }

    /// The tensors that are trained.
    pub fn trained(&self) -> impl Iterator<Item = &FileTensor> {
        self.tensors.iter().filter(|tensor| tensor.is_trained)
    }

    /// The tensors that are not.
    pub fn kept(&self) -> impl Iterator<Item = &FileTensor> {
        self.tensors.iter().filter(|tensor| !tensor.is_trained)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (finding, times) in &self.findings {
            match times {
                1 => writeln!(f, "  {finding}")?,
                _ => writeln!(f, "  {finding} ({times} times)")?,
            }
        }
        Ok(())
    }
}

/// Equal findings once, and one for all of a cause, in the order in which they came up: the operators of a
/// domain, the tensors of an element type.
pub(crate) fn counted(findings: Vec<OnnxFinding>) -> Vec<(OnnxFinding, usize)> {
    let mut seen = BTreeMap::new();
    let mut list: Vec<(OnnxFinding, usize)> = vec![];
    for finding in findings {
        let index = *seen.entry(finding.cause()).or_insert(list.len());
        match list.get_mut(index) {
            Some((first, times)) => {
                first.join(finding);
                *times += 1;
            }
            None => list.push((finding, 1)),
        }
    }
    list
}
