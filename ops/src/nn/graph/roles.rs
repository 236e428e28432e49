//! What the initialisers of a graph are for.

use std::collections::HashSet;

use super::{build::Opsets, build::domain, operators, proto::GraphProto};

/// What initialisers are for, by name.
#[derive(Default)]
pub(super) struct Roles {
    /// Read as plain numbers by all nodes that use them (bounds, scales, probabilities).
    pub settings: HashSet<String>,
    /// Running averages.
    pub buffers: HashSet<String>,
}

impl Roles {
    pub fn of(graph: &GraphProto, opsets: &Opsets) -> Self {
        let (mut roles, mut computed) = (Self::default(), HashSet::new());
        for node in &graph.node {
            let operator = opsets.get(domain(&node.domain)).and_then(|_| operators::find(&node.op_type));
            let settings = operator.map_or(&[] as &[usize], |operator| operator.settings);
            let buffers = operator.map_or(&[] as &[usize], |operator| operator.buffers);
            for (i, name) in node.input.iter().enumerate() {
                let set = match i {
                    _ if settings.contains(&i) => &mut roles.settings,
                    _ if buffers.contains(&i) => &mut roles.buffers,
                    _ => &mut computed,
                };
                set.insert(name.clone());
            }
        }
        roles.settings.retain(|name| !computed.contains(name) && !roles.buffers.contains(name));
        roles
    }
}
