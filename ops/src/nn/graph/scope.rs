//! The names of one graph while it is resolved, and the plan that comes of them.

use std::collections::{HashMap, HashSet};

use super::{
    Value,
    plan::{Constant, Plan, Slot, Source, Step},
};

/// The names of one graph while it is resolved.
#[derive(Default)]
pub(super) struct Scope {
    pub slots: usize,
    pub names: HashMap<String, Slot>,
    /// What is known of a slot before anything runs.
    pub known: HashMap<Slot, Value>,
    pub parameters: HashMap<Slot, usize>,
    /// Slots that depend on the inputs of the graph.
    pub varying: HashSet<Slot>,
    pub captures: Vec<(Slot, Slot)>,
    /// Names that a node gives which is not known here: nothing more is said of what follows.
    pub lost: HashSet<String>,
    pub steps: Vec<Step>,
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

    /// The plan of a graph that is resolved.
    pub fn into_plan(mut self, inputs: Vec<Slot>, outputs: Vec<Slot>) -> Plan {
        forget_early(&mut self.steps, &outputs);
        let used: HashSet<Slot> =
            self.steps.iter().flat_map(|s| s.inputs.iter().flatten()).chain(&outputs).copied().collect();
        let constants = self.known.into_iter().map(|(slot, x)| (slot, Source::Constant(Constant::new(x))));
        let parameters = self.parameters.iter().map(|(&slot, &i)| (slot, Source::Parameter(i)));
        let preload = constants.chain(parameters).filter(|(slot, _)| used.contains(slot)).collect();
        let captures = self.captures.iter().map(|&(_, inner)| inner).collect();
        Plan { slots: self.slots, preload, inputs, captures, steps: self.steps, outputs }
    }
}

/// Notes at each step the slots that no later one reads.
fn forget_early(steps: &mut [Step], outputs: &[Slot]) {
    let mut needed: HashSet<Slot> = outputs.iter().copied().collect();
    for step in steps.iter_mut().rev() {
        let slots = step.inputs.iter().chain(&step.outputs).flatten();
        step.done = slots.copied().filter(|&slot| needed.insert(slot)).collect();
    }
}
