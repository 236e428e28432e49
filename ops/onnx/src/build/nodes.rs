//! The nodes of a graph, resolved into the steps of its plan.

use crate::{
    OnnxFinding,
    build::{Builder, MAX_DEPTH, domain, functions::WrittenNode, reached, types},
    call::NodeFunction,
    file::{
        proto::{DataType, NodeProto},
        stored, visit,
    },
    network::plan::{PlanStep, Slot},
    node::{GraphBody, NodeReader},
    operators::{self, Operator, microsoft},
};

impl Builder<'_> {
    /// Adds the step that a node becomes, or what is wrong with it.
    pub fn node(&mut self, written: &WrittenNode) {
        let WrittenNode { node, opsets, .. } = written;
        let own = domain(&node.domain);
        let found = operators::find(own, &node.op_type);
        // ONNX Runtime's optimiser leaves out the imports of its own domain in old files; there is one
        // version.
        let implied = (own == microsoft::DOMAIN).then_some(1);
        let version = opsets.get(own).copied().or(implied);
        match (found, version) {
            (Some(operator), Some(version)) if operator.covers(version) => {
                self.operator(operator, version, written);
            }
            _ => {
                let (names, domain) = (vec![node.op_type.clone()], own.to_owned());
                self.find(OnnxFinding::Operator {
                    domain,
                    names,
                    opset: version,
                    known: found.map(|operator| operator.versions),
                });
                self.lose(node);
            }
        }
    }

    /// What a node gives is not known.
    fn lose(&mut self, node: &NodeProto) {
        let names = node.output.iter().filter(|name| !name.is_empty()).cloned();
        self.scope.lost.extend(names);
    }

    fn operator(&mut self, operator: &'static Operator, opset: i64, written: &WrittenNode) {
        let proto = &*written.node;
        if operator.name == "Constant" && self.is_declared(proto) {
            return;
        }
        let Some(mut inputs) = self.inputs(proto) else { return self.lose(proto) };
        if operator.name == "Identity" && self.alias(proto, &inputs) {
            return;
        }
        let label = label(proto);
        self.put_on_grids(proto, &mut inputs);
        self.initialisers.claim_inputs(&mut self.scope, operator, (written, &label), &mut inputs);
        let known = self.findings.len();
        let bodies = self.bodies(written, &mut inputs);
        let parameters = bodies.iter().flat_map(|(_, body)| reached(&body.plan)).collect();
        let types: Vec<_> = inputs.iter().map(|slot| self.scope.types.get(&(*slot)?).copied()).collect();
        let given = types::outputs(proto, &types);
        let node = NodeReader::new(opset, proto, types, bodies, self.unbiased_variance);
        let run = (operator.resolve)(&node);
        for name in node.unread() {
            self.find(OnnxFinding::Attribute(format!("{label}: the attribute `{name}` is not known")));
        }
        match run {
            Ok(run) if self.findings.len() == known => {
                let run = within(proto, given.first().copied().flatten(), run);
                let step = self.step(operator, proto, label, run, inputs);
                let slots = step.outputs.iter().zip(given);
                self.scope.types.extend(slots.filter_map(|(slot, narrow)| Some(((*slot)?, narrow?))));
                let added = self.scope.add(PlanStep { parameters, ..step });
                self.findings.extend(added.err());
            }
            Ok(_) => self.lose(proto),
            Err(error) => {
                self.find(OnnxFinding::Attribute(format!("{label}: {error}")));
                self.lose(proto);
            }
        }
    }

    /// The slots of a node's inputs; none when one is missing, which is reported unless what gives it was.
    fn inputs(&mut self, proto: &NodeProto) -> Option<Vec<Option<Slot>>> {
        let mut slots = vec![];
        for name in &proto.input {
            if name.is_empty() {
                slots.push(None);
                continue;
            }
            let Some(slot) = self.resolve(name) else {
                if !self.is_lost(name) {
                    let text = format!(
                        "{}: nothing before it gives `{name}` \
                         (a missing initialiser, a cycle, or nodes out of order)",
                        label(proto)
                    );
                    self.find(OnnxFinding::Broken(text));
                }
                return None;
            };
            slots.push(Some(slot));
        }
        Some(slots)
    }

    /// Another name for the same slot: what passes through an identity stays what it is.
    fn alias(&mut self, proto: &NodeProto, inputs: &[Option<Slot>]) -> bool {
        let (Some(Some(slot)), Some(name)) = (inputs.first(), proto.output.first()) else { return false };
        self.scope.names.insert(name.clone(), *slot);
        true
    }

    /// Whether a Constant node is a parameter.
    fn is_declared(&self, proto: &NodeProto) -> bool {
        let slot = proto.output.first().and_then(|name| self.scope.names.get(name));
        slot.is_some_and(|slot| self.scope.initialisers.contains_key(slot))
    }

    /// The graphs inside a node; the values that they capture become inputs of the node.
    fn bodies(&mut self, written: &WrittenNode, inputs: &mut Vec<Option<Slot>>) -> Vec<(String, GraphBody)> {
        let mut bodies = vec![];
        for (attribute, start) in visit::bodies(&written.node, written.index.unwrap_or(0)) {
            let Some(graph) = &attribute.g else { continue };
            if self.around.len() >= MAX_DEPTH {
                self.find(OnnxFinding::Broken(format!(
                    "graphs more than {MAX_DEPTH} deep inside each other"
                )));
                continue;
            }
            let start = written.index.map(|_| start);
            let (plan, captured) = self.inner(graph, start, &written.opsets);
            let start = inputs.len();
            inputs.extend(captured.into_iter().map(Some));
            bodies.push((attribute.name.clone(), GraphBody { plan, captures: start..inputs.len() }));
        }
        bodies
    }

    fn step(
        &mut self,
        operator: &'static Operator,
        proto: &NodeProto,
        name: String,
        run: NodeFunction,
        inputs: Vec<Option<Slot>>,
    ) -> PlanStep {
        let scope = &mut self.scope;
        let origins = inputs.iter().map(|slot| scope.parameters.get(&(*slot)?).copied()).collect();
        let varies = |i: usize| inputs.get(i).copied().flatten().is_some_and(|s| scope.varying.contains(&s));
        let rebatch = varies(0) && !varies(1);
        let any_varies = inputs.iter().flatten().any(|slot| scope.varying.contains(slot));
        let mut outputs = vec![];
        for output in &proto.output {
            let slot = (!output.is_empty()).then(|| scope.named(output));
            if let Some(slot) = slot.filter(|_| any_varies) {
                scope.varying.insert(slot);
            }
            outputs.push(slot);
        }
        let (parameters, done) = (vec![], vec![]);
        PlanStep { operator, name, run, inputs, origins, outputs, rebatch, parameters, done }
    }
}

/// The computation of a node whose first output is of a type that tensors here do not have: whole numbers
/// that the type does not hold start again at its other end.
fn within(proto: &NodeProto, narrow: Option<DataType>, run: NodeFunction) -> NodeFunction {
    let Some(narrow) = narrow.filter(|_| types::computes(proto)) else { return run };
    Box::new(move |call| {
        let mut outputs = run(call)?;
        if let Some(first) = outputs.first_mut() {
            *first = first.map(&|x| stored::wrap(x, narrow))?;
        }
        Ok(outputs)
    })
}

/// How messages call a node.
pub(super) fn label(proto: &NodeProto) -> String {
    let first = proto.output.iter().find(|name| !name.is_empty());
    let name = if proto.name.is_empty() { first.map_or("", String::as_str) } else { &proto.name };
    format!("{} (node `{name}`)", proto.op_type)
}
