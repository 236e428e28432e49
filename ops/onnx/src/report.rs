//! What can be done with a file, and everything that stands in the way.

use std::{collections::BTreeMap, fmt};

/// One thing in a file that is not supported or wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum OnnxFinding {
    /// A version of ONNX's own operator set outside of what is known.
    Opset { found: i64, known: (i64, i64) },
    /// An operator that is not known, or not in that version.
    Operator { domain: String, name: String, opset: Option<i64>, known: Option<(i64, i64)> },
    /// An attribute, or its value.
    Attribute(String),
    /// An element type.
    Type(String),
    /// A file that breaks ONNX's own rules.
    Broken(String),
}

impl fmt::Display for OnnxFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opset { found, known: (from, to) } => {
                write!(f, "opset {found}: known are {from} to {to}")
            }
            Self::Operator { domain, name, opset, known } => {
                let own = if domain.is_empty() { "" } else { "." };
                write!(f, "operator {domain}{own}{name}")?;
                match (opset, known) {
                    (Some(found), Some((from, to))) => {
                        write!(f, " of opset {found}: known from {from} to {to}")
                    }
                    (None, _) => write!(f, ": the file imports no opset of its domain"),
                    _ => write!(f, ": not known"),
                }
            }
            Self::Attribute(text) | Self::Broken(text) => f.write_str(text),
            Self::Type(text) => write!(f, "type: {text}, expected floats, whole numbers or bool"),
        }
    }
}

/// What [`check`] found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that is not supported, with how often it occurs.
    pub findings: Vec<(OnnxFinding, usize)>,
    /// Whether the network can be run.
    pub runs: bool,
    /// Parameters that gradients reach.
    pub trained: Vec<String>,
    /// Parameters that only operators without a gradient use.
    pub constant: Vec<String>,
    /// Single numbers among the initialisers that are taken for parts of a formula, and are no parameters.
    pub numbers: Vec<String>,
}

impl Report {
    /// Whether the network can be trained.
    pub fn trains(&self) -> bool {
        self.runs && !self.trained.is_empty()
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

/// Equal findings once, in the order in which they came up.
pub(crate) fn counted(findings: Vec<OnnxFinding>) -> Vec<(OnnxFinding, usize)> {
    let mut seen = BTreeMap::new();
    let mut list: Vec<(OnnxFinding, usize)> = vec![];
    for finding in findings {
        let index = *seen.entry(finding.to_string()).or_insert(list.len());
        match list.get_mut(index) {
            Some((_, times)) => *times += 1,
            None => list.push((finding, 1)),
        }
    }
    list
}
