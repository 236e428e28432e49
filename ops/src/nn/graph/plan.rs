//! A graph resolved once: nodes in order, edges as numbered slots.

use std::sync::OnceLock;

use super::{
    Value,
    call::{Call, Pass, Run},
    operators::Operator,
    value::place,
};
use crate::{Device, Error, Result};

/// Where a value stands while a plan runs.
pub(super) type Slot = usize;

/// What a slot holds before the first node.
pub(super) enum Source {
    /// The module's parameter of that number.
    Parameter(usize),
    Constant(Constant),
}

/// A constant, and its copy on the device where it is used.
pub(super) struct Constant {
    pub value: Value,
    /// Whether it is computed with, not only read as plain numbers.
    computed: bool,
    moved: OnceLock<Value>,
}

impl Constant {
    pub fn new(value: Value, computed: bool) -> Self {
        Self { value, computed, moved: OnceLock::new() }
    }

    /// Floats go where the parameters are; whole numbers are mostly shapes, which are read at once.
    fn on(&self, device: Device) -> Result<Value> {
        let Value::Tensor(tensor) = &self.value else { return Ok(self.value.clone()) };
        if tensor.device() == device || tensor.dtype().is_int() || !self.computed {
            return Ok(self.value.clone());
        }
        if let Some(moved) = self.moved.get() {
            return Ok(moved.clone());
        }
        let moved = Value::from(place(tensor, device)?);
        Ok(self.moved.get_or_init(|| moved).clone())
    }
}

/// One node.
pub(super) struct Step {
    pub operator: &'static Operator,
    /// How messages call the node.
    pub name: String,
    pub run: Run,
    pub inputs: Vec<Option<Slot>>,
    /// For each input: the parameter that it is.
    pub origins: Vec<Option<usize>>,
    pub outputs: Vec<Option<Slot>>,
    /// Whether a constant shape is given to samples: it is that of the file's own batch.
    pub rebatch: bool,
    /// Parameters that gradients reach in the graphs inside the node.
    pub parameters: Vec<usize>,
    /// Slots that no later node reads.
    pub done: Vec<Slot>,
}

/// The nodes of a graph.
pub(super) struct Plan {
    pub slots: usize,
    pub preload: Vec<(Slot, Source)>,
    pub inputs: Vec<Slot>,
    /// Values of the graphs around this one.
    pub captures: Vec<Slot>,
    pub steps: Vec<Step>,
    pub outputs: Vec<Slot>,
}

impl Plan {
    /// Computes the outputs.
    pub fn run(&self, inputs: &[Value], captured: &[Value], pass: Pass) -> Result<Vec<Value>> {
        let mut slots = vec![Value::Absent; self.slots];
        for (slot, source) in &self.preload {
            slots[*slot] = match source {
                Source::Parameter(i) => pass.values.get(*i).map_or(Value::Absent, |x| x.clone().into()),
                Source::Constant(constant) => constant.on(pass.device)?,
            };
        }
        let given = self.inputs.iter().zip(inputs).chain(self.captures.iter().zip(captured));
        given.for_each(|(slot, value)| slots[*slot] = value.clone());
        for step in &self.steps {
            step.run(&mut slots, pass)?;
        }
        Ok(self.outputs.iter().map(|&slot| slots[slot].clone()).collect())
    }
}

impl Step {
    fn run(&self, slots: &mut [Value], pass: Pass) -> Result<()> {
        let input = |slot: &Option<Slot>| slot.map_or(Value::Absent, |slot| slots[slot].clone());
        let inputs: Vec<_> = self.inputs.iter().map(input).collect();
        let outputs = if pass.trial && self.is_costly(&inputs, pass) {
            self.sketch(&inputs, pass)
        } else {
            self.compute(&inputs, pass)
        };
        let outputs = outputs.map_err(|e| self.told(e))?;
        for (slot, value) in self.outputs.iter().zip(outputs) {
            if let Some(slot) = slot {
                slots[*slot] = value;
            }
        }
        self.done.iter().for_each(|&slot| slots[slot] = Value::Absent);
        Ok(())
    }

    /// What comes out of these inputs.
    pub fn compute(&self, inputs: &[Value], pass: Pass) -> Result<Vec<Value>> {
        let batches = if self.rebatch { pass.batches } else { 1 };
        (self.run)(&Call { op: self.operator.name, inputs, origins: &self.origins, pass, batches })
    }

    /// Whether a trial, which only asks for shapes, would spend much on elements.
    fn is_costly(&self, inputs: &[Value], pass: Pass) -> bool {
        let has_elements = |value: &Value| !matches!(value, Value::Tensor(x) if x.is_symbolic());
        self.operator.pure && inputs.iter().all(has_elements) && !self.is_small(inputs, pass)
    }

    /// Inputs that gradients pass through.
    pub fn smooth(&self) -> impl Iterator<Item = Slot> {
        let passes = |i: usize| self.operator.smooth && !self.operator.settings.contains(&i);
        self.inputs.iter().enumerate().filter(move |(i, _)| passes(*i)).filter_map(|(_, slot)| *slot)
    }

    /// Errors name the node; those that end everything stay what they are.
    fn told(&self, error: Error) -> Error {
        match error {
            error if error.is_whole() => error,
            Error::Symbolic { .. } | Error::Layer { .. } | Error::Memory { .. } => error,
            other => Error::Layer { layer: self.name.clone(), reason: other.to_string() },
        }
    }
}
