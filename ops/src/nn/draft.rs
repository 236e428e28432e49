//! One trace of a module, written down as ONNX nodes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    Error, Result, ScriptPosition, Spec, Tensor,
    nn::{Module, Parameter, Value},
    op::{OnnxValue, OnnxWriter, Op, onnx::OnnxNode},
    tensor::{
        Node,
        trace::{self, TracedModule},
    },
};

/// The nodes of a trace at one batch size.
pub struct Draft {
    /// The tensors among the inputs, each with its name.
    pub inputs: Vec<(String, Spec)>,
    /// The nodes, each after those that it takes outputs of.
    pub steps: Vec<OnnxNode>,
    /// The tensors that the module gives, each with its name.
    pub outputs: Vec<DraftOutput>,
}

/// A tensor that a module gives.
pub struct DraftOutput {
    pub name: String,
    pub value: OnnxValue,
    pub spec: Spec,
}

const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// Symbolic tensors of a trace by their numbers, and what has been written for them.
type Written = HashMap<u64, (OnnxValue, Spec)>;

impl Draft {
    /// Traces a module on a batch of samples.
    ///
    /// # Errors
    /// [`Error::NotExportable`] for what the forward pass refuses and for an operation that ONNX does not
    /// have; [`Error::Interrupted`].
    pub fn trace(module: &Module, inputs: &[Value<Spec>]) -> Result<Self> {
        let state = module.state();
        let device = state.first().map_or(crate::Device::Cpu, |(_, parameter)| parameter.get().device());
        let leaf = &mut |spec: &Spec| Ok::<_, Error>(Tensor::symbolic_leaf(spec.clone(), device));
        let x = inputs.iter().map(|input| input.each(leaf)).collect::<Result<Vec<Value>>>()?;
        let stand_ins: Vec<_> = state.iter().map(|(_, parameter)| stand_in(parameter)).collect();

        let known = TracedModule {
            parameters: state.iter().zip(&stand_ins).map(|((_, p), s)| (p.id(), s.clone())).collect(),
            paths: paths(module),
        };
        let (y, last) = trace::trace(known, || module.call(&x));
        let y = y.map_err(|error| at(error, last))?;

        let leaves = x.iter().flat_map(Value::tensors).chain(&stand_ins).enumerate();
        let written: Written = leaves
            .filter_map(|(i, leaf)| Some((leaf.node()?.id, (OnnxValue::Leaf(i), leaf.spec().clone()))))
            .collect();
        let (steps, outputs) = write(&y, written)?;
        let named = inputs.iter().flat_map(|input| input.named(INPUT));
        let inputs = named.map(|(name, spec)| (name.to_owned(), spec.clone())).collect();
        Ok(Self { inputs, steps, outputs })
    }
}

/// A symbolic tensor that stands for a parameter.
fn stand_in(parameter: &Parameter) -> Tensor {
    let value = parameter.get();
    Tensor::symbolic_leaf(value.spec().clone(), value.device())
}

/// The path of every module within a module, as `encoder/0`; the first one of a module that is there
/// twice.
fn paths(module: &Module) -> HashMap<usize, Arc<str>> {
    fn collect(module: &Module, path: &str, found: &mut HashMap<usize, Arc<str>>) {
        found.entry(module.id()).or_insert_with(|| path.into());
        for (name, child) in module.children() {
            collect(child, &if path.is_empty() { name.clone() } else { format!("{path}/{name}") }, found);
        }
    }
    let mut found = HashMap::new();
    collect(module, "", &mut found);
    found
}

/// Writes everything that a tensor was computed from, in the order in which it was.
fn write(y: &Value, mut written: Written) -> Result<(Vec<OnnxNode>, Vec<DraftOutput>)> {
    let mut steps = Vec::new();
    let results = y.named(OUTPUT);
    for node in nodes(results.iter().map(|(_, y)| *y)) {
        let Some(op) = node.op() else { continue };
        write_one(&node, op, &mut steps, &mut written)?;
    }
    let output = |&(name, y): &(&str, &Tensor)| {
        let (value, spec) = value(y, &written)?;
        Ok(DraftOutput { name: name.to_owned(), value, spec })
    };
    let outputs = results.iter().map(output).collect::<Result<_>>()?;
    Ok((steps, outputs))
}

fn write_one(node: &Node, op: &dyn Op, steps: &mut Vec<OnnxNode>, written: &mut Written) -> Result<()> {
    let origin = node.origin.as_ref();
    let position = origin.and_then(|origin| origin.position.clone());
    let inputs = node.inputs();
    let specs: Vec<_> = inputs.iter().map(Tensor::spec).collect();
    let output = op.infer(&specs)?;
    let inputs = inputs.iter().map(|x| value(x, written)).collect::<Result<Vec<_>>>();
    let inputs = inputs.map_err(|error| at(error, position.clone()))?;
    let result = op
        .onnx(&mut OnnxWriter { steps, inputs, output: &output, origin })
        .map_err(|error| at(error, position))?;
    written.insert(node.id, (result, output));
    Ok(())
}

/// All nodes that tensors were computed by; numbers grow from inputs to outputs.
fn nodes<'a>(results: impl Iterator<Item = &'a Tensor>) -> Vec<Arc<Node>> {
    let mut found = BTreeMap::new();
    let mut stack: Vec<_> = results.filter(|y| y.is_symbolic()).filter_map(|y| y.node().cloned()).collect();
    while let Some(node) = stack.pop() {
        if found.insert(node.id, Arc::clone(&node)).is_none() {
            let inputs = node.inputs();
            // A constant that was computed from parameters of other modules is a value.
            stack.extend(inputs.iter().filter(|x| x.is_symbolic()).filter_map(|x| x.node().cloned()));
        }
    }
    found.into_values().collect()
}

/// What stands for a tensor in the graph.
fn value(x: &Tensor, written: &Written) -> Result<(OnnxValue, Spec)> {
    if !x.is_symbolic() {
        return Ok((OnnxValue::Constant(x.detach()), x.spec().clone()));
    }
    let known = x.node().and_then(|node| written.get(&node.id));
    known.cloned().ok_or_else(|| Error::NotExportable {
        reason: "a tensor was cut off from how it was computed (`track`, or a move to another device)".into(),
        position: None,
    })
}

/// The error at a position in the script, where it does not know one by itself.
fn at(error: Error, position: Option<ScriptPosition>) -> Error {
    match error {
        error if error.is_whole() => error,
        Error::NotExportable { reason, position: known } => {
            Error::NotExportable { reason, position: known.or(position) }
        }
        other => Error::NotExportable { reason: other.to_string(), position },
    }
}
