//! Shapes before anything runs: the plan is run on symbolic tensors, which check themselves and hold no
//! elements.

use super::{
    call::Mode,
    layer::{Graph, Port},
};
use crate::{DType, Device, Error, Result, Spec, Tensor, nn::Parameter, no_grad};

/// What stands for a free size; the first one counts samples.
const SAMPLES: usize = 2;
const OTHER: usize = 16;

/// What came of a trial with symbolic inputs.
pub(super) enum Trial {
    /// The outputs' shapes.
    Shapes(Vec<Option<Spec>>),
    /// Values decide over shapes: only a run can tell.
    Unknown,
    /// A node that these shapes do not fit.
    Misfit(Error),
}

/// Tries the graph on `times` of its own batches.
pub(super) fn trial(graph: &Graph, parameters: &[(String, Parameter)], times: usize) -> Trial {
    if graph.inputs.iter().any(|port| port.shape.is_none()) {
        return Trial::Unknown;
    }
    let inputs: Vec<_> = graph.inputs.iter().map(|port| symbolic(port, times).into()).collect();
    match no_grad(|| graph.pass(parameters, &inputs, Mode::Evaluation)) {
        Ok(outputs) => Trial::Shapes(outputs.iter().map(|(_, value)| value.spec().cloned()).collect()),
        Err(Error::Symbolic { .. }) => Trial::Unknown,
        // Guessed sizes may be wrong ones.
        Err(_) if graph.inputs.iter().any(guesses) => Trial::Unknown,
        Err(error) => Trial::Misfit(error),
    }
}

fn symbolic(port: &Port, times: usize) -> Tensor {
    let size = |(d, n): (usize, &Option<usize>)| match (d, n) {
        (0, Some(n)) => n.saturating_mul(times),
        (0, None) => SAMPLES,
        (_, n) => n.unwrap_or(OTHER),
    };
    let shape: Vec<_> = port.shape.iter().flatten().enumerate().map(size).collect();
    Tensor::symbolic(Spec::new(shape, port.dtype.unwrap_or(DType::F32)), Device::Cpu)
}

/// Whether a size other than the number of samples is free.
fn guesses(port: &Port) -> bool {
    port.shape.iter().flatten().skip(1).any(Option::is_none)
}

/// Whether the graph takes more samples than its own fixed batch: with twice as many in, twice as many
/// come out, and nothing else changes.
pub(super) fn takes_any_batch(
    graph: &Graph,
    parameters: &[(String, Parameter)],
    own: &[Option<Spec>],
) -> bool {
    let fixed = |port: &Port| port.shape.as_ref().and_then(|s| s.first()).copied().flatten().is_some();
    if !graph.inputs.iter().any(fixed) {
        return false;
    }
    let Trial::Shapes(twice) = trial(graph, parameters, 2) else { return false };
    let doubled = |(one, two): (&Option<Spec>, &Option<Spec>)| match (one, two) {
        (Some(one), Some(two)) => match (one.shape.split_first(), two.shape.split_first()) {
            (Some((n, rest)), Some((m, others))) => *m == 2 * n && rest == others,
            _ => false,
        },
        _ => false,
    };
    own.iter().zip(&twice).all(doubled)
}

/// Refuses outputs that are not as the file declares them.
pub(super) fn as_declared(port: &Port, found: &Option<Spec>) -> Result<(), String> {
    let (Some(declared), Some(found)) = (&port.shape, found) else { return Ok(()) };
    let fits = declared.len() == found.rank();
    if fits { Ok(()) } else { Err(format!("the output {port} comes out as {found}")) }
}
