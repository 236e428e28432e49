//! The tensors that graphs hold, each a constant or one that nodes may claim, and what is said of it.

use std::collections::HashSet;

use ops::Tensor;

use super::{FloatInitialiser, Initialisers};
use crate::{
    BUFFER, GraphValue, OnnxFile, OnnxFinding,
    build::{
        choice::{Decision, Origin},
        domain, fixed,
        functions::WrittenNode,
        names::{is_lifted, is_worded},
        nodes::label,
        quantised::{StoredNumbers, StoredUse, StoredUses},
        scope::Scope,
        uses::{Role, Use, Uses},
    },
    file::{
        elements,
        proto::{GraphProto, TensorProto},
        stored,
        visit::tensor_of,
    },
    network::plan::Slot,
    report::{FileTensor, SharedTensor},
};

impl Initialisers {
    /// Gives slots to the tensors of a graph, whose initialisers begin at the index `start` and have the
    /// elements of those of the file's graph, or their own; what is wrong with them is the answer.
    pub fn declare(
        &mut self,
        scope: &mut Scope,
        (graph, file, start): (&GraphProto, Option<&OnnxFile>, Option<usize>),
        nodes: &[WrittenNode],
    ) -> Vec<OnnxFinding> {
        let sparse = graph.sparse_initializer.iter().map(|sparse| {
            let name = sparse.values.as_ref().map_or("", |values| &values.name);
            OnnxFinding::Type { found: "sparse".into(), holders: vec![format!("the tensor `{name}`")] }
        });
        let mut findings: Vec<_> = sparse.collect();
        let is_top = start == Some(0);
        let inputs = graph.input.iter().filter(|_| is_top).map(|port| port.name.as_str()).collect();
        let uses = Uses::of(nodes, inputs);
        let mut stored = StoredUses::of(graph, nodes);
        let scales: HashSet<String> = stored.scales().map(str::to_owned).collect();
        for (i, proto) in graph.initializer.iter().enumerate() {
            let elements = || file.map_or_else(|| elements::tensor(proto), |file| file.initialiser(i));
            match value(scope, proto, elements) {
                Ok(value) => {
                    let index = start.map(|start| start + i);
                    if let (Some(index), GraphValue::Tensor(value)) = (index, &value)
                        && file.is_some_and(|file| file.is_left(i))
                    {
                        self.left.insert(index, value.clone());
                    }
                    let (stored, is_scale) = (stored.uses.remove(&proto.name), scales.contains(&proto.name));
                    let found = GraphTensor { proto, value, index, stored, is_scale };
                    self.initialiser(scope, found, &uses);
                }
                Err(finding) => findings.push(finding),
            }
        }
        self.constants(scope, nodes, &uses);
        findings
    }

    fn initialiser(&mut self, scope: &mut Scope, tensor: GraphTensor, uses: &Uses) {
        let GraphTensor { proto, value, index, stored, is_scale } = tensor;
        let (name, slot) = (&*proto.name, scope.named(&proto.name));
        scope.types.extend(stored::narrow(proto.data_type).map(|narrow| (slot, narrow)));
        let GraphValue::Tensor(value) = value else {
            scope.known.insert(slot, value);
            return;
        };
        let is_buffer = proto.doc_string == BUFFER;
        let found = uses.of_name(name);
        let origin = match value.len() {
            _ if stored.is_some() => Origin::Quantised,
            _ if is_scale => Origin::Scale,
            1 if self.is_own || is_worded(name) => Origin::NamedNumber,
            _ if is_lifted(name) => Origin::Constant,
            1 => Origin::Number,
            _ => Origin::Initialiser,
        };
        let decision = self.choice.decide((name, &value), origin, uses, &found);
        let is_declared = value.dtype().is_float() && (is_buffer || decision.is_trained);
        let fact = fact(name, &value, &found, decision, is_buffer);
        self.note_shared(name, &value, &found);
        if let Some(stored) = stored.filter(|_| decision.is_trained) {
            let (name, kind) = (name.to_owned(), proto.data_type);
            scope.stored.insert(slot, StoredNumbers { name, kind, index, stored });
        }
        if is_declared || found.iter().any(|one| one.role == Role::Average) {
            self.add_float(scope, slot, (name, value, index), is_buffer, fact);
        } else {
            self.facts.push((fact, None));
            scope.known.insert(slot, value.into());
        }
    }

    /// The tensors of Constant nodes that are trained.
    fn constants(&mut self, scope: &mut Scope, nodes: &[WrittenNode], uses: &Uses) {
        for WrittenNode { node, index, .. } in nodes {
            let is_constant = node.op_type == "Constant" && domain(&node.domain).is_empty();
            let attribute = node.attribute.iter().find(|attribute| is_constant && attribute.name == "value");
            let (Some(proto), Some(name)) = (attribute.and_then(|a| a.t.as_ref()), node.output.first())
            else {
                continue;
            };
            let is_long = proto.dims.iter().any(|&size| size > 1);
            if scope.names.contains_key(name) || !is_long && !self.choice.names(name) {
                continue;
            }
            let Ok(GraphValue::Tensor(value)) = elements::tensor(proto) else { continue };
            if !value.dtype().is_float() {
                continue;
            }
            let found = uses.of_name(name);
            let decision = self.choice.decide((name, &value), Origin::Constant, uses, &found);
            let fact = fact(name, &value, &found, decision, false);
            self.note_shared(name, &value, &found);
            if decision.is_trained {
                let (slot, index) = (scope.named(name), index.map(|index| tensor_of(node, index, "value")));
                self.add_float(scope, slot, (name, value, index), false, fact);
            } else {
                self.facts.push((fact, None));
            }
        }
    }

    fn add_float(
        &mut self,
        scope: &mut Scope,
        slot: Slot,
        (name, value, index): (&str, Tensor, Option<usize>),
        is_buffer: bool,
        fact: FileTensor,
    ) {
        let is_untied = self.choice.unties(name, &value);
        self.facts.push((fact, Some(self.list.len())));
        scope.initialisers.insert(slot, self.list.len());
        let (name, parameter, average) = (name.to_owned(), None, None);
        self.list.push(FloatInitialiser { name, value, is_buffer, is_untied, index, parameter, average });
    }

    /// Remembers a tensor of one number throughout that several nodes use.
    fn note_shared(&mut self, name: &str, value: &Tensor, found: &[Use]) {
        let is_used = |one: &&Use| matches!(one.role, Role::Weight | Role::Bias | Role::Average);
        let nodes: Vec<_> = found.iter().filter(is_used).map(|one| label(one.node)).collect();
        if nodes.len() > 1 && value.len() > 1 && fixed::values(value).is_some_and(|x| fixed::is_uniform(&x)) {
            self.shared.push(SharedTensor { name: name.to_owned(), nodes });
        }
    }
}

/// A tensor of a graph.
struct GraphTensor<'a> {
    proto: &'a TensorProto,
    value: GraphValue,
    index: Option<usize>,
    /// Where it holds quantised numbers: how nodes use them.
    stored: Option<StoredUse>,
    /// Whether it is the scale of quantised numbers.
    is_scale: bool,
}

/// What is said of a tensor.
fn fact(name: &str, value: &Tensor, found: &[Use], decision: Decision, is_buffer: bool) -> FileTensor {
    let is_average = !found.is_empty() && found.iter().all(|one| one.role == Role::Average);
    let reason = match decision.reason {
        _ if found.is_empty() => "no node uses it",
        _ if !value.dtype().is_float() && !decision.is_trained => "whole numbers or truth values",
        _ if is_average => "a running average",
        _ if is_buffer => "a buffer, as the file says",
        reason => reason,
    };
    FileTensor {
        name: name.to_owned(),
        shape: value.shape().to_vec(),
        dtype: value.dtype(),
        node: found.first().map(|one| label(one.node)),
        is_trained: decision.is_trained && !is_average && !is_buffer,
        reason,
        parameter: None,
    }
}

/// The value of an initialiser, whose name is then lost where there is none.
fn value(
    scope: &mut Scope,
    proto: &TensorProto,
    elements: impl FnOnce() -> ops::Result<GraphValue>,
) -> Result<GraphValue, OnnxFinding> {
    let name = &*proto.name;
    if name.is_empty() || scope.names.contains_key(name) {
        return Err(OnnxFinding::Broken(format!("two initialisers are called `{name}`")));
    }
    elements().map_err(|error| {
        scope.lost.insert(name.to_owned());
        match stored::held(proto.data_type) {
            Ok(_) => OnnxFinding::Broken(error.to_string()),
            Err(found) => OnnxFinding::Type { found, holders: vec![format!("the tensor `{name}`")] },
        }
    })
}
