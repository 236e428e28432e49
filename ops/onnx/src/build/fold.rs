//! Steps of constants, computed once before anything runs, as long as that costs little.

use std::cell::Cell;

use ops::{Device, Error, no_grad};

use crate::{
    Finding, Value,
    call::{Mode, Pass},
    network::plan::Step,
};

/// What comes out of a step of constants; none for one that is left for each run.
pub(super) fn folded(step: &Step, inputs: &[Value]) -> Option<Result<Vec<Value>, Finding>> {
    let pass = Pass {
        cells: &[],
        values: &[],
        mode: Mode::File,
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
        found => Some(found.map_err(|error| Finding::Attribute(format!("{}: {error}", step.name)))),
    }
}
