//! Which parameters gradients reach.

use std::collections::HashSet;

use crate::network::plan::{GraphPlan, Slot, SlotSource};

/// The numbers of the parameters on a path of differentiable operators to an output.
pub(crate) fn reached(plan: &GraphPlan) -> HashSet<usize> {
    let mut live: HashSet<Slot> = plan.outputs.iter().copied().collect();
    let mut found = HashSet::new();
    for step in plan.steps.iter().rev() {
        if step.outputs.iter().flatten().any(|slot| live.contains(slot)) {
            live.extend(step.smooth());
            found.extend(&step.parameters);
        }
    }
    let parameter = |(slot, source): &(Slot, SlotSource)| match source {
        SlotSource::Parameter(number) if live.contains(slot) => Some(*number),
        _ => None,
    };
    found.extend(plan.preload.iter().filter_map(parameter));
    found
}
