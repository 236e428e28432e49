//! Steps of constants, computed once before anything runs, as long as that costs little.

use std::cell::Cell;

use ops::{Device, Error, Result, Tensor, no_grad};

use crate::{
    Finding, Value,
    build::Builder,
    call::{Mode, Pass},
    network::plan::{Slot, Step},
};

/// The most elements that go into such a step, and the most that come out.
const MOST: usize = 1 << 16;

impl Builder<'_> {
    /// Computes a step of constants here and now, or leaves it for each run.
    pub fn place_step(&mut self, step: Step) {
        let scope = &mut self.scope;
        let known = |slot: &Option<Slot>| match slot {
            Some(slot) => scope.known.get(slot).cloned(),
            None => Some(Value::Absent),
        };
        let Some(inputs) = step.inputs.iter().map(known).collect::<Option<Vec<_>>>() else {
            return scope.steps.push(step);
        };
        let pass = Pass {
            cells: &[],
            values: &[],
            mode: Mode::File,
            batches: 1,
            device: Device::Cpu,
            rounds: &Cell::new(0),
            trial: false,
        };
        if !step.operator.pure || !step.is_small(&inputs, pass) {
            return scope.steps.push(step);
        }
        match no_grad(|| step.compute(&inputs, pass)) {
            Ok(values) => {
                let slots = step.outputs.iter().zip(values);
                scope.known.extend(slots.filter_map(|(slot, value)| slot.map(|slot| (slot, value))));
            }
            Err(Error::Interrupted | Error::Symbolic { .. }) => scope.steps.push(step),
            Err(error) => self.find(Finding::Attribute(format!("{}: {error}", step.name))),
        }
    }
}

impl Step {
    /// What comes out where stand-ins without elements come in, but for what is read as plain numbers.
    pub fn sketch(&self, inputs: &[Value], pass: Pass) -> Result<Vec<Value>> {
        let stand_in = |(i, value): (usize, &Value)| match value {
            Value::Tensor(x) if !self.operator.settings.contains(&i) => {
                Tensor::symbolic(x.spec().clone(), x.device()).into()
            }
            other => other.clone(),
        };
        self.compute(&inputs.iter().enumerate().map(stand_in).collect::<Vec<_>>(), pass)
    }

    /// Whether it costs little to compute the step.
    pub fn is_small(&self, inputs: &[Value], pass: Pass) -> bool {
        // A constant is there already.
        if inputs.is_empty() {
            return true;
        }
        let few = |values: &[Value]| {
            let elements = values.iter().filter_map(Value::spec).map(|spec| spec.len());
            elements.fold(0, usize::saturating_add) <= MOST
        };
        // Where the elements decide over what comes out, and for the message of an error, there is no way
        // around computing it.
        few(inputs) && self.sketch(inputs, pass).map_or(true, |outputs| few(&outputs))
    }
}
