//! A graph resolved into a plan: names become slots, nodes the functions that compute them, and what
//! depends on constants only is computed here once. What is not known here is collected, not thrown.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use super::{
    BUFFER, Finding, NEWEST_OPSET, Value,
    call::{Call, Mode, Pass},
    elements,
    function::{Functions, Written},
    node::{Body, Node},
    operators::{self, Operator},
    plan::{Plan, Slot, Step},
    proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto},
    roles::Roles,
    scope::Scope,
    training,
};
use crate::{Error, Tensor, nn::Parameter};

/// The oldest operator set that is known here: the first with today's broadcasting.
const OLDEST_OPSET: i64 = 7;

/// The most functions or graphs inside each other.
pub(super) const DEEPEST: usize = 32;

/// Rounds of a loop over constants that are computed before anything runs.
const FOLDED_ROUNDS: u64 = 1000;

/// What came of a file.
pub(super) struct Built {
    pub plan: Plan,
    pub parameters: Vec<(String, Parameter)>,
    pub findings: Vec<Finding>,
}

/// The version of each domain's operator set.
pub(super) type Opsets = HashMap<String, i64>;

pub(super) struct Builder<'m> {
    pub functions: Functions<'m>,
    parameters: Vec<(String, Parameter)>,
    /// The names of the parameters.
    taken: HashSet<String>,
    findings: Vec<Finding>,
    scopes: Vec<Scope>,
}

/// Resolves a model's graph.
pub(super) fn build(model: &ModelProto) -> Built {
    let mut builder = Builder {
        functions: Functions::of(model),
        parameters: vec![],
        taken: HashSet::new(),
        findings: vec![],
        scopes: vec![],
    };
    let opsets = Rc::new(opsets(&model.opset_import));
    builder.check_opset(&opsets);
    let plan = match &model.graph {
        Some(graph) => builder.graph(graph, &opsets).0,
        None => empty(),
    };
    Built { plan, parameters: builder.parameters, findings: builder.findings }
}

fn empty() -> Plan {
    Plan { slots: 0, preload: vec![], inputs: vec![], captures: vec![], steps: vec![], outputs: vec![] }
}

/// ONNX's own operators have two names for their domain.
pub(super) fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

pub(super) fn opsets(imports: &[OperatorSetIdProto]) -> Opsets {
    imports.iter().map(|import| (domain(&import.domain).to_owned(), import.version)).collect()
}

impl<'m> Builder<'m> {
    pub fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn check_opset(&mut self, opsets: &Opsets) {
        match opsets.get("") {
            Some(version) if !(OLDEST_OPSET..=NEWEST_OPSET).contains(version) => {
                self.find(Finding::Opset { found: *version, known: (OLDEST_OPSET, NEWEST_OPSET) });
            }
            _ => {}
        }
    }

    fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// Resolves a graph; also gives the slots, around it, of what it captures.
    fn graph(&mut self, graph: &GraphProto, opsets: &Rc<Opsets>) -> (Plan, Vec<Slot>) {
        self.scopes.push(Scope::default());
        let nodes = self.written_out(&graph.node, opsets);
        self.initialisers(graph, &nodes);
        let mut inputs = vec![];
        let top = self.scopes.len() == 1;
        for port in &graph.input {
            // Files of the first versions list the initialisers of their graph among its inputs.
            if top && (self.scope().names.contains_key(&port.name) || self.scope().lost.contains(&port.name))
            {
                continue;
            }
            let slot = self.scope().named(&port.name);
            inputs.push(slot);
            if top {
                self.scope().varying.insert(slot);
            }
        }
        nodes.iter().for_each(|(node, opsets)| self.node(node, opsets));
        let outputs = graph.output.iter().map(|port| self.output(&port.name)).collect();
        let captured = self.scope().captures.iter().map(|&(outer, _)| outer).collect();
        (self.finish(inputs, outputs), captured)
    }

    fn output(&mut self, name: &str) -> Slot {
        let depth = self.scopes.len() - 1;
        if let Some(slot) = self.resolve(depth, name) {
            return slot;
        }
        if !self.scope().lost.contains(name) {
            self.find(Finding::Broken(format!("nothing gives the output `{name}`")));
        }
        self.scope().slot()
    }

    /// Closes the innermost scope.
    fn finish(&mut self, inputs: Vec<Slot>, outputs: Vec<Slot>) -> Plan {
        self.scopes.pop().map_or_else(empty, |scope| scope.into_plan(inputs, outputs))
    }

    fn initialisers(&mut self, graph: &GraphProto, nodes: &[Written]) {
        for sparse in &graph.sparse_initializer {
            let name = sparse.values.as_ref().map_or("", |values| &values.name);
            self.find(Finding::Type(format!("the sparse tensor `{name}`")));
        }
        let roles = Roles::of(nodes);
        for proto in &graph.initializer {
            if proto.name.is_empty() || self.scope().names.contains_key(&proto.name) {
                self.find(Finding::Broken(format!("two initialisers are called `{}`", proto.name)));
                continue;
            }
            match elements::tensor(proto) {
                Err(error) => {
                    let text = error.to_string();
                    let unknown = elements::dtype(proto.data_type).is_err();
                    self.find(if unknown { Finding::Type(text) } else { Finding::Broken(text) });
                    self.scope().lost.insert(proto.name.clone());
                }
                Ok(value) => {
                    let slot = self.scope().named(&proto.name);
                    self.place(slot, proto, value, &roles);
                }
            }
        }
    }

    /// Floats that nodes compute with become parameters, all else constants.
    fn place(&mut self, slot: Slot, proto: &TensorProto, value: Value, roles: &Roles) {
        let name = &*proto.name;
        let is_buffer = proto.doc_string == BUFFER || roles.buffers.contains(name);
        let parameter = match &value {
            Value::Tensor(x) if x.dtype().is_float() && is_buffer => Some(Parameter::buffer(x)),
            Value::Tensor(x) if is_weight(x) && !roles.settings.contains(name) => Parameter::new(x).ok(),
            _ => None,
        };
        let Some(parameter) = parameter else {
            self.scope().known.insert(slot, value);
            return;
        };
        let number = self.parameters.len();
        self.scope().parameters.insert(slot, number);
        let taken = self.taken.contains(name);
        let name = if taken { format!("{name}.{number}") } else { name.to_owned() };
        self.taken.insert(name.clone());
        self.parameters.push((name, parameter));
    }

    /// The slot of a name in this graph or, captured, in one around it.
    fn resolve(&mut self, depth: usize, name: &str) -> Option<Slot> {
        if let Some(&slot) = self.scopes.get(depth)?.names.get(name) {
            return Some(slot);
        }
        let outer = self.resolve(depth.checked_sub(1)?, name)?;
        let around = &self.scopes[depth - 1];
        let (known, parameter) = (around.known.get(&outer).cloned(), around.parameters.get(&outer).copied());
        let scope = &mut self.scopes[depth];
        let slot = scope.named(name);
        match (known, parameter) {
            (Some(value), _) => drop(scope.known.insert(slot, value)),
            (_, Some(number)) => drop(scope.parameters.insert(slot, number)),
            _ => scope.captures.push((outer, slot)),
        }
        Some(slot)
    }

    fn node(&mut self, node: &NodeProto, opsets: &Rc<Opsets>) {
        let own = domain(&node.domain);
        let version = opsets.get(own).copied();
        let found = if own.is_empty() { operators::find(&node.op_type) } else { None };
        match (found, version) {
            (Some(operator), Some(version)) if operator.covers(version) => {
                self.operator(operator, version, node, opsets);
            }
            _ => {
                let (name, domain) = (node.op_type.clone(), own.to_owned());
                self.find(Finding::Operator {
                    domain,
                    name,
                    opset: version,
                    known: found.map(Operator::range),
                });
                self.lose(node);
            }
        }
    }

    /// What a node gives is not known.
    pub fn lose(&mut self, node: &NodeProto) {
        let names: Vec<_> = node.output.iter().filter(|name| !name.is_empty()).cloned().collect();
        self.scope().lost.extend(names);
    }

    fn operator(&mut self, operator: &'static Operator, opset: i64, proto: &NodeProto, opsets: &Rc<Opsets>) {
        let Some(mut inputs) = self.inputs(proto) else { return self.lose(proto) };
        if operator.name == "Identity" && self.alias(proto, &inputs) {
            return;
        }
        let known = self.findings.len();
        let bodies = self.bodies(proto, opsets, &mut inputs);
        let parameters = bodies.iter().flat_map(|(_, body)| training::reached(&body.plan)).collect();
        let node = Node::new(opset, proto, bodies);
        let run = (operator.resolve)(&node);
        let label = label(proto);
        for name in node.unread() {
            self.find(Finding::Attribute(format!("{label}: the attribute `{name}` is not known")));
        }
        match run {
            Ok(run) if self.findings.len() == known => {
                let step = self.step(operator, proto, label, run, inputs);
                self.place_step(Step { parameters, ..step }, operator);
            }
            Ok(_) => self.lose(proto),
            Err(error) => {
                self.find(Finding::Attribute(format!("{label}: {error}")));
                self.lose(proto);
            }
        }
    }

    /// The slots of a node's inputs; none when one is missing, which is told unless what gave it was.
    fn inputs(&mut self, proto: &NodeProto) -> Option<Vec<Option<Slot>>> {
        let depth = self.scopes.len() - 1;
        let mut slots = vec![];
        for name in &proto.input {
            if name.is_empty() {
                slots.push(None);
                continue;
            }
            match self.resolve(depth, name) {
                Some(slot) => slots.push(Some(slot)),
                None => {
                    if !self.scopes.iter().any(|scope| scope.lost.contains(name)) {
                        let text = format!(
                            "{}: nothing before it gives `{name}` (a missing initialiser, a cycle, or nodes out of order)",
                            label(proto)
                        );
                        self.find(Finding::Broken(text));
                    }
                    return None;
                }
            }
        }
        Some(slots)
    }

    /// Another name for the same slot: what passes through an identity stays what it is.
    fn alias(&mut self, proto: &NodeProto, inputs: &[Option<Slot>]) -> bool {
        let (Some(Some(slot)), Some(name)) = (inputs.first(), proto.output.first()) else { return false };
        self.scope().names.insert(name.clone(), *slot);
        true
    }

    /// The graphs inside a node; the values that they capture become inputs of the node.
    fn bodies(
        &mut self,
        proto: &NodeProto,
        opsets: &Rc<Opsets>,
        inputs: &mut Vec<Option<Slot>>,
    ) -> Vec<(String, Body)> {
        let mut bodies = vec![];
        for attribute in &proto.attribute {
            let Some(graph) = &attribute.g else { continue };
            if self.scopes.len() > DEEPEST {
                self.find(Finding::Broken(format!("graphs more than {DEEPEST} deep inside each other")));
                continue;
            }
            let (plan, captured) = self.graph(graph, opsets);
            let start = inputs.len();
            inputs.extend(captured.into_iter().map(Some));
            bodies.push((attribute.name.clone(), Body { plan, captures: start..inputs.len() }));
        }
        bodies
    }

    fn step(
        &mut self,
        operator: &'static Operator,
        proto: &NodeProto,
        name: String,
        run: super::call::Run,
        inputs: Vec<Option<Slot>>,
    ) -> Step {
        let scope = self.scope();
        let origins = inputs.iter().map(|slot| scope.parameters.get(&(*slot)?).copied()).collect();
        let varies = |i: usize| inputs.get(i).copied().flatten().is_some_and(|s| scope.varying.contains(&s));
        let rebatch = varies(0) && !varies(1);
        let passes = |i: usize| operator.smooth && !operator.settings.contains(&i);
        let smooth =
            inputs.iter().enumerate().filter(|(i, _)| passes(*i)).filter_map(|(_, slot)| *slot).collect();
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
        Step { op: operator.name, name, run, inputs, origins, outputs, rebatch, smooth, parameters, done }
    }

    /// Computes a step of constants here and now, or leaves it for each run.
    fn place_step(&mut self, step: Step, operator: &Operator) {
        let scope = self.scope();
        let constant = |slot: &Option<Slot>| slot.is_none_or(|slot| scope.known.contains_key(&slot));
        if !operator.pure || !step.inputs.iter().all(constant) {
            scope.steps.push(step);
            return;
        }
        let input = |slot: &Option<Slot>| {
            slot.and_then(|slot| scope.known.get(&slot).cloned()).unwrap_or(Value::Absent)
        };
        let inputs: Vec<_> = step.inputs.iter().map(input).collect();
        let pass = Pass {
            cells: &[],
            values: &[] as &[Tensor],
            mode: Mode::File,
            batches: 1,
            device: crate::Device::Cpu,
            rounds: &Cell::new(FOLDED_ROUNDS),
        };
        let call = Call { op: step.op, inputs: &inputs, origins: &step.origins, pass, batches: 1 };
        match crate::no_grad(|| (step.run)(&call)) {
            Ok(values) => {
                let slots = step.outputs.iter().zip(values);
                let found = slots.filter_map(|(slot, value)| slot.map(|slot| (slot, value)));
                scope.known.extend(found);
            }
            Err(Error::Interrupted | Error::Symbolic { .. }) => scope.steps.push(step),
            Err(error) => self.find(Finding::Attribute(format!("{}: {error}", step.name))),
        }
    }
}

/// Floats with dimensions are trained; a single number is part of a formula (an epsilon, a scale).
fn is_weight(x: &Tensor) -> bool {
    x.dtype().is_float() && x.rank() > 0
}

/// How messages call a node.
fn label(proto: &NodeProto) -> String {
    let first = proto.output.iter().find(|name| !name.is_empty());
    let name = if proto.name.is_empty() { first.map_or("", String::as_str) } else { &proto.name };
    format!("{} (node `{name}`)", proto.op_type)
}
