//! A graph resolved into a plan: names become slots, nodes the functions that compute them. What is not
//! known here is collected, not thrown.

mod choice;
mod fixed;
mod fold;
mod functions;
mod initialisers;
mod names;
mod nodes;
mod quantised;
mod reached;
mod scope;
mod types;
mod uses;

use std::{collections::HashMap, mem, rc::Rc};

pub use choice::{Choice, Untie, matches};
pub(crate) use initialisers::{Claimed, Locations};
pub(crate) use quantised::WeightGrid;
pub(crate) use reached::reached;

use crate::{
    NEWEST_OPSET, OnnxFile, OnnxFinding,
    build::{
        functions::{ModelFunctions, WrittenOut},
        initialisers::Initialisers,
        scope::Scope,
    },
    file::{
        proto::{GraphProto, ModelProto, OperatorSetIdProto},
        stored::narrow,
    },
    network::plan::{GraphPlan, Slot},
};

/// The oldest operator set that is known here: the first with today's broadcasting.
const OLDEST_OPSET: i64 = 7;

/// The maximum depth of functions or graphs inside each other.
const MAX_DEPTH: usize = 32;

/// What PyTorch's files say that they are made by.
const PYTORCH: &str = "pytorch";

/// What a file was resolved into.
pub(crate) struct Built {
    pub plan: GraphPlan,
    pub claimed: Claimed,
    pub findings: Vec<OnnxFinding>,
}

/// The version of each domain's operator set.
type Opsets = HashMap<String, i64>;

struct Builder<'m> {
    pub functions: ModelFunctions<'m>,
    pub initialisers: Initialisers,
    pub findings: Vec<OnnxFinding>,
    /// The graphs around the innermost, from the outside in.
    pub around: Vec<Scope>,
    /// The innermost graph.
    pub scope: Scope,
    /// Whether a running variance is that of PyTorch.
    pub unbiased_variance: bool,
}

/// Resolves a model's graph, which is that of a file without the elements of its initialisers.
pub(crate) fn build(model: &ModelProto, file: &OnnxFile, choice: &Choice) -> Built {
    let by_pytorch = model.producer_name == PYTORCH;
    let mut builder = Builder {
        functions: ModelFunctions::of(model),
        initialisers: Initialisers::new(model, choice.clone()),
        unbiased_variance: choice.unbiased_variance.unwrap_or(by_pytorch),
        findings: vec![],
        around: vec![],
        scope: Scope::default(),
    };
    let opsets = Rc::new(opsets(&model.opset_import));
    builder.check_opset(&opsets);
    let none = GraphProto::default();
    let plan = builder.graph(model.graph.as_ref().unwrap_or(&none), (Some(file), Some(0)), &opsets);
    Built { plan, claimed: builder.initialisers.finish(), findings: builder.findings }
}

/// ONNX's own operators have two names for their domain.
fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

fn opsets(imports: &[OperatorSetIdProto]) -> Opsets {
    imports.iter().map(|import| (domain(&import.domain).to_owned(), import.version)).collect()
}

impl Builder<'_> {
    pub fn find(&mut self, finding: OnnxFinding) {
        self.findings.push(finding);
    }

    fn check_opset(&mut self, opsets: &Opsets) {
        match opsets.get("") {
            Some(version) if !(OLDEST_OPSET..=NEWEST_OPSET).contains(version) => {
                self.find(OnnxFinding::Opset { found: *version, known: (OLDEST_OPSET, NEWEST_OPSET) });
            }
            _ => {}
        }
    }

    /// Resolves a graph inside a node, whose first part is of the index `start`; also gives the slots, around
    /// it, of what it captures.
    pub fn inner(
        &mut self,
        graph: &GraphProto,
        start: Option<usize>,
        opsets: &Rc<Opsets>,
    ) -> (GraphPlan, Vec<Slot>) {
        self.around.push(mem::take(&mut self.scope));
        let plan = self.graph(graph, (None, start), opsets);
        let inner = mem::replace(&mut self.scope, self.around.pop().unwrap_or_default());
        (plan, inner.captures.into_iter().map(|(outer, _)| outer).collect())
    }

    /// Resolves a graph in the innermost scope; its initialisers have the elements of those of a file's
    /// graph, or their own.
    fn graph(
        &mut self,
        graph: &GraphProto,
        (file, start): (Option<&OnnxFile>, Option<usize>),
        opsets: &Rc<Opsets>,
    ) -> GraphPlan {
        let WrittenOut { nodes, findings, lost } = self.functions.written_out(graph, opsets, start);
        self.findings.extend(findings);
        self.scope.lost.extend(lost);
        let scope = &mut self.scope;
        self.findings.extend(self.initialisers.declare(scope, (graph, file, start), &nodes));
        let inputs = self.inputs_of(graph);
        nodes.iter().for_each(|node| self.node(node));
        let outputs: Vec<Slot> = graph.output.iter().map(|port| self.output(&port.name)).collect();
        self.scope.plan(inputs, outputs)
    }

    /// The slots of a graph's inputs.
    fn inputs_of(&mut self, graph: &GraphProto) -> Vec<Slot> {
        let mut inputs = vec![];
        let top = self.around.is_empty();
        for port in &graph.input {
            // Files of the first versions list the initialisers of their graph among its inputs.
            if top && (self.scope.names.contains_key(&port.name) || self.scope.lost.contains(&port.name)) {
                continue;
            }
            let slot = self.scope.named(&port.name);
            let tensor = port.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
            self.scope.types.extend(tensor.and_then(|t| narrow(t.elem_type)).map(|narrow| (slot, narrow)));
            inputs.push(slot);
            if top {
                self.scope.varying.insert(slot);
            }
        }
        inputs
    }

    fn output(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.resolve(name) {
            self.initialisers.claim(&mut self.scope, slot);
            return slot;
        }
        if !self.scope.lost.contains(name) {
            self.find(OnnxFinding::Broken(format!("nothing gives the output `{name}`")));
        }
        self.scope.slot()
    }

    /// The slot of a name in this graph or, captured, in one around it.
    pub fn resolve(&mut self, name: &str) -> Option<Slot> {
        if let Some(&slot) = self.scope.names.get(name) {
            return Some(slot);
        }
        let owner = self.around.iter().rposition(|scope| scope.names.contains_key(name))?;
        // Each graph between takes it from the one around it.
        let mut scopes = self.around[owner..].iter_mut().chain([&mut self.scope]);
        let mut outer = scopes.next()?;
        for inner in scopes {
            inner.capture(name, outer);
            outer = inner;
        }
        outer.names.get(name).copied()
    }

    /// Whether a name is not known because what gives it is not.
    pub fn is_lost(&self, name: &str) -> bool {
        self.around.iter().chain([&self.scope]).any(|scope| scope.lost.contains(name))
    }
}
