//! Steps of constants, computed once before anything runs, as long as that costs little.

use std::cell::Cell;

use ops::{Device, Error, no_grad};

use crate::{
    GraphValue, OnnxFinding,
    call::{GraphMode, GraphPass},
    network::plan::PlanStep,
};

/// What comes out of a step of constants; none for one that is left for each run.
pub(super) fn folded(step: &PlanStep, inputs: &[GraphValue]) -> Option<Result<Vec<GraphValue>, OnnxFinding>> {
    let pass = GraphPass {
        cells: &[],
        values: &[],
        mode: GraphMode::File,
        batches: 1,
        device: Device::Cpu,
        rounds: &Cell::new(0),
        trial: false,
    };
    if !step.operator.pure || !step.is_small(inputs, pass) {
        return None;
    }
    match no_grad(|| step.compute(inputs, pass)) {
        Err(Error::Interrupted | Error::Symbolic { .. }) => None,
        found => Some(found.map_err(|error| OnnxFinding::Attribute(format!("{}: {error}", step.name)))),
    }
}
