//! A graph resolved once: nodes in order, edges as numbered slots.

use std::sync::OnceLock;

use ops::{
    Device, Error, Result, Tensor,
    nn::watch::{self, WatchedLayer},
};

use crate::{
    GraphValue,
    call::{GraphPass, NodeCall, NodeFunction},
    operators::Operator,
    value::to_device,
};

/// The number of a value while a plan runs.
pub(crate) type Slot = usize;

/// The maximum number of elements that go into a step of little cost, and that come out.
const MAX_SMALL: usize = 1 << 16;

/// What a slot holds before the first node.
pub(crate) enum SlotSource {
    /// The module's parameter of that number.
    Parameter(usize),
    Constant(Constant),
}

/// A constant, and its copy on the device where it is used.
pub(crate) struct Constant {
    pub value: GraphValue,
    /// Whether it is computed with, not only read as plain numbers.
    computed: bool,
    moved: OnceLock<GraphValue>,
}

impl Constant {
    pub fn new(value: GraphValue, computed: bool) -> Self {
        Self { value, computed, moved: OnceLock::new() }
    }

    /// Floats go where the parameters are; whole numbers are mostly shapes, which are read at once.
    fn on(&self, device: Device) -> Result<GraphValue> {
        if device == Device::Cpu || !self.computed {
            return Ok(self.value.clone());
        }
        if let Some(moved) = self.moved.get() {
            return Ok(moved.clone());
        }
        let moved =
            self.value.map(&|x| if x.dtype().is_int() { Ok(x.clone()) } else { to_device(x, device) })?;
        Ok(self.moved.get_or_init(|| moved).clone())
    }
}

/// One node.
pub(crate) struct PlanStep {
    pub operator: &'static Operator,
    /// How messages call the node.
    pub name: String,
    pub run: NodeFunction,
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
pub(crate) struct GraphPlan {
    pub slots: usize,
    pub preload: Vec<(Slot, SlotSource)>,
    pub inputs: Vec<Slot>,
    /// Values of the graphs around this one.
    pub captures: Vec<Slot>,
    pub steps: Vec<PlanStep>,
    pub outputs: Vec<Slot>,
}

impl GraphPlan {
    /// Computes the outputs.
    pub fn run(
        &self,
        inputs: &[GraphValue],
        captured: &[GraphValue],
        pass: GraphPass,
    ) -> Result<Vec<GraphValue>> {
        let mut slots = vec![GraphValue::Absent; self.slots];
        for (slot, source) in &self.preload {
            slots[*slot] = match source {
                SlotSource::Parameter(i) => {
                    pass.values.get(*i).map_or(GraphValue::Absent, |x| x.clone().into())
                }
                SlotSource::Constant(constant) => constant.on(pass.device)?,
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

impl PlanStep {
    fn run(&self, slots: &mut [GraphValue], pass: GraphPass) -> Result<()> {
        let input = |slot: &Option<Slot>| slot.map_or(GraphValue::Absent, |slot| slots[slot].clone());
        let inputs: Vec<_> = self.inputs.iter().map(input).collect();
        let run = || match pass.trial && self.is_costly(&inputs, pass) {
            true => self.sketch(&inputs, pass),
            false => self.compute(&inputs, pass),
        };
        let output = |outputs: &Vec<GraphValue>| outputs.iter().find_map(|value| value.spec().cloned());
        let outputs = watch::layer(|| self.about(pass), output, run).map_err(|e| self.named(e))?;
        for (slot, value) in self.outputs.iter().zip(outputs) {
            if let Some(slot) = slot {
                slots[*slot] = value;
            }
        }
        self.done.iter().for_each(|&slot| slots[slot] = GraphValue::Absent);
        Ok(())
    }

    /// The node, for who looks at a pass: as a layer with the parameters that it reads.
    fn about(&self, pass: GraphPass) -> WatchedLayer {
        let name = self.name.split_once(" (node `").and_then(|(_, name)| name.strip_suffix("`)"));
        let parameters = self.origins.iter().flatten().filter_map(|&i| pass.cells.get(i));
        WatchedLayer {
            kind: self.operator.name.to_owned(),
            name: name.unwrap_or(&self.name).to_owned(),
            parameters: parameters.map(|(_, parameter)| parameter.clone()).collect(),
            ..WatchedLayer::default()
        }
    }

    /// What comes out of these inputs.
    pub fn compute(&self, inputs: &[GraphValue], pass: GraphPass) -> Result<Vec<GraphValue>> {
        let batches = if self.rebatch { pass.batches } else { 1 };
        (self.run)(&NodeCall { op: self.operator.name, inputs, origins: &self.origins, pass, batches })
    }

    /// Whether a trial, which only asks for shapes, would spend much on elements.
    fn is_costly(&self, inputs: &[GraphValue], pass: GraphPass) -> bool {
        let symbolic = inputs.iter().any(GraphValue::is_symbolic);
        self.operator.pure && !symbolic && !self.is_small(inputs, pass)
    }

    /// The outputs for inputs without elements; inputs that are read as plain numbers keep theirs.
    pub fn sketch(&self, inputs: &[GraphValue], pass: GraphPass) -> Result<Vec<GraphValue>> {
        let stand_in = |(i, value): (usize, &GraphValue)| match self.operator.settings.contains(&i) {
            true => Ok(value.clone()),
            false => value.map(&|x| Ok(Tensor::symbolic(x.spec().clone(), x.device()))),
        };
        self.compute(&inputs.iter().enumerate().map(stand_in).collect::<Result<Vec<_>>>()?, pass)
    }

    /// Whether it costs little to compute the step.
    pub fn is_small(&self, inputs: &[GraphValue], pass: GraphPass) -> bool {
        // A constant is there already.
        if inputs.is_empty() {
            return true;
        }
        let few = |values: &[GraphValue]| {
            values.iter().map(GraphValue::len).fold(0, usize::saturating_add) <= MAX_SMALL
        };
        // Where shapes depend on elements, and where an error is to be reported, the step has to be
        // computed.
        few(inputs) && self.sketch(inputs, pass).map_or(true, |outputs| few(&outputs))
    }

    /// Inputs that gradients pass through.
    pub fn smooth(&self) -> impl Iterator<Item = Slot> {
        let passes = |i: usize| self.operator.smooth && !self.operator.settings.contains(&i);
        self.inputs.iter().enumerate().filter(move |(i, _)| passes(*i)).filter_map(|(_, slot)| *slot)
    }

    /// Errors name the node; those that end everything stay what they are.
    fn named(&self, error: Error) -> Error {
        match error {
            error if error.is_whole() => error,
            Error::Symbolic { .. } | Error::Layer { .. } | Error::Memory { .. } => error,
            other => Error::Layer { layer: self.name.clone(), reason: other.to_string() },
        }
    }
}
