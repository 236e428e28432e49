//! A module made of a file, or everything that stands in the way.

use std::{collections::HashSet, sync::OnceLock};

use ops::{
    Result, interrupt,
    nn::{Module, Parameter},
};

use crate::{
    Graph, OnnxFile, OnnxFinding, Port, Report, broken,
    build::{self, Built},
    export::{Original, bare},
    file::proto::{GraphProto, ValueInfoProto},
    network::{Trial, first_trial, settle, shapes_follow},
    report::counted,
};

/// Everything that is not supported of a model, at once.
pub fn check(model: &OnnxFile) -> Report {
    assemble(model).1
}

/// A module that computes what the model does, in training mode as every new one. Floats of its
/// initialisers that nodes compute with are its parameters, by their names; running averages are buffers.
/// A single number is a parameter where its name says so (`logit_scale`), or where the file is one of
/// [`crate::export`]; others are parts of formulas, such as the halves of a GELU. Whole numbers that stand for
/// floats by a scale, as in a quantised network, are parameters of these floats, and are put on the grid of the
/// whole numbers in every forward pass.
///
/// # Errors
/// [`ops::Error::Graph`] with everything that is not supported.
pub fn module(model: &OnnxFile) -> Result<Module> {
    match assemble(model) {
        (Some(module), _) => Ok(module),
        (None, report) => {
            // What looks like trouble with the file may be the end of the run.
            interrupt::check()?;
            broken(format!("the network cannot be used:\n{report}").trim_end())
        }
    }
}

/// The module where the file allows one, and what is to be said of it.
fn assemble(model: &OnnxFile) -> (Option<Module>, Report) {
    let (bare, elements) = bare(model.proto());
    let mut built = build::build(&bare, elements);
    let mut report = described(&mut built);
    let (inputs, outputs) = model.proto().graph.as_ref().map_or((vec![], vec![]), ports);
    built.findings.extend(inputs.iter().flat_map(unusable));
    if built.findings.is_empty() {
        let original = Original::new(bare, elements, built.claimed.locations, &built.claimed.parameters);
        let (plan, verified) = (built.plan, OnceLock::new());
        let graph = Graph { plan, inputs, outputs, rebatch: true, verified, original };
        match tried(graph, built.claimed.parameters) {
            Ok(module) => {
                report.runs = true;
                return (Some(module), report);
            }
            Err(error) => built.findings.push(OnnxFinding::Attribute(error)),
        }
    }
    report.findings = counted(built.findings);
    (None, report)
}

/// What a file's parameters are good for.
fn described(built: &mut Built) -> Report {
    let reached = build::reached(&built.plan);
    let mut report = Report { numbers: std::mem::take(&mut built.claimed.numbers), ..Report::default() };
    for (i, (name, _)) in built.claimed.parameters.iter().enumerate().filter(|(_, (_, p))| !p.is_buffer()) {
        let list = if reached.contains(&i) { &mut report.trained } else { &mut report.constant };
        list.push(name.clone());
    }
    report
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
        findings.push(OnnxFinding::Type(format!("the input `{}`", port.name)));
    }
    findings
}

/// The module, once its shapes were tried.
fn tried(mut graph: Graph, parameters: Vec<(String, Parameter)>) -> Result<Module, String> {
    graph.rebatch = match first_trial(&mut graph, &parameters) {
        Trial::Misfit(error) => return Err(error.to_string()),
        Trial::Unknown => false,
        Trial::Shapes(shapes) => {
            settle(&mut graph, &parameters, &shapes)?;
            shapes_follow(&graph, &parameters, &shapes)
        }
    };
    Ok(Module::new(graph, parameters, vec![]))
}
