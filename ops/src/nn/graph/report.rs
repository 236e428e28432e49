//! What can be done with a file, and everything that stands in the way.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::OnceLock,
};

use super::{
    Graph, Model, Port, broken, build,
    export::Original,
    infer::{self, Trial},
    proto::ValueInfoProto,
    rebatch, training,
};
use crate::{
    Result,
    nn::{Module, Parameter},
};

/// One thing in a file that is not supported or wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
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

impl fmt::Display for Finding {
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
            Self::Type(text) => write!(f, "type: {text}, expected f32, f64, i32, i64 or bool"),
        }
    }
}

/// What [`check`] found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Everything that is not supported, with how often it occurs.
    pub findings: Vec<(Finding, usize)>,
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

/// Everything that is not supported of a model, at once.
pub fn check(model: &Model) -> Report {
    assemble(model).1
}

/// A module that computes what the model does, in training mode as every new one. Floats of its
/// initialisers that nodes compute with are its parameters, by their names; running averages are buffers.
/// A single number is a parameter where its name tells (`logit_scale`), or where the file is one of
/// [`super::export`]; others are parts of formulas, such as the halves of a GELU.
///
/// # Errors
/// [`crate::Error::Graph`] with everything that is not supported.
pub fn module(model: &Model) -> Result<Module> {
    match assemble(model) {
        (Some(module), _) => Ok(module),
        (None, report) => {
            // What looks like trouble with the file may be the end of the run.
            crate::interrupt::check()?;
            broken(format!("the network cannot be used:\n{report}").trim_end())
        }
    }
}

fn assemble(model: &Model) -> (Option<Module>, Report) {
    let (bare, elements) = super::export::bare(model.proto());
    let mut built = build::build(&bare, elements);
    let reached = training::reached(&built.plan);
    let (mut trained, mut constant) = (vec![], vec![]);
    for (i, (name, _)) in built.parameters.iter().enumerate().filter(|(_, (_, p))| !p.is_buffer()) {
        if reached.contains(&i) { &mut trained } else { &mut constant }.push(name.clone());
    }
    let graph = model.proto().graph.as_ref();
    let ports = |list: &[ValueInfoProto]| list.iter().map(Port::new).collect::<Vec<_>>();
    let inner: HashSet<&str> = graph.iter().flat_map(|g| &g.initializer).map(|t| t.name.as_str()).collect();
    let mut inputs = graph.map_or(vec![], |g| ports(&g.input));
    inputs.retain(|port| !inner.contains(&*port.name));
    let outputs = graph.map_or(vec![], |g| ports(&g.output));
    for port in &inputs {
        if port.shape.iter().flatten().flatten().try_fold(8usize, |n, &d| n.checked_mul(d)).is_none() {
            built
                .findings
                .push(Finding::Broken(format!("the input {port} has more elements than can be counted")));
        }
        if port.dtype.is_none() {
            built.findings.push(Finding::Type(format!("the input `{}`", port.name)));
        }
    }
    let mut report = Report { trained, constant, numbers: built.numbers, ..Report::default() };
    if built.findings.is_empty() {
        let original = Original::new(bare, elements, &built.places, &built.parameters);
        let (plan, verified) = (built.plan, OnceLock::new());
        let graph = Graph { plan, inputs, outputs, rebatch: true, verified, original };
        match tried(graph, built.parameters) {
            Ok(module) => {
                report.runs = true;
                return (Some(module), report);
            }
            Err(error) => built.findings.push(Finding::Attribute(error)),
        }
    }
    report.findings = counted(built.findings);
    (None, report)
}

/// The module, once its shapes were tried.
fn tried(mut graph: Graph, parameters: Vec<(String, Parameter)>) -> Result<Module, String> {
    graph.rebatch = match infer::first_trial(&mut graph, &parameters) {
        Trial::Misfit(error) => return Err(error.to_string()),
        Trial::Unknown => false,
        Trial::Shapes(shapes) => {
            infer::settle(&mut graph, &parameters, &shapes)?;
            rebatch::shapes_follow(&graph, &parameters, &shapes)
        }
    };
    Ok(Module::new(graph, parameters, vec![]))
}

/// Equal findings once, in the order in which they came up.
fn counted(findings: Vec<Finding>) -> Vec<(Finding, usize)> {
    let mut seen = BTreeMap::new();
    let mut list: Vec<(Finding, usize)> = vec![];
    for finding in findings {
        let place = *seen.entry(finding.to_string()).or_insert(list.len());
        match list.get_mut(place) {
            Some((_, times)) => *times += 1,
            None => list.push((finding, 1)),
        }
    }
    list
}
