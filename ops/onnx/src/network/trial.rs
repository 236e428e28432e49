//! Shapes before anything runs: the plan is run on symbolic tensors, which check themselves and hold no
//! elements.

use ops::{DType, Device, Error, Spec, Tensor, nn::Parameter, no_grad};

use crate::{
    Port,
    network::graph::{Graph, Purpose},
};

/// Stand-ins for free sizes: of the number of samples, and of any other.
pub(crate) const SAMPLES: usize = 2;
const OTHER: usize = 16;

/// The result of a trial with symbolic inputs.
pub(crate) enum Trial {
    /// The outputs' shapes.
    Shapes(Vec<Option<Spec>>),
    /// Values decide over shapes: only a run can tell.
    Unknown,
    /// A node that these shapes do not fit.
    Misfit(Error),
}

/// Tries the graph on `times` of its own batches; `samples` stands for the number of samples where the file
/// leaves it free.
pub(crate) fn trial(
    graph: &Graph,
    parameters: &[(String, Parameter)],
    times: usize,
    samples: usize,
) -> Trial {
    if graph.inputs.iter().any(|port| port.shape.is_none()) {
        return Trial::Unknown;
    }
    let values: Vec<_> = parameters.iter().map(|(_, parameter)| parameter.get()).collect();
    let inputs: Vec<_> = graph.inputs.iter().map(|port| symbolic(port, times, samples).into()).collect();
    match no_grad(|| graph.pass(parameters, &values, &inputs, Purpose::Trial)) {
        Ok(outputs) => Trial::Shapes(outputs.iter().map(|value| value.spec().cloned()).collect()),
        Err(Error::Symbolic { .. }) => Trial::Unknown,
        // Guessed sizes may be wrong ones.
        Err(_) if graph.inputs.iter().any(guesses) => Trial::Unknown,
        Err(error) => Trial::Misfit(error),
    }
}

/// Tries the graph on its own batch. Where the number of samples is free in the file but several do not fit,
/// one may: then one is the graph's own batch from here on.
pub(crate) fn first_trial(graph: &mut Graph, parameters: &[(String, Parameter)]) -> Trial {
    let several = trial(graph, parameters, 1, SAMPLES);
    if !matches!(several, Trial::Misfit(_)) {
        return several;
    }
    let declared = graph.inputs.clone();
    for size in graph.inputs.iter_mut().filter_map(|port| port.shape.as_mut()?.first_mut()) {
        size.get_or_insert(1);
    }
    match trial(graph, parameters, 1, SAMPLES) {
        Trial::Shapes(shapes) => Trial::Shapes(shapes),
        _ => {
            graph.inputs = declared;
            several
        }
    }
}

fn symbolic(port: &Port, times: usize, samples: usize) -> Tensor {
    let size = |(d, n): (usize, &Option<usize>)| match (d, n) {
        (0, Some(n)) => n.saturating_mul(times),
        (0, None) => samples,
        (_, n) => n.unwrap_or(OTHER),
    };
    let shape: Vec<_> = port.shape.iter().flatten().enumerate().map(size).collect();
    Tensor::symbolic(Spec::new(shape, port.dtype.unwrap_or(DType::F32)), Device::Cpu)
}

/// Whether a size other than the number of samples is free.
fn guesses(port: &Port) -> bool {
    port.shape.iter().flatten().skip(1).any(Option::is_none)
}

/// What came out replaces what the file says of its outputs, where no size was guessed; gives what differs in
/// rank, which a file may say wrongly.
pub(crate) fn settle(
    graph: &mut Graph,
    parameters: &[(String, Parameter)],
    found: &[Option<Spec>],
) -> Vec<String> {
    let mut warnings = vec![];
    for (port, found) in graph.outputs.iter_mut().zip(found) {
        if let (Some(declared), Some(found)) = (&port.shape, found)
            && declared.len() != found.rank()
        {
            warnings.push(format!("the output {} comes out as {found}", port.quoted()));
            port.shape = None;
        }
    }
    if graph.inputs.iter().any(guesses) {
        return warnings;
    }
    // Sizes that depend on the number of samples differ for another number.
    let Trial::Shapes(more) = trial(graph, parameters, 1, SAMPLES + 1) else { return warnings };
    for (port, both) in graph.outputs.iter_mut().zip(found.iter().zip(&more)) {
        if let (Some(a), Some(b)) = both {
            let size = |(a, b): (&usize, &usize)| (a == b).then_some(*a);
            port.shape = (a.rank() == b.rank()).then(|| a.shape.iter().zip(&b.shape).map(size).collect());
        }
    }
    warnings
}
