//! A module made of a file, or everything that stands in the way.

use std::{collections::HashSet, mem, sync::OnceLock};

use ops::{
    Result, interrupt,
    nn::{Module, Parameter},
};

use crate::{
    Choice, Graph, OnnxFile, OnnxFinding, Port, Report, broken,
    build::{self, Built},
    export::{Original, bare},
    file::proto::{GraphProto, ValueInfoProto},
    network::{Trial, first_trial, settle, shapes_follow},
    report::counted,
};

/// Everything that is not supported of a model, at once, and what is trained of it.
pub fn check(model: &OnnxFile) -> Report {
    assemble(model, &Choice::default()).1
}

/// A module that computes what the model does, in training mode as every new one. Weights and biases are its
/// parameters, by their names, whether initialisers or Constant nodes; running averages are buffers. What is
/// a weight is seen from the nodes that use it and, of filters and positions that are no weights, from its
/// values. A single number is a parameter where its name says so (`logit_scale`), or where the file is one of
/// [`crate::export`]; others are parts of formulas, such as the halves of a GELU. Whole numbers that stand
/// for floats by a scale, as in a quantised network, are parameters of these floats, and are put on the grid
/// of the whole numbers in every forward pass.
///
/// # Errors
/// [`ops::Error::Graph`] with everything that is not supported.
pub fn module(model: &OnnxFile) -> Result<Module> {
    module_with(model, &Choice::default())
}

/// [`module()`] where a choice says what is trained.
///
/// # Errors
/// As there; [`ops::Error::Graph`] for a pattern that names no tensor.
pub fn module_with(model: &OnnxFile, choice: &Choice) -> Result<Module> {
    match assemble(model, choice) {
        (Some(module), _) => Ok(module),
        (None, report) => {
            // What looks like trouble with the file may be the end of the run.
            interrupt::check()?;
            broken(format!("the network cannot be used:\n{report}").trim_end())
        }
    }
}

/// The module where the file allows one, and what is to be said of it.
fn assemble(model: &OnnxFile, choice: &Choice) -> (Option<Module>, Report) {
    let bare = bare(model.proto());
    let mut built = build::build(&bare, model, choice);
    let mut report = described(&mut built);
    let (inputs, outputs) = model.proto().graph.as_ref().map_or((vec![], vec![]), ports);
    built.findings.extend(inputs.iter().flat_map(unusable));
    built.findings.extend(built.claimed.unmatched.take().map(|pattern| unnamed(&pattern, &report)));
    if built.findings.is_empty() {
        let original = Original::new(bare, model, built.claimed.locations, &built.claimed.parameters);
        let (plan, verified, inputs_first) = (built.plan, OnceLock::new(), built.claimed.inputs_first);
        let graph = Graph { plan, inputs, outputs, rebatch: true, inputs_first, verified, original };
        match tried(graph, built.claimed.parameters) {
            Ok((module, warnings)) => {
                (report.runs, report.warnings) = (true, warnings);
                return (Some(module), report);
            }
            Err(error) => built.findings.push(OnnxFinding::Attribute(error)),
        }
    }
    report.findings = counted(built.findings);
    (None, report)
}

/// What a file's tensors are good for.
fn described(built: &mut Built) -> Report {
    let reached = build::reached(&built.plan);
    let mut tensors = mem::take(&mut built.claimed.tensors);
    for tensor in tensors.iter_mut().filter(|tensor| tensor.is_trained) {
        if !tensor.parameter.is_some_and(|number| reached.contains(&number)) {
            (tensor.is_trained, tensor.reason) = (false, "no gradient reaches it");
        }
    }
    Report { tensors, shared: mem::take(&mut built.claimed.shared), ..Report::default() }
}

/// A pattern that fits the name of no tensor.
fn unnamed(pattern: &str, report: &Report) -> OnnxFinding {
    const SHOWN: usize = 8;
    let names: Vec<_> = report.tensors.iter().take(SHOWN).map(|tensor| tensor.name.as_str()).collect();
    let more = if report.tensors.len() > SHOWN { ", .." } else { "" };
    OnnxFinding::Attribute(format!("no tensor fits `{pattern}`; the file has {}{more}", names.join(", ")))
}

/// The inputs and outputs of a graph. Files of the first versions list the initialisers among the inputs.
fn ports(graph: &GraphProto) -> (Vec<Port>, Vec<Port>) {
    let ports = |list: &[ValueInfoProto]| list.iter().map(Port::new).collect::<Vec<_>>();
    let initialisers: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut inputs = ports(&graph.input);
    inputs.retain(|port| !initialisers.contains(&*port.name));
    (inputs, ports(&graph.output))
}

/// Why an input cannot be given.
fn unusable(port: &Port) -> Vec<OnnxFinding> {
    let mut findings = vec![];
    if port.shape.iter().flatten().flatten().try_fold(8usize, |n, &d| n.checked_mul(d)).is_none() {
        findings.push(OnnxFinding::Broken(format!(
            "the input {} has more elements than can be counted",
            port.quoted()
        )));
    }
    if port.dtype.is_none() && !port.is_sequence {
        findings.push(OnnxFinding::Type {
            found: "unknown".into(),
            holders: vec![format!("the input `{}`", port.name)],
        });
    }
    findings
}

/// The module, once its shapes were tried, and what the file says wrongly of them.
fn tried(mut graph: Graph, parameters: Vec<(String, Parameter)>) -> Result<(Module, Vec<String>), String> {
    let mut warnings = vec![];
    graph.rebatch = match first_trial(&mut graph, &parameters) {
        Trial::Misfit(error) => return Err(error.to_string()),
        Trial::Unknown => false,
        Trial::Shapes(shapes) => {
            warnings = settle(&mut graph, &parameters, &shapes);
            shapes_follow(&graph, &parameters, &shapes)
        }
    };
    Ok((Module::new(graph, parameters, vec![]), warnings))
}
