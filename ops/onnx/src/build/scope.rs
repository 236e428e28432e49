//! The names of one graph while it is resolved, and the plan that comes of them.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use crate::{
    GraphValue, OnnxFinding,
    build::{fold::folded, quantised::StoredNumbers},
    file::proto::DataType,
    network::plan::{Constant, GraphPlan, PlanStep, Slot, SlotSource},
};

/// The names of one graph while it is resolved.
#[derive(Default)]
pub(crate) struct Scope {
    pub slots: usize,
    pub names: HashMap<String, Slot>,
    /// What is known of a slot before anything runs.
    pub known: HashMap<Slot, GraphValue>,
    /// Slots of initialisers that may become parameters, with their numbers.
    pub initialisers: HashMap<Slot, usize>,
    /// The parameters that slots are.
    pub parameters: HashMap<Slot, usize>,
    /// For a slot: that of the running average that began as its value.
    pub averages: HashMap<Slot, Slot>,
    /// Quantised numbers that may become parameters.
    pub stored: HashMap<Slot, StoredNumbers>,
    /// For a slot of these: that of the parameter on its grid; none where it stays a constant.
    pub on_grid: HashMap<Slot, Option<Slot>>,
    /// The types of slots in the file, where tensors do not have them.
    pub types: HashMap<Slot, DataType>,
    /// Slots that depend on the inputs of the graph.
    pub varying: HashSet<Slot>,
    pub captures: Vec<(Slot, Slot)>,
    /// Names that a node gives which is not known here: nothing more is said of what follows.
    pub lost: HashSet<String>,
    pub steps: Vec<PlanStep>,
}

impl Scope {
    pub fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots - 1
    }

    pub fn named(&mut self, name: &str) -> Slot {
        let slot = self.slot();
        self.names.insert(name.to_owned(), slot);
        slot
    }

    /// Takes a name over from the graph around this one.
    pub fn capture(&mut self, name: &str, around: &Self) {
        let Some(&outer) = around.names.get(name) else { return };
        let slot = self.named(name);
        self.types.extend(around.types.get(&outer).map(|&narrow| (slot, narrow)));
        match (around.known.get(&outer), around.initialisers.get(&outer)) {
            (Some(value), _) => drop(self.known.insert(slot, value.clone())),
            (_, Some(&number)) => drop(self.initialisers.insert(slot, number)),
            _ => self.captures.push((outer, slot)),
        }
    }

    /// Adds a step. One of constants is computed here and now, where that costs little.
    pub fn add(&mut self, step: PlanStep) -> Result<(), OnnxFinding> {
        let known = |slot: &Option<Slot>| match slot {
            Some(slot) => self.known.get(slot).cloned(),
            None => Some(GraphValue::Absent),
        };
        let inputs = step.inputs.iter().map(known).collect::<Option<Vec<_>>>();
        match inputs.and_then(|inputs| folded(&step, &inputs)) {
            None => self.steps.push(step),
            Some(values) => {
                let slots = step.outputs.iter().zip(values?);
                self.known.extend(slots.filter_map(|(slot, value)| slot.map(|slot| (slot, value))));
            }
        }
        Ok(())
    }

    /// The plan of the graph, once it is resolved.
    pub fn plan(&mut self, inputs: Vec<Slot>, outputs: Vec<Slot>) -> GraphPlan {
        let mut steps = mem::take(&mut self.steps);
        forget_early(&mut steps, &outputs);
        let mut computed: HashSet<Slot> = outputs.iter().copied().collect();
        let mut read = HashSet::new();
        for step in &steps {
            for (i, slot) in step.inputs.iter().enumerate() {
                if step.operator.settings.contains(&i) { &mut read } else { &mut computed }.extend(slot);
            }
        }
        let used = |slot: &Slot| computed.contains(slot) || read.contains(slot);
        let constant =
            |(slot, value)| (slot, SlotSource::Constant(Constant::new(value, computed.contains(&slot))));
        let constants = mem::take(&mut self.known).into_iter().filter(|(slot, _)| used(slot)).map(constant);
        let parameters = self.parameters.iter().filter(|(slot, _)| used(slot));
        let parameters = parameters.map(|(&slot, &number)| (slot, SlotSource::Parameter(number)));
        let preload = constants.chain(parameters).collect();
        let captures = self.captures.iter().map(|&(_, inner)| inner).collect();
        GraphPlan { slots: self.slots, preload, inputs, captures, steps, outputs }
    }
}

/// Notes at each step the slots that no later one reads.
fn forget_early(steps: &mut [PlanStep], outputs: &[Slot]) {
    let mut needed: HashSet<Slot> = outputs.iter().copied().collect();
    for step in steps.iter_mut().rev() {
        let slots = step.inputs.iter().chain(&step.outputs).flatten();
        step.done = slots.copied().filter(|&slot| needed.insert(slot)).collect();
    }
}
